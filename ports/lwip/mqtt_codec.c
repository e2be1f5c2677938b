/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt_codec.h"

#include <string.h>

#include "ota/err.h"

/* Packets: the first byte, with the flags that must be set (MQTT 3.1.1, 2.2). */
#define CONNECT 0x10u
#define CONNACK 0x20u
#define PUBLISH 0x30u
#define PUBACK 0x40u
#define SUBSCRIBE 0x82u
#define SUBACK 0x90u
#define UNSUBSCRIBE 0xa2u
#define UNSUBACK 0xb0u
#define PINGREQ 0xc0u
#define PINGRESP 0xd0u
#define DISCONNECT 0xe0u

#define TYPE_MASK 0xf0u
#define QOS_MASK 0x06u
#define QOS1 0x02u
#define RETAIN 0x01u

/* Flags of CONNECT (3.1.2.3). */
#define CLEAN_SESSION 0x02u
#define WILL_QOS1 0x0cu
#define PASSWORD 0x40u
#define USER_NAME 0x80u

#define LEVEL_3_1_1 4u
#define TEXT_MAX 0xffffu
#define SUBSCRIPTION_REFUSED 0x80u
#define BAD_PASSWORD 4u
#define NOT_AUTHORISED 5u

/* Room that is kept for the acknowledgement of the message being received. */
#define ACK_LEN 4u

enum step {
    STEP_HEAD,
    STEP_SIZE,
    STEP_SHORT, /* the rest of a packet other than PUBLISH */
    STEP_TOPIC_LEN,
    STEP_TOPIC,
    STEP_ID,
    STEP_PAYLOAD,
};

/* ---- Sending --------------------------------------------------------------------------------- */

static void put8(struct ota_mqtt_codec *c, unsigned value)
{
    c->out[c->out_len++] = (uint8_t)value;
}

static void put16(struct ota_mqtt_codec *c, size_t value)
{
    put8(c, (unsigned)(value >> 8) & 0xffu);
    put8(c, (unsigned)value & 0xffu);
}

static void put_text(struct ota_mqtt_codec *c, const char *text)
{
    size_t len = strlen(text);

    put16(c, len);
    memcpy(c->out + c->out_len, text, len);
    c->out_len += len;
}

static size_t size_len(size_t size)
{
    size_t n = 1;

    for (; size >= 128; size >>= 7) {
        n++;
    }
    return n;
}

/* Begins a packet with body bytes behind its size; all of it has room then. */
static int begin(struct ota_mqtt_codec *c, unsigned head, size_t body)
{
    size_t room = c->out_cap < ACK_LEN ? 0 : c->out_cap - ACK_LEN;
    size_t head_len = 1 + size_len(body);

    if (body > room || head_len > room - body) {
        return OTA_ENOSPC;
    }
    if (c->out_len > room - body - head_len) {
        return OTA_EBUSY;
    }
    put8(c, head);
    for (; body >= 128; body >>= 7) {
        put8(c, (body & 0x7fu) | 0x80u);
    }
    put8(c, (unsigned)body);
    return 0;
}

static uint16_t next_id(struct ota_mqtt_codec *c)
{
    c->last_id++;
    if (c->last_id == 0) {
        c->last_id = 1;
    }
    return c->last_id;
}

/* Bytes that a text takes with its length; sets *err if it is too long. */
static size_t text_len(const char *text, int *err)
{
    size_t len = strlen(text);

    if (len > TEXT_MAX) {
        *err = OTA_ELIMIT;
        return 0;
    }
    return len + 2;
}

int ota_mqtt_codec_connect(struct ota_mqtt_codec *c, const struct ota_mqtt_login *login, void *out,
                           size_t cap)
{
    const char *texts[5] = {login->client_id};
    unsigned flags = login->clean_session ? CLEAN_SESSION : 0;
    size_t body = 10;
    size_t n = 1;
    int rc = 0;

    if (login->will_topic != NULL) {
        flags |= WILL_QOS1;
        texts[n++] = login->will_topic;
        texts[n++] = login->will_payload;
    }
    if (login->username != NULL) {
        flags |= USER_NAME;
        texts[n++] = login->username;
    }
    if (login->username != NULL && login->password != NULL) {
        flags |= PASSWORD;
        texts[n++] = login->password;
    }
    memset(c, 0, sizeof *c);
    c->out = out;
    c->out_cap = cap;
    c->keep_alive_ms = login->keep_alive_s * 1000u;
    for (size_t i = 0; i < n; i++) {
        body += text_len(texts[i], &rc);
    }
    if (rc == 0) {
        rc = begin(c, CONNECT, body);
    }
    if (rc != 0) {
        return rc;
    }
    put_text(c, "MQTT");
    put8(c, LEVEL_3_1_1);
    put8(c, flags);
    put16(c, login->keep_alive_s);
    for (size_t i = 0; i < n; i++) {
        put_text(c, texts[i]);
    }
    c->phase = OTA_MQTT_GREETING;
    return 0;
}

/* SUBSCRIBE or UNSUBSCRIBE of one topic. */
static int request(struct ota_mqtt_codec *c, unsigned head, const char *topic)
{
    int rc = c->phase == OTA_MQTT_OPEN ? 0 : OTA_EDROPPED;
    size_t body = 2 + text_len(topic, &rc) + (head == SUBSCRIBE ? 1u : 0u);

    if (rc == 0) {
        rc = begin(c, head, body);
    }
    if (rc != 0) {
        return rc;
    }
    put16(c, next_id(c));
    put_text(c, topic);
    if (head == SUBSCRIBE) {
        put8(c, 1); /* QoS */
    }
    return 0;
}

int ota_mqtt_codec_subscribe(struct ota_mqtt_codec *c, const char *topic)
{
    return request(c, SUBSCRIBE, topic);
}

int ota_mqtt_codec_unsubscribe(struct ota_mqtt_codec *c, const char *topic)
{
    return request(c, UNSUBSCRIBE, topic);
}

int ota_mqtt_codec_publish(struct ota_mqtt_codec *c, const char *topic, const void *payload,
                           size_t len)
{
    int rc = c->phase == OTA_MQTT_OPEN ? 0 : OTA_EDROPPED;
    size_t before = text_len(topic, &rc) + 2;

    if (rc == 0) {
        rc = len > c->out_cap ? OTA_ENOSPC : begin(c, PUBLISH | QOS1, before + len);
    }
    if (rc != 0) {
        return rc;
    }
    put_text(c, topic);
    put16(c, next_id(c));
    if (len > 0) {
        memcpy(c->out + c->out_len, payload, len);
        c->out_len += len;
    }
    return 0;
}

int ota_mqtt_codec_disconnect(struct ota_mqtt_codec *c)
{
    int rc = c->phase == OTA_MQTT_OPEN ? begin(c, DISCONNECT, 0) : OTA_EDROPPED;

    c->phase = OTA_MQTT_CLOSED;
    return rc;
}

const uint8_t *ota_mqtt_codec_pending(const struct ota_mqtt_codec *c, size_t *len)
{
    *len = c->out_len;
    return c->out;
}

void ota_mqtt_codec_sent(struct ota_mqtt_codec *c, size_t len, uint32_t now_ms)
{
    c->out_len -= len;
    memmove(c->out, c->out + len, c->out_len);
    c->sent_ms = now_ms;
}

int ota_mqtt_codec_tick(struct ota_mqtt_codec *c, uint32_t now_ms)
{
    if (c->phase != OTA_MQTT_OPEN || c->keep_alive_ms == 0) {
        return 0;
    }
    if (c->is_pinged) {
        return now_ms - c->pinged_ms < c->keep_alive_ms ? 0 : OTA_EDROPPED;
    }
    if (now_ms - c->sent_ms >= c->keep_alive_ms / 2 && begin(c, PINGREQ, 0) == 0) {
        c->is_pinged = true;
        c->pinged_ms = now_ms;
    }
    return 0;
}

enum ota_mqtt_phase ota_mqtt_codec_phase(const struct ota_mqtt_codec *c)
{
    return c->phase;
}

/* ---- Receiving ------------------------------------------------------------------------------- */

static void emit(const struct ota_mqtt_sink *sink, const struct ota_mqtt_event *ev)
{
    if (sink != NULL) {
        sink->event(sink->arg, ev);
    }
}

static void emit_simple(const struct ota_mqtt_sink *sink, enum ota_mqtt_event_kind kind, int err)
{
    struct ota_mqtt_event ev = {.kind = kind, .err = err};

    emit(sink, &ev);
}

/* Return codes of CONNACK. */
static int refusal(unsigned code)
{
    if (code == 0) {
        return 0;
    }
    return code == BAD_PASSWORD || code == NOT_AUTHORISED ? OTA_EAUTH : OTA_ECONNECT;
}

/* A packet other than PUBLISH is complete. */
static void take_short(struct ota_mqtt_codec *c, const struct ota_mqtt_sink *sink)
{
    c->step = STEP_HEAD;
    switch (c->head) {
    case CONNACK:
        c->phase = c->field[1] == 0 ? OTA_MQTT_OPEN : OTA_MQTT_CLOSED;
        emit_simple(sink, OTA_MQTT_CONNECTED, refusal(c->field[1]));
        break;
    case PUBACK:
        emit_simple(sink, OTA_MQTT_PUBLISHED, 0);
        break;
    case SUBACK:
        emit_simple(sink, OTA_MQTT_SUBSCRIBED, c->field[2] == SUBSCRIPTION_REFUSED ? OTA_EAUTH : 0);
        break;
    case PINGRESP:
        c->is_pinged = false;
        break;
    default: /* UNSUBACK: nobody waits for it */
        break;
    }
}

/* Bytes behind the size of a packet that a broker may send; -1 for any other. */
static int short_len(unsigned head)
{
    switch (head) {
    case CONNACK:
    case PUBACK:
    case UNSUBACK:
        return 2;
    case SUBACK:
        return 3;
    case PINGRESP:
        return 0;
    default:
        return -1;
    }
}

/* Head and size are known. */
static int begin_packet(struct ota_mqtt_codec *c, const struct ota_mqtt_sink *sink)
{
    int len = short_len(c->head);

    if ((c->phase == OTA_MQTT_GREETING) != (c->head == CONNACK)) {
        return OTA_EPROTO;
    }
    c->have = 0;
    if ((c->head & TYPE_MASK) == PUBLISH) {
        c->topic_len = 0;
        c->step = STEP_TOPIC_LEN;
        return (c->head & QOS_MASK) > QOS1 || c->left < 2 ? OTA_EPROTO : 0;
    }
    if (len < 0 || c->left != (uint32_t)len) {
        return OTA_EPROTO;
    }
    c->step = STEP_SHORT;
    if (len == 0) {
        take_short(c, sink);
    }
    return 0;
}

static void end_message(struct ota_mqtt_codec *c)
{
    c->step = STEP_HEAD;
    if ((c->head & QOS_MASK) == QOS1) {
        put8(c, PUBACK);
        put8(c, 2);
        put16(c, c->id);
    }
}

static void take_piece(struct ota_mqtt_codec *c, const uint8_t *data, size_t len,
                       const struct ota_mqtt_sink *sink)
{
    struct ota_mqtt_event ev = {
        .kind = OTA_MQTT_MESSAGE,
        .topic = (const char *)c->field,
        .topic_len = c->topic_len,
        .data = data,
        .len = len,
        .off = c->total - c->left,
        .total = c->total,
        .retained = (c->head & RETAIN) != 0,
    };

    c->left -= (uint32_t)len;
    if (!c->is_skipped) {
        emit(sink, &ev);
    }
    if (c->left == 0) {
        end_message(c);
    }
}

static void begin_payload(struct ota_mqtt_codec *c, const struct ota_mqtt_sink *sink)
{
    c->total = c->left;
    c->step = STEP_PAYLOAD;
    if (c->left == 0) {
        take_piece(c, c->field, 0, sink);
    }
}

static int end_topic(struct ota_mqtt_codec *c, const struct ota_mqtt_sink *sink)
{
    if ((c->head & QOS_MASK) != QOS1) {
        begin_payload(c, sink);
        return 0;
    }
    c->have = 0;
    c->id = 0;
    c->step = STEP_ID;
    return c->left < 2 ? OTA_EPROTO : 0;
}

static int take_topic_len(struct ota_mqtt_codec *c, uint8_t byte)
{
    c->topic_len = (uint16_t)(c->topic_len << 8 | byte);
    c->have++;
    if (c->have < 2) {
        return 0;
    }
    c->have = 0;
    c->is_skipped = c->topic_len > sizeof c->field;
    c->step = STEP_TOPIC;
    return c->topic_len == 0 || c->topic_len > c->left ? OTA_EPROTO : 0;
}

static int take_topic(struct ota_mqtt_codec *c, uint8_t byte, const struct ota_mqtt_sink *sink)
{
    if (!c->is_skipped) {
        c->field[c->have] = byte;
    }
    c->have++;
    return c->have == c->topic_len ? end_topic(c, sink) : 0;
}

static int take_id(struct ota_mqtt_codec *c, uint8_t byte, const struct ota_mqtt_sink *sink)
{
    c->id = (uint16_t)(c->id << 8 | byte);
    c->have++;
    if (c->have < 2) {
        return 0;
    }
    if (c->id == 0) {
        return OTA_EPROTO;
    }
    begin_payload(c, sink);
    return 0;
}

/* The size of a packet: seven bits per byte, the lowest first, four bytes at most. */
static int take_size(struct ota_mqtt_codec *c, uint8_t byte, const struct ota_mqtt_sink *sink)
{
    c->left |= (uint32_t)(byte & 0x7fu) << c->shift;
    c->shift = (uint8_t)(c->shift + 7u);
    if ((byte & 0x80u) == 0) {
        return begin_packet(c, sink);
    }
    return c->shift == 28 ? OTA_EPROTO : 0;
}

/* A byte of what comes before a payload, with c->left counting what is behind it. */
static int take_field(struct ota_mqtt_codec *c, uint8_t byte, const struct ota_mqtt_sink *sink)
{
    c->left--; /* not zero: the steps begin with enough */
    switch (c->step) {
    case STEP_TOPIC_LEN:
        return take_topic_len(c, byte);
    case STEP_TOPIC:
        return take_topic(c, byte, sink);
    case STEP_ID:
        return take_id(c, byte, sink);
    default: /* STEP_SHORT */
        c->field[c->have++] = byte;
        if (c->left == 0) {
            take_short(c, sink);
        }
        return 0;
    }
}

static int take_byte(struct ota_mqtt_codec *c, uint8_t byte, const struct ota_mqtt_sink *sink)
{
    switch (c->step) {
    case STEP_HEAD:
        c->head = byte;
        c->left = 0;
        c->shift = 0;
        c->step = STEP_SIZE;
        return 0;
    case STEP_SIZE:
        return take_size(c, byte, sink);
    default:
        return take_field(c, byte, sink);
    }
}

int ota_mqtt_codec_receive(struct ota_mqtt_codec *c, const void *data, size_t len,
                           const struct ota_mqtt_sink *sink)
{
    const uint8_t *bytes = data;
    size_t n = 0;

    while (n < len) {
        if (c->phase == OTA_MQTT_CLOSED) {
            return (int)len;
        }
        if (c->step == STEP_HEAD && ACK_LEN > c->out_cap - c->out_len) {
            break;
        }
        if (c->step == STEP_PAYLOAD) {
            size_t piece = len - n < c->left ? len - n : c->left;

            take_piece(c, bytes + n, piece, sink);
            n += piece;
        } else {
            int rc = take_byte(c, bytes[n++], sink);

            if (rc != 0) {
                c->phase = OTA_MQTT_CLOSED;
                return rc;
            }
        }
    }
    return (int)n;
}
