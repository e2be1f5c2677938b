/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/fake_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/chunk.h"
#include "ota/err.h"

#define CHUNK 4096u

static struct peer_event *put(struct fake_peer *p, enum ota_mqtt_event_kind kind, int err)
{
    struct peer_event *e = &p->queue[p->tail++ % PEER_QUEUE];

    if (p->tail - p->head > PEER_QUEUE) {
        abort();
    }
    memset(&e->event, 0, sizeof e->event);
    e->event.kind = kind;
    e->event.err = err;
    return e;
}

static void put_message(struct fake_peer *p, const void *data, size_t len)
{
    struct peer_event *e = put(p, OTA_MQTT_MESSAGE, 0);

    memcpy(e->message, data, len);
    e->event.topic = p->topic;
    e->event.topic_len = strlen(p->topic);
    e->event.data = e->message;
    e->event.len = len;
    e->event.total = len;
}

static void put_chunk(struct fake_peer *p, uint32_t off)
{
    uint32_t index = off / CHUNK;
    uint32_t size = p->image_len - off < CHUNK ? p->image_len - off : CHUNK;
    struct ota_chunk c = {
        .version = p->chunk_version,
        .total_size = p->image_len,
        .offset = off,
        .data_off = OTA_CHUNK_HEADER_LEN,
        .size = (uint16_t)size,
        .count = (uint16_t)((p->image_len + CHUNK - 1) / CHUNK),
        .index = (uint16_t)index,
    };
    uint8_t message[OTA_CHUNK_HEADER_LEN + CHUNK];

    if ((int)index == p->drop_chunk) {
        p->drop_chunk = -1;
        return;
    }
    if ((int)index == p->lose_at_chunk) {
        p->lose_at_chunk = -1;
        p->is_connected = false;
        (void)put(p, OTA_MQTT_LOST, OTA_EDROPPED);
        return;
    }
    ota_chunk_encode(&c, message);
    memcpy(message + OTA_CHUNK_HEADER_LEN, p->image + off, size);
    put_message(p, message, OTA_CHUNK_HEADER_LEN + size);
    if (p->is_duplicating) {
        put_message(p, message, OTA_CHUNK_HEADER_LEN + size);
    }
}

static void put_all(struct fake_peer *p)
{
    uint32_t n = (p->image_len + CHUNK - 1) / CHUNK;

    for (uint32_t i = 0; i < n && p->is_connected; i++) {
        put_chunk(p, (p->is_reversing ? n - 1 - i : i) * CHUNK);
    }
}

static uint32_t member(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at == NULL ? 0 : (uint32_t)strtoul(at + strlen(name), NULL, 10);
}

static void answer(struct fake_peer *p, const char *text)
{
    if (strstr(text, "\"Update Availability\"") != NULL) {
        if (p->receipt != NULL && p->n_results > 0) {
            put_message(p, p->receipt, strlen(p->receipt));
        }
        if (p->job != NULL) {
            put_message(p, p->job, strlen(p->job));
        }
    } else if (strstr(text, "\"Request Update\"") != NULL) {
        p->n_whole_requests++;
        put_all(p);
    } else if (strstr(text, "\"Request Data Chunk\"") != NULL) {
        p->n_chunk_requests++;
        if (!p->is_mute) {
            put_chunk(p, member(text, "\"Offset\": \""));
        }
    } else {
        p->n_results++;
        (void)snprintf(p->result, sizeof p->result, "%s", text);
    }
}

static void bind_sink(void *ctx, const struct ota_mqtt_sink *sink)
{
    ((struct fake_peer *)ctx)->sink = sink;
}

static int connect_peer(void *ctx, const struct ota_mqtt_login *login)
{
    struct fake_peer *p = ctx;

    p->n_connects++;
    p->head = p->tail;
    (void)snprintf(p->login_id, sizeof p->login_id, "%s", login->client_id);
    p->is_connected = p->fail_connects-- <= 0;
    (void)put(p, OTA_MQTT_CONNECTED, p->is_connected ? 0 : OTA_ECONNECT);
    return 0;
}

static int subscribe(void *ctx, const char *topic)
{
    struct fake_peer *p = ctx;

    (void)snprintf(p->topic, sizeof p->topic, "%s", topic);
    (void)put(p, OTA_MQTT_SUBSCRIBED, 0);
    return 0;
}

static int unsubscribe(void *ctx, const char *topic)
{
    (void)ctx;
    (void)topic;
    return 0;
}

static int publish(void *ctx, const char *topic, const void *payload, size_t len)
{
    struct fake_peer *p = ctx;
    char text[1100];

    (void)topic;
    if (!p->is_connected) {
        return OTA_EDROPPED;
    }
    (void)snprintf(text, sizeof text, "%.*s", (int)len, (const char *)payload);
    (void)put(p, OTA_MQTT_PUBLISHED, 0);
    answer(p, text);
    return 0;
}

static void deliver(struct fake_peer *p, const struct ota_mqtt_event *ev)
{
    struct ota_mqtt_event part = *ev;

    if (p->sink == NULL) {
        return;
    }
    if (ev->kind != OTA_MQTT_MESSAGE || p->piece == 0) {
        p->sink->event(p->sink->arg, ev);
        return;
    }
    for (size_t off = 0; off < ev->total; off += p->piece) {
        part.off = off;
        part.data = ev->data + off;
        part.len = ev->total - off < p->piece ? ev->total - off : p->piece;
        p->sink->event(p->sink->arg, &part);
    }
}

static int poll_peer(void *ctx)
{
    struct fake_peer *p = ctx;

    if (p->head != p->tail) {
        deliver(p, &p->queue[p->head++ % PEER_QUEUE].event);
    }
    return 0;
}

static void disconnect(void *ctx)
{
    struct fake_peer *p = ctx;

    p->is_connected = false;
    p->head = p->tail;
}

void fake_peer_init(struct fake_peer *p)
{
    static const struct ota_mqtt_ops ops = {
        .bind = bind_sink,
        .connect = connect_peer,
        .subscribe = subscribe,
        .unsubscribe = unsubscribe,
        .publish = publish,
        .poll = poll_peer,
        .disconnect = disconnect,
    };

    memset(p, 0, sizeof *p);
    p->client.ops = &ops;
    p->client.ctx = p;
    p->drop_chunk = -1;
    p->lose_at_chunk = -1;
    p->chunk_version.major = 1;
    p->chunk_version.minor = 6;
}
