# SPDX-License-Identifier: Apache-2.0
ota_unit_test(chunk)
ota_unit_test(components)
ota_unit_test(job)
ota_unit_test(json)
ota_unit_test(message)
ota_unit_test(tar)
target_compile_definitions(test_components PRIVATE _DEFAULT_SOURCE)
target_compile_definitions(test_tar PRIVATE _DEFAULT_SOURCE)
