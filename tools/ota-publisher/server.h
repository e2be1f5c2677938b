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
#include "ota-publisher/job.h"
#include "ota-publisher/release.h"
#include "ota-publisher/session.h"

#include <stdbool.h>

struct server {
    struct release_store *releases;
    struct sessions *sessions;
    const struct topics *topics;
    struct mqtt_link *link;
    const char *board;
    const struct job_place *redirect; /* where jobs lead; NULL: as they say themselves */
    bool any_board;                   /* serve devices that name another board */
    bool is_ready;                    /* "ready" is printed */
    struct tool_log_budget strangers;
    /* One message: chunk header and the largest chunk. */
    uint8_t message[32u + UINT16_MAX];
};

/* Tells of what is refused from whom ("": unknown), as far as the budget for strangers goes. */
void server_refuse(struct server *v, const char *who, const char *why);

/* Prints "ready", once. */
void server_ready(struct server *v);

/* For the link; their context is the server. */
extern const struct mqtt_link_handlers SERVER_HANDLERS;

/* Sends what is owed, as far as windows allow. Call after each turn of the link. */
void server_pump(struct server *s);

#endif
