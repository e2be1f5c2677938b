# SPDX-License-Identifier: Apache-2.0
if(TARGET ota-boot)
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    add_test(NAME e2e.boot COMMAND Python3::Interpreter
        ${CMAKE_CURRENT_SOURCE_DIR}/test_boot.py $<TARGET_FILE:ota-boot>
        ${PROJECT_SOURCE_DIR}/tests/vectors/mcuboot)
    add_test(NAME e2e.boot_encrypted COMMAND Python3::Interpreter
        ${CMAKE_CURRENT_SOURCE_DIR}/test_boot_encrypted.py $<TARGET_FILE:ota-imgtool>
        $<TARGET_FILE:ota-boot>)
    # Every 61st operation is cut; 1 instead of 61 cuts all.
    add_test(NAME e2e.mcuboot COMMAND Python3::Interpreter
        ${CMAKE_CURRENT_SOURCE_DIR}/test_mcuboot.py $<TARGET_FILE:ota-boot>
        ${PROJECT_SOURCE_DIR}/tests/vectors/mcuboot 61)
    set_tests_properties(e2e.boot e2e.boot_encrypted e2e.mcuboot PROPERTIES TIMEOUT 180 LABELS e2e)
endif()
