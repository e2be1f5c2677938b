/* SPDX-License-Identifier: Apache-2.0 */
/* Command line of the example application. */
#ifndef EXAMPLE_OPTIONS_H
#define EXAMPLE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "ota/job.h"
#include "ota/session.h"
#include "posix/tls.h"

struct options {
    char host[OTA_HOST_MAX];
    uint16_t port; /* 0: the usual one */
    bool is_tls;   /* to the broker */
    struct ota_posix_tls tls;
    const char *user; /* at the broker; NULL: none */
    char password[128];
    enum ota_flow flow;
    bool is_whole;      /* ask once for the whole image */
    uint8_t window;     /* chunks asked for ahead; 0: as the library says */
    uint32_t timeout_s; /* longest wait for an answer; 0: as the library says */
    bool is_now;        /* check at once, not after the initial interval */
    bool is_once;       /* leave after one session */
    bool is_verbose;
};

/* False after telling what is wrong, or after the help: the caller leaves with status 2. */
bool options_parse(struct options *o, int argc, char **argv);

#endif
