# SPDX-License-Identifier: Apache-2.0
if(OTA_TOOLS)
    foreach(name nor board device)
        ota_unit_test(${name} LIBS ota_sim)
        target_compile_definitions(test_${name} PRIVATE _XOPEN_SOURCE=700
            OTA_BOARDS="${PROJECT_SOURCE_DIR}/boards")
    endforeach()
endif()
