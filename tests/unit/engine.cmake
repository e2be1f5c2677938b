ota_unit_test(journal)
# SPDX-License-Identifier: Apache-2.0
ota_unit_test(xfer)
ota_unit_test(session)
add_test(NAME unit.session_page COMMAND ${CMAKE_COMMAND}
    -DPROGRAM=$<TARGET_FILE:test_session> -DPAGE=${PROJECT_SOURCE_DIR}/docs/states.md
    -P ${PROJECT_SOURCE_DIR}/tests/same_page.cmake)
set_tests_properties(unit.session_page PROPERTIES LABELS unit)
