/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device and a publisher for applications of the original, in one process and virtual time: the
 * agent has its thread, and time passes as fast as it wants to sleep. Once so many sessions have
 * ended, the agent's sleep lasts until somebody wakes it.
 */
#ifndef OTA_TEST_UNIT_COMPAT_WORLD_H
#define OTA_TEST_UNIT_COMPAT_WORLD_H

#include <pthread.h>

#include "cy_ota_api.h"
#include "ota_compat.h"
#include "ota_psa.h"
#include "unit/fake_peer.h"
#include "unit/fake_web.h"
#include "unit/ram_flash.h"

/* The field of servers that names the host. */
#if CY_OTA_API_VERSION < 3
#define WORLD_HOST pHostName
#else
#define WORLD_HOST host_name
#endif

#define WORLD_IMAGE_LEN 10000u
#define WORLD_SLOT 32768u
#define WORLD_CALLS 200

/* One callback, as a line of a trace has it. */
struct world_call {
    cy_ota_cb_reason_t reason;
    cy_ota_agent_state_t state;
    cy_rslt_t error;
    cy_ota_connection_t connection;
    uint16_t port;
    uint32_t written;
    uint32_t total;
    char host[64];
};

struct compat_world {
    struct ram_flash flash;
    struct ota_slot primary, secondary;
    struct ota_area journal;
    struct fake_peer peer;
    struct fake_web web;
    struct ota_psa psa;
    struct ota_crypto crypto;
    uint8_t image[WORLD_IMAGE_LEN];
    uint64_t now_ms; /* the agent's thread only, like the next two */
    unsigned n_random;
    int n_resets;
    const char *root_ca; /* of the credentials used last */
    int n_credentials;
    int device_rc; /* what ota_compat_device answers */
    /* What the callback has seen. */
    struct world_call calls[WORLD_CALLS];
    size_t n_calls;
    /* The application's part in it; NULL: continues. */
    cy_ota_callback_results_t (*answer)(cy_ota_cb_struct_t *cb);
    /* Sessions until the agent sleeps. */
    unsigned n_sessions;
    unsigned last_session;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_over;  /* under lock, like the next */
    bool is_awake; /* somebody has called wake */
    cy_ota_network_params_t network;
    cy_ota_agent_params_t params;
    cy_ota_context_ptr ota;
};

extern struct compat_world world;

/* A device with 1.0.0 and a publisher that offers 1.6.0; parameters for job flow over MQTT. */
void compat_world_init(void);

/* Starts the agent, lets it end n sessions and stops it. */
void compat_world_run(unsigned n);

/* True if the secondary slot is marked to be installed. */
bool compat_world_is_pending(void);

#endif
