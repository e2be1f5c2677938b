# SPDX-License-Identifier: Apache-2.0
add_test(NAME e2e.ble COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_ble.py
    ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards)
set_tests_properties(e2e.ble PROPERTIES TIMEOUT 300 LABELS e2e)
