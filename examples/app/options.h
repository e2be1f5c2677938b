/* SPDX-License-Identifier: Apache-2.0 */
/* Command line of the example application. */
#ifndef EXAMPLE_OPTIONS_H
#define EXAMPLE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "ota/job.h"
#include "ota/session.h"

struct server {
    char host[OTA_HOST_MAX];
    uint16_t port; /* 0: the usual one */
};

struct options {
    struct server broker;
    struct server web;
    enum ota_transport transport;
    const char *user; /* at the broker; NULL: none */
    char password[128];
    enum ota_flow flow;
    const char *cafile; /* NULL: the system's store */
    const char *cert;
    const char *key;
    bool is_tls;          /* MQTT over TLS */
    bool is_whole;        /* MQTT: ask once for the whole image */
    uint8_t window;       /* MQTT: chunks asked for ahead; 0: as the library says */
    uint32_t range_size;  /* HTTP: bytes asked for at a time; 0: all at once */
    uint32_t timeout_s;   /* longest wait for an answer; 0: as the library says */
    const char *ble_name; /* name to be found by over Bluetooth; NULL: no Bluetooth */
    bool is_ble_secure;   /* transfers end with a signature by the image key */
    bool is_now;          /* check at once, not after the initial interval */
    bool is_once;         /* leave after one session */
    bool is_verbose;
};

/* False after telling what is wrong, or after the help: the caller leaves with status 2. */
bool options_parse(struct options *o, int argc, char **argv);

#endif
