# SPDX-License-Identifier: Apache-2.0
ota_unit_test(version)
ota_unit_test(out)
ota_unit_test(text)
ota_unit_test(area)
ota_unit_test(writer)
ota_unit_test(log)
