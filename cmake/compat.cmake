# SPDX-License-Identifier: Apache-2.0
# The interface of the original for one application. Its structures and texts follow the settings of
# the application's build, so the adapter is compiled with them.
#
#   ota_compat_library(NAME BOARD board [COMPONENTS MQTT|HTTP|BLUETOOTH...] [CONFIG folder]
#                      [DEFINITIONS ...])
#
# BOARD becomes CY_TARGET_BOARD, CONFIG is where cy_ota_config.h lies. The device (ota_compat.h)
# comes from what the application links, ota::ota_posix_compat on a host. Also for projects that have
# this one as a subdirectory, and with find_package(libota COMPONENTS host).
function(ota_compat_library name)
    cmake_parse_arguments(ARG "" "BOARD;CONFIG" "COMPONENTS;DEFINITIONS" ${ARGN})
    set(folder ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../src/compat)
    set(headers ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../include/compat)
    if(OTA_COMPAT_SOURCES) # set by libotaConfig.cmake of an installed libota
        set(folder ${OTA_COMPAT_SOURCES})
        set(headers ${OTA_COMPAT_HEADERS})
    endif()
    add_library(${name} STATIC ${folder}/agent.c ${folder}/ble.c ${folder}/callback.c
        ${folder}/config.c ${folder}/error.c ${folder}/log.c ${folder}/message.c
        ${folder}/storage.c)
    target_include_directories(${name} PUBLIC ${ARG_CONFIG} ${headers} ${headers}/platform)
    target_compile_definitions(${name} PUBLIC CY_TARGET_BOARD=${ARG_BOARD} ${ARG_DEFINITIONS})
    foreach(component ${ARG_COMPONENTS})
        target_compile_definitions(${name} PUBLIC COMPONENT_OTA_${component})
    endforeach()
    target_link_libraries(${name} PUBLIC ota::ota)
    if(COMMAND ota_warnings)
        ota_warnings(${name})
    endif()
endfunction()
