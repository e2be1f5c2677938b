/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The publisher's decisions: which orders a device's message gives, and which message an order
 * becomes. Between release (what is offered), session (what is owed) and the MQTT link.
 */
#ifndef PUBLISHER_SERVER_H
#define PUBLISHER_SERVER_H

#include "common/log.h"
#include "common/mqtt_link.h"
#include "common/topics.h"
#include "ota-publisher/release.h"
#include "ota-publisher/session.h"

#include <stdbool.h>

struct server {
    struct release_store *releases;
    struct sessions *sessions;
    const struct topics *topics;
    struct mqtt_link *link;
    const char *board;
    bool any_board; /* serve devices that name another board */
    bool is_ready;  /* "ready" is printed */
    struct tool_log_budget strangers;
    /* One message: chunk header and the largest chunk. */
    uint8_t message[32u + UINT16_MAX];
};

/* For the link; their context is the server. */
extern const struct mqtt_link_handlers SERVER_HANDLERS;

/* Sends what is owed, as far as windows allow. Call after each turn of the link. */
void server_pump(struct server *s);

#endif
