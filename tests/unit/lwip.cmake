# SPDX-License-Identifier: Apache-2.0
if(OTA_TOOLS)
    foreach(name mqtt_codec http_codec)
        ota_unit_test(${name} LIBS ota_lwip_codec)
        target_compile_definitions(test_${name} PRIVATE _GNU_SOURCE)
    endforeach()
endif()
