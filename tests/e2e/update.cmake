# SPDX-License-Identifier: Apache-2.0
# The example application, updated over a real broker.
add_test(NAME e2e.update
    COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_update.py
        ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards)
set_tests_properties(e2e.update PROPERTIES TIMEOUT 600 LABELS e2e)
if(OTA_SANITIZE)
    set_tests_properties(e2e.update PROPERTIES ENVIRONMENT SANITIZED=1)
endif()
