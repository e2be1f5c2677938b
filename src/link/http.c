/* SPDX-License-Identifier: Apache-2.0 */
#include "link/http.h"

#include <string.h>

#include "base/out.h"
#include "base/text.h"
#include "codec/url.h"
#include "ota/err.h"

#define JOB_FILE "/ota_update.json"
#define CONTENT_TYPE "application/json"

/* Bytes that one poll takes, at most: eight flash pages, so that stop and watchdog have their turn
 * while a fast server sends. */
#define POLL_MAX 32768u

/* Another image may turn up so often in one try. */
#define RESTARTS_MAX 3u

/* Wait when a server is overloaded and does not say for how long. */
#define LATER_S 10u

/* Wait between tries to deliver a result. */
#define RESULT_AGAIN_S 5u

static const struct ota_http_config *config_of(const struct ota_http_link *l)
{
    return &l->env->config->http;
}

static const struct ota_http *client_of(const struct ota_http_link *l)
{
    return config_of(l)->client;
}

static const char *job_file(const struct ota_http_link *l)
{
    return config_of(l)->job_file != NULL ? config_of(l)->job_file : JOB_FILE;
}

/* ---- Requests -------------------------------------------------------------------------------- */

/* Where the original posts its result: to the image's path, or that of the job if the image has
 * none on this server. */
static const char *result_path(const struct ota_http_link *l)
{
    if (config_of(l)->result_path != NULL) {
        return config_of(l)->result_path;
    }
    return l->env->request.file[0] == '/' ? l->env->request.file : job_file(l);
}

static void set_range(struct ota_http_link *l, struct ota_http_request *req)
{
    const struct ota_link_env *env = l->env;

    l->first = l->pos + l->held;
    l->asked = config_of(l)->range_size;
    if (l->asked == 0 && l->first == 0 && env->config->flow == OTA_FLOW_DIRECT) {
        l->asked = OTA_CHUNK_LEN; /* no job has told the version: its header may end it all */
    }
    req->path = env->request.file;
    req->is_range = true;
    req->range_off = l->first;
    req->range_len = l->asked;
    if (l->first > 0 && env->validator[0] != '\0') {
        req->if_range = env->validator;
    }
}

static int request(struct ota_http_link *l)
{
    const struct ota_link_env *env = l->env;
    struct ota_http_request req = {
        .host = env->server->host,
        .port = env->server->port,
        .tls = env->server->tls,
        .path = env->text,
    };
    int rc;

    if (l->env->task == OTA_LINK_DATA) {
        set_range(l, &req);
    } else if (l->env->task == OTA_LINK_RESULT) {
        req.path = result_path(l);
        req.body = env->text;
        req.body_len = env->text_len;
        req.content_type = CONTENT_TYPE;
    }
    if (req.path[0] != '/') {
        return OTA_EARG;
    }
    l->body = OTA_HTTP_BODY_IGNORED;
    l->is_again = false;
    l->moved_ms = l->env->now_ms;
    rc = client_of(l)->ops->begin(client_of(l)->ctx, &req);
    l->is_open = rc == 0;
    return rc;
}

static void cancel(struct ota_http_link *l)
{
    if (l->is_open) {
        client_of(l)->ops->cancel(client_of(l)->ctx);
        l->is_open = false;
    }
}

static void plan(struct ota_http_link *l, uint32_t wait_s)
{
    l->is_again = true;
    l->due_ms = l->env->now_ms + (uint64_t)wait_s * 1000;
}

/* ---- Image bytes ------------------------------------------------------------------------------
 * They go on in pieces that end at multiples of OTA_CHUNK_LEN, as over the other transports: from
 * where they are if a whole piece is there, else by way of env->chunk. */

static int deliver(struct ota_http_link *l, const uint8_t *data, uint32_t len)
{
    struct ota_link_data d = {.total = l->total, .off = l->pos, .data = data, .len = len};

    l->pos += len;
    l->held = 0;
    return l->env->data(l->env->arg, &d);
}

/* Hands on what is held, although it is no whole piece. */
static int flush(struct ota_http_link *l)
{
    return l->held == 0 ? 0 : deliver(l, l->env->chunk, l->held);
}

/* How much of the next len bytes is here already, because the body is the file from its start. */
static uint32_t known(const struct ota_http_link *l, size_t len)
{
    uint32_t next = l->env->xfer.next;
    uint32_t n = l->held == 0 && l->pos < next ? next - l->pos : 0;

    return n < len ? n : (uint32_t)len;
}

static int put(struct ota_http_link *l, const uint8_t *data, size_t len)
{
    uint32_t n = known(l, len);
    int rc = 0;

    if (len > l->end - l->pos - l->held) { /* if that is not known: more than any image has */
        return l->end == OTA_TOTAL_UNKNOWN ? OTA_ESIZE : OTA_EPROTO;
    }
    if (n > 0) {
        rc = deliver(l, data, n); /* counted, not stored again */
    }
    data += n;
    len -= n;
    while (len > 0 && rc == 0) {
        uint32_t room = OTA_CHUNK_LEN - l->pos % OTA_CHUNK_LEN - l->held;

        n = room < len ? room : (uint32_t)len;
        if (l->held == 0 && n == room) {
            rc = deliver(l, data, n);
        } else {
            memcpy(l->env->chunk + l->held, data, n);
            l->held += n;
            rc = n == room ? flush(l) : 0;
        }
        data += n;
        len -= n;
    }
    return rc;
}

/* ---- Answers -----------------------------------------------------------------------------------
 */

static int error_of(const struct ota_http_link *l, uint16_t status)
{
    switch (status) {
    case 401:
    case 407:
        return OTA_EAUTH;
    case 403:
    case 404:
    case 410:
        return l->env->task == OTA_LINK_RESULT ? OTA_ERESULT : OTA_EGONE;
    default:
        return l->env->task == OTA_LINK_RESULT ? OTA_ERESULT : OTA_EDATA;
    }
}

static int come_back(struct ota_http_link *l, const struct ota_http_event *ev)
{
    uint32_t wait_s = ev->retry_after_s != 0 ? ev->retry_after_s : LATER_S;
    uint64_t limit_ms = *l->env->limit_ms;

    if (limit_ms <= l->env->now_ms || limit_ms - l->env->now_ms <= (uint64_t)wait_s * 1000) {
        return OTA_ELATER;
    }
    plan(l, wait_s);
    return 0;
}

/* What marks this state of the file, to recognise it after an interruption. */
static void note_validator(struct ota_http_link *l, const struct ota_http_event *ev)
{
    size_t len = ev->validator != NULL ? strlen(ev->validator) : 0;

    if (len >= OTA_VALIDATOR_MAX) {
        len = 0;
    }
    if (len > 0) {
        memcpy(l->env->validator, ev->validator, len);
    }
    l->env->validator[len] = '\0';
}

/* True if the file on the server is not the one whose beginning is here. */
static bool is_other(const struct ota_http_link *l, const struct ota_http_event *ev, uint32_t total)
{
    const struct ota_link_env *env = l->env;

    if (ev->validator != NULL && env->validator[0] != '\0' &&
        strlen(ev->validator) < OTA_VALIDATOR_MAX &&
        !ota_text_same(ev->validator, env->validator)) {
        return true;
    }
    return env->xfer.total != 0 && total != OTA_TOTAL_UNKNOWN && total != env->xfer.total;
}

/* Another image: what is stored is of no use. */
static int start_over(struct ota_http_link *l)
{
    if (l->n_restarts >= RESTARTS_MAX) {
        return OTA_ECHANGED;
    }
    l->n_restarts++;
    l->pos = 0;
    l->held = 0;
    l->env->validator[0] = '\0';
    return l->env->restart(l->env->arg);
}

/* 206: the range that was asked for, to the byte. */
static int take_part(struct ota_http_link *l, const struct ota_http_event *ev)
{
    struct ota_content_range r;
    int rc =
        ev->content_range == NULL ? OTA_EFORMAT : ota_content_range_parse(ev->content_range, &r);

    if (rc != 0) {
        return rc == OTA_ELIMIT ? OTA_ESIZE : OTA_EPROTO;
    }
    if (r.first != l->first || (l->asked != 0 && (r.last - r.first >= l->asked || r.total == 0))) {
        return OTA_EPROTO;
    }
    l->total = r.total == 0 ? OTA_TOTAL_UNKNOWN : r.total;
    l->end = r.last + 1;
    if (l->first == 0) {
        note_validator(l, ev);
    } else if (is_other(l, ev, l->total)) {
        rc = start_over(l);
        plan(l, 0);
    }
    l->body = OTA_HTTP_BODY_IMAGE;
    return rc;
}

/* 200: the file from its beginning; the server has no ranges, or the file is another one now. */
static int take_whole(struct ota_http_link *l, const struct ota_http_event *ev)
{
    int rc = 0;

    if (ev->content_length == 0 || ev->content_length >= OTA_TOTAL_UNKNOWN) {
        return OTA_ESIZE;
    }
    l->total = ev->content_length < 0 ? OTA_TOTAL_UNKNOWN : (uint32_t)ev->content_length;
    l->end = l->total;
    if (l->first > 0 && is_other(l, ev, l->total)) {
        rc = start_over(l);
    }
    if (l->env->xfer.next == 0) {
        note_validator(l, ev);
    }
    l->pos = 0;
    l->held = 0;
    l->body = OTA_HTTP_BODY_IMAGE;
    return rc;
}

static int take_image_head(struct ota_http_link *l, const struct ota_http_event *ev)
{
    int rc;

    switch (ev->status) {
    case 200:
        return take_whole(l, ev);
    case 206:
        return take_part(l, ev);
    case 416: /* the file is shorter than what is here, or empty */
        rc = l->first == 0 ? OTA_ESIZE : start_over(l);
        plan(l, 0);
        return rc;
    default:
        return error_of(l, ev->status);
    }
}

static int take_head(struct ota_http_link *l, const struct ota_http_event *ev)
{
    if (ev->status == 429 || ev->status == 503) {
        return come_back(l, ev);
    }
    if (l->env->task == OTA_LINK_DATA) {
        return take_image_head(l, ev);
    }
    if (l->env->task == OTA_LINK_RESULT) {
        return ev->status < 300 ? 0 : error_of(l, ev->status);
    }
    if (ev->status != 200) {
        return ev->status == 204 ? OTA_ENOUPDATE : error_of(l, ev->status);
    }
    l->body = OTA_HTTP_BODY_TEXT;
    l->env->text_len = 0;
    return 0;
}

static int take_text(struct ota_http_link *l, const struct ota_http_event *ev)
{
    struct ota_link_env *env = l->env;

    if (ev->len >= OTA_JOB_MAX - env->text_len) {
        return OTA_EJOB;
    }
    memcpy(env->text + env->text_len, ev->data, ev->len);
    env->text_len += ev->len;
    env->text[env->text_len] = '\0';
    return 0;
}

static enum ota_http_answer take_body(struct ota_http_link *l, const struct ota_http_event *ev)
{
    switch (l->body) {
    case OTA_HTTP_BODY_TEXT:
        l->err = take_text(l, ev);
        break;
    case OTA_HTTP_BODY_IMAGE:
        if (l->room == 0) {
            l->env->is_busy = true;
            return OTA_HTTP_PAUSE;
        }
        l->room -= ev->len < l->room ? (uint32_t)ev->len : l->room;
        l->err = put(l, ev->data, ev->len);
        break;
    case OTA_HTTP_BODY_IGNORED:
        break;
    }
    return OTA_HTTP_TAKEN;
}

/* The answer with image bytes has ended. */
static int end_image(struct ota_http_link *l, int err)
{
    uint32_t at = l->pos + l->held;
    int rc = 0;

    if (err == 0 && l->end != OTA_TOTAL_UNKNOWN && at < l->end) {
        err = OTA_EDROPPED; /* less than the head said */
    }
    if (err == 0 && l->total == OTA_TOTAL_UNKNOWN) {
        l->total = at;
        rc = deliver(l, l->env->chunk, l->held);
    } else if (err != 0 || at == l->total) {
        rc = flush(l);
    }
    if (err == 0) {
        err = rc;
    }
    if (err == 0 && !ota_xfer_is_done(&l->env->xfer)) {
        plan(l, 0); /* the next range */
    }
    return err;
}

static int take_end(struct ota_http_link *l, const struct ota_http_event *ev)
{
    if (l->env->task == OTA_LINK_DATA) {
        return l->body == OTA_HTTP_BODY_IMAGE || ev->err != 0 ? end_image(l, ev->err) : OTA_EPROTO;
    }
    l->is_done = ev->err == 0;
    return ev->err;
}

static enum ota_http_answer on_event(void *arg, const struct ota_http_event *ev)
{
    struct ota_http_link *l = arg;

    l->moved_ms = l->env->now_ms;
    if (ev->kind == OTA_HTTP_END) {
        l->is_open = false;
    }
    if (l->err == 0 && ev->kind == OTA_HTTP_HEAD) {
        l->err = take_head(l, ev);
    }
    if (l->err != 0 || l->is_again) {
        return OTA_HTTP_PAUSE; /* what follows is decided: nothing of the rest is wanted */
    }
    if (ev->kind == OTA_HTTP_END) {
        l->err = take_end(l, ev);
    }
    return ev->kind == OTA_HTTP_BODY ? take_body(l, ev) : OTA_HTTP_TAKEN;
}

/* ---- Operations --------------------------------------------------------------------------------
 */

static void init(void *link, struct ota_link_env *env)
{
    struct ota_http_link *l = link;

    memset(l, 0, sizeof *l);
    l->env = env;
    l->sink.event = on_event;
    l->sink.arg = l;
}

/* The text of a job request is its path; a request for image bytes has none. */
static int prepare(void *link)
{
    struct ota_http_link *l = link;
    struct ota_link_env *env = l->env;
    struct ota_out o;
    int len = 0;

    env->text[0] = '\0';
    if (env->task == OTA_LINK_JOB) {
        ota_out_init(&o, env->text, OTA_MESSAGE_MAX);
        ota_out_text(&o, job_file(l));
        len = ota_out_end(&o);
    } else if (env->task == OTA_LINK_RESULT) {
        struct ota_result r = env->result;

        r.file = env->request.file;
        len = ota_message_result(&r, env->text, OTA_JOB_MAX);
    }
    return ota_link_set_text(env, len);
}

static int begin(void *link)
{
    struct ota_http_link *l = link;
    enum ota_link_task task = l->env->task;

    cancel(l); /* a request that took too long */
    l->err = 0;
    l->is_again = false;
    l->is_done = false;
    if (task == OTA_LINK_DISCONNECT) {
        return 0; /* the connection is kept for the next request to this server */
    }
    client_of(l)->ops->bind(client_of(l)->ctx, &l->sink);
    if (task == OTA_LINK_CONNECT) {
        return 0; /* the request does it */
    }
    l->n_restarts = 0;
    l->pos = l->env->xfer.next;
    l->held = 0;
    l->total = OTA_TOTAL_UNKNOWN;
    l->end = OTA_TOTAL_UNKNOWN;
    return task == OTA_LINK_DATA && ota_xfer_is_done(&l->env->xfer) ? 0 : request(l);
}

/* A result is worth another try while its time is not over. */
static bool may_try_again(struct ota_http_link *l)
{
    switch (l->env->task == OTA_LINK_RESULT ? l->err : 0) {
    case OTA_ECONNECT:
    case OTA_ERESOLVE:
    case OTA_EDROPPED:
        l->err = 0;
        plan(l, RESULT_AGAIN_S);
        return true;
    default:
        return false;
    }
}

static int fail(struct ota_http_link *l)
{
    cancel(l);
    if (may_try_again(l)) {
        return 1;
    }
    if (l->env->task == OTA_LINK_DATA && l->body == OTA_HTTP_BODY_IMAGE) {
        (void)flush(l); /* so that it need not come again; why the task failed is known */
    }
    return l->err;
}

static bool is_stalled(const struct ota_http_link *l)
{
    uint32_t give_up_ms = l->env->xfer.config->give_up_ms;

    return l->env->task == OTA_LINK_DATA && l->is_open && give_up_ms != OTA_NEVER &&
           l->env->now_ms - l->moved_ms >= give_up_ms;
}

/* Makes the request that is planned, when it is time. */
static int go_on(struct ota_http_link *l)
{
    int rc;

    cancel(l);
    if (l->env->now_ms < l->due_ms) {
        return 1;
    }
    l->env->is_busy = true;
    rc = request(l);
    return rc != 0 ? rc : 1;
}

static int poll_link(void *link)
{
    struct ota_http_link *l = link;
    enum ota_link_task task = l->env->task;

    if (task == OTA_LINK_CONNECT || task == OTA_LINK_DISCONNECT) {
        return 0;
    }
    l->room = POLL_MAX;
    if (l->is_open) {
        int rc = client_of(l)->ops->poll(client_of(l)->ctx);

        l->err = l->err != 0 ? l->err : rc;
    }
    if (l->is_done || (task == OTA_LINK_DATA && ota_xfer_is_done(&l->env->xfer))) {
        cancel(l);
        return 0;
    }
    if (l->err == 0 && is_stalled(l)) {
        l->err = OTA_ETIMEOUT;
    }
    if (l->err != 0) {
        return fail(l);
    }
    return l->is_again ? go_on(l) : 1;
}

static void close_link(void *link)
{
    struct ota_http_link *l = link;

    cancel(l);
    client_of(l)->ops->disconnect(client_of(l)->ctx);
    client_of(l)->ops->bind(client_of(l)->ctx, NULL);
}

const struct ota_link_ops ota_http_link_ops = {
    .init = init,
    .prepare = prepare,
    .begin = begin,
    .poll = poll_link,
    .close = close_link,
};
