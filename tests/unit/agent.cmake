# SPDX-License-Identifier: Apache-2.0
if(TARGET ota_psa)
    ota_unit_test(agent SOURCES agent_world.c fake_peer.c fake_web.c LIBS ota_psa)
    ota_unit_test(agent_archive SOURCES fake_peer.c LIBS ota_psa)
    ota_unit_test(agent_encrypted SOURCES agent_world.c fake_peer.c fake_web.c LIBS ota_psa)
    ota_unit_test(agent_memory SOURCES agent_world.c fake_peer.c fake_web.c LIBS ota_psa)
    ota_unit_test(agent_http SOURCES agent_world.c fake_peer.c fake_web.c LIBS ota_psa)
endif()
