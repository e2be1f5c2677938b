/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection to a server, plain or with TLS, for the clients of this port: lwIP's callbacks note
 * what happened, and the owner looks. What arrives waits in lwIP's buffers until it is taken, so a
 * slow flash slows the server down instead of losing data.
 *
 * For lwIP without an operating system, or for its TCP/IP thread: everything runs where lwIP runs.
 */
#ifndef OTA_LWIP_CONN_H
#define OTA_LWIP_CONN_H

#include <stddef.h>
#include <stdint.h>

#include "tls.h"

#ifdef __cplusplus
extern "C" {
#endif

struct altcp_pcb;
struct pbuf;

struct ota_lwip_target {
    const char *host; /* name or address; stays valid until the connection is open or closed */
    uint16_t port;
    bool tls;
    bool is_stranger; /* with TLS: is not shown the client's certificate */
};

/* The owner's; the fields are private. All zero: closed. */
struct ota_lwip_conn {
    struct ota_lwip_target to;
    const struct ota_lwip_tls *tls;
    struct altcp_pcb *pcb;
    struct pbuf *received; /* not taken yet */
    uint16_t held;         /* of a record that is arriving: the window is open for it again */
    uint16_t ahead;        /* the window is open for as much that was not taken yet */
    uint8_t phase;
    bool is_ended;
    int err;
};

/*
 * Begins to connect. tls: trust anchors, needed for a target with TLS. 0, and ota_lwip_conn_error
 * tells what becomes of it; OTA_ETLS without trust anchors. c is closed before.
 */
int ota_lwip_conn_open(struct ota_lwip_conn *c, const struct ota_lwip_target *to,
                       const struct ota_lwip_tls *tls);

/* True once bytes can be sent, until ota_lwip_conn_close. */
bool ota_lwip_conn_is_open(const struct ota_lwip_conn *c);

/* 0, or why the connection has ended; what arrived before that can still be taken. */
int ota_lwip_conn_error(struct ota_lwip_conn *c);

/* Takes over bytes to send, as many as there is room for. How many. */
size_t ota_lwip_conn_send(struct ota_lwip_conn *c, const void *data, size_t len);

/* The next bytes received, *len of them; 0: none at the moment. */
const uint8_t *ota_lwip_conn_peek(struct ota_lwip_conn *c, size_t *len);

/* The first len of those bytes are done with. */
void ota_lwip_conn_taken(struct ota_lwip_conn *c, size_t len);

/* Lets go of the connection, whatever its state. */
void ota_lwip_conn_close(struct ota_lwip_conn *c);

#ifdef __cplusplus
}
#endif
#endif
