/* SPDX-License-Identifier: Apache-2.0 */
/* The one agent of an application of the original, and the pieces of the adapter. */
#ifndef OTA_COMPAT_COMPAT_H
#define OTA_COMPAT_COMPAT_H

#include "cy_ota_api.h"
#include "ota/agent.h"
#include "ota/gatt.h"
#include "ota_compat.h"

/* Without a transport there is no agent. */
#if CY_OTA_HAS_AGENT_ || defined(COMPONENT_OTA_BLUETOOTH)
#define COMPAT_HAS_AGENT 1
#else
#define COMPAT_HAS_AGENT 0
#endif

/* The field of servers that names the host. */
#if CY_OTA_API_VERSION < 3
#define COMPAT_HOST pHostName
#else
#define COMPAT_HOST host_name
#endif

/* The field of the callback's structure that names the state. */
#if CY_OTA_API_VERSION >= 5
#define COMPAT_STATE ota_agt_state
#else
#define COMPAT_STATE state
#endif

/* Longest write unit of any device. */
#define COMPAT_ROW_MAX 512u

/* Who may use the agent's structure. */
enum compat_phase {
    COMPAT_FREE,
    COMPAT_BUSY,     /* being started */
    COMPAT_RUNNING,  /* it has a thread, or Bluetooth */
    COMPAT_STOPPING, /* somebody waits for the thread's end */
    COMPAT_ENDING,   /* stopped from its own callback: its thread leaves by itself */
    COMPAT_ENDED,    /* it has left, and waits to be joined */
};

#if COMPAT_HAS_AGENT
/* An error as the agent has it and as the application is told. */
struct compat_error {
    int err;
    cy_rslt_t code;
};

struct compat {
    uint8_t phase; /* enum compat_phase; atomic access only */
    uint8_t state; /* cy_ota_agent_state_t; atomic access only */
    cy_thread_t thread;
    cy_ota_network_params_t network;
    cy_ota_agent_params_t params;
    struct ota_config config;
    struct ota_agent agent;
    struct ota_archive_memory archive;
    struct compat_error failed; /* last failure */
    struct compat_error first;  /* of the session */
    bool is_refused_before;     /* the callback's APP_FAILED came at a STATE_CHANGE */
    cy_ota_cb_struct_t cb;      /* what the callback is shown */
    cy_ota_storage_write_info_t block;
    struct ota_writer writer; /* of the storage functions */
    bool is_open;             /* the writer is in use */
#if CY_OTA_HAS_AGENT_
    cy_awsport_ssl_credentials_t tls; /* in use */
#endif
#ifdef COMPONENT_OTA_BLUETOOTH
    struct ota_ble ble;
    uint16_t conn_id;    /* of the peer */
    uint8_t is_in_call;  /* a Bluetooth function is running; atomic access only */
    uint8_t answer[9];   /* on its way: the stack takes no copy */
    struct ota_key key;  /* of signed pushes */
    uint8_t key_der[91]; /* SubjectPublicKeyInfo */
#endif
    uint8_t row[COMPAT_ROW_MAX];
    uint64_t work[OTA_WORK_LEN(COMPAT_ROW_MAX) / sizeof(uint64_t) + 1];
};

/* The agent of this handle while it runs, or NULL. */
struct compat *ota_compat_of(cy_ota_context_ptr ota_ptr);

/* ---- config.c ---- */

/* SUCCESS, or what cy_ota_agent_start is to answer. */
cy_rslt_t ota_compat_check(const cy_ota_network_params_t *network);

/* Fills in c->config from parameters, settings and device. 0 or a negative ota_err. */
int ota_compat_configure(struct compat *c);

#if CY_OTA_HAS_AGENT_
/* Parameters of a transport; NULL if the build lacks it. */
cy_ota_credentials_ptr_ ota_compat_credentials_of(struct compat *c, enum ota_transport transport);

/* Credentials of any version, NULL too, as those of now. */
void ota_compat_read_credentials(cy_ota_credentials_ptr_ from, cy_awsport_ssl_credentials_t *to);
#endif

/* True for an agent that is pushed to. */
bool ota_compat_is_pushed(const struct compat *c);

#ifdef COMPONENT_OTA_BLUETOOTH
/* ---- ble.c ---- */

/* Sets the Bluetooth side up. 0 or a negative ota_err. */
int ota_compat_ble_init(struct compat *c);

/* The agent is to end: now (true), or with the function that is running. */
bool ota_compat_ble_stop(struct compat *c);
#endif

/* ---- agent.c ---- */

/* An agent without a thread has ended. */
void ota_compat_release(struct compat *c);

/* ---- callback.c ---- */

/* ota_hook of the agent; arg is the struct compat. */
enum ota_answer ota_compat_hook(void *arg, struct ota_hook_info *info);

/* Tells the application that the agent ends. */
void ota_compat_say_goodbye(struct compat *c);

/* ---- message.c: texts that the application may word, and is shown. ---- */

/* Words the request in info->message as the application's templates do. */
void ota_compat_word(const struct compat *c, struct ota_hook_info *info);

/* Puts the text that the original shows into json_doc. */
void ota_compat_show(struct compat *c, const struct ota_hook_info *info);

/* ---- storage.c ---- */

/* Ends what the application has written. 0 or a flash error. */
int ota_compat_finish(struct compat *c);
#endif

/* ---- error.c ---- */

/* The original's code for an error in a state. */
cy_rslt_t ota_compat_code(int err, cy_ota_agent_state_t state);

/* The code for an error that kept the agent from starting. */
cy_rslt_t ota_compat_start_code(int err);

void ota_compat_set_last_error(cy_rslt_t code);

/* ---- log.c ---- */

/* The log for ota_config; it follows cy_ota_set_log_level. */
const struct ota_log *ota_compat_log(void);

#endif
