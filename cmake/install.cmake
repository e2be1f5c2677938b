# SPDX-License-Identifier: Apache-2.0
# What "cmake --install" puts where: headers, archives, tools, manual pages, boards, and the files
# with which other builds find them (pkg-config, find_package(libota)). The ports of a host need
# other libraries, so they are a component of their own: find_package(libota COMPONENTS host).
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/libota)
set(archives)
set(tools)
foreach(target ota otaboot)
    if(TARGET ${target})
        list(APPEND archives ${target})
    endif()
endforeach()
foreach(target ota-imgtool ota-ble ota-boot ota-board ota-publisher ota-subscriber)
    if(TARGET ${target})
        list(APPEND tools ${target})
    endif()
endforeach()

install(TARGETS ${archives} EXPORT libotaTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h")
set(compat_sources ${CMAKE_INSTALL_DATADIR}/libota/compat)
if(TARGET ota_posix)
    install(TARGETS ota_psa ota_posix ota_posix_tls ota_sim ota_bluez ota_posix_compat
        ota_posix_compat_bt
        EXPORT libotaHostTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    set(ports ${PROJECT_SOURCE_DIR}/ports)
    set(port_headers ${CMAKE_INSTALL_INCLUDEDIR}/libota)
    install(FILES ${ports}/psa/ota_psa.h ${ports}/psa/key_file.h DESTINATION ${port_headers})
    install(FILES ${ports}/posix/curl.h ${ports}/posix/mosquitto.h ${ports}/posix/system.h
        ${ports}/posix/tls.h DESTINATION ${port_headers}/posix)
    install(FILES ${ports}/sim/board.h ${ports}/sim/device.h ${ports}/sim/nor.h
        DESTINATION ${port_headers}/sim)
    install(FILES ${ports}/bluez/peripheral.h DESTINATION ${port_headers}/bluez)
    # The interface of the original is compiled with each application's settings.
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/compat/ DESTINATION ${compat_sources}
        FILES_MATCHING PATTERN "*.[ch]")
    install(FILES ${CMAKE_CURRENT_LIST_DIR}/compat.cmake DESTINATION ${package_dir})
    install(EXPORT libotaHostTargets NAMESPACE ota:: DESTINATION ${package_dir})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}
    FILES_MATCHING PATTERN "*.md" PATTERN "*.svg" PATTERN man EXCLUDE PATTERN site EXCLUDE)
install(PROGRAMS ${PROJECT_SOURCE_DIR}/scripts/make-ca.sh DESTINATION
    ${CMAKE_INSTALL_DATADIR}/libota)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(tools)
    install(TARGETS ${tools} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/man/*.1)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
file(GLOB boards CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/boards/*.json)
install(FILES ${boards} DESTINATION ${CMAKE_INSTALL_DATADIR}/libota/boards)

install(EXPORT libotaTargets NAMESPACE ota:: DESTINATION ${package_dir})
set(compat_headers ${CMAKE_INSTALL_INCLUDEDIR}/compat)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/libotaConfig.cmake.in
    ${CMAKE_BINARY_DIR}/libotaConfig.cmake INSTALL_DESTINATION ${package_dir}
    PATH_VARS compat_sources compat_headers)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/libotaConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/libotaConfig.cmake ${CMAKE_BINARY_DIR}/libotaConfigVersion.cmake
    DESTINATION ${package_dir})

# The pkg-config files find the prefix from where they lie: an installed tree can be moved.
file(RELATIVE_PATH PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
set(packages libota libotaboot)
if(TARGET ota_posix)
    list(APPEND packages libota-host)
endif()
foreach(name ${packages})
    configure_file(${CMAKE_CURRENT_LIST_DIR}/${name}.pc.in ${CMAKE_BINARY_DIR}/${name}.pc @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
