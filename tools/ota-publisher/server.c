/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-publisher/server.h"

#include "codec/chunk.h"
#include "common/clock.h"
#include "ota-publisher/job.h"
#include "ota-publisher/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Refusals: anyone can cause them, so they are rationed -------------------------------- */

void server_refuse(struct server *v, const char *who, const char *why)
{
    char shown[TOPIC_LEN_MAX + 1];
    unsigned long skipped;

    if (!tool_log_budget_take(&v->strangers, tool_now_ms(), &skipped)) {
        return;
    }
    if (skipped > 0) {
        tool_log("refused %lu more without telling", skipped);
    }
    tool_log("refused a message%s%s: %s", who[0] != '\0' ? " for " : "",
             tool_printable(shown, sizeof shown, who), why);
}

static void push(struct server *v, struct session *s, const struct order *o)
{
    if (session_push(v->sessions, s, o) != 0) {
        server_refuse(v, s->topic, "too many requests wait for it");
    }
}

/* ---- Requests ----------------------------------------------------------------------------- */

/* Orders for data are offsets into the session's release, so they do not outlive it. */
static void pin(struct server *v, struct session *s, struct release *r)
{
    struct release *old = s->release;

    if (r == old) {
        return;
    }
    session_drop(v->sessions, s, false);
    s->release = r != NULL ? release_get(r) : NULL;
    release_put(old);
}

static const char *who(const struct request *q, char *buf, size_t cap)
{
    char version[OTA_VERSION_TEXT_MAX] = "no version";

    if (q->has_version) {
        (void)ota_version_format(&q->version, version, sizeof version);
    }
    (void)snprintf(buf, cap, "%s, board %s, serial %s", version,
                   q->board[0] != '\0' ? q->board : "not told",
                   q->serial[0] != '\0' ? q->serial : "not told");
    return buf;
}

/* Why a device gets no update; NULL if it gets one. */
static const char *no_update(const struct server *v, const struct request *q,
                             const struct release *r)
{
    if (r == NULL) {
        return "nothing is offered";
    }
    if (!v->any_board && q->board[0] != '\0' && strcmp(q->board, v->board) != 0) {
        return "its board is another one";
    }
    if (q->has_version && ota_version_compare(&q->version, &r->version) >= 0) {
        return "it runs this version or a newer one";
    }
    return NULL;
}

static void take_job_request(struct server *v, struct session *s, const struct request *q)
{
    struct order o = {.kind = ORDER_JOB};
    struct release *r = release_current(v->releases);
    const char *why = no_update(v, q, r);
    char device[200];

    (void)who(q, device, sizeof device);
    session_drop(v->sessions, s, true); /* the device begins anew */
    pin(v, s, r);
    s->has_job = why == NULL;
    if (why == NULL) {
        tool_log("job for %s: version %u.%u.%u (device: %s)", s->topic, r->version.major,
                 r->version.minor, r->version.revision, device);
    } else {
        o.kind = ORDER_NO_UPDATE;
        tool_log("no update for %s: %s (device: %s)", s->topic, why, device);
    }
    push(v, s, &o);
}

/* The image that a device is downloading, or begins to. NULL if there is none. */
static struct release *image_for(struct server *v, struct session *s)
{
    if (s->release == NULL) {
        pin(v, s, release_current(v->releases));
    }
    if (s->release == NULL || s->release->fd < 0) {
        server_refuse(v, s->topic, "it asks for an image and there is none to send");
        return NULL;
    }
    return s->release;
}

static void take_image_request(struct server *v, struct session *s, bool shared)
{
    struct order *under_way;
    struct order o;
    struct release *r;

    /* A topic that several devices listen to finishes first, and then begins once more. */
    if (shared && session_find_whole(s, &under_way)) {
        order_whole(&o, s->release->size);
        push(v, s, &o);
        return;
    }
    if (!s->has_job && !session_find_whole(s, &under_way)) {
        pin(v, s, NULL);
    }
    r = image_for(v, s);
    if (r == NULL) {
        return;
    }
    session_drop(v->sessions, s, false);
    order_whole(&o, r->size);
    s->started_ms = tool_now_ms();
    s->sent = 0;
    tool_log("sending version %u.%u.%u (%u bytes) to %s", r->version.major, r->version.minor,
             r->version.revision, r->size, s->topic);
    push(v, s, &o);
}

static void take_chunk_request(struct server *v, struct session *s, const struct request *q)
{
    struct release *r = image_for(v, s);
    struct order o;
    int rc;

    if (r == NULL) {
        return;
    }
    rc = order_chunk(&o, r->size, q->offset, q->size);
    if (rc > 0) {
        tool_debug("%s asks for the chunk behind the last one", s->topic);
    } else if (rc < 0) {
        server_refuse(v, s->topic, "it asks for a chunk outside of the image");
    }
    if (rc != 0) {
        return;
    }
    order_run(&o, r->size, q->count);
    if (s->sent == 0) {
        s->started_ms = tool_now_ms();
        tool_log("sending chunks of version %u.%u.%u (%u bytes) to %s, from offset %" PRId64,
                 r->version.major, r->version.minor, r->version.revision, r->size, s->topic,
                 q->offset);
    }
    push(v, s, &o);
}

static void take_result(struct server *v, struct session *s, const struct request *q)
{
    const struct order o = {.kind = ORDER_RECEIVED};
    char result[REQUEST_RESULT_MAX];

    tool_log("result of %s: %s", s->topic, request_result(q, result));
    session_drop(v->sessions, s, false);
    if (s->release == NULL) {
        pin(v, s, release_current(v->releases));
    }
    push(v, s, &o);
}

static void dispatch(struct server *v, const struct request *q)
{
    const char *topic = q->kind == REQUEST_DIRECT ? v->topics->direct : q->topic;
    const char *why = topics_refuse(v->topics, topic);
    bool shared = strcmp(topic, v->topics->direct) == 0;
    struct session *s;

    if (shared && q->kind != REQUEST_DIRECT && q->kind != REQUEST_IMAGE) {
        why = "the topic of all devices is no device's own";
    }
    s = why == NULL ? sessions_get(v->sessions, topic, tool_now_ms()) : NULL;
    if (s == NULL) {
        server_refuse(v, topic, why != NULL ? why : "too many devices at once");
        return;
    }
    if (q->kind == REQUEST_JOB) {
        take_job_request(v, s, q);
    } else if (q->kind == REQUEST_CHUNK) {
        take_chunk_request(v, s, q);
    } else if (q->kind == REQUEST_RESULT) {
        take_result(v, s, q);
    } else {
        take_image_request(v, s, shared);
    }
}

/* ---- Handlers of the link ----------------------------------------------------------------- */

static void on_message(void *ctx, const struct mosquitto_message *m)
{
    struct server *v = ctx;
    struct request q;
    const char *why;

    /* A retained request is nobody's: it would come again at every connection. */
    if (m->retain) {
        server_refuse(v, "", "it is retained");
    } else if (request_parse(m->payload, m->payloadlen < 0 ? 0 : (size_t)m->payloadlen, &q, &why) !=
               0) {
        server_refuse(v, "", why);
    } else {
        dispatch(v, &q);
    }
}

static void on_acked(void *ctx, int mid)
{
    struct server *v = ctx;

    sessions_acked(v->sessions, mid);
}

void server_ready(struct server *v)
{
    if (v->is_ready) {
        return;
    }
    v->is_ready = true;
    /* Scripts wait for this line. */
    (void)puts("ready");
    (void)fflush(stdout);
}

static void on_up(void *ctx)
{
    struct server *v = ctx;

    tool_log("subscribed to %s", v->topics->notify);
    server_ready(v);
}

static void on_down(void *ctx, bool forgotten)
{
    struct server *v = ctx;

    if (!forgotten) {
        return;
    }
    tool_error("the broker drops the connection whenever something is sent: given up what was "
               "under way (is its packet size limit below 4.5 KB?)");
    sessions_reset(v->sessions);
}

const struct mqtt_link_handlers SERVER_HANDLERS = {on_up, on_down, on_message, on_acked};

/* ---- Sending ------------------------------------------------------------------------------ */

/* What happened to a session's turn. */
enum turn {
    TURN_SENT,
    TURN_FAILED, /* this order cannot be carried out */
    TURN_LATER,  /* the link does not take messages now */
};

static enum turn send_message(struct server *v, struct session *s, const void *data, size_t len,
                              bool finished)
{
    int mid = 0;
    int rc = mqtt_link_publish(v->link, s->topic, data, len, &mid);

    if (rc == MOSQ_ERR_SUCCESS) {
        session_sent(v->sessions, s, mid, len, finished);
        return TURN_SENT;
    }
    if (rc != MOSQ_ERR_INVAL && rc != MOSQ_ERR_MALFORMED_UTF8 && rc != MOSQ_ERR_PAYLOAD_SIZE &&
        rc != MOSQ_ERR_OVERSIZE_PACKET) {
        return TURN_LATER;
    }
    server_refuse(v, s->topic, mosquitto_strerror(rc));
    return TURN_FAILED;
}

static enum turn send_document(struct server *v, struct session *s, enum order_kind kind)
{
    static const char *const MESSAGES[] = {
        [ORDER_JOB] = "Update Available",
        [ORDER_NO_UPDATE] = "No Update Available",
        [ORDER_RECEIVED] = "Result Received",
    };
    const json_t *job = kind != ORDER_NO_UPDATE && s->release != NULL ? s->release->job : NULL;
    const struct job_fill fill = {MESSAGES[kind], s->topic, job != NULL ? v->redirect : NULL};
    char *text = job_text(job, &fill);
    enum turn turn;

    if (text == NULL) {
        return TURN_FAILED;
    }
    tool_debug("to %s: %s", s->topic, text);
    turn = send_message(v, s, text, strlen(text), true);
    free(text);
    if (turn == TURN_SENT && kind != ORDER_JOB && s->n_orders == 0) {
        /* The session with this release is over, unless more was asked for already. */
        pin(v, s, NULL);
        s->has_job = false;
        s->sent = 0;
    }
    return turn;
}

static void note_progress(struct session *s, uint32_t end, uint32_t len)
{
    uint64_t ms = tool_now_ms() - s->started_ms;

    s->sent += len;
    if (end < s->release->size) {
        return;
    }
    tool_log("sent the end of the image to %s: %u bytes in %" PRIu64 ".%03u s", s->topic, s->sent,
             ms / 1000u, (unsigned)(ms % 1000u));
    s->sent = 0;
}

static enum turn send_data(struct server *v, struct session *s, struct order *o)
{
    const struct release *r = s->release;
    uint32_t left = o->end - o->next;
    uint32_t len = left < o->step ? left : o->step;
    struct ota_chunk head = {
        .version = r->version,
        .total_size = r->size,
        .offset = o->next,
        .data_off = OTA_CHUNK_HEADER_LEN,
        .size = (uint16_t)len,
        .count = (uint16_t)((r->size - 1) / o->step + 1),
        .index = (uint16_t)(o->next / o->step),
    };
    enum turn turn;

    if (release_read(r, o->next, v->message + OTA_CHUNK_HEADER_LEN, len) != 0) {
        server_refuse(v, s->topic, "the image file was overwritten or cannot be read");
        return TURN_FAILED;
    }
    ota_chunk_encode(&head, v->message);
    turn = send_message(v, s, v->message, OTA_CHUNK_HEADER_LEN + len, len == left);
    if (turn != TURN_SENT) {
        return turn;
    }
    note_progress(s, head.offset + len, len);
    /* The slot of a finished order keeps its content until the next push. */
    o->next += len;
    return TURN_SENT;
}

void server_pump(struct server *v)
{
    struct session *s;
    enum turn turn;

    while (v->link->state == MQTT_LINK_UP && (s = sessions_ready(v->sessions)) != NULL) {
        struct order *o = session_order(s);

        turn = o->kind == ORDER_DATA ? send_data(v, s, o) : send_document(v, s, o->kind);
        if (turn == TURN_LATER) {
            return;
        }
        if (turn == TURN_FAILED) {
            session_drop(v->sessions, s, true);
            pin(v, s, NULL);
            s->has_job = false;
        }
    }
}
