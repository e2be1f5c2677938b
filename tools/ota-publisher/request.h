/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of devices, read into a structure. Nothing in them is trusted. */
#ifndef PUBLISHER_REQUEST_H
#define PUBLISHER_REQUEST_H

#include "common/topics.h"
#include "ota/version.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer messages are refused unread. Devices send up to 1023 bytes, ota-subscriber's requests
 * carry a job document. */
#define REQUEST_LEN_MAX 8192u

enum request_kind {
    REQUEST_JOB,    /* Update Availability */
    REQUEST_IMAGE,  /* Request Update */
    REQUEST_DIRECT, /* Send Direct Update */
    REQUEST_CHUNK,  /* Request Data Chunk */
    REQUEST_RESULT, /* Success or Failure */
};

struct request {
    enum request_kind kind;
    bool success; /* of a result */
    bool has_version;
    struct ota_version version;    /* that the device runs; of a result: that it is about */
    int64_t offset;                /* of a chunk */
    int64_t size;                  /* of a chunk; -1: not told */
    int64_t count;                 /* of chunks from there on; 1 if not told */
    char topic[TOPIC_LEN_MAX + 2]; /* "" if absent; one byte more than allowed if too long */
    char board[64];                /* printable; "" if absent */
    char serial[64];               /* printable; "" if absent */
    char reason[24];               /* of a result, printable; "" if absent */
    char detail[96];               /* the same as text */
    char outcome[24];              /* of an image after the reset, printable; "" if absent */
};

/* What is logged about a result, such as "Failure, version 2.0.0 reverted, reason 41, ...". */
#define REQUEST_RESULT_MAX 240u
const char *request_result(const struct request *q, char buf[REQUEST_RESULT_MAX]);

/* 0, or -1 with *why set to a static text that says what is wrong. */
int request_parse(const void *payload, size_t len, struct request *out, const char **why);

#endif
