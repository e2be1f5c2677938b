# SPDX-License-Identifier: Apache-2.0
# TLS between devices, tools and a real broker.
if(OTA_TOOLS)
    add_executable(mqtt_probe mqtt_probe.c)
    target_compile_definitions(mqtt_probe PRIVATE _GNU_SOURCE)
    target_link_libraries(mqtt_probe PRIVATE ota_posix)
    ota_warnings(mqtt_probe)
    add_test(NAME e2e.tls
        COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_tls.py
            ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR})
    set_tests_properties(e2e.tls PROPERTIES TIMEOUT 300 LABELS e2e)
endif()
