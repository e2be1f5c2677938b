/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's own state, and the pieces that its driver is made of. */
#ifndef OTA_AGENT_AGENT_H
#define OTA_AGENT_AGENT_H

#include "engine/journal.h"
#include "engine/sink.h"
#include "engine/xfer.h"
#include "link/http.h"
#include "link/link.h"
#include "link/mqtt.h"
#include "ota/agent.h"
#include "ota/config.h"

/* How far the current state's effect is. */
enum step {
    STEP_ENTER, /* not begun; waits for its moment */
    STEP_RUN,   /* begun */
};

/* Requests from other threads and interrupts. */
struct requests {
    uint8_t check;
    uint8_t stop;
    uint8_t shutdown;
};

/* What is used most comes first: on Thumb, that is reached by shorter instructions. */
struct agent {
    struct requests requests;
    uint8_t verifying;         /* which image is */
    bool is_checked;           /* a session was asked for while another one ran */
    bool is_noted;             /* the record log knows that this session loads */
    bool is_resumed;           /* a part of the image is of an earlier session */
    bool is_marked;            /* the secondary slot was marked in this session */
    bool is_pushed;            /* a peer has the agent: no sessions of its own */
    bool is_due;               /* a second image was marked after a reset: restart to install */
    enum ota_state push_state; /* what is done for that peer */
    enum step step;
    int answer; /* the hook's answer within a link's callback, as an error */
    struct ota_session session;
    const struct ota_config *config;
    const struct ota_link_ops *link; /* of the current phase */
    uint32_t fetched;                /* bytes received for this image, over all sessions */
    uint32_t defer_ms;               /* with its last STOP: until the next session; 0: as usual */
    uint32_t begun_at;               /* bytes stored when this try of the download began */
    struct ota_link_env env;
    uint32_t n_sessions;
    struct ota_version new_version; /* of image 0, once it is verified */
    uint32_t second;                /* mark of image 1, likewise; 0: there is none */
    struct ota_journal journal;
    struct ota_sink sink;
    struct ota_sink_extra extra;
    struct ota_session_config session_config;
    struct ota_xfer_config xfer_config;
    struct ota_source source; /* while verifying */
    struct ota_image_check check;
    union {
        struct ota_mqtt_link mqtt;
        struct ota_http_link http;
    } links;
    struct ota_job job;
    char validator[OTA_VALIDATOR_MAX];
    char topic[OTA_TOPIC_MAX];
};

/* The effect of the current state: begin starts it, run moves it on. 0: done; 1: not done yet; or
 * why it failed. */
int ota_agent_begin(struct agent *a);
int ota_agent_run(struct agent *a);

/* ---- decrypt.c: encrypted images, for those who want them. ---- */

struct ota_decryption_ops {
    /* Makes a source that reads a slot read the payload of an encrypted image in the clear. 0,
     * OTA_ENOTSUP for a key of another length, or the errors of ota_decrypted_open. */
    int (*open)(struct ota_decryption *d, struct ota_source *src);
    void (*wipe)(struct ota_decryption *d);
};

/* A build without a feature has no code for it: what asks for it is false at compile time. */
static inline bool ota_agent_is_pushed(const struct agent *a)
{
    return OTA_CONFIG_BLE && a->is_pushed;
}

/* Do sessions begin with HTTP or HTTPS? */
static inline bool ota_agent_is_http(const struct ota_config *c)
{
    return OTA_CONFIG_HTTP && (!OTA_CONFIG_MQTT || c->transport != OTA_TRANSPORT_MQTT);
}

static inline bool ota_agent_has_second(const struct agent *a)
{
    return OTA_CONFIG_ARCHIVE && a->config->secondary2 != NULL;
}

static inline bool ota_agent_decrypts(const struct agent *a)
{
    return OTA_CONFIG_ENCRYPTION && a->config->decryption != NULL;
}

/* True if a part of the image under way is of an earlier session. */
static inline bool ota_agent_is_resumed(const struct agent *a)
{
    return OTA_CONFIG_JOURNAL && a->is_resumed;
}

static inline void ota_agent_forget_key(const struct agent *a)
{
    if (ota_agent_decrypts(a)) {
        a->config->decryption->ops->wipe(a->config->decryption);
    }
}

/* Where the agent is: in a session or at a peer's service. */
static inline enum ota_state ota_agent_state(const struct agent *a)
{
    return ota_agent_is_pushed(a) ? a->push_state : a->session.state;
}

/* True if an end was asked for; the request to stop is taken, that to shut down stays. */
bool ota_agent_is_stopped(struct agent *a);

/* Tells the application's log. text is static. */
void ota_agent_put_log(const struct agent *a, enum ota_log_level level, const char *text, int err);

static inline void ota_agent_tell(const struct agent *a, enum ota_log_level level, const char *text,
                                  int err)
{
    if (OTA_CONFIG_LOG) {
        ota_agent_put_log(a, level, text, err);
    }
}

/* Sets server and link to where sessions begin. OTA_ETRANSPORT if there is no such link. */
int ota_agent_go_home(struct agent *a);

/* Forgets the job; its path has the work buffer's end as room. */
void ota_agent_clear_job(struct agent *a);

/* Chooses the link for a transport. OTA_ETRANSPORT if there is none. */
int ota_agent_use_link(struct agent *a, enum ota_transport transport);

/* ---- timing.c: times and counts of the configuration, or their defaults. ---- */

void ota_agent_set_times(const struct ota_timing *t, struct ota_session_config *s,
                         struct ota_xfer_config *x);

/* ---- hook.c: the application's say. ---- */

int ota_hook_ask(struct agent *a, enum ota_moment moment, int err);
int ota_hook_ask_write(struct agent *a, const uint8_t *data, uint32_t len);

/* Asks about the current state. moment FAILED: err says why. 0: go on; 1: the application has done
 * it itself; OTA_ESTOPPED or OTA_EREFUSED. */
static inline int ota_agent_ask(struct agent *a, enum ota_moment moment, int err)
{
    return OTA_CONFIG_HOOK ? ota_hook_ask(a, moment, err) : 0;
}

/* The same for a block about to be stored. */
static inline int ota_agent_ask_write(struct agent *a, const uint8_t *data, uint32_t len)
{
    return OTA_CONFIG_HOOK ? ota_hook_ask_write(a, data, len) : 0;
}

/* ---- data.c: from a link's bytes to the secondary slot. ---- */

/* Forgets the image of the session before. OTA_ESTATE while the running image is on trial. */
int ota_agent_begin_image(struct agent *a);

/* Bytes that an image may have. */
uint32_t ota_agent_image_limit(const struct ota_config *c);
/* Most bytes that an archive, if they are taken, or an image may have. */
uint32_t ota_agent_total_limit(const struct ota_config *c);

int ota_agent_open_storage(struct agent *a);
int ota_agent_close_storage(struct agent *a);

/* Prepares for an image of total bytes from a peer: with go_on behind what is there of it. 0 or a
 * flash error. */
int ota_agent_open_push(struct agent *a, uint32_t total, bool go_on);

/* ota_link_env.data and .restart; arg is the agent. */
int ota_agent_take_data(void *arg, const struct ota_link_data *d);
int ota_agent_restart_image(void *arg);

/* ---- verify.c: the effect of VERIFY. Leaves the image marked, or nothing to go on with. ---- */

int ota_agent_begin_verify(struct agent *a);
int ota_agent_run_verify(struct agent *a);

/* ---- verify.c: what concerns all images. ---- */

/* 1 if no image is on trial, 0 if one is, or a flash error. */
int ota_agent_is_confirmed(const struct agent *a);
/* Confirms all; takes the request to install all back. 0 or a flash error. */
int ota_agent_confirm_all(const struct agent *a);
int ota_agent_cancel_all(const struct agent *a);
/* Takes back the mark of image 1, whole or torn, before image 0 loses its own: alone it would be
 * installed. 0 or a flash error. */
int ota_agent_unmark_second(const struct agent *a);
/* Tells image 1 from others by its hash. 0: there is no image. */
uint32_t ota_agent_second_of(const struct ota_area *area);

static inline struct agent *ota_agent_of(struct ota_agent *agent)
{
    return (struct agent *)(void *)agent->memory;
}

#endif
