# SPDX-License-Identifier: Apache-2.0
if(OTA_TOOLS)
    if(NOT FREERTOS_KERNEL_PATH)
        find_package(Threads REQUIRED)
        ota_unit_test(freertos SOURCES ../freertos/double.c agent_world.c fake_peer.c fake_web.c
            LIBS ota_freertos ota_conformance ota_psa Threads::Threads)
        target_compile_definitions(test_freertos PRIVATE _GNU_SOURCE)
    endif()
    ota_unit_test(conformance LIBS ota_conformance ota_sim)
    ota_unit_test(template LIBS ota_template ota_conformance)
    ota_unit_test(psoc6 SOURCES ../psoc6/hal.c LIBS ota_psoc6 ota_conformance ota_sim)
    target_compile_definitions(test_psoc6 PRIVATE OTA_BOARDS="${PROJECT_SOURCE_DIR}/boards")
endif()
