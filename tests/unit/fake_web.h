/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A web server and the ota_http client to it in one process and virtual time. A test may twist each
 * answer into what a real server would not give on demand; the real ones are in tests/e2e.
 */
#ifndef OTA_TEST_UNIT_FAKE_WEB_H
#define OTA_TEST_UNIT_FAKE_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ota/http.h"

/* An answer before it goes out. */
struct web_answer {
    uint16_t status;
    char content_range[64]; /* "": none */
    const char *validator;
    int64_t content_length;
    uint32_t retry_after_s;
    const uint8_t *body;
    size_t len;
    size_t cut;   /* bytes after which the connection is lost; SIZE_MAX: never */
    size_t stall; /* bytes after which nothing comes any more; SIZE_MAX: never */
    int err;      /* no answer at all: END with this */
};

struct web_request {
    char url[2600]; /* http://host:port/path */
    bool is_post;
    bool is_range;
    uint32_t off, len;
    char if_range[128];
};

struct fake_web {
    struct ota_http client;
    const struct ota_http_sink *sink;
    /* What it offers. */
    const char *job;
    const uint8_t *image;
    uint32_t image_len;
    const char *validator;
    bool has_no_ranges;
    /* Changes the answer to request number n (from 1); NULL: nobody does. */
    void (*twist)(struct fake_web *w, const struct web_request *req, struct web_answer *a);
    size_t piece; /* bytes of a body event, at most */
    /* What it saw. */
    int n_requests, n_jobs, n_images, n_posts;
    int n_disconnects;
    uint64_t image_bytes; /* bytes of image answers that were taken */
    struct web_request last;
    char result[1200];
    /* What is under way. */
    bool is_open, is_head_told;
    size_t off;
    struct web_answer answer;
};

void fake_web_init(struct fake_web *w);

#endif
