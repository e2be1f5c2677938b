/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/fake_web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ota/err.h"

static void note(struct fake_web *w, const struct ota_http_request *req)
{
    struct web_request *r = &w->last;

    memset(r, 0, sizeof *r);
    (void)snprintf(r->url, sizeof r->url, "%s://%s:%u%s", req->tls ? "https" : "http", req->host,
                   req->port, req->path);
    (void)snprintf(r->if_range, sizeof r->if_range, "%s", req->if_range ? req->if_range : "");
    r->is_post = req->body != NULL;
    r->is_range = req->is_range;
    r->off = req->range_off;
    r->len = req->range_len;
    w->n_requests++;
}

static void give(struct web_answer *a, const void *body, size_t len)
{
    a->status = 200;
    a->body = body;
    a->len = len;
    a->content_length = (int64_t)len;
}

static void give_image(const struct fake_web *w, const struct web_request *r, struct web_answer *a)
{
    uint32_t len = w->image_len - r->off;

    give(a, w->image, w->image_len);
    a->validator = w->validator;
    if (!r->is_range || w->has_no_ranges ||
        (r->if_range[0] != '\0' && w->validator != NULL &&
         strcmp(r->if_range, w->validator) != 0)) {
        return;
    }
    if (r->off >= w->image_len) {
        give(a, "", 0);
        a->status = 416;
        return;
    }
    if (r->len != 0 && r->len < len) {
        len = r->len;
    }
    give(a, w->image + r->off, len);
    a->status = 206;
    (void)snprintf(a->content_range, sizeof a->content_range, "bytes %u-%u/%u", r->off,
                   r->off + len - 1, w->image_len);
}

static int begin(void *ctx, const struct ota_http_request *req)
{
    struct fake_web *w = ctx;
    struct web_answer *a = &w->answer;

    if (w->is_open || w->sink == NULL || req->path[0] != '/') {
        abort();
    }
    note(w, req);
    memset(a, 0, sizeof *a);
    a->cut = SIZE_MAX;
    a->stall = SIZE_MAX;
    if (w->last.is_post) {
        w->n_posts++;
        (void)snprintf(w->result, sizeof w->result, "%.*s", (int)req->body_len, req->body);
        give(a, "", 0);
    } else if (req->is_range) {
        w->n_images++;
        give_image(w, &w->last, a);
    } else if (w->job != NULL) {
        w->n_jobs++;
        give(a, w->job, strlen(w->job));
    } else {
        w->n_jobs++;
        give(a, "none", 4);
        a->status = 404;
    }
    if (w->twist != NULL) {
        w->twist(w, &w->last, a);
    }
    w->is_open = true;
    w->is_head_told = false;
    w->off = 0;
    return 0;
}

static enum ota_http_answer emit(const struct fake_web *w, const struct ota_http_event *ev)
{
    return w->sink == NULL ? OTA_HTTP_TAKEN : w->sink->event(w->sink->arg, ev);
}

static void end(struct fake_web *w, int err)
{
    struct ota_http_event ev = {.kind = OTA_HTTP_END, .err = err};

    w->is_open = false;
    (void)emit(w, &ev);
}

static bool tell_head(struct fake_web *w)
{
    const struct web_answer *a = &w->answer;
    struct ota_http_event ev = {
        .kind = OTA_HTTP_HEAD,
        .status = a->status,
        .content_range = a->content_range[0] != '\0' ? a->content_range : NULL,
        .validator = a->validator,
        .content_length = a->content_length,
        .retry_after_s = a->retry_after_s,
    };

    w->is_head_told = true;
    return emit(w, &ev) == OTA_HTTP_TAKEN;
}

/* False: paused, or nothing more comes. */
static bool tell_piece(struct fake_web *w)
{
    const struct web_answer *a = &w->answer;
    struct ota_http_event ev = {.kind = OTA_HTTP_BODY, .data = a->body + w->off, .len = w->piece};
    size_t end_off = a->cut < a->len ? a->cut : a->len;

    end_off = a->stall < end_off ? a->stall : end_off;
    if (ev.len > end_off - w->off) {
        ev.len = end_off - w->off;
    }
    if (ev.len == 0 || emit(w, &ev) == OTA_HTTP_PAUSE) {
        return false;
    }
    w->off += ev.len;
    if (w->last.is_range) {
        w->image_bytes += ev.len;
    }
    return true;
}

static int poll_web(void *ctx)
{
    struct fake_web *w = ctx;
    const struct web_answer *a = &w->answer;

    if (!w->is_open) {
        return 0;
    }
    if (a->err != 0) {
        end(w, a->err);
        return 0;
    }
    if (!w->is_head_told && !tell_head(w)) {
        return 0;
    }
    while (tell_piece(w)) {
    }
    if (w->off == a->cut) {
        end(w, OTA_EDROPPED);
    } else if (w->off == a->len) {
        end(w, 0);
    }
    return 0;
}

static void bind_sink(void *ctx, const struct ota_http_sink *sink)
{
    ((struct fake_web *)ctx)->sink = sink;
}

static void cancel(void *ctx)
{
    ((struct fake_web *)ctx)->is_open = false;
}

static void disconnect(void *ctx)
{
    cancel(ctx);
    ((struct fake_web *)ctx)->n_disconnects++;
}

void fake_web_init(struct fake_web *w)
{
    static const struct ota_http_ops ops = {
        .bind = bind_sink,
        .begin = begin,
        .poll = poll_web,
        .cancel = cancel,
        .disconnect = disconnect,
    };

    memset(w, 0, sizeof *w);
    w->client.ops = &ops;
    w->client.ctx = w;
    w->piece = 1000;
}
