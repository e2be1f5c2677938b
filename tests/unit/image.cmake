# SPDX-License-Identifier: Apache-2.0
ota_unit_test(image)
ota_unit_test(decrypt)
if(TARGET ota_tool_crypto)
    find_package(OpenSSL 3.0 REQUIRED)
    pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
    pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
    ota_unit_test(image_vectors
        LIBS ota_tool_crypto ota_psa PkgConfig::JANSSON PkgConfig::ZLIB)
    ota_unit_test(cipher LIBS ota_tool_crypto ota_psa)
    ota_unit_test(crypto LIBS ota_tool_crypto ota_psa OpenSSL::Crypto)
    target_compile_definitions(test_crypto PRIVATE _XOPEN_SOURCE=700)
    target_compile_definitions(test_image_vectors PRIVATE _DEFAULT_SOURCE)
endif()
