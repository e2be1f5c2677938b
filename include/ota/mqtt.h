/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MQTT client that the agent uses: a small interface that a port implements with a
 * well-kept library, or an application over the connection that it has anyway.
 *
 * No call waits. Calls begin something; poll moves it on and reports through the sink, from
 * within poll and from nowhere else. One client serves one agent, on the agent's thread.
 */
#ifndef OTA_MQTT_H
#define OTA_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What to connect with. Strings are NUL-terminated and stay valid until the next connect. */
struct ota_mqtt_login {
    const char *host;   /* name or address */
    uint16_t port;      /* TCP */
    bool tls;           /* with the trust anchors that the client was set up with, or not at all */
    bool clean_session; /* false: the broker keeps subscriptions and messages */
    uint16_t keep_alive_s;    /* seconds */
    const char *client_id;    /* of this device; NUL-terminated */
    const char *username;     /* NULL: none */
    const char *password;     /* NULL: none */
    const char *will_topic;   /* where the broker tells of a lost connection */
    const char *will_payload; /* QoS 1, not retained */
};

/* What has happened. */
enum ota_mqtt_event_kind {
    OTA_MQTT_CONNECTED,  /* the broker accepted; or err: it did not, and the client is idle */
    OTA_MQTT_SUBSCRIBED, /* one subscribe was acknowledged; or err: refused */
    OTA_MQTT_PUBLISHED,  /* one QoS 1 publish was acknowledged */
    OTA_MQTT_MESSAGE,    /* a message, or a piece of one */
    OTA_MQTT_LOST,       /* the connection ended, err says how; the client is idle */
};

/* What a client reports. Everything it points to is valid during the call. */
struct ota_mqtt_event {
    enum ota_mqtt_event_kind kind; /* which fields below have a meaning */
    int err; /* 0, or OTA_ECONNECT, OTA_ERESOLVE, OTA_EAUTH, OTA_ETLS, OTA_EDROPPED... */
    /* OTA_MQTT_MESSAGE: pieces come in order, the last one ends at total. A client that holds
     * whole messages gives one piece. Valid during the call. */
    const char *topic;   /* not NUL-terminated */
    size_t topic_len;    /* bytes */
    const uint8_t *data; /* this piece */
    size_t len;          /* bytes of this piece */
    size_t off;          /* of this piece in the message */
    size_t total;        /* bytes of the whole message */
    bool retained;       /* the broker had kept it: older than this connection */
};

/* Where a client reports to. */
struct ota_mqtt_sink {
    void (*event)(void *arg, const struct ota_mqtt_event *ev); /* the agent's */
    void *arg;                                                 /* goes to event */
};

/* All return 0 or a negative ota_err at once; what they begin ends with an event. */
struct ota_mqtt_ops {
    /* Where events go from now on. Called before anything else, also on a client that an
     * application has connected itself. NULL: nowhere. */
    void (*bind)(void *ctx, const struct ota_mqtt_sink *sink);
    /* Begins to connect; ends with OTA_MQTT_CONNECTED. */
    int (*connect)(void *ctx, const struct ota_mqtt_login *login);
    int (*subscribe)(void *ctx, const char *topic);   /* QoS 1 */
    int (*unsubscribe)(void *ctx, const char *topic); /* no event */
    /* QoS 1, not retained. The payload is taken over before it returns; OTA_EBUSY if the client
     * cannot hold another one now: try again after poll. */
    int (*publish)(void *ctx, const char *topic, const void *payload, size_t len);
    /* One bounded step. Errors arrive as OTA_MQTT_LOST, too. */
    int (*poll)(void *ctx);
    /* Says goodbye and forgets the connection, whatever its state. No event. */
    void (*disconnect)(void *ctx);
};

/* A client as the agent takes it. */
struct ota_mqtt {
    const struct ota_mqtt_ops *ops; /* the port's functions */
    void *ctx;                      /* goes to each of them */
};

#ifdef __cplusplus
}
#endif
#endif
