# SPDX-License-Identifier: Apache-2.0
ota_unit_test(chunk)
ota_unit_test(job)
ota_unit_test(json)
ota_unit_test(message)
