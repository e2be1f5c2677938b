/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The publisher's HTTP(S) server: connections, their limits, and TLS. What is answered is
 * http_answer's. Runs in the owner's event loop, without threads; names are not resolved.
 *
 * Bounded whatever comes: HTTP_CONNECTIONS_MAX connections (more wait to be accepted), a request
 * complete within HTTP_REQUEST_MS, an answer that moves at least every HTTP_STALL_S seconds.
 */
#ifndef PUBLISHER_HTTP_H
#define PUBLISHER_HTTP_H

#include "ota-publisher/server.h"

#include <poll.h>
#include <stdint.h>

#define HTTP_CONNECTIONS_MAX 400u
#define HTTP_REQUEST_MS 20000u
#define HTTP_STALL_S 20u

struct http_config {
    const char *address; /* [ADDR:]PORT to listen at; port 0: any that is free */
    const char *cert;    /* PEM files; NULL: plain HTTP */
    const char *key;
    const char *client_ca; /* clients need a certificate by it; NULL: they need none */
    const char *folder;    /* files that are served, too; NULL: none */
};

struct http;

/* Listens. NULL after telling why not. The server outlives it. */
struct http *http_open(const struct http_config *config, struct server *server);

/* Fills *p and returns how many ms to wait at most. */
int http_prepare(struct http *h, struct pollfd *p, uint64_t now_ms);

/* Moves data. */
void http_handle(struct http *h, uint64_t now_ms);

/* Ends all connections. NULL is fine. */
void http_close(struct http *h);

#endif
