/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-publisher/http_header.h"

#include <string.h>
#include <strings.h>

#define UNIT "bytes="

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

/* Digits at *p; a number that is too large stays the largest. False if there are none. */
static bool take_number(const char **p, uint64_t *out)
{
    const char *start = *p;

    *out = 0;
    for (; **p >= '0' && **p <= '9'; (*p)++) {
        uint64_t digit = (uint64_t)(**p - '0');

        *out = *out > (UINT64_MAX - digit) / 10u ? UINT64_MAX : *out * 10u + digit;
    }
    return *p != start;
}

static bool is_end(const char *p)
{
    return *skip_blanks(p) == '\0';
}

/* "-N": the last N bytes. */
static enum http_range_kind take_suffix(const char *p, uint64_t size, struct http_range *out)
{
    uint64_t n;

    if (!take_number(&p, &n) || !is_end(p)) {
        return HTTP_RANGE_WHOLE;
    }
    if (n == 0 || size == 0) {
        return HTTP_RANGE_NONE;
    }
    out->len = n < size ? n : size;
    out->first = size - out->len;
    return HTTP_RANGE_PART;
}

/* "FIRST-" or "FIRST-LAST". */
static enum http_range_kind take_span(const char *p, uint64_t size, struct http_range *out)
{
    uint64_t first;
    uint64_t last = UINT64_MAX;

    if (!take_number(&p, &first) || *p != '-') {
        return HTTP_RANGE_WHOLE;
    }
    p++;
    if (!is_end(p) && (!take_number(&p, &last) || !is_end(p) || last < first)) {
        return HTTP_RANGE_WHOLE;
    }
    if (first >= size) {
        return HTTP_RANGE_NONE;
    }
    out->first = first;
    out->len = last - first < size - first ? last - first + 1 : size - first;
    return HTTP_RANGE_PART;
}

enum http_range_kind http_range_parse(const char *text, uint64_t size, struct http_range *out)
{
    const char *p;

    *out = (struct http_range){0, size};
    if (text == NULL || strncasecmp(text, UNIT, sizeof UNIT - 1) != 0) {
        return HTTP_RANGE_WHOLE;
    }
    p = skip_blanks(text + sizeof UNIT - 1);
    return *p == '-' ? take_suffix(p + 1, size, out) : take_span(p, size, out);
}

bool http_etag_is_listed(const char *list, const char *etag)
{
    size_t len = strlen(etag);
    const char *p = list != NULL ? skip_blanks(list) : "";

    if (*p == '*') {
        return is_end(p + 1);
    }
    while (*p != '\0') {
        const char *close;

        p += p[0] == 'W' && p[1] == '/' ? 2 : 0;
        close = *p == '"' ? strchr(p + 1, '"') : NULL;
        if (close == NULL) {
            return false;
        }
        if ((size_t)(close + 1 - p) == len && memcmp(p, etag, len) == 0) {
            return true;
        }
        p = close + 1;
        p += strspn(p, " \t,");
    }
    return false;
}
