# SPDX-License-Identifier: Apache-2.0
# What "cmake --install" puts where: headers, archives, tools, manual pages, boards, and the files
# with which other builds find them (pkg-config libota and libotaboot, find_package(libota)).
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
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(tools)
    install(TARGETS ${tools} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/man/*.1)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
file(GLOB boards CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/boards/*.json)
install(FILES ${boards} DESTINATION ${CMAKE_INSTALL_DATADIR}/libota/boards)

install(EXPORT libotaTargets NAMESPACE ota:: DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/libotaConfig.cmake.in
    ${CMAKE_BINARY_DIR}/libotaConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/libotaConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/libotaConfig.cmake ${CMAKE_BINARY_DIR}/libotaConfigVersion.cmake
    DESTINATION ${package_dir})

# The pkg-config files find the prefix from where they lie: an installed tree can be moved.
file(RELATIVE_PATH PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
foreach(name libota libotaboot)
    configure_file(${CMAKE_CURRENT_LIST_DIR}/${name}.pc.in ${CMAKE_BINARY_DIR}/${name}.pc @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
