# SPDX-License-Identifier: Apache-2.0
# The example application, updated over HTTP and HTTPS. One test for each class.
foreach(class Server Job Tls Trouble)
    string(TOLOWER ${class} name)
    add_test(NAME e2e.http_${name}
        COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_http.py
            ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards ${class}Test)
    set_tests_properties(e2e.http_${name} PROPERTIES TIMEOUT 300 LABELS e2e)
    if(OTA_SANITIZE)
        set_tests_properties(e2e.http_${name} PROPERTIES ENVIRONMENT SANITIZED=1)
    endif()
endforeach()
