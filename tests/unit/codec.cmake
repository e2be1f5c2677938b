# SPDX-License-Identifier: Apache-2.0
ota_unit_test(chunk)
