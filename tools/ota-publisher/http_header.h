/* SPDX-License-Identifier: Apache-2.0 */
/* Header fields of HTTP requests that decide which part of a file is sent (RFC 9110, 13 and 14). */
#ifndef PUBLISHER_HTTP_HEADER_H
#define PUBLISHER_HTTP_HEADER_H

#include <stdbool.h>
#include <stdint.h>

enum http_range_kind {
    HTTP_RANGE_WHOLE, /* no range, or one that is to be ignored */
    HTTP_RANGE_PART,
    HTTP_RANGE_NONE, /* nothing of the file is in it */
};

struct http_range {
    uint64_t first;
    uint64_t len;
};

/*
 * Reads a Range header (NULL: none) for a file of size bytes; out is set for every kind but NONE.
 * One range of bytes is understood. What is malformed, has another unit or several ranges is
 * ignored, as the RFC allows.
 */
enum http_range_kind http_range_parse(const char *text, uint64_t size, struct http_range *out);

/*
 * True if an If-None-Match header lists the entity tag (with its quotes) or "*". Weak tags count
 * as the strong ones. Malformed lists match up to where they are malformed.
 */
bool http_etag_is_listed(const char *list, const char *etag);

#endif
