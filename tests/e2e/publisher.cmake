# SPDX-License-Identifier: Apache-2.0
# ota-publisher and ota-subscriber at a real broker.
add_test(NAME e2e.publisher
    COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_publisher.py
        ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/tests/vectors)
set_tests_properties(e2e.publisher PROPERTIES TIMEOUT 300 LABELS e2e)
if(OTA_SANITIZE)
    set_tests_properties(e2e.publisher PROPERTIES ENVIRONMENT SANITIZED=1)
endif()
add_test(NAME e2e.publisher_http
    COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_publisher_http.py
        ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR})
set_tests_properties(e2e.publisher_http PROPERTIES TIMEOUT 300 LABELS e2e)
