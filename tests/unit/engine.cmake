ota_unit_test(journal)
# SPDX-License-Identifier: Apache-2.0
ota_unit_test(xfer)
ota_unit_test(session)
add_test(NAME unit.session_page COMMAND ${CMAKE_COMMAND}
    -DPROGRAM=$<TARGET_FILE:test_session> -DPAGE=${PROJECT_SOURCE_DIR}/docs/states.md
    -P ${PROJECT_SOURCE_DIR}/tests/same_page.cmake)
set_tests_properties(unit.session_page PROPERTIES LABELS unit)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
ota_unit_test(archive LIBS PkgConfig::ZLIB)
target_compile_definitions(test_archive PRIVATE _DEFAULT_SOURCE)
