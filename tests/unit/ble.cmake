# SPDX-License-Identifier: Apache-2.0
ota_unit_test(ble)
if(TARGET ota_psa)
    ota_unit_test(ble_secure LIBS ota_psa)
endif()
