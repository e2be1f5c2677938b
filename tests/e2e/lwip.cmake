# SPDX-License-Identifier: Apache-2.0
# The clients of the lwIP port on a socket of this machine, against servers of others.
set(lwip ${PROJECT_SOURCE_DIR}/ports/lwip)
set(stand_in ${PROJECT_SOURCE_DIR}/tests/lwip)
add_executable(lwip_client ${stand_in}/lwip_client.c ${stand_in}/socket_conn.c ${lwip}/mqtt.c
    ${lwip}/http.c)
target_include_directories(lwip_client PRIVATE ${stand_in} ${stand_in}/stand_in)
target_compile_definitions(lwip_client PRIVATE _GNU_SOURCE)
target_link_libraries(lwip_client PRIVATE ota_lwip_codec)
ota_warnings(lwip_client)
foreach(class Mqtt Http)
    string(TOLOWER ${class} name)
    add_test(NAME e2e.lwip_${name}
        COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_lwip.py ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
            ${class}Test)
    set_tests_properties(e2e.lwip_${name} PROPERTIES TIMEOUT 120 LABELS e2e)
endforeach()
