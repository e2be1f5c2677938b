/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include <string.h>

#include "lwip/sys.h"
#include "ota/err.h"

enum phase {
    PHASE_IDLE,
    PHASE_CONNECTING,
    PHASE_SENDING,   /* the head of the request */
    PHASE_RECEIVING, /* the answer, and sending what is left of the body */
};

static enum ota_http_answer emit(const struct ota_lwip_http *h, const struct ota_http_event *ev)
{
    return h->sink == NULL ? OTA_HTTP_TAKEN : h->sink->event(h->sink->arg, ev);
}

static void touch(struct ota_lwip_http *h)
{
    h->since_ms = sys_now();
}

/* ---- Beginning ------------------------------------------------------------------------------- */

static int connect_to(struct ota_lwip_http *h, const struct ota_http_place *place)
{
    struct ota_lwip_target to = {
        .host = h->host, .port = place->port, .tls = place->tls, .is_stranger = !h->is_home};
    size_t len = strlen(place->host);

    ota_lwip_conn_close(&h->conn);
    if (len >= sizeof h->host) {
        return OTA_ENOSPC;
    }
    memmove(h->host, place->host, len + 1);
    h->kept = *place;
    h->kept.host = h->host;
    h->is_reused = false;
    h->phase = PHASE_CONNECTING;
    return ota_lwip_conn_open(&h->conn, &to, h->tls);
}

/* True if the connection that is there leads to where the request goes, with the credentials that
 * may go there, and nothing is on its way that nobody has asked for. */
static bool is_usable(struct ota_lwip_http *h)
{
    size_t len;

    if (!ota_lwip_conn_is_open(&h->conn) || ota_lwip_conn_error(&h->conn) != 0) {
        return false;
    }
    (void)ota_lwip_conn_peek(&h->conn, &len);
    return len == 0 && h->conn.to.is_stranger == !h->is_home &&
           ota_http_place_is_same(&h->kept, &h->at);
}

/* Sends the request to where it goes now. */
static int start(struct ota_lwip_http *h)
{
    int rc = ota_http_request_write(&h->req, &h->at, h->text, sizeof h->text);

    if (rc < 0) {
        return rc;
    }
    h->head_len = (size_t)rc;
    h->sent = 0;
    touch(h);
    if (!is_usable(h)) {
        return connect_to(h, &h->at);
    }
    h->is_reused = true;
    h->phase = PHASE_SENDING;
    return 0;
}

static int begin(void *ctx, const struct ota_http_request *req)
{
    struct ota_lwip_http *h = ctx;
    int rc;

    if (h->phase != PHASE_IDLE) {
        return OTA_EBUSY;
    }
    h->req = *req;
    h->at = (struct ota_http_place){
        .host = req->host, .path = req->path, .port = req->port, .tls = req->tls};
    h->n_redirects = 0;
    h->is_home = true;
    h->is_told = false;
    rc = start(h);
    if (rc != 0) {
        h->phase = PHASE_IDLE;
    }
    return rc;
}

/* ---- Ending ---------------------------------------------------------------------------------- */

static void end(struct ota_lwip_http *h, int err)
{
    const struct ota_http_event ev = {.kind = OTA_HTTP_END, .err = err};

    if (err != 0 || !ota_http_codec_is_kept_alive(&h->codec) ||
        (h->req.body != NULL && h->sent < h->head_len + h->req.body_len)) {
        ota_lwip_conn_close(&h->conn);
    }
    h->phase = PHASE_IDLE;
    (void)emit(h, &ev);
}

/* The whole answer is a redirection. */
static int follow(struct ota_lwip_http *h)
{
    const char *location = h->codec.fields[OTA_HTTP_FIELD_LOCATION];
    struct ota_http_place was = h->at;
    int rc;

    if (location == NULL || h->n_redirects >= OTA_HTTP_REDIRECTS_MAX) {
        return OTA_EREDIRECT;
    }
    h->n_redirects++;
    rc = ota_http_place_follow(&h->at, location, h->url, sizeof h->url);
    if (rc != 0) {
        return rc;
    }
    was.host = h->kept.host; /* its old place may hold the new one by now */
    if (!ota_http_place_is_same(&was, &h->at)) {
        h->is_home = false;
    }
    if (h->codec.status == 303) {
        h->req.body = NULL;
        h->req.body_len = 0;
    }
    if (!ota_http_codec_is_kept_alive(&h->codec)) {
        ota_lwip_conn_close(&h->conn);
    }
    return start(h);
}

/* ---- Moving bytes ---------------------------------------------------------------------------- */

/* Hands bytes of the request to the connection. */
static void send_part(struct ota_lwip_http *h, const char *data, size_t off, size_t len)
{
    size_t n = h->sent < off || h->sent >= off + len
                   ? 0
                   : ota_lwip_conn_send(&h->conn, data + (h->sent - off), len - (h->sent - off));

    if (n > 0) {
        h->sent += n;
        touch(h);
    }
}

static void send_request(struct ota_lwip_http *h)
{
    if (h->phase == PHASE_SENDING) {
        send_part(h, h->text, 0, h->head_len);
        if (h->sent == h->head_len) {
            ota_http_codec_init(&h->codec, h->text, sizeof h->text);
            h->phase = PHASE_RECEIVING;
        }
    }
    if (h->phase == PHASE_RECEIVING && h->req.body != NULL && !h->is_told) {
        send_part(h, h->req.body, h->head_len, h->req.body_len);
    }
}

/* True if the rest has to wait for the next poll. */
static bool tell_head(struct ota_lwip_http *h)
{
    struct ota_http_event ev;

    if (ota_http_codec_is_redirection(&h->codec)) {
        return false;
    }
    h->is_told = true;
    ota_http_codec_head(&h->codec, &ev);
    return emit(h, &ev) == OTA_HTTP_PAUSE;
}

/* Likewise. The body of a redirection is for people. */
static bool tell_body(struct ota_lwip_http *h, const struct ota_http_piece *piece)
{
    const struct ota_http_event ev = {
        .kind = OTA_HTTP_BODY, .data = piece->data, .len = piece->len};

    if (h->is_told && emit(h, &ev) == OTA_HTTP_PAUSE) {
        return true;
    }
    ota_http_codec_taken(&h->codec, piece->len);
    ota_lwip_conn_taken(&h->conn, piece->len);
    return false;
}

static int finish(struct ota_lwip_http *h)
{
    int rc = ota_http_codec_is_redirection(&h->codec) ? follow(h) : 0;

    if (rc != 0 || h->phase == PHASE_RECEIVING) {
        end(h, rc);
    }
    return 0;
}

/* Nothing more has arrived: is there more to come? A kept connection may have been closed by the
 * server before this request came to it. */
static int look_on(struct ota_lwip_http *h)
{
    int err = ota_lwip_conn_error(&h->conn);

    if (err == 0) {
        return sys_now() - h->since_ms >= OTA_LWIP_HTTP_SILENCE_MS ? OTA_ETIMEOUT : 0;
    }
    if (h->is_reused && (h->phase == PHASE_SENDING || ota_http_codec_is_fresh(&h->codec))) {
        return start(h);
    }
    if (h->phase == PHASE_RECEIVING && err == OTA_EDROPPED &&
        ota_http_codec_close(&h->codec) == 0) {
        return finish(h);
    }
    return err;
}

static int receive(struct ota_lwip_http *h)
{
    for (;;) {
        struct ota_http_piece piece;
        size_t len;
        const uint8_t *data = ota_lwip_conn_peek(&h->conn, &len);
        int rc = ota_http_codec_next(&h->codec, data, len, &piece);

        if (rc != 0) {
            return rc;
        }
        if (len > 0) {
            touch(h);
        }
        ota_lwip_conn_taken(&h->conn, piece.used);
        if (piece.kind == OTA_HTTP_PIECE_END) {
            return finish(h);
        }
        if (piece.kind == OTA_HTTP_PIECE_HEAD
                ? tell_head(h)
                : piece.kind == OTA_HTTP_PIECE_BODY && tell_body(h, &piece)) {
            return 0;
        }
        if (len == 0 && piece.kind == OTA_HTTP_PIECE_NONE) {
            return look_on(h);
        }
    }
}

static int step(struct ota_lwip_http *h)
{
    if (h->phase == PHASE_CONNECTING) {
        if (!ota_lwip_conn_is_open(&h->conn)) {
            int err = ota_lwip_conn_error(&h->conn);

            return err == 0 && sys_now() - h->since_ms >= OTA_LWIP_HTTP_CONNECT_MS ? OTA_ETIMEOUT
                                                                                   : err;
        }
        touch(h);
        h->phase = PHASE_SENDING;
    }
    send_request(h);
    return h->phase == PHASE_RECEIVING ? receive(h) : look_on(h);
}

/* ---- Operations ------------------------------------------------------------------------------ */

static void bind_sink(void *ctx, const struct ota_http_sink *sink)
{
    ((struct ota_lwip_http *)ctx)->sink = sink;
}

static int poll_client(void *ctx)
{
    struct ota_lwip_http *h = ctx;
    int rc = h->phase == PHASE_IDLE ? 0 : step(h);

    if (rc != 0) {
        end(h, rc);
    }
    return 0;
}

static void cancel(void *ctx)
{
    struct ota_lwip_http *h = ctx;

    if (h->phase != PHASE_IDLE) {
        h->phase = PHASE_IDLE;
        ota_lwip_conn_close(&h->conn);
    }
}

static void disconnect(void *ctx)
{
    struct ota_lwip_http *h = ctx;

    h->phase = PHASE_IDLE;
    ota_lwip_conn_close(&h->conn);
}

void ota_lwip_http_init(struct ota_lwip_http *h, const struct ota_lwip_tls *tls)
{
    static const struct ota_http_ops ops = {
        .bind = bind_sink,
        .begin = begin,
        .poll = poll_client,
        .cancel = cancel,
        .disconnect = disconnect,
    };

    memset(h, 0, sizeof *h);
    h->client.ops = &ops;
    h->client.ctx = h;
    h->tls = tls;
}

const struct ota_http *ota_lwip_http_client(struct ota_lwip_http *h)
{
    return &h->client;
}
