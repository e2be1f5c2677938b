/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 for one request and its answer, without input and output: texts of requests come out,
 * bytes of the answer go in, and pieces of what they say come out. Made for bodies larger than
 * memory, which are handed on where they lie. RFC 9110, RFC 9112.
 *
 * The caller owns the structure and the room for header fields. Nothing from the server is trusted:
 * lines longer than the room are cut if they do not matter and end the answer if they do.
 */
#ifndef OTA_LWIP_HTTP_CODEC_H
#define OTA_LWIP_HTTP_CODEC_H

#include "ota/http.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of an answer's head with those of interim answers before it, and of trailers, at most. */
#define OTA_HTTP_HEAD_MAX 16384u

/* ---- Where a request goes -------------------------------------------------------------------- */

struct ota_http_place {
    const char *host; /* IPv6 without brackets */
    const char *path; /* begins with '/' */
    uint16_t port;
    bool tls;
};

/* True if both are served by the same server: the same scheme, host and port. */
bool ota_http_place_is_same(const struct ota_http_place *a, const struct ota_http_place *b);

/*
 * Follows the Location of a redirection: a URL, or a reference relative to the place. The texts of
 * the new place are in room (cap bytes), where those of the old one may be as well; location is
 * elsewhere. OTA_EREDIRECT, and the place is as it was, for what is no place, for other schemes,
 * from TLS to none, and without room.
 */
int ota_http_place_follow(struct ota_http_place *place, const char *location, char *room,
                          size_t cap);

/*
 * Writes the head of a request to buf (cap bytes): everything but its body. The place says where
 * to, the rest is from req. Length; OTA_ENOSPC; OTA_EARG for a text with characters that would
 * change the request, or a path that does not begin with '/'.
 */
int ota_http_request_write(const struct ota_http_request *req, const struct ota_http_place *place,
                           char *buf, size_t cap);

/* ---- The answer ------------------------------------------------------------------------------ */

/* Header fields that are kept. */
enum ota_http_field {
    OTA_HTTP_FIELD_CONTENT_RANGE,
    OTA_HTTP_FIELD_CONTENT_TYPE,
    OTA_HTTP_FIELD_ETAG,
    OTA_HTTP_FIELD_LAST_MODIFIED,
    OTA_HTTP_FIELD_LOCATION,
    OTA_HTTP_FIELD_N,
};

/* The fields are private. */
struct ota_http_codec {
    char *text; /* what is kept, then the line under way */
    size_t cap;
    size_t kept;
    size_t line_len; /* may be more than there was room for */
    uint32_t head_len;
    uint64_t left; /* bytes of the body, or of the chunk */
    int64_t content_length;
    int64_t date_s;       /* of the answer, from some day on; negative: not told */
    int64_t retry_date_s; /* Retry-After as a date, likewise */
    uint32_t retry_after_s;
    uint16_t status;
    uint8_t step;
    bool is_chunked;
    bool is_kept_alive;
    const char *fields[OTA_HTTP_FIELD_N];
};

enum ota_http_piece_kind {
    OTA_HTTP_PIECE_NONE, /* all is taken: more is needed */
    OTA_HTTP_PIECE_HEAD, /* the final answer's status and fields are known */
    OTA_HTTP_PIECE_BODY,
    OTA_HTTP_PIECE_END, /* the answer is complete; what follows is none of it */
};

struct ota_http_piece {
    enum ota_http_piece_kind kind;
    size_t used;         /* bytes before the piece: done with */
    const uint8_t *data; /* BODY: len bytes, in the caller's data behind those */
    size_t len;
};

/* Begins an answer. text: cap bytes, not used for anything else until the answer has ended. */
void ota_http_codec_init(struct ota_http_codec *c, char *text, size_t cap);

/*
 * Finds the next piece in len bytes from the connection, cut anywhere; len may be 0. A piece of the
 * body comes again and again until ota_http_codec_taken. OTA_EPROTO, for good: this is not HTTP, or
 * not to be understood; OTA_ELIMIT: too long for the room or OTA_HTTP_HEAD_MAX.
 */
int ota_http_codec_next(struct ota_http_codec *c, const uint8_t *data, size_t len,
                        struct ota_http_piece *piece);

/* The first len bytes of the last piece, all of which was body, are taken. */
void ota_http_codec_taken(struct ota_http_codec *c, size_t len);

/* The server has closed the connection. 0 if that ends the body, as its head has said; else
 * OTA_EDROPPED. */
int ota_http_codec_close(const struct ota_http_codec *c);

/* True if nothing of an answer has come. */
bool ota_http_codec_is_fresh(const struct ota_http_codec *c);

/* True if the connection may take another request once the answer is complete. */
bool ota_http_codec_is_kept_alive(const struct ota_http_codec *c);

/* True if the answer leads elsewhere. */
bool ota_http_codec_is_redirection(const struct ota_http_codec *c);

/* Status and fields as the user gets them; valid while the codec and its text are. */
void ota_http_codec_head(const struct ota_http_codec *c, struct ota_http_event *ev);

#ifdef __cplusplus
}
#endif
#endif
