/* SPDX-License-Identifier: Apache-2.0 */
#include "conn.h"

#include <string.h>

#include "lwip/altcp.h"
#include "lwip/altcp_tcp.h"
#include "lwip/dns.h"
#include "lwip/pbuf.h"
#include "ota/err.h"

/* Half seconds between calls of on_poll, which lets the TLS layer try again. */
#define POLL_INTERVAL 1u

enum phase {
    PHASE_CLOSED,
    PHASE_RESOLVING,
    PHASE_CONNECTING, /* TCP, then TLS */
    PHASE_OPEN,
};

static void fail(struct ota_lwip_conn *c, int err)
{
    c->is_ended = true;
    if (c->err == 0) {
        c->err = err;
    }
}

/* ---- lwIP's callbacks ------------------------------------------------------------------------ */

static err_t on_poll(void *arg, struct altcp_pcb *pcb)
{
    (void)arg;
    (void)pcb;
    return ERR_OK;
}

static err_t on_recv(void *arg, struct altcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct ota_lwip_conn *c = arg;

    (void)pcb;
    (void)err;
    if (p == NULL) {
        fail(c, OTA_EDROPPED);
    } else if (c->received == NULL) {
        c->received = p;
    } else {
        pbuf_cat(c->received, p);
    }
    return ERR_OK;
}

/* lwIP has released the connection. */
static void on_err(void *arg, err_t err)
{
    struct ota_lwip_conn *c = arg;
    struct altcp_pcb *pcb = c->pcb;

    if (c->to.tls) {
        ota_lwip_tls_stop(pcb);
    }
    c->pcb = NULL;
    if (c->phase == PHASE_OPEN) {
        fail(c, OTA_EDROPPED);
    } else if (c->to.tls && err == ERR_CLSD) {
        fail(c, ota_lwip_tls_error(pcb)); /* the handshake failed; its state is still there */
    } else {
        fail(c, OTA_ECONNECT);
    }
}

static err_t on_connected(void *arg, struct altcp_pcb *pcb, err_t err)
{
    struct ota_lwip_conn *c = arg;

    if (err != ERR_OK) {
        fail(c, OTA_ECONNECT);
    } else if (c->to.tls && !ota_lwip_tls_is_trusted(pcb)) {
        fail(c, OTA_ETLS);
    } else {
        c->phase = PHASE_OPEN;
    }
    return ERR_OK;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static void begin_tcp(struct ota_lwip_conn *c, const ip_addr_t *address)
{
    c->phase = PHASE_CONNECTING;
    c->pcb = c->to.tls ? ota_lwip_tls_new(c->tls, c->to.host, !c->to.is_stranger)
                       : altcp_tcp_new_ip_type(IP_GET_TYPE(address));
    if (c->pcb == NULL) {
        fail(c, OTA_ENOSPC);
        return;
    }
    altcp_arg(c->pcb, c);
    altcp_recv(c->pcb, on_recv);
    altcp_err(c->pcb, on_err);
    altcp_poll(c->pcb, on_poll, POLL_INTERVAL);
    altcp_nagle_disable(c->pcb);
    if (altcp_connect(c->pcb, address, c->to.port, on_connected) != ERR_OK) {
        fail(c, OTA_ECONNECT);
    }
}

/* The answer may come after a close, or after another open. */
static void on_found(const char *name, const ip_addr_t *address, void *arg)
{
    struct ota_lwip_conn *c = arg;

    if (c->phase != PHASE_RESOLVING || strcmp(name, c->to.host) != 0) {
        return;
    }
    if (address == NULL) {
        fail(c, OTA_ERESOLVE);
    } else {
        begin_tcp(c, address);
    }
}

int ota_lwip_conn_open(struct ota_lwip_conn *c, const struct ota_lwip_target *to,
                       const struct ota_lwip_tls *tls)
{
    ip_addr_t address;
    err_t err;

    if (to->tls && tls == NULL) {
        return OTA_ETLS;
    }
    c->to = *to;
    c->tls = tls;
    c->is_ended = false;
    c->held = 0;
    c->ahead = 0;
    c->err = 0;
    c->phase = PHASE_RESOLVING;
    err = dns_gethostbyname(to->host, &address, on_found, c);
    if (err == ERR_OK) {
        begin_tcp(c, &address);
    } else if (err != ERR_INPROGRESS) {
        fail(c, OTA_ERESOLVE);
    }
    return 0;
}

bool ota_lwip_conn_is_open(const struct ota_lwip_conn *c)
{
    return c->phase == PHASE_OPEN;
}

/* A TLS layer that cannot go on says so only if it is asked. */
int ota_lwip_conn_error(struct ota_lwip_conn *c)
{
    if (!c->is_ended && c->phase == PHASE_OPEN && c->to.tls && c->received == NULL) {
        int rc = ota_lwip_tls_break(c->pcb);

        if (rc != 0) {
            fail(c, rc);
        }
    }
    return c->is_ended ? c->err : 0;
}

/* ---- Moving bytes ---------------------------------------------------------------------------- */

size_t ota_lwip_conn_send(struct ota_lwip_conn *c, const void *data, size_t len)
{
    if (c->pcb == NULL || c->phase != PHASE_OPEN) {
        return 0;
    }
    if (len > altcp_sndbuf(c->pcb)) {
        len = altcp_sndbuf(c->pcb);
    }
    if (len == 0 || altcp_write(c->pcb, data, (u16_t)len, TCP_WRITE_FLAG_COPY) != ERR_OK) {
        return 0;
    }
    (void)altcp_output(c->pcb); /* what is not sent now goes with the next packet */
    return len;
}

/*
 * lwIP opens the window for a record once all of it has arrived, so one that is larger than the
 * window never would. What TLS holds of it has left lwIP's buffers: the window opens for that at
 * once, and then for as much less when the content is taken.
 */
static void make_way(struct ota_lwip_conn *c)
{
    uint16_t held = ota_lwip_tls_held(c->pcb);
    uint16_t more = held < c->held ? held : (uint16_t)(held - c->held); /* less: it is another */

    if (more > 0) {
        altcp_recved(c->pcb->inner_conn, more);
        c->ahead = (uint16_t)(c->ahead + more);
    }
    c->held = held;
}

const uint8_t *ota_lwip_conn_peek(struct ota_lwip_conn *c, size_t *len)
{
    if (c->pcb != NULL && c->phase == PHASE_OPEN && c->to.tls) {
        make_way(c);
    }
    while (c->received != NULL && c->received->len == 0) {
        struct pbuf *rest = pbuf_dechain(c->received);

        pbuf_free(c->received);
        c->received = rest;
    }
    *len = c->received == NULL ? 0 : c->received->len;
    return c->received == NULL ? NULL : c->received->payload;
}

void ota_lwip_conn_taken(struct ota_lwip_conn *c, size_t len)
{
    if (len == 0) {
        return;
    }
    c->received = pbuf_free_header(c->received, (u16_t)len);
    if (c->pcb != NULL) {
        size_t before = len < c->ahead ? len : c->ahead;

        c->ahead = (uint16_t)(c->ahead - before);
        altcp_recved(c->pcb, (u16_t)(len - before));
    }
}

/* ---- Closing --------------------------------------------------------------------------------- */

void ota_lwip_conn_close(struct ota_lwip_conn *c)
{
    struct altcp_pcb *pcb = c->pcb;

    if (c->received != NULL) {
        if (pcb != NULL) {
            altcp_recved(pcb, c->received->tot_len); /* or closing would be a reset */
        }
        pbuf_free(c->received);
        c->received = NULL;
    }
    c->pcb = NULL;
    c->phase = PHASE_CLOSED;
    if (pcb != NULL) {
        if (c->to.tls) {
            ota_lwip_tls_stop(pcb);
        }
        altcp_arg(pcb, NULL);
        altcp_recv(pcb, NULL);
        altcp_err(pcb, NULL);
        altcp_poll(pcb, NULL, POLL_INTERVAL);
        if (altcp_close(pcb) != ERR_OK) {
            altcp_abort(pcb);
        }
    }
}
