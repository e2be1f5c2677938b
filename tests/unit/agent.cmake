# SPDX-License-Identifier: Apache-2.0
if(TARGET ota_psa)
    ota_unit_test(agent SOURCES fake_peer.c LIBS ota_psa)
endif()
