# SPDX-License-Identifier: Apache-2.0
if(OTA_TOOLS)
    ota_unit_test(nor LIBS ota_sim)
    target_compile_definitions(test_nor PRIVATE _XOPEN_SOURCE=700)
    ota_unit_test(board LIBS ota_sim)
    target_compile_definitions(test_board PRIVATE _XOPEN_SOURCE=700
        OTA_BOARDS="${PROJECT_SOURCE_DIR}/boards")
endif()
