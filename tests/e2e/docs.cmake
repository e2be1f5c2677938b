# SPDX-License-Identifier: Apache-2.0
# The commands of the documents. They install and link what the build made: not with sanitizers.
if(NOT OTA_SANITIZE)
    add_test(NAME e2e.docs COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_docs.py
        ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
    set_tests_properties(e2e.docs PROPERTIES TIMEOUT 240 LABELS e2e)
endif()
