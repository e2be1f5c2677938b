/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server sends to the HTTP codec: the first byte says where the rest is cut. However it is
 * cut, the same is told. A redirection is followed, and the request that it leads to is one line
 * and fields, nothing more.
 */
#include <stdlib.h>
#include <string.h>

#include "http_codec.h"
#include "ota/err.h"

#define TEXT 300u
#define ROOM 200u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mix(uint32_t *sum, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < len; i++) {
        *sum = (*sum ^ bytes[i]) * 16777619u;
    }
}

static void mix_text(uint32_t *sum, const char *text)
{
    if (text != NULL) {
        mix(sum, text, strlen(text) + 1);
    }
}

/* Follows the redirection twice: the second time from a place that is in the room. */
static void follow(const char *location)
{
    struct ota_http_place place = {
        .host = "host.example", .path = "/a/b?c", .port = 443, .tls = true};
    const struct ota_http_request req = {.is_range = true};
    char room[ROOM];
    char buf[1000];

    for (int i = 0; i < 2; i++) {
        int rc = ota_http_place_follow(&place, location, room, sizeof room);

        if (rc != 0 && rc != OTA_EREDIRECT) {
            abort();
        }
        if (!place.tls || place.path[0] != '/' || place.port == 0) {
            abort();
        }
        rc = ota_http_request_write(&req, &place, buf, sizeof buf);
        if (rc < 0 || strstr(buf, "\r\n\r\n") != buf + rc - 4) {
            abort();
        }
    }
}

static void mix_head(uint32_t *sum, const struct ota_http_codec *c)
{
    struct ota_http_event ev;

    ota_http_codec_head(c, &ev);
    if (ev.status < 200 || ev.status > 599) {
        abort();
    }
    mix(sum, &ev.status, sizeof ev.status);
    mix(sum, &ev.content_length, sizeof ev.content_length);
    mix(sum, &ev.retry_after_s, sizeof ev.retry_after_s);
    mix_text(sum, ev.content_range);
    mix_text(sum, ev.content_type);
    mix_text(sum, ev.validator);
    if (c->fields[OTA_HTTP_FIELD_LOCATION] != NULL) {
        follow(c->fields[OTA_HTTP_FIELD_LOCATION]);
    }
}

/* Body bytes count one by one: where they are cut is of no importance. */
static uint32_t run(const uint8_t *data, size_t size, size_t cut)
{
    struct ota_http_codec codec;
    uint32_t sum = 2166136261u;
    char text[TEXT];
    size_t off = 0;

    ota_http_codec_init(&codec, text, sizeof text);
    for (;;) {
        size_t n = size - off < cut ? size - off : cut;
        struct ota_http_piece piece;
        int rc = ota_http_codec_next(&codec, data + off, n, &piece);

        if (rc != 0) {
            mix(&sum, &rc, sizeof rc);
            return sum;
        }
        if (piece.used > n || piece.len > n - piece.used) {
            abort();
        }
        off += piece.used;
        if (piece.kind == OTA_HTTP_PIECE_HEAD) {
            mix_head(&sum, &codec);
        } else if (piece.kind == OTA_HTTP_PIECE_BODY) {
            mix(&sum, piece.data, piece.len);
            off += piece.len;
            ota_http_codec_taken(&codec, piece.len);
        } else if (piece.kind == OTA_HTTP_PIECE_END || off == size) {
            mix(&sum, &piece.kind, sizeof piece.kind);
            mix(&sum, &off, sizeof off);
            return sum;
        }
    }
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
