/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt.h"

#include <string.h>

#include "lwip/sys.h"
#include "ota/err.h"

enum phase {
    PHASE_IDLE,
    PHASE_CONNECTING,
    PHASE_RUNNING, /* the codec has the word */
};

static void emit_simple(const struct ota_lwip_mqtt *m, enum ota_mqtt_event_kind kind, int err)
{
    struct ota_mqtt_event ev = {.kind = kind, .err = err};

    if (m->sink != NULL) {
        m->sink->event(m->sink->arg, &ev);
    }
}

/* ---- Connecting ------------------------------------------------------------------------------ */

static int begin_connect(void *ctx, const struct ota_mqtt_login *login)
{
    struct ota_lwip_mqtt *m = ctx;
    const struct ota_lwip_target to = {.host = login->host, .port = login->port, .tls = login->tls};
    int rc;

    if (m->phase != PHASE_IDLE) {
        return OTA_EBUSY;
    }
    rc = ota_lwip_conn_open(&m->conn, &to, m->tls);
    if (rc != 0) {
        return rc;
    }
    m->login = *login;
    (void)ota_mqtt_codec_disconnect(&m->codec); /* closed, from whatever it was */
    m->phase = PHASE_CONNECTING;
    return 0;
}

/* ---- Moving bytes ---------------------------------------------------------------------------- */

static void flush(struct ota_lwip_mqtt *m)
{
    size_t len;
    const uint8_t *data = ota_mqtt_codec_pending(&m->codec, &len);

    len = len == 0 ? 0 : ota_lwip_conn_send(&m->conn, data, len);
    if (len > 0) {
        ota_mqtt_codec_sent(&m->codec, len, sys_now());
    }
}

/* Gives the codec what has arrived; what it leaves waits for the next poll. */
static int receive(struct ota_lwip_mqtt *m)
{
    for (;;) {
        size_t len;
        const uint8_t *data = ota_lwip_conn_peek(&m->conn, &len);
        int n = len == 0 ? 0 : ota_mqtt_codec_receive(&m->codec, data, len, m->sink);

        if (n <= 0) {
            return n;
        }
        ota_lwip_conn_taken(&m->conn, (size_t)n);
    }
}

static void release(struct ota_lwip_mqtt *m)
{
    ota_lwip_conn_close(&m->conn);
    m->phase = PHASE_IDLE;
    (void)ota_mqtt_codec_disconnect(&m->codec); /* closed, from whatever it was */
}

static void end(struct ota_lwip_mqtt *m, bool was_open, int err)
{
    release(m);
    emit_simple(m, was_open ? OTA_MQTT_LOST : OTA_MQTT_CONNECTED, err);
}

static int run(struct ota_lwip_mqtt *m)
{
    int rc;

    flush(m);
    rc = receive(m);
    flush(m);
    return rc;
}

static int poll_client(void *ctx)
{
    struct ota_lwip_mqtt *m = ctx;
    bool was_open = ota_mqtt_codec_phase(&m->codec) == OTA_MQTT_OPEN;
    int rc = 0;

    if (m->phase == PHASE_CONNECTING && ota_lwip_conn_is_open(&m->conn)) {
        m->phase = PHASE_RUNNING;
        rc = ota_mqtt_codec_connect(&m->codec, &m->login, m->out, sizeof m->out);
    }
    if (m->phase == PHASE_RUNNING && rc == 0) {
        rc = run(m);
        was_open = was_open || ota_mqtt_codec_phase(&m->codec) == OTA_MQTT_OPEN;
    }
    if (rc == 0 && m->phase == PHASE_RUNNING &&
        ota_mqtt_codec_phase(&m->codec) == OTA_MQTT_CLOSED) {
        release(m); /* refused, as the event has told */
        return 0;
    }
    if (rc == 0 && m->phase != PHASE_IDLE) {
        rc = ota_lwip_conn_error(&m->conn);
    }
    if (rc == 0) {
        rc = ota_mqtt_codec_tick(&m->codec, sys_now());
    }
    if (rc != 0) {
        end(m, was_open, rc);
    }
    return 0;
}

/* ---- Operations ------------------------------------------------------------------------------ */

static void bind_sink(void *ctx, const struct ota_mqtt_sink *sink)
{
    ((struct ota_lwip_mqtt *)ctx)->sink = sink;
}

static int subscribe(void *ctx, const char *topic)
{
    return ota_mqtt_codec_subscribe(&((struct ota_lwip_mqtt *)ctx)->codec, topic);
}

static int unsubscribe(void *ctx, const char *topic)
{
    return ota_mqtt_codec_unsubscribe(&((struct ota_lwip_mqtt *)ctx)->codec, topic);
}

static int publish(void *ctx, const char *topic, const void *payload, size_t len)
{
    return ota_mqtt_codec_publish(&((struct ota_lwip_mqtt *)ctx)->codec, topic, payload, len);
}

static void disconnect(void *ctx)
{
    struct ota_lwip_mqtt *m = ctx;

    if (ota_mqtt_codec_disconnect(&m->codec) == 0) {
        flush(m);
    }
    release(m);
}

void ota_lwip_mqtt_init(struct ota_lwip_mqtt *m, const struct ota_lwip_tls *tls)
{
    static const struct ota_mqtt_ops ops = {
        .bind = bind_sink,
        .connect = begin_connect,
        .subscribe = subscribe,
        .unsubscribe = unsubscribe,
        .publish = publish,
        .poll = poll_client,
        .disconnect = disconnect,
    };

    memset(m, 0, sizeof *m);
    m->client.ops = &ops;
    m->client.ctx = m;
    m->tls = tls;
}

const struct ota_mqtt *ota_lwip_mqtt_client(struct ota_lwip_mqtt *m)
{
    return &m->client;
}
