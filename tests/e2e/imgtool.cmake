# SPDX-License-Identifier: Apache-2.0
if(TARGET ota-imgtool)
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    add_test(NAME e2e.imgtool COMMAND Python3::Interpreter
        ${CMAKE_CURRENT_SOURCE_DIR}/test_imgtool.py $<TARGET_FILE:ota-imgtool>
        ${PROJECT_SOURCE_DIR}/tests/vectors/mcuboot)
    add_test(NAME e2e.imgtool_keys COMMAND Python3::Interpreter
        ${CMAKE_CURRENT_SOURCE_DIR}/test_imgtool_keys.py $<TARGET_FILE:ota-imgtool>
        ${PROJECT_SOURCE_DIR}/tests/vectors/mcuboot)
    set_tests_properties(e2e.imgtool e2e.imgtool_keys PROPERTIES TIMEOUT 400 LABELS e2e)
endif()
