# SPDX-License-Identifier: Apache-2.0
# The demonstration shows what is in build/, so it is a test of that build only.
if(CMAKE_BINARY_DIR STREQUAL "${PROJECT_SOURCE_DIR}/build")
    add_test(NAME e2e.demo COMMAND ${PROJECT_SOURCE_DIR}/demo.sh --no-build)
    set_tests_properties(e2e.demo PROPERTIES TIMEOUT 240 LABELS e2e)
endif()
