# SPDX-License-Identifier: Apache-2.0
if(TARGET ota_compat)
    set(world fake_bt.c fake_peer.c fake_web.c compat_world.c)
    ota_unit_test(compat SOURCES ${world} LIBS ota_compat ota_posix_compat ota_psa)
    target_compile_definitions(test_compat PRIVATE _GNU_SOURCE)
    ota_unit_test(compat_api LIBS ota_compat)
    ota_unit_test(compat_ble SOURCES ${world} LIBS ota_compat ota_posix_compat ota_psa)
    target_compile_definitions(test_compat_ble PRIVATE _GNU_SOURCE)

    # A build that has its pushes signed.
    set(all BOARD CY8CPROTO_062_4343W COMPONENTS MQTT HTTP BLUETOOTH)
    ota_compat_library(ota_compat_secure ${all} DEFINITIONS CY_OTA_BLE_SECURE_SUPPORT=1)
    ota_unit_test(compat_secure SOURCES ${world} LIBS ota_compat_secure ota_posix_compat ota_psa)
    target_compile_definitions(test_compat_secure PRIVATE _GNU_SOURCE)

    # One with settings of its own.
    ota_compat_library(ota_compat_config ${all} CONFIG ${CMAKE_CURRENT_SOURCE_DIR}/compat_config)
    ota_unit_test(compat_config SOURCES ${world} LIBS ota_compat_config ota_posix_compat ota_psa)
    target_compile_definitions(test_compat_config PRIVATE _GNU_SOURCE)

    # Names, numbers and texts of every version, and of every choice of components.
    set(table ${PROJECT_SOURCE_DIR}/tests/vectors/anycloud/api.tsv)
    set(constants ${CMAKE_CURRENT_BINARY_DIR}/compat_constants.c)
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    add_custom_command(OUTPUT ${constants}
        COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/compat_constants.py ${table}
            ${constants}
        DEPENDS ${table} ${CMAKE_CURRENT_SOURCE_DIR}/compat_constants.py)
    add_custom_target(compat_constants DEPENDS ${constants})

    # ota_compat_constants(variant library [definitions...])
    function(ota_compat_constants variant library)
        set(target test_compat_constants_${variant})
        add_executable(${target} ${CMAKE_CURRENT_BINARY_DIR}/compat_constants.c)
        add_dependencies(${target} compat_constants)
        target_compile_definitions(${target} PRIVATE ${ARGN})
        target_link_libraries(${target} PRIVATE ${library} ota_posix_compat_bt ota_posix_compat ota)
        ota_warnings(${target})
        add_test(NAME unit.compat_constants_${variant} COMMAND ${target})
        set_tests_properties(unit.compat_constants_${variant} PROPERTIES TIMEOUT 30 LABELS unit)
    endfunction()

    ota_compat_library(ota_compat_v2 ${all} DEFINITIONS CY_OTA_API_VERSION=2)
    ota_unit_test(compat_v2 SOURCES ${world} LIBS ota_compat_v2 ota_posix_compat ota_psa)
    target_compile_definitions(test_compat_v2 PRIVATE _GNU_SOURCE)
    ota_compat_library(ota_compat_v3 BOARD CY8CPROTO_062_4343W DEFINITIONS CY_OTA_API_VERSION=3)
    ota_compat_library(ota_compat_v5 ${all} DEFINITIONS CY_OTA_API_VERSION=5)
    ota_compat_library(ota_compat_mqtt BOARD CY8CPROTO_062_4343W COMPONENTS MQTT)
    ota_compat_library(ota_compat_http BOARD CY8CPROTO_062_4343W COMPONENTS HTTP)
    ota_compat_library(ota_compat_bluetooth BOARD CY8CPROTO_062_4343W COMPONENTS BLUETOOTH)
    ota_compat_library(ota_compat_nothing BOARD CY8CPROTO_062_4343W)
    # As 4.0 chose it: without the others, whatever the components say.
    ota_compat_library(ota_compat_ble_only BOARD CY8CPROTO_062_4343W COMPONENTS MQTT HTTP
        DEFINITIONS CY_OTA_BLE_ONLY=1)
    ota_compat_constants(v4 ota_compat)
    foreach(variant v2 v3 v5 mqtt http bluetooth nothing ble_only)
        ota_compat_constants(${variant} ota_compat_${variant})
    endforeach()

    add_test(NAME unit.compat_limits
        COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/compat_limits.py
            ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
    set_tests_properties(unit.compat_limits PROPERTIES TIMEOUT 60 LABELS unit)

    # The example as an application of 3.x, of 2.x, where the host's name had another name, and of 5.x,
    # where the state has.
    foreach(version 2 3 5)
        set(target compat_example_v${version})
        add_executable(${target} ${PROJECT_SOURCE_DIR}/examples/compat/main.c
            ${PROJECT_SOURCE_DIR}/examples/compat/update_task.c)
        target_link_libraries(${target} PRIVATE ota_compat_v${version} ota_posix_compat_bt
            ota_posix_compat ota)
        ota_warnings(${target})
    endforeach()
    target_compile_definitions(compat_example_v2 PRIVATE host_name=pHostName)
    target_compile_definitions(compat_example_v5 PRIVATE state=ota_agt_state)
endif()
