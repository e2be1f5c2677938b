/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The update protocol over one kind of connection. The agent gives a link a task, polls it, and
 * is called back with bytes of the image; it sees no difference between transports.
 */
#ifndef OTA_LINK_LINK_H
#define OTA_LINK_LINK_H

#include "codec/message.h"
#include "engine/xfer.h"
#include "ota/agent.h"

enum ota_link_task {
    OTA_LINK_NONE,
    OTA_LINK_CONNECT,
    OTA_LINK_JOB,    /* get the job document into env->text */
    OTA_LINK_DATA,   /* get the image, through env->data */
    OTA_LINK_RESULT, /* deliver env->text */
    OTA_LINK_DISCONNECT,
};

/* Room for what tells one state of a file on a server from another, with NUL; a longer one is not
 * kept. */
#define OTA_VALIDATOR_MAX 80u

/* Bytes of an image as they arrive. */
struct ota_link_data {
    const struct ota_version *version; /* as the sender says, or NULL */
    uint32_t total;                    /* bytes of the image, or OTA_TOTAL_UNKNOWN */
    uint32_t off;
    const uint8_t *data;
    uint32_t len;
};

/* What the agent lends its links. */
struct ota_link_env {
    enum ota_link_task task; /* to be done now */
    bool is_busy;            /* set by a link that has more to do at once */
    const struct ota_config *config;
    const struct ota_endpoint *server; /* to connect to */
    /* OTA_MESSAGE_MAX bytes: a request to send. OTA_JOB_MAX, into the room of chunk, for a job
     * received and for an HTTP result. */
    char *text;
    size_t text_len;
    uint8_t *chunk;  /* OTA_CHUNK_LEN + 64 bytes, for pieces of a message or of the image */
    char *validator; /* OTA_VALIDATOR_MAX bytes: of the image that is being stored; "": none */
    const uint64_t *limit_ms; /* when the task must be done */
    uint64_t now_ms;          /* when this step began */
    struct ota_xfer xfer;
    struct ota_version running;
    struct ota_identity identity;
    struct ota_message request; /* who asks, where the answer goes, the image's path or name */
    struct ota_result result;   /* OTA_LINK_RESULT: what to deliver */
    /* Takes image bytes in any order. 0, or why the download has failed. */
    int (*data)(void *arg, const struct ota_link_data *d);
    /* Forgets what is stored of the image: another one comes, from its beginning. 0, or what the
     * flash said. */
    int (*restart)(void *arg);
    void *arg;
};

/* Notes the length of what a codec has written to env->text, or its error. 0 or the error. */
static inline int ota_link_set_text(struct ota_link_env *env, int len)
{
    env->text_len = len < 0 ? 0 : (size_t)len;
    return len < 0 ? len : 0;
}

/* All return 0 or a negative ota_err. link is the structure that init has set up; what is to be
 * done is in env->task. */
struct ota_link_ops {
    void (*init)(void *link, struct ota_link_env *env);
    /* JOB, DATA, RESULT: writes the text of the request to env->text, for the hook to see and
     * change. */
    int (*prepare)(void *link);
    int (*begin)(void *link);
    /* 1: not done yet. */
    int (*poll)(void *link);
    /* Drops the connection in any state. */
    void (*close)(void *link);
};

#endif
