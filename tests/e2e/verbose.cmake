# SPDX-License-Identifier: Apache-2.0
# Every tool takes -v.
add_test(NAME e2e.verbose COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_verbose.py
    ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards)
set_tests_properties(e2e.verbose PROPERTIES TIMEOUT 120 LABELS e2e)
