# SPDX-License-Identifier: Apache-2.0
# ota-board with a small application.
add_executable(board_app board_app.c)
target_include_directories(board_app PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(board_app PRIVATE _DEFAULT_SOURCE)
target_link_libraries(board_app PRIVATE ota_sim)
ota_warnings(board_app)
if(OTA_SANITIZE AND CMAKE_C_COMPILER_ID MATCHES Clang)
    # clang links the sanitizers into the program, which then is larger than a kit's slot.
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-runtime-dir
        OUTPUT_VARIABLE runtime OUTPUT_STRIP_TRAILING_WHITESPACE)
    target_link_options(board_app PRIVATE -shared-libsan -Wl,-rpath,${runtime})
endif()
add_test(NAME e2e.board
    COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_board_run.py
        ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards)
set_tests_properties(e2e.board PROPERTIES TIMEOUT 180 LABELS e2e)
add_test(NAME e2e.multi
    COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/test_multi.py
        ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} ${PROJECT_SOURCE_DIR}/boards)
set_tests_properties(e2e.multi PROPERTIES TIMEOUT 180 LABELS e2e)
