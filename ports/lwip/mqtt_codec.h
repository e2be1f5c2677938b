/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MQTT 3.1.1 for one connection of a client, without input and output: bytes received go in, events
 * and bytes to send come out. Made for messages larger than memory, whose payload is handed on in
 * pieces as it arrives. OASIS: MQTT Version 3.1.1.
 *
 * QoS 0 and 1. Topics that arrive may have up to OTA_MQTT_TOPIC_MAX bytes; messages to longer ones
 * are acknowledged and dropped. What was published and not acknowledged is lost with the
 * connection: the update protocol asks again.
 *
 * The caller owns the structure and the send buffer. Times are milliseconds of a clock that may
 * wrap around. Events may append packets, and must call nothing else here.
 */
#ifndef OTA_LWIP_MQTT_CODEC_H
#define OTA_LWIP_MQTT_CODEC_H

#include "ota/mqtt.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_MQTT_TOPIC_MAX 160u

enum ota_mqtt_phase {
    OTA_MQTT_CLOSED,   /* nothing to send or receive any more */
    OTA_MQTT_GREETING, /* CONNECT is on its way, the answer is to come */
    OTA_MQTT_OPEN,
};

/* The fields are private. */
struct ota_mqtt_codec {
    uint8_t *out; /* packets to send, first byte first */
    size_t out_cap;
    size_t out_len;
    uint32_t keep_alive_ms;
    uint32_t sent_ms;   /* last time that something was sent */
    uint32_t pinged_ms; /* when is_pinged */
    enum ota_mqtt_phase phase;
    bool is_pinged;  /* the answer is to come */
    bool is_skipped; /* the message's topic is too long */
    uint16_t last_id;
    uint8_t step; /* of reading a packet */
    uint8_t head; /* its first byte */
    uint8_t shift;
    uint16_t id;
    uint16_t topic_len;
    uint16_t have;  /* bytes of the field being read */
    uint32_t left;  /* bytes of the packet that are to come */
    uint32_t total; /* bytes of the payload */
    uint8_t field[OTA_MQTT_TOPIC_MAX];
};

/*
 * Begins a connection that is just made: CONNECT waits to be sent. out: cap bytes for packets to
 * send; the largest request with its topic must fit. 0; OTA_ENOSPC if CONNECT does not fit;
 * OTA_ELIMIT for a text of more than 65,535 bytes.
 */
int ota_mqtt_codec_connect(struct ota_mqtt_codec *c, const struct ota_mqtt_login *login, void *out,
                           size_t cap);

/*
 * Append a packet to what waits to be sent. 0; OTA_EBUSY without room at the moment; OTA_ENOSPC if
 * there would never be; OTA_ELIMIT for a topic of more than 65,535 bytes; OTA_EDROPPED if the
 * connection is not open.
 */
int ota_mqtt_codec_subscribe(struct ota_mqtt_codec *c, const char *topic); /* QoS 1 */
int ota_mqtt_codec_unsubscribe(struct ota_mqtt_codec *c, const char *topic);
int ota_mqtt_codec_publish(struct ota_mqtt_codec *c, const char *topic, const void *payload,
                           size_t len);                  /* QoS 1, not retained */
int ota_mqtt_codec_disconnect(struct ota_mqtt_codec *c); /* closed in any case */

/* What waits to be sent: *len bytes, valid until the next call. */
const uint8_t *ota_mqtt_codec_pending(const struct ota_mqtt_codec *c, size_t *len);

/* The first len of the bytes that wait have been taken over by the connection. */
void ota_mqtt_codec_sent(struct ota_mqtt_codec *c, size_t len, uint32_t now_ms);

/*
 * Takes bytes from the connection, cut anywhere, and calls the sink (NULL: nobody) for what they
 * complete. Returns how many it took: fewer than len if an acknowledgement has no room; send what
 * waits, then give it the rest. OTA_EPROTO, and the codec is closed: the broker breaks the
 * protocol.
 *
 * OTA_MQTT_CONNECTED with an error closes the codec; what follows it is taken and dropped.
 */
int ota_mqtt_codec_receive(struct ota_mqtt_codec *c, const void *data, size_t len,
                           const struct ota_mqtt_sink *sink);

/* Keeps the connection alive. 0, or OTA_EDROPPED if the broker no longer answers. */
int ota_mqtt_codec_tick(struct ota_mqtt_codec *c, uint32_t now_ms);

enum ota_mqtt_phase ota_mqtt_codec_phase(const struct ota_mqtt_codec *c);

#ifdef __cplusplus
}
#endif
#endif
