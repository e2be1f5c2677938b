/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent tells about itself while it works: one entry for each change of state and each
 * error. Nothing is formatted here; a sink that wants text asks ota_log_format for it.
 *
 *     static struct ota_log log = {.write = on_entry, .level = OTA_LOG_INFO};
 *     config.log = &log;
 */
#ifndef OTA_LOG_H
#define OTA_LOG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Values as in the original's cy_log. */
enum ota_log_level {
    OTA_LOG_OFF = 0,
    OTA_LOG_ERROR = 1,   /* a session has failed */
    OTA_LOG_WARNING = 2, /* something failed and is tried again */
    OTA_LOG_NOTICE = 3,  /* what an operator wants to know: no update, image marked, restart */
    OTA_LOG_INFO = 4,    /* states entered */
    OTA_LOG_DEBUG = 5,   /* states left */
};

/* One thing that the agent tells. */
struct ota_log_entry {
    enum ota_log_level level; /* of this entry */
    uint64_t ms;              /* ota_system_ops.now_ms */
    const char *module;       /* who tells: "agent" */
    const char *text;         /* static storage */
    int err;                  /* negative ota_err, or 0 */
};

/*
 * Takes an entry; only the texts outlive the call. Called on the agent's thread, from within
 * ota_poll: it may take its time no more than a hook may.
 */
typedef void (*ota_log_fn)(void *arg, const struct ota_log_entry *entry);

/* Where the agent tells it, for ota_config.log. The application's; it stays while the agent runs.
 */
struct ota_log {
    ota_log_fn write; /* required */
    void *arg;        /* goes to write */
    uint8_t level;    /* enum ota_log_level: entries above it are not made. ota_log_set_level */
};

/* Changes the level while the agent runs. Any thread, any context. */
void ota_log_set_level(struct ota_log *log, enum ota_log_level level);

/* "error", "warning", "notice", "info", "debug"; "off" for others. Static storage. */
const char *ota_log_level_text(enum ota_log_level level);

/* Room for any entry as text, with NUL. */
#define OTA_LOG_TEXT_MAX 192u

/*
 * Writes "12.345 error agent: connecting for the image: host name does not resolve (OTA_ERESOLVE)"
 * with NUL: seconds with milliseconds, level, module, text and, if there is one, the error. Its
 * length, or OTA_ENOSPC.
 */
int ota_log_format(const struct ota_log_entry *entry, char *buf, size_t cap);

#ifdef __cplusplus
}
#endif
#endif
