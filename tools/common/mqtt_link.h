/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to an MQTT broker for a program with an event loop: connects without waiting,
 * subscribes, connects again after a loss (exponential backoff with jitter), and moves data when
 * the loop says that the socket is ready. QoS 1, clean session, protocol 3.1.1, no threads.
 *
 *     for (;;) {
 *         struct pollfd p;
 *         int wait_ms = mqtt_link_prepare(&link, &p, tool_now_ms());
 *         tool_wait(&p, 1, wait_ms);
 *         if (mqtt_link_handle(&link, p.revents, tool_now_ms()) != 0)
 *             break;
 *     }
 *
 * Handlers are called from mqtt_link_prepare and mqtt_link_handle. The name of the broker is
 * resolved by the system's resolver, which is the one thing that may wait.
 */
#ifndef TOOL_MQTT_LINK_H
#define TOOL_MQTT_LINK_H

#include "common/broker.h"
#include "posix/openssl.h"

#include <mosquitto.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MQTT_LINK_TOPICS_MAX 2u
#define MQTT_LINK_ID_MAX 23u /* what every 3.1.1 broker accepts */

struct mqtt_link_handlers {
    /* Connected and all subscriptions are acknowledged. */
    void (*up)(void *ctx);
    /* The connection is lost. Unacknowledged messages are sent again on the next one, unless
     * forgotten is true: then they are given up. */
    void (*down)(void *ctx, bool forgotten);
    /* A message has arrived. Publishing from here is allowed but is sent at the next write. */
    void (*message)(void *ctx, const struct mosquitto_message *m);
    /* The broker has acknowledged a message of ours. */
    void (*acked)(void *ctx, int mid);
};

struct mqtt_link_config {
    const struct broker *broker; /* finished; must stay */
    const char *id_prefix;       /* of the client id, at most 15 characters; random ones follow */
    const char *topics[MQTT_LINK_TOPICS_MAX]; /* to subscribe to; must stay */
    unsigned n_topics;
    int keepalive_s;
    const struct mqtt_link_handlers *handlers;
    void *ctx;
};

enum mqtt_link_state {
    MQTT_LINK_WAITING, /* for the next attempt */
    MQTT_LINK_CONNECTING,
    MQTT_LINK_UP,
};

struct mqtt_link {
    struct mqtt_link_config config;
    struct mosquitto *mosq;
    struct ota_posix_tls_context tls; /* of mosq, if the broker is reached over TLS */
    enum mqtt_link_state state;
    char id[MQTT_LINK_ID_MAX + 1];
    char detail[200];      /* what libmosquitto said last about a failure */
    uint64_t at_ms;        /* WAITING: next attempt; CONNECTING: give up */
    uint64_t misc_ms;      /* next look at the keep-alive */
    unsigned attempt;      /* failed ones in a row */
    unsigned subs_waiting; /* subscriptions without acknowledgement */
    unsigned unacked;      /* messages without acknowledgement */
    unsigned barren;       /* losses in a row without any acknowledgement in between */
    bool acked_any;        /* on this connection */
    bool was_up;
    bool is_ipv4;        /* the attempt goes to an IPv4 address for sure */
    bool only_ipv4;      /* it is the second one, to IPv4 addresses only */
    char first_why[100]; /* why the first one failed */
    int failure;         /* set by callbacks, taken by handle */
};

/* 0, or -1 after telling why (TLS files, memory). */
int mqtt_link_open(struct mqtt_link *l, const struct mqtt_link_config *config);

/* Fills *p (fd -1: nothing to watch) and returns how many ms to wait at most. */
int mqtt_link_prepare(struct mqtt_link *l, struct pollfd *p, uint64_t now_ms);

/*
 * Moves data. 0; -1 after telling why if going on is pointless: the broker refused the
 * credentials or the subscription before the link was up for the first time.
 */
int mqtt_link_handle(struct mqtt_link *l, short revents, uint64_t now_ms);

/*
 * Publishes with QoS 1, not retained; *mid names the message in acked. 0, or a MOSQ_ERR value.
 * Only while up.
 */
int mqtt_link_publish(struct mqtt_link *l, const char *topic, const void *data, size_t len,
                      int *mid);

/* Says goodbye to the broker (waiting a second at most) and frees everything. */
void mqtt_link_close(struct mqtt_link *l);

#endif
