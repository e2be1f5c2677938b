# SPDX-License-Identifier: Apache-2.0
if(TARGET ota_compat)
    set(world fake_bt.c fake_peer.c fake_web.c compat_world.c)
    ota_unit_test(compat SOURCES ${world} LIBS ota_compat ota_posix_compat ota_psa)
    target_compile_definitions(test_compat PRIVATE _GNU_SOURCE)
    ota_unit_test(compat_api LIBS ota_compat)
    ota_unit_test(compat_ble SOURCES ${world} LIBS ota_compat ota_posix_compat ota_psa)
    target_compile_definitions(test_compat_ble PRIVATE _GNU_SOURCE)

    # A build that has its pushes signed.
    ota_compat_library(ota_compat_secure BOARD CY8CPROTO_062_4343W
        COMPONENTS MQTT HTTP BLUETOOTH DEFINITIONS CY_OTA_BLE_SECURE_SUPPORT=1)
    ota_unit_test(compat_secure SOURCES ${world} LIBS ota_compat_secure ota_posix_compat ota_psa)
    target_compile_definitions(test_compat_secure PRIVATE _GNU_SOURCE)
endif()
