/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ota_http over lwIP: the codec beside it, on an altcp connection, with TLS if asked for.
 *
 * Body bytes are handed on from lwIP's buffers, and the window opens as they are taken: a slow
 * flash slows the server down. The connection is kept for the next request to the same server; a
 * request that finds it closed is sent again on a new one.
 *
 * For lwIP without an operating system, or for its TCP/IP thread: everything runs where lwIP runs.
 */
#ifndef OTA_LWIP_HTTP_H
#define OTA_LWIP_HTTP_H

#include "conn.h"
#include "http_codec.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Room for the head of a request, path included, and then for the header fields of its answer. */
#ifndef OTA_LWIP_HTTP_TEXT
#define OTA_LWIP_HTTP_TEXT 1024u
#endif

/* Room for host and path that a redirection leads to. */
#ifndef OTA_LWIP_HTTP_URL
#define OTA_LWIP_HTTP_URL 512u
#endif

/* Room for the name of the server that the connection is kept to. */
#ifndef OTA_LWIP_HTTP_HOST
#define OTA_LWIP_HTTP_HOST 128u
#endif

/* Connecting, TLS included, ends with OTA_ETIMEOUT after so many milliseconds; so does a request
 * while nothing moves. */
#ifndef OTA_LWIP_HTTP_CONNECT_MS
#define OTA_LWIP_HTTP_CONNECT_MS 20000u
#endif
#ifndef OTA_LWIP_HTTP_SILENCE_MS
#define OTA_LWIP_HTTP_SILENCE_MS 60000u
#endif

/* The caller's; the fields are private. */
struct ota_lwip_http {
    struct ota_http client;
    const struct ota_lwip_tls *tls;
    const struct ota_http_sink *sink;
    struct ota_lwip_conn conn;
    struct ota_http_place kept; /* where conn leads to; its host is in host */
    struct ota_http_request req;
    struct ota_http_place at; /* where the request goes, after redirections */
    uint8_t phase;
    uint8_t n_redirects;
    bool is_home;   /* still at the server that was asked for, which may see credentials */
    bool is_reused; /* the connection had a request before */
    bool is_told;   /* the head; the request's texts are the user's again */
    uint32_t since_ms;
    size_t head_len; /* of the request, in text */
    size_t sent;     /* of head and body */
    struct ota_http_codec codec;
    char text[OTA_LWIP_HTTP_TEXT];
    char url[OTA_LWIP_HTTP_URL];
    char host[OTA_LWIP_HTTP_HOST];
};

/* Sets a client up. tls: trust anchors for requests with TLS; NULL: those fail with OTA_ETLS. */
void ota_lwip_http_init(struct ota_lwip_http *h, const struct ota_lwip_tls *tls);

/* The interface for ota_config. Valid as long as h. begin also returns OTA_ENOSPC for a request
 * that OTA_LWIP_HTTP_TEXT or OTA_LWIP_HTTP_HOST has no room for. */
const struct ota_http *ota_lwip_http_client(struct ota_lwip_http *h);

#ifdef __cplusplus
}
#endif
#endif
