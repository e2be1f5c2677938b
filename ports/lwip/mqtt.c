/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt.h"

#include <string.h>

#include "lwip/altcp_tcp.h"
#include "lwip/dns.h"
#include "lwip/sys.h"
#include "ota/err.h"

/* Half seconds between calls of on_poll, which lets the TLS layer try again. */
#define POLL_INTERVAL 1u

enum phase {
    PHASE_IDLE,
    PHASE_RESOLVING,
    PHASE_CONNECTING, /* TCP, then TLS */
    PHASE_RUNNING,    /* the codec has the word */
};

static void emit_simple(const struct ota_lwip_mqtt *m, enum ota_mqtt_event_kind kind, int err)
{
    struct ota_mqtt_event ev = {.kind = kind, .err = err};

    if (m->sink != NULL) {
        m->sink->event(m->sink->arg, &ev);
    }
}

static void fail(struct ota_lwip_mqtt *m, int err)
{
    m->is_ended = true;
    if (m->err == 0) {
        m->err = err;
    }
}

/* ---- lwIP's callbacks: they note what happened, poll acts on it -------------------------------
 */

static err_t on_poll(void *arg, struct altcp_pcb *pcb)
{
    (void)arg;
    (void)pcb;
    return ERR_OK;
}

static err_t on_recv(void *arg, struct altcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct ota_lwip_mqtt *m = arg;

    (void)pcb;
    (void)err;
    if (p == NULL) {
        fail(m, OTA_EDROPPED);
    } else if (m->received == NULL) {
        m->received = p;
    } else {
        pbuf_cat(m->received, p);
    }
    return ERR_OK;
}

/* lwIP has released the connection. */
static void on_err(void *arg, err_t err)
{
    struct ota_lwip_mqtt *m = arg;

    m->pcb = NULL;
    if (m->phase == PHASE_RUNNING) {
        fail(m, OTA_EDROPPED);
    } else {
        fail(m, m->login.tls && err == ERR_CLSD ? OTA_ETLS : OTA_ECONNECT);
    }
}

static err_t on_connected(void *arg, struct altcp_pcb *pcb, err_t err)
{
    struct ota_lwip_mqtt *m = arg;
    int rc;

    if (err != ERR_OK) {
        fail(m, OTA_ECONNECT);
        return ERR_OK;
    }
    if (m->login.tls && !ota_lwip_tls_is_trusted(pcb)) {
        fail(m, OTA_ETLS);
        return ERR_OK;
    }
    rc = ota_mqtt_codec_connect(&m->codec, &m->login, m->out, sizeof m->out);
    if (rc != 0) {
        fail(m, rc);
    }
    m->phase = PHASE_RUNNING;
    return ERR_OK;
}

/* ---- Connecting ------------------------------------------------------------------------------ */

static void begin_tcp(struct ota_lwip_mqtt *m, const ip_addr_t *address)
{
    m->phase = PHASE_CONNECTING;
    m->pcb = m->login.tls ? ota_lwip_tls_new(m->tls, m->login.host)
                          : altcp_tcp_new_ip_type(IP_GET_TYPE(address));
    if (m->pcb == NULL) {
        fail(m, OTA_ENOSPC);
        return;
    }
    altcp_arg(m->pcb, m);
    altcp_recv(m->pcb, on_recv);
    altcp_err(m->pcb, on_err);
    altcp_poll(m->pcb, on_poll, POLL_INTERVAL);
    altcp_nagle_disable(m->pcb);
    if (altcp_connect(m->pcb, address, m->login.port, on_connected) != ERR_OK) {
        fail(m, OTA_ECONNECT);
    }
}

/* The answer may come after a disconnect, or after another connect. */
static void on_found(const char *name, const ip_addr_t *address, void *arg)
{
    struct ota_lwip_mqtt *m = arg;

    if (m->phase != PHASE_RESOLVING || strcmp(name, m->login.host) != 0) {
        return;
    }
    if (address == NULL) {
        fail(m, OTA_ERESOLVE);
    } else {
        begin_tcp(m, address);
    }
}

static int begin_connect(void *ctx, const struct ota_mqtt_login *login)
{
    struct ota_lwip_mqtt *m = ctx;
    ip_addr_t address;
    err_t err;

    if (m->phase != PHASE_IDLE) {
        return OTA_EBUSY;
    }
    if (login->tls && m->tls == NULL) {
        return OTA_ETLS;
    }
    m->login = *login;
    m->is_ended = false;
    m->err = 0;
    (void)ota_mqtt_codec_disconnect(&m->codec); /* closed, from whatever it was */
    m->phase = PHASE_RESOLVING;
    err = dns_gethostbyname(login->host, &address, on_found, m);
    if (err == ERR_OK) {
        begin_tcp(m, &address);
    } else if (err != ERR_INPROGRESS) {
        fail(m, OTA_ERESOLVE);
    }
    return 0;
}

/* ---- Moving bytes ---------------------------------------------------------------------------- */

static void flush(struct ota_lwip_mqtt *m)
{
    size_t len;
    const uint8_t *data = ota_mqtt_codec_pending(&m->codec, &len);

    if (m->pcb == NULL || len == 0) {
        return;
    }
    if (len > altcp_sndbuf(m->pcb)) {
        len = altcp_sndbuf(m->pcb);
    }
    if (len > 0 && altcp_write(m->pcb, data, (u16_t)len, TCP_WRITE_FLAG_COPY) == ERR_OK) {
        ota_mqtt_codec_sent(&m->codec, len, sys_now());
        (void)altcp_output(m->pcb); /* what is not sent now goes with the next packet */
    }
}

/* Gives the codec what has arrived; what it leaves waits for the next poll. */
static int receive(struct ota_lwip_mqtt *m)
{
    while (m->received != NULL) {
        int n = ota_mqtt_codec_receive(&m->codec, m->received->payload, m->received->len, m->sink);

        if (n <= 0) {
            return n;
        }
        m->received = pbuf_free_header(m->received, (u16_t)n);
        if (m->pcb != NULL) {
            altcp_recved(m->pcb, (u16_t)n);
        }
    }
    return 0;
}

/* Lets go of the connection, whatever its state. */
static void release(struct ota_lwip_mqtt *m)
{
    struct altcp_pcb *pcb = m->pcb;

    if (m->received != NULL) {
        if (pcb != NULL) {
            altcp_recved(pcb, m->received->tot_len); /* or closing would be a reset */
        }
        pbuf_free(m->received);
        m->received = NULL;
    }
    m->pcb = NULL;
    m->phase = PHASE_IDLE;
    (void)ota_mqtt_codec_disconnect(&m->codec); /* closed, from whatever it was */
    if (pcb != NULL) {
        altcp_arg(pcb, NULL);
        altcp_recv(pcb, NULL);
        altcp_err(pcb, NULL);
        altcp_poll(pcb, NULL, POLL_INTERVAL);
        if (altcp_close(pcb) != ERR_OK) {
            altcp_abort(pcb);
        }
    }
}

static void end(struct ota_lwip_mqtt *m, bool was_open, int err)
{
    release(m);
    emit_simple(m, was_open ? OTA_MQTT_LOST : OTA_MQTT_CONNECTED, err);
}

static int poll_client(void *ctx)
{
    struct ota_lwip_mqtt *m = ctx;
    bool was_open = ota_mqtt_codec_phase(&m->codec) == OTA_MQTT_OPEN;
    int rc = 0;

    if (m->phase == PHASE_RUNNING) {
        flush(m);
        rc = receive(m);
        flush(m);
        was_open = was_open || ota_mqtt_codec_phase(&m->codec) == OTA_MQTT_OPEN;
    }
    if (rc < 0) {
        end(m, was_open, rc);
        return 0;
    }
    if (m->phase == PHASE_RUNNING && ota_mqtt_codec_phase(&m->codec) == OTA_MQTT_CLOSED) {
        release(m); /* refused, as the event has told */
        return 0;
    }
    rc = m->is_ended ? m->err : ota_mqtt_codec_tick(&m->codec, sys_now());
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
