/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a broker sends to the MQTT codec: the first byte says where the rest is cut. However it is
 * cut, the same is told, in order, and the acknowledgements stay inside of their buffer.
 */
#include <stdlib.h>
#include <string.h>

#include "mqtt_codec.h"

#define OUT 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A digest of everything that was told, independent of how payload was cut. */
struct digest {
    uint32_t sum;
    uint32_t acks; /* of what was sent */
    size_t off;    /* of the message under way */
};

static void mix(uint32_t *sum, uint32_t value)
{
    *sum = (*sum ^ value) * 16777619u;
}

static void on_event(void *arg, const struct ota_mqtt_event *ev)
{
    struct digest *d = arg;

    if (ev->kind != OTA_MQTT_MESSAGE) {
        mix(&d->sum, (uint32_t)ev->kind);
        mix(&d->sum, (uint32_t)ev->err);
        return;
    }
    if (ev->off != d->off || ev->len > ev->total - ev->off || ev->topic_len == 0 ||
        ev->topic_len > OTA_MQTT_TOPIC_MAX) {
        abort();
    }
    if (ev->off == 0) {
        for (size_t i = 0; i < ev->topic_len; i++) {
            mix(&d->sum, (uint8_t)ev->topic[i]);
        }
    }
    for (size_t i = 0; i < ev->len; i++) {
        mix(&d->sum, ev->data[i]);
    }
    d->off += ev->len;
    if (d->off == ev->total) {
        d->off = 0;
    }
}

static uint32_t run(const uint8_t *data, size_t size, size_t cut)
{
    const struct ota_mqtt_login login = {.client_id = "fuzz", .clean_session = true};
    struct ota_mqtt_codec codec;
    struct digest digest = {.sum = 2166136261u, .acks = 2166136261u};
    const struct ota_mqtt_sink sink = {.event = on_event, .arg = &digest};
    uint8_t out[OUT];

    if (ota_mqtt_codec_connect(&codec, &login, out, sizeof out) != 0) {
        abort();
    }
    for (size_t off = 0; off < size;) {
        size_t n = size - off < cut ? size - off : cut;
        size_t waiting;
        int rc = ota_mqtt_codec_receive(&codec, data + off, n, &sink);

        (void)ota_mqtt_codec_pending(&codec, &waiting);
        for (size_t i = 0; i < waiting; i++) {
            mix(&digest.acks, out[i]);
        }
        if (rc < 0) {
            mix(&digest.sum, (uint32_t)rc);
            break;
        }
        if ((size_t)rc > n || waiting > sizeof out || (rc == 0 && waiting == 0)) {
            abort();
        }
        ota_mqtt_codec_sent(&codec, waiting, 0);
        off += (size_t)rc;
    }
    return digest.sum ^ digest.acks;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    if (run(data + 1, size - 1, size) != run(data + 1, size - 1, 1u + data[0])) {
        abort();
    }
    return 0;
}
