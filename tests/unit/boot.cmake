# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
ota_unit_test(trailer LIBS PkgConfig::JANSSON)
ota_unit_test(slot LIBS PkgConfig::JANSSON)
