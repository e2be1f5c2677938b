/* SPDX-License-Identifier: Apache-2.0 */
/* The update protocol over HTTP(S). */
#ifndef OTA_LINK_HTTP_H
#define OTA_LINK_HTTP_H

#include "link/link.h"

/* What becomes of a body. */
enum ota_http_body {
    OTA_HTTP_BODY_IGNORED,
    OTA_HTTP_BODY_TEXT,  /* into env->text */
    OTA_HTTP_BODY_IMAGE, /* through env->data */
};

struct ota_http_link {
    struct ota_link_env *env;
    struct ota_http_sink sink;
    enum ota_http_body body; /* of the answer under way */
    int err;                 /* why the task failed */
    bool is_open;            /* a request is under way */
    bool is_again;           /* it is to be made again, or the next one, at due_ms */
    bool is_done;            /* the job is here, the result delivered */
    uint8_t n_restarts;      /* times that another image turned up in this try */
    uint32_t room;           /* bytes that this poll may still take */
    uint32_t first;          /* offset that the request asked for */
    uint32_t asked;          /* bytes that it asked for; 0: to the end */
    uint32_t total;          /* bytes of the image, or OTA_TOTAL_UNKNOWN */
    uint32_t end;            /* where the body ends in the image, or OTA_TOTAL_UNKNOWN */
    uint32_t pos;            /* offset of the first byte that is held or, if none is, that comes */
    uint32_t held;           /* bytes in env->chunk, until a piece is complete */
    uint64_t due_ms;
    uint64_t moved_ms; /* last sign of life */
};

extern const struct ota_link_ops ota_http_link_ops;

#endif
