/* SPDX-License-Identifier: Apache-2.0 */
/* Time, randomness and waiting on POSIX systems, for ota_config.system. */
#ifndef OTA_POSIX_SYSTEM_H
#define OTA_POSIX_SYSTEM_H

#include "ota/port.h"
#include "posix/curl.h"
#include "posix/mosquitto.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the services need to know. The caller's memory; it must not move. */
struct ota_posix_system {
    const struct ota_posix_mqtt *mqtt; /* its socket ends a wait; NULL: none */
    struct ota_posix_http *http;       /* likewise */
    const int *other_fd;               /* input on it, too; NULL or -1: none */
    void (*reset)(void *arg);          /* restarts the device */
    void *reset_arg;                   /* goes to reset */
    int wake_fd;                       /* private */
};

/*
 * Fills *out, which keeps a pointer to s. Set mqtt, http, other_fd, reset and reset_arg before. 0
 * or OTA_ENOSPC.
 */
int ota_posix_system_open(struct ota_posix_system *s, struct ota_system *out);

/* Releases what open took. */
void ota_posix_system_close(struct ota_posix_system *s);

#ifdef __cplusplus
}
#endif
#endif
