# SPDX-License-Identifier: Apache-2.0
ota_unit_test(chunk)
ota_unit_test(components)
ota_unit_test(job)
# Jobs in a build that does not follow them.
ota_unit_test(job_stay SOURCES ${PROJECT_SOURCE_DIR}/src/codec/job.c)
target_compile_definitions(test_job_stay PRIVATE OTA_CONFIG_HTTP=0 OTA_CONFIG_REDIRECT=0)
ota_unit_test(json)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
ota_unit_test(json_peer LIBS PkgConfig::JANSSON)
ota_unit_test(message)
ota_unit_test(tar)
target_compile_definitions(test_components PRIVATE _DEFAULT_SOURCE)
target_compile_definitions(test_tar PRIVATE _DEFAULT_SOURCE)
