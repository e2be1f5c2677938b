/* SPDX-License-Identifier: Apache-2.0 */
#include "link/mqtt.h"

#include <string.h>

#include "base/out.h"
#include "base/text.h"
#include "codec/chunk.h"
#include "link/topic.h"
#include "ota/config.h"
#include "ota/err.h"

#define LISTEN_TOPIC "publish_notify"
#define IDENTIFIER "cy_device"
#define IDENTIFIER_LEN 18u
#define WILL_TOPIC "cy_ota_device/will"
#define WILL_PAYLOAD "MQTT demo unexpectedly disconnected."
#define KEEP_ALIVE_S 60u

/* A job request without answer is repeated: the publisher may just have come back. */
#define REPEAT_MS 10000u

static const struct ota_mqtt_config *config_of(const struct ota_mqtt_link *l)
{
    return &l->env->config->mqtt;
}

/* ---- Incoming ------------------------------------------------------------------------------- */

static bool is_topic(const struct ota_mqtt_event *ev, const char *topic)
{
    return ota_text_is(topic, ev->topic, ev->topic_len);
}

static bool is_filter(const struct ota_mqtt_link *l, const struct ota_mqtt_event *ev)
{
    const struct ota_mqtt_config *c = config_of(l);

    for (uint8_t i = 0; i < c->n_filters; i++) {
        if (is_topic(ev, c->filters[i])) {
            return true;
        }
    }
    return false;
}

static void take_job(struct ota_mqtt_link *l, const uint8_t *msg, size_t len)
{
    if (len >= OTA_JOB_MAX) {
        l->err = OTA_EJOB;
        return;
    }
    if (OTA_CONFIG_JOURNAL && ota_job_is_receipt((const char *)msg, len)) {
        return; /* of the report that went before */
    }
    memmove(l->env->text, msg, len); /* pieces were put together behind it */
    l->env->text[len] = '\0';
    l->env->text_len = len;
    l->is_done = true;
}

static void take_chunk(struct ota_mqtt_link *l, const uint8_t *msg, size_t len)
{
    struct ota_chunk c;
    struct ota_link_data d;
    int rc = ota_chunk_decode(msg, len, &c);

    if (rc == OTA_EFORMAT) {
        return; /* somebody else's message */
    }
    if (rc == 0) {
        d.version = &c.version;
        d.total = c.total_size;
        d.off = c.offset;
        d.data = msg + c.data_off;
        d.len = c.size;
        rc = l->env->data(l->env->arg, &d);
    }
    if (rc != 0 && l->err == 0) {
        l->err = rc;
    }
}

static void take_message(struct ota_mqtt_link *l, const struct ota_mqtt_event *ev,
                         const uint8_t *msg)
{
    bool is_unique = is_topic(ev, l->env->request.topic);

    if (l->err != 0 || ev->retained || !l->is_sent) {
        return;
    }
    if (l->env->task == OTA_LINK_JOB && is_unique && !l->is_done) {
        take_job(l, msg, ev->total);
    } else if (l->env->task == OTA_LINK_DATA && (is_unique || is_filter(l, ev))) {
        take_chunk(l, msg, ev->total);
    }
}

/* Puts the pieces of a message together; one that comes whole is used where it is. */
static void take_piece(struct ota_mqtt_link *l, const struct ota_mqtt_event *ev)
{
    if (ev->len == ev->total) {
        take_message(l, ev, ev->data);
        return;
    }
    if (ev->total > OTA_CHUNK_LEN + 64u || ev->off > ev->total || ev->len > ev->total - ev->off) {
        return; /* longer than any message of the protocol */
    }
    memcpy(l->env->chunk + ev->off, ev->data, ev->len);
    if (ev->off + ev->len == ev->total) {
        take_message(l, ev, l->env->chunk);
    }
}

static void on_event(void *arg, const struct ota_mqtt_event *ev)
{
    struct ota_mqtt_link *l = arg;

    switch (ev->kind) {
    case OTA_MQTT_MESSAGE:
        take_piece(l, ev);
        break;
    case OTA_MQTT_CONNECTED:
        l->is_connected = ev->err == 0;
        break;
    case OTA_MQTT_SUBSCRIBED:
        if (l->n_pending > 0) {
            l->n_pending--;
        }
        break;
    case OTA_MQTT_PUBLISHED:
        if (l->env->task == OTA_LINK_RESULT && l->is_sent) {
            l->is_done = true;
        }
        break;
    case OTA_MQTT_LOST:
        l->is_connected = false;
        break;
    }
    if (l->err == 0 && ev->err != 0) {
        l->err = ev->err;
    }
}

/* ---- Outgoing ------------------------------------------------------------------------------- */

static int subscribe(struct ota_mqtt_link *l, const char *topic)
{
    int rc = l->client->ops->subscribe(l->client->ctx, topic);

    if (rc == 0) {
        l->n_pending++;
    }
    return rc;
}

/* Sends the text. */
static int publish(struct ota_mqtt_link *l)
{
    const struct ota_mqtt_config *c = config_of(l);
    char topic[OTA_TOPIC_MAX];
    struct ota_out o;
    int rc;

    ota_topic_begin(&o, topic, l->env->config);
    ota_out_char(&o, '/');
    ota_out_text(&o, c->listen_topic != NULL ? c->listen_topic : LISTEN_TOPIC);
    rc = ota_out_end(&o);
    return rc < 0 ? rc
                  : l->client->ops->publish(l->client->ctx, topic, l->env->text, l->env->text_len);
}

/* The identifier's beginning, filled up with random digits so that a fleet whose devices share an
 * identifier does not throw each other off the broker. */
static int make_client_id(struct ota_mqtt_link *l)
{
    const struct ota_system *sys = &l->env->config->system;
    const char *id = config_of(l)->identifier;
    uint8_t random[OTA_CLIENT_ID_LEN];
    size_t len;
    int rc = sys->ops->random(sys->ctx, random, sizeof random);

    if (id == NULL || id[0] == '\0') {
        id = IDENTIFIER;
    }
    len = strlen(id);
    if (len > IDENTIFIER_LEN) {
        len = IDENTIFIER_LEN;
    }
    memcpy(l->client_id, id, len);
    for (; len < OTA_CLIENT_ID_LEN; len++) {
        l->client_id[len] = ota_text_digit(random[len] % 36);
    }
    l->client_id[len] = '\0';
    return rc;
}

static int begin_connect(struct ota_mqtt_link *l)
{
    const struct ota_mqtt_config *c = config_of(l);
    struct ota_mqtt_login login = {
        .host = l->env->server->host,
        .port = l->env->server->port,
        .tls = l->env->server->tls,
        .clean_session = !c->keep_session,
        .keep_alive_s = c->keep_alive_s != 0 ? c->keep_alive_s : KEEP_ALIVE_S,
        .client_id = l->client_id,
        .username = c->username,
        .password = c->password,
        .will_topic = c->will_topic != NULL ? c->will_topic : WILL_TOPIC,
        .will_payload = WILL_PAYLOAD,
    };

    if (l->is_connected) {
        return 0;
    }
    if (c->keep_session && c->identifier != NULL) {
        login.client_id = c->identifier;
    } else if (make_client_id(l) != 0) {
        return OTA_EENTROPY;
    }
    if (l->is_ours) { /* an attempt that took too long */
        l->client->ops->disconnect(l->client->ctx);
    }
    l->is_topic_subscribed = false;
    l->is_filtered = false;
    l->is_ours = true;
    l->n_pending = 0;
    l->client->ops->bind(l->client->ctx, &l->sink);
    return l->client->ops->connect(l->client->ctx, &login);
}

static void init(void *link, struct ota_link_env *env)
{
    struct ota_mqtt_link *l = link;

    memset(l, 0, sizeof *l);
    l->env = env;
    l->client = env->config->mqtt.client;
    l->sink.event = on_event;
    l->sink.arg = l;
}

static int set_request(struct ota_link_env *env, enum ota_request what)
{
    env->request.request = what;
    return ota_link_set_text(env, ota_message_request(&env->request, env->text, OTA_MESSAGE_MAX));
}

static int prepare(void *link)
{
    struct ota_mqtt_link *l = link;
    struct ota_link_env *env = l->env;

    if (env->task == OTA_LINK_RESULT) {
        return ota_link_set_text(env, ota_message_result(&env->result, env->text, OTA_MESSAGE_MAX));
    }
    return set_request(env, env->task == OTA_LINK_JOB ? OTA_REQUEST_JOB : OTA_REQUEST_IMAGE);
}

static void close_link(void *link)
{
    struct ota_mqtt_link *l = link;

    if (config_of(l)->keep_session && l->is_topic_subscribed && l->is_connected) {
        /* Nobody waits for an answer: the goodbye follows at once. */
        (void)l->client->ops->unsubscribe(l->client->ctx, l->env->request.topic);
    }
    if (l->is_ours) {
        l->client->ops->disconnect(l->client->ctx);
    }
    l->client->ops->bind(l->client->ctx, NULL);
    l->is_ours = false;
    l->is_connected = false;
    l->is_topic_subscribed = false;
}

static int begin(void *link)
{
    struct ota_mqtt_link *l = link;
    enum ota_link_task task = l->env->task;

    l->err = 0;
    l->is_sent = false;
    l->is_done = false;
    l->asked_ms = l->env->now_ms;
    if (task == OTA_LINK_CONNECT) {
        return begin_connect(l);
    }
    if (task == OTA_LINK_DISCONNECT) {
        close_link(l);
        return 0;
    }
    if (!l->is_connected) { /* the application's own connection */
        l->client->ops->bind(l->client->ctx, &l->sink);
        l->is_connected = true;
        l->is_topic_subscribed = false;
    }
    if (task != OTA_LINK_RESULT && !l->is_topic_subscribed) {
        l->is_topic_subscribed = true;
        return subscribe(l, l->env->request.topic);
    }
    return 0;
}

/* Sends what the download wants next, until it wants nothing or the client is full. */
static int ask(struct ota_mqtt_link *l)
{
    struct ota_link_env *env = l->env;
    struct ota_xfer_ask a;
    int rc;

    while ((rc = ota_xfer_ask(&env->xfer, env->now_ms, &a)) > 0) {
        if (!OTA_CONFIG_WHOLE_IMAGE || !a.is_whole) {
            env->request.offset = a.offset;
            env->request.size = a.size;
            env->request.count = a.count;
            rc = set_request(env, OTA_REQUEST_CHUNK);
        } else {
            rc = l->is_sent ? prepare(l) : 0;
        }
        l->is_sent = true;
        rc = rc != 0 ? rc : publish(l);
        if (rc == OTA_EBUSY) {
            ota_xfer_withdraw(&env->xfer, &a);
            return 0;
        }
        if (rc != 0) {
            return rc;
        }
    }
    return rc;
}

static int poll_connect(struct ota_mqtt_link *l)
{
    const struct ota_mqtt_config *c = config_of(l);

    if (!l->is_connected) {
        return 1;
    }
    if (!l->is_filtered && l->is_ours) {
        l->is_filtered = true;
        for (uint8_t i = 0; i < c->n_filters; i++) {
            int rc = subscribe(l, c->filters[i]);

            if (rc != 0) {
                return rc;
            }
        }
    }
    return l->n_pending > 0;
}

/* Sends the text once the topic for the answer is subscribed; again if it gets none. */
static int poll_request(struct ota_mqtt_link *l)
{
    uint64_t now_ms = l->env->now_ms;
    int rc;

    if (l->is_done) {
        return 0;
    }
    if (l->n_pending > 0 || (l->is_sent && now_ms - l->asked_ms < REPEAT_MS)) {
        return 1;
    }
    l->asked_ms = now_ms;
    rc = publish(l);
    if (rc == 0) {
        l->is_sent = true;
    }
    return rc == 0 || rc == OTA_EBUSY ? 1 : rc;
}

static int poll_data(struct ota_mqtt_link *l)
{
    int rc;

    if (ota_xfer_is_done(&l->env->xfer)) {
        return 0;
    }
    if (l->n_pending > 0) {
        return 1;
    }
    rc = ask(l);
    return rc < 0 ? rc : 1;
}

static int poll_link(void *link)
{
    struct ota_mqtt_link *l = link;
    enum ota_link_task task = l->env->task;
    int rc;

    if (task == OTA_LINK_DISCONNECT) {
        return 0;
    }
    rc = l->client->ops->poll(l->client->ctx);
    if (rc == 0) {
        rc = l->err;
    }
    if (rc != 0) {
        return rc;
    }
    switch (task) {
    case OTA_LINK_CONNECT:
        return poll_connect(l);
    case OTA_LINK_DATA:
        return poll_data(l);
    default:
        return poll_request(l);
    }
}

const struct ota_link_ops ota_mqtt_link_ops = {
    .init = init,
    .prepare = prepare,
    .begin = begin,
    .poll = poll_link,
    .close = close_link,
};
