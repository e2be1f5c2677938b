# SPDX-License-Identifier: Apache-2.0
# An application of the original, updated over a real broker and web server.
add_test(NAME e2e.compat
    COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_compat.py
        ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards)
set_tests_properties(e2e.compat PROPERTIES TIMEOUT 300 LABELS e2e)

# Builds an application outside of the sources, as docs/migration.md has it: not with sanitizers.
if(NOT OTA_SANITIZE)
    add_test(NAME e2e.migration
        COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_migration.py ${PROJECT_SOURCE_DIR})
    set_tests_properties(e2e.migration PROPERTIES TIMEOUT 240 LABELS e2e)
endif()

add_test(NAME e2e.compat_ble COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_compat_ble.py
    ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards)
set_tests_properties(e2e.compat_ble PROPERTIES TIMEOUT 120 LABELS e2e)
