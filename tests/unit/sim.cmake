# SPDX-License-Identifier: Apache-2.0
if(OTA_TOOLS)
    foreach(name nor board device tool_boot)
        ota_unit_test(${name} LIBS $<IF:$<STREQUAL:${name},tool_boot>,ota_tool_boot,ota_sim>)
        target_compile_definitions(test_${name} PRIVATE _XOPEN_SOURCE=700
            OTA_BOARDS="${PROJECT_SOURCE_DIR}/boards")
    endforeach()
endif()
