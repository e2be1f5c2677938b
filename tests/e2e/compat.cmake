# SPDX-License-Identifier: Apache-2.0
# An application of the original, updated over a real broker and web server.
add_test(NAME e2e.compat
    COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_compat.py
        ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards)
set_tests_properties(e2e.compat PROPERTIES TIMEOUT 300 LABELS e2e)

# The first steps, as the document has them. It links what the build made: not with sanitizers.
if(NOT OTA_SANITIZE)
    add_test(NAME e2e.getting_started
        COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_getting_started.py
            ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
    set_tests_properties(e2e.getting_started PROPERTIES TIMEOUT 150 LABELS e2e)
    add_test(NAME e2e.migration
        COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_migration.py ${PROJECT_SOURCE_DIR})
    set_tests_properties(e2e.migration PROPERTIES TIMEOUT 240 LABELS e2e)
endif()

add_test(NAME e2e.compat_ble COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_compat_ble.py
    ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards)
set_tests_properties(e2e.compat_ble PROPERTIES TIMEOUT 120 LABELS e2e)
