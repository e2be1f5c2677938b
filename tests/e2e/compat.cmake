# SPDX-License-Identifier: Apache-2.0
# An application of the original, updated over a real broker and web server.
add_test(NAME e2e.compat
    COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_compat.py
        ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards)
set_tests_properties(e2e.compat PROPERTIES TIMEOUT 300 LABELS e2e)
