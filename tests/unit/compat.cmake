# SPDX-License-Identifier: Apache-2.0
if(TARGET ota_compat)
    ota_unit_test(compat SOURCES fake_peer.c fake_web.c compat_world.c LIBS ota_compat ota_posix_compat ota_psa)
    target_compile_definitions(test_compat PRIVATE _GNU_SOURCE)
    ota_unit_test(compat_api LIBS ota_compat)
endif()
