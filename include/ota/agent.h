/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OTA agent: checks for updates, downloads, verifies, marks for installation and reports.
 *
 *     ota_init once, then ota_poll from a main loop, or ota_run in a thread of its own.
 *
 * The caller owns every structure and buffer; the agent allocates nothing and keeps pointers into
 * the configuration, which must stay as it is. An agent is used by one thread; only ota_check,
 * ota_stop and ota_shutdown may be called from anywhere, interrupts too. Agents are independent.
 */
#ifndef OTA_AGENT_H
#define OTA_AGENT_H

#include "ota/config.h"
#include "ota/err.h"
#include "ota/http.h"
#include "ota/image.h"
#include "ota/job.h"
#include "ota/log.h"
#include "ota/mqtt.h"
#include "ota/port.h"
#include "ota/session.h"
#include "ota/slot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Hook: the application looks on, changes, takes over, or stops -------------------------- */

/* Values as in the original's callback reasons. */
enum ota_moment {
    OTA_MOMENT_BEFORE = 0, /* the state is entered; its effect comes next */
    OTA_MOMENT_DONE = 1,   /* the effect is done */
    OTA_MOMENT_FAILED = 2, /* the effect failed: err */
};

/* Values as in the original's callback results. */
enum ota_answer {
    OTA_ANSWER_CONTINUE = 0, /* go on; the answer to give unless there is a reason not to */
    OTA_ANSWER_STOP = 1,     /* end this session; in AGENT_WAITING: skip it */
    OTA_ANSWER_HANDLED = 2,  /* BEFORE: the application has done the effect itself */
    OTA_ANSWER_REFUSE = 3,   /* BEFORE and DONE: treat the effect as failed, OTA_EREFUSED */
};

/*
 * What the hook is called about. Texts marked "may change" lie in the agent's buffers: the
 * application may overwrite them, NUL-terminated, within their room, before the effect.
 */
struct ota_hook_info {
    enum ota_moment moment;        /* before or after the effect */
    enum ota_state state;          /* STORAGE_WRITE for each block, inside of DATA_DOWNLOAD */
    int err;                       /* first error of the session so far, or FAILED: why */
    struct ota_endpoint *endpoint; /* server in use; may change before a ..._CONNECT */
    char *topic;                   /* unique topic; may change before a ..._CONNECT */
    size_t topic_cap;              /* room with NUL */
    char *file;                    /* path or name of the image; may change before DATA_CONNECT */
    size_t file_cap;               /* room with NUL */
    /* Text about to be sent, before JOB_DOWNLOAD (HTTP: the document's path), DATA_DOWNLOAD (MQTT:
     * the request for the whole image) and RESULT_SEND; the job document before JOB_PARSE. May
     * change. NULL elsewhere. HANDLED for JOB_DOWNLOAD: the application has put the job document
     * here. */
    char *message;
    size_t message_cap;  /* room with NUL */
    const uint8_t *data; /* STORAGE_WRITE: the block */
    uint32_t data_len;   /* bytes */
    uint32_t written;    /* bytes stored; STORAGE_WRITE: before this block */
    uint32_t total;      /* bytes of the image; 0: not known yet */
    uint8_t percent;     /* 0 to 100 */
    uint32_t defer_s;    /* may change, with STOP: seconds to the next session; 0: as usual */
};

/*
 * The hook: called on the agent's thread, from within ota_poll. It should return soon: nothing else
 * moves meanwhile. It may call ota_stop, ota_check, ota_shutdown and what only reads the agent.
 */
typedef enum ota_answer (*ota_hook)(void *arg, struct ota_hook_info *info);

/* ---- Configuration -------------------------------------------------------------------------- */

#define OTA_NEVER_S UINT32_MAX /* no limit */

/*
 * When sessions begin and how long their parts may take, in seconds. Zero means the default given;
 * OTA_NEVER_S switches a limit off.
 */
struct ota_timing {
    uint32_t initial_check_s; /* from start to the first session; 60 */
    uint32_t next_check_s;    /* from a session to the next; 86400 */
    uint32_t retry_s;         /* first wait after a failure, then doubling up to next_check_s; 5 */
    uint32_t connect_s;       /* a connect or disconnect, at most; 30 */
    uint32_t job_s;           /* getting the job document, at most; 30 */
    uint32_t data_s;          /* one try of the download, at most; 1200 */
    uint32_t packet_s;        /* without a new byte, at most; 60 */
    uint32_t stall_s;         /* without a new byte until it is asked for again; 5 */
    uint32_t result_s;        /* sending the result, at most; 30 */
    uint8_t connect_retries;  /* for image and result, after the first try; 3 */
    uint8_t download_tries;   /* in a row without a new byte; 3 */
};

/* What an agent needs to take encrypted images: memory of the caller's, set up by
 * ota_decryption_init. An application that does not call that has no code for them. */
struct ota_decryption {
    const struct ota_decryption_ops *ops; /* private: set by init */
    const struct ota_cipher *cipher;      /* private: set by init */
    uint8_t key_len;                      /* private: set by init */
    struct ota_source stored;             /* private */
    struct ota_decrypted decrypted;       /* private */
};

/*
 * Sets up for images whose key the cipher opens and has key_len bytes: 16, or 32 for AES-256 (0:
 * 16), which must be what the bootloader is built for. Images that are not encrypted are taken as
 * before. The image's key is in *d while it is verified, and wiped from it then; *d may be used for
 * nothing else. cipher must stay.
 * 0, or OTA_EARG for another length.
 */
int ota_decryption_init(struct ota_decryption *d, const struct ota_cipher *cipher, uint8_t key_len);

/* Settings of MQTT; zero means the default given. All texts are kept as pointers. */
struct ota_mqtt_config {
    const struct ota_mqtt *client; /* NULL: jobs that lead to MQTT are refused */
    const char *host;              /* broker */
    uint16_t port;                 /* 1883, or 8883 with tls */
    bool tls;                      /* with the client's trust anchors */
    bool keep_session;             /* persistent session; identifier is then used as it is */
    const char *identifier;        /* first 18 characters begin the client id; "cy_device" */
    const char *username;          /* NULL: none */
    const char *password;          /* NULL: none */
    const char *company;           /* first level of every topic; "anycloud" */
    const char *listen_topic;      /* last level of the topic for requests; "publish_notify" */
    const char *will_topic;        /* of the last will; "cy_ota_device/will" */
    const char *const *filters;    /* more topics to subscribe to, QoS 1; n_filters of them */
    uint8_t n_filters;             /* number of filters */
    uint16_t keep_alive_s;         /* 60 */
    bool whole_image;              /* one request for everything instead of chunk by chunk */
    uint8_t window;                /* chunks asked for ahead; 8 */
};

/* Paths begin with '/' and are percent-encoded; HTTP or HTTPS is up to ota_config.transport. */
struct ota_http_config {
    const struct ota_http *client; /* NULL: jobs that lead to HTTP are refused */
    const char *host;              /* server where sessions begin; not needed elsewhere */
    uint16_t port;                 /* 80, or 443 for HTTPS */
    const char *job_file;          /* path of the job document; "/ota_update.json" */
    const char *file;              /* direct flow: path of the image; "/anycloud-ota.bin" */
    const char *result_path;       /* where results are posted; the image's path */
    /* Bytes asked for by one request, 4096 in the original. 0: all that is missing by one request,
     * as one stream; much faster, and the default. In direct flow the first 4096 are asked for by
     * themselves, because the version in them may be old. */
    uint32_t range_size;
};

/*
 * Everything about an agent. Zero it, then set what is needed; zero means the default given. It and
 * what it points to must stay as it is while the agent lives.
 */
struct ota_config {
    /* Who this device is; NULL gives the original's sample values. board is required. */
    const char *board;
    const char *manufacturer;    /* in requests to the server */
    const char *manufacturer_id; /* likewise */
    const char *product;         /* likewise */
    const char *serial;          /* likewise */
    /* Running version; all zero: read from the image header in the primary slot. */
    struct ota_version version;

    const struct ota_slot *primary;   /* of the running image; required */
    const struct ota_slot *secondary; /* for the update; required */
    uint32_t image_max;               /* bytes; 0: the slot without its fixed trailer fields */
    struct ota_trust trust;           /* checked before an image is marked; required */
    /* Updates that come as archives (tar with components.json): the application alone, or with the
     * secure firmware as a second image, in slots of its own. All of an archive is checked before
     * any of it is marked. archive NULL: they are refused. primary2 and secondary2 NULL: those with
     * a second image are. They need the record log, which keeps between the marks of both what is
     * still to be marked. */
    struct ota_archive_memory *archive;
    const struct ota_slot *primary2;   /* of the second image */
    const struct ota_slot *secondary2; /* for its update */
    uint32_t image2_max;               /* as image_max; at most to the trailer's erase unit */
    struct ota_system system;          /* clock, randomness, reset; required */

    enum ota_transport transport; /* where sessions begin: MQTT, HTTP, HTTPS; BLE: peers push */
    enum ota_flow flow;           /* job document first (default), or the image at once */
    struct ota_mqtt_config mqtt;  /* needed if sessions begin there or jobs may lead there */
    struct ota_http_config http;  /* likewise */

    /* Updates whose payload is encrypted for this device (ota_decryption_init): hash and signature
     * are checked through the cipher, and the secondary slot holds what was sent. NULL: they are
     * refused (OTA_ENOTSUP), because nothing is marked whose signature was not checked. */
    struct ota_decryption *decryption;

    /* Record log: lets downloads go on and outcomes be reported after a reset. Two erase units or
     * more on any device, for nothing else. NULL: a reset forgets. */
    const struct ota_area *journal;
    uint8_t max_trials;    /* of one version that went back without ota_reject; 3 */
    uint16_t job_sessions; /* that may work on one image; 0: no limit */
    uint32_t job_bytes;    /* fetched for one image, over all sessions; 0: no limit */

    bool do_not_send_result;  /* the server is not told how it ended */
    bool reboot;              /* reset when an image has been marked */
    bool is_permanent;        /* install for good: no revert, no confirm */
    struct ota_timing timing; /* zero: the defaults */

    ota_hook hook;             /* NULL: none */
    void *hook_arg;            /* goes to hook */
    const struct ota_log *log; /* NULL: tells nobody */

    void *work;      /* aligned for any type */
    size_t work_len; /* OTA_WORK_LEN(largest write_size of the secondaries' devices) or more */
};

#define OTA_ARCHIVE_LEN 1984u /* bytes that reading archives needs */

/* Memory for archives: the caller's, to be left alone while the agent lives. */
struct ota_archive_memory {
    uint64_t memory[OTA_ARCHIVE_LEN / sizeof(uint64_t)]; /* private */
};

#define OTA_CHUNK_LEN 4096u                                /* bytes asked for at a time */
#define OTA_MESSAGE_MAX ((uint32_t)OTA_CONFIG_MESSAGE_MAX) /* a request, with NUL */
#define OTA_JOB_MAX 4096u                                  /* a job document, with NUL */
/* What is longer than this makes room for paths longer than OTA_PATH_MAX: signed URLs need 2 KiB.
 */
#define OTA_WORK_LEN(write_size)                                                                   \
    (OTA_MESSAGE_MAX + OTA_CHUNK_LEN + 64u + (write_size) + OTA_PATH_MAX)
#define OTA_TOPIC_MAX 160u /* unique topic, with NUL */

/* ---- The agent --------------------------------------------------------------------------------
 */

#define OTA_AGENT_LEN (1024u + 64u * sizeof(void *)) /* bytes of an agent's memory */

/* An agent: the caller's memory, which is the library's from ota_init on. It must not move. */
struct ota_agent {
    uint64_t memory[OTA_AGENT_LEN / sizeof(uint64_t)]; /* private */
};

/*
 * Sets an agent up; the first session is due after timing.initial_check_s. Reads the running
 * image's version unless it is given. 0; OTA_EARG for a missing or contradictory setting;
 * OTA_ENOSPC for a short work buffer; OTA_ETRANSPORT for a transport that this build lacks,
 * OTA_ENOTSUP for a second image in a build without archives, or decryption in one without
 * encrypted images (ota/config.h); or why the running image's header cannot be read.
 */
int ota_init(struct ota_agent *agent, const struct ota_config *config);

/*
 * One bounded step; never waits for network or time. Returns the milliseconds that the caller may
 * sleep before the next call (sooner is fine, and better when the network has something).
 */
uint32_t ota_poll(struct ota_agent *agent);

/*
 * Polls until ota_shutdown has taken effect, with system.wait in between. For a thread of the
 * agent's own. Returns the last session's first error, or 0.
 */
int ota_run(struct ota_agent *agent);

/* Asks for a session now; remembered if one is under way. Any thread, any context. */
void ota_check(struct ota_agent *agent);

/* Asks to end the session under way; an image that it has marked is unmarked. Without one
 * nothing happens. Any thread, any context. */
void ota_stop(struct ota_agent *agent);

/* Asks to end the session under way, and then the agent: ota_state becomes EXITING. An image that
 * is marked already stays so. Any thread, any context. */
void ota_shutdown(struct ota_agent *agent);

/* Confirms the running image, and the second one: they will not be reverted. Call it after the
 * self-test, before the next session can begin; sessions do not start while the running image is on
 * trial. */
int ota_confirm(struct ota_agent *agent);

/* What became of the last image that was handed to the bootloader. */
struct ota_outcome {
    struct ota_version version; /* of that image */
    int err;                    /* 0: confirmed; OTA_EREVERTED, OTA_EBOOTREFUSED */
    bool is_reported;           /* the server has been told */
};

/* 1 and *out if an outcome is known (with config.journal also after a reset), else 0. */
int ota_last_outcome(const struct ota_agent *agent, struct ota_outcome *out);

/*
 * Notes that the running image, on trial, is not to be tried again: call it when the self-test
 * fails, and reset. The bootloader goes back to the image before. Without it the same version may
 * be tried max_trials times, since a lost trial may be a power cut and not the image's fault. 0 or
 * a flash error; nothing happens to an image that is not on trial.
 */
int ota_reject(struct ota_agent *agent);

/* Where the agent is. */
enum ota_state ota_state(const struct ota_agent *agent);

/* First error of the session under way or, when waiting, of the last one; 0: none. */
int ota_last_error(const struct ota_agent *agent);

/* Number of sessions that have ended since ota_init. */
uint32_t ota_sessions(const struct ota_agent *agent);

/* The running version. */
const struct ota_version *ota_running_version(const struct ota_agent *agent);

#ifdef __cplusplus
}
#endif
#endif
