# SPDX-License-Identifier: Apache-2.0
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
ota_unit_test(trailer LIBS PkgConfig::JANSSON)
ota_unit_test(slot LIBS PkgConfig::JANSSON)
if(OTA_TOOLS)
    pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
    ota_unit_test(boot_vectors LIBS ota_tool_boot PkgConfig::JANSSON PkgConfig::ZLIB)
    target_compile_definitions(test_boot_vectors PRIVATE _DEFAULT_SOURCE)
endif()
