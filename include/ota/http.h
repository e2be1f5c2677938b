/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP client that the agent uses: a small interface that a port implements with a well-kept
 * library, one request at a time.
 *
 * No call waits. begin starts a request; poll moves it on and reports through the sink, from
 * within poll and from nowhere else. One client serves one agent, on the agent's thread.
 *
 * What a client owes its user, besides HTTP/1.1:
 *   - It keeps the connection for the next request to the same server.
 *   - It follows redirections itself, OTA_HTTP_REDIRECTS_MAX of them, with the same method, range
 *     and body (303: as GET). It never follows from https to http, and to another origin (scheme,
 *     host or port) it takes no credentials along, client certificates included.
 *   - It asks for no content coding and undoes the transfer coding. A body that ends before its
 *     length or last chunk ends with OTA_EDROPPED.
 *   - With tls it checks the server's certificate and host name, or it does not connect; nothing
 *     switches that off.
 */
#ifndef OTA_HTTP_H
#define OTA_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_HTTP_REDIRECTS_MAX 5 /* in a row */

/* Strings are NUL-terminated. They and the body stay as they are until the first event. */
struct ota_http_request {
    const char *host; /* name or address, IPv6 without brackets */
    uint16_t port;    /* TCP */
    bool tls;         /* with the trust anchors that the client was set up with, or not at all */
    const char *path; /* begins with '/'; with query, without fragment; percent-encoded */
    /* A body makes it a POST, else it is a GET. */
    const char *body;         /* NULL: none */
    size_t body_len;          /* bytes */
    const char *content_type; /* of the body */
    /* GET: the part of the file that is wanted. */
    bool is_range;
    uint32_t range_off;   /* first byte, with is_range */
    uint32_t range_len;   /* bytes; 0: to the end */
    const char *if_range; /* value of If-Range: an entity tag or a date; NULL: none */
};

/* What has happened. */
enum ota_http_event_kind {
    OTA_HTTP_HEAD, /* the final answer's status and header fields */
    OTA_HTTP_BODY, /* the next bytes of the body */
    OTA_HTTP_END,  /* the answer is complete, or err says why there is none; the client is idle */
};

/* Valid during the call. Header fields are as the server sent them, NUL-terminated; NULL: none. */
struct ota_http_event {
    enum ota_http_event_kind kind; /* which fields below have a meaning */
    int err; /* END: 0, or OTA_ECONNECT, OTA_ERESOLVE, OTA_ETLS, OTA_EDROPPED, OTA_EREDIRECT... */
    /* HEAD */
    uint16_t status;           /* 200 to 599 */
    const char *content_range; /* Content-Range */
    const char *validator;     /* a strong ETag, else Last-Modified: fit for if_range */
    const char *content_type;  /* Content-Type */
    int64_t content_length;    /* bytes of the body; negative: not known */
    uint32_t retry_after_s;    /* Retry-After, dates made seconds; 0: none */
    /* BODY */
    const uint8_t *data;
    size_t len; /* bytes */
};

/* What becomes of an event. */
enum ota_http_answer {
    OTA_HTTP_TAKEN,
    /* HEAD: no body for now. BODY: nothing of it was taken. Body bytes come in the next poll, those
     * that were not taken first; until then the client reads no more than it has to. */
    OTA_HTTP_PAUSE,
};

/* Where a client reports to. */
struct ota_http_sink {
    enum ota_http_answer (*event)(void *arg, const struct ota_http_event *ev); /* the agent's */
    void *arg;                                                                 /* goes to event */
};

/* Those that return int return 0 or a negative ota_err at once. None is called from an event. */
struct ota_http_ops {
    /* Where events go from now on. Called before anything else. NULL: nowhere. */
    void (*bind)(void *ctx, const struct ota_http_sink *sink);
    /* Starts a request; it ends with OTA_HTTP_END. OTA_EBUSY while another one is under way. */
    int (*begin)(void *ctx, const struct ota_http_request *req);
    /* One bounded step. */
    int (*poll)(void *ctx);
    /* Gives up the request under way, if there is one. No event. */
    void (*cancel)(void *ctx);
    /* Also closes connections that are kept. What makes the next TLS handshake short may stay. */
    void (*disconnect)(void *ctx);
};

/* A client as the agent takes it. */
struct ota_http {
    const struct ota_http_ops *ops; /* the port's functions */
    void *ctx;                      /* goes to each of them */
};

#ifdef __cplusplus
}
#endif
#endif
