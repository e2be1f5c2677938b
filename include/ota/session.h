/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of an update session: which state follows which.
 *
 * A state names the effect to perform. Whoever drives the session (the agent, a simulator, a
 * test) performs it and reports the outcome; the session answers with the next state. It owns no
 * clock, socket or heap: the same events give the same states.
 *
 * The states, their numbers and their order are those of the original library's documented table;
 * docs/states.md shows the table as this code has it.
 */
#ifndef OTA_SESSION_H
#define OTA_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, number, what is done in it): the states, for whoever needs a list of them. */
#define OTA_STATE_MAP(X)                                                                           \
    X(NOT_INITIALIZED, 0, "not initialized")                                                       \
    X(EXITING, 1, "agent has ended")                                                               \
    X(INITIALIZING, 2, "initializing")                                                             \
    X(AGENT_STARTED, 3, "agent started")                                                           \
    X(AGENT_WAITING, 4, "waiting for the next check")                                              \
    X(STORAGE_OPEN, 5, "opening the secondary slot")                                               \
    X(STORAGE_WRITE, 6, "writing to the secondary slot")                                           \
    X(STORAGE_CLOSE, 7, "closing the secondary slot")                                              \
    X(START_UPDATE, 8, "starting an update session")                                               \
    X(JOB_CONNECT, 9, "connecting for the job document")                                           \
    X(JOB_DOWNLOAD, 10, "getting the job document")                                                \
    X(JOB_DISCONNECT, 11, "disconnecting from the job server")                                     \
    X(JOB_PARSE, 12, "reading the job document")                                                   \
    X(JOB_REDIRECT, 13, "choosing the image server")                                               \
    X(DATA_CONNECT, 14, "connecting for the image")                                                \
    X(DATA_DOWNLOAD, 15, "downloading the image")                                                  \
    X(DATA_DISCONNECT, 16, "disconnecting from the image server")                                  \
    X(VERIFY, 17, "verifying the image")                                                           \
    X(RESULT_REDIRECT, 18, "returning to the job server")                                          \
    X(RESULT_CONNECT, 19, "connecting for the result")                                             \
    X(RESULT_SEND, 20, "sending the result")                                                       \
    X(RESULT_RESPONSE, 21, "waiting for the result's answer")                                      \
    X(RESULT_DISCONNECT, 22, "disconnecting after the result")                                     \
    X(OTA_COMPLETE, 23, "session complete")

/* States; what is done in each is in OTA_STATE_MAP. Values and order are the original's. */
enum ota_state {
#define OTA_STATE_ENUM(name, number, text) OTA_STATE_##name = (number),
    OTA_STATE_MAP(OTA_STATE_ENUM)
#undef OTA_STATE_ENUM
};

#define OTA_STATE_COUNT 24 /* states are 0 to 23 */

/* What a state does, for people; "unknown state" for other numbers, and for all in a build
 * without texts (ota/config.h). Static storage. */
const char *ota_state_text(enum ota_state state);

/* The two ways of a session. */
enum ota_flow {
    OTA_FLOW_JOB,    /* get a job document, then the image it points to */
    OTA_FLOW_DIRECT, /* get the image at once; no result is sent */
};

/* Times in milliseconds; OTA_NEVER: no limit. */
#define OTA_NEVER UINT32_MAX

/* What bounds the stay in a state. */
enum ota_limit {
    OTA_LIMIT_NONE,
    OTA_LIMIT_CONNECT,
    OTA_LIMIT_JOB,
    OTA_LIMIT_DATA,
    OTA_LIMIT_RESULT,
    OTA_LIMIT_COUNT
};

/* Settings of a session. Constant while it lives. */
struct ota_session_config {
    enum ota_flow flow;                 /* which way */
    bool send_result;                   /* job flow only */
    uint32_t initial_ms;                /* from init to the first session */
    uint32_t next_ms;                   /* from a session to the next; cap of the back-off */
    uint32_t retry_ms;                  /* first back-off after a failure; doubles with each */
    uint32_t limit_ms[OTA_LIMIT_COUNT]; /* by enum ota_limit */
    uint8_t connect_retries;            /* for the image and the result, after the first try */
    uint8_t download_tries;             /* in a row without a new byte */
};

/* How the effect of a state has ended. */
enum ota_event_kind {
    OTA_EVENT_OK,   /* effect done; in AGENT_WAITING: time to start */
    OTA_EVENT_FAIL, /* effect failed; err says why */
    OTA_EVENT_STOP, /* end this session; in AGENT_WAITING: skip it */
    OTA_EVENT_EXIT, /* end this session, then the agent */
};

/* What a session is told. */
struct ota_event {
    enum ota_event_kind kind; /* which fields below have a meaning */
    int err;                  /* OTA_EVENT_FAIL: negative ota_err */
    bool has_progress; /* OTA_EVENT_FAIL in DATA_DOWNLOAD: new bytes were stored in this try */
    bool has_report;   /* OTA_EVENT_OK in START_UPDATE: an earlier outcome is to be reported */
    bool is_resumed;   /* OTA_EVENT_FAIL in VERIFY: part of the image is of an earlier session */
    uint32_t defer_ms; /* OTA_EVENT_STOP: until the next session; 0: as usual */
    uint32_t random;   /* any number; spreads the retries of a fleet */
    uint64_t now_ms;   /* the time, as ota_system_ops.now_ms gives it */
};

/* A session. The caller's memory; all fields may be read, none written. */
struct ota_session {
    const struct ota_session_config *config; /* not copied */
    enum ota_state state;                    /* whose effect is to be performed */
    int err;           /* first error of the session, kept until the next one starts */
    int report_err;    /* first error of sending the result; never changes the outcome */
    bool is_job_due;   /* the image's address is void: ask for the job again, keep what is stored */
    bool is_stopped;   /* the stop column is followed until AGENT_WAITING */
    bool is_exiting;   /* and then EXITING */
    bool has_report;   /* an earlier outcome goes out before the job is asked for */
    uint8_t failures;  /* sessions in a row that did not reach their server or image */
    uint8_t connects;  /* failed connects in a row in this phase */
    uint8_t downloads; /* failed downloads in a row without progress */
    uint32_t defer_ms; /* a stop has asked for this wait instead of the usual one */
    uint64_t due_ms;   /* not before this moment is the state's effect to begin */
    uint64_t limit_ms; /* not after this moment must it end; UINT64_MAX: no limit */
};

/* Begins in AGENT_WAITING, due after config->initial_ms. config is kept. */
void ota_session_init(struct ota_session *s, const struct ota_session_config *config,
                      uint64_t now_ms);

/* Takes the outcome of the current state's effect; returns the state entered (maybe the same,
 * later: see due_ms). Nothing else changes the state. */
enum ota_state ota_session_step(struct ota_session *s, const struct ota_event *ev);

#ifdef __cplusplus
}
#endif
#endif
