# SPDX-License-Identifier: Apache-2.0
if(OTA_TOOLS)
    ota_unit_test(mqtt_codec LIBS ota_lwip_codec)
    target_compile_definitions(test_mqtt_codec PRIVATE _GNU_SOURCE)
endif()
