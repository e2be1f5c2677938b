/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-imgtool/hex.h"

#include <stdlib.h>
#include <string.h>

#include "ota/err.h"

#define RECORD_MAX 255u
#define RECORD_OVERHEAD 5u /* count, address (2), type, checksum */
#define OUT_DATA_MAX 16u

enum record_type {
    DATA = 0,
    END = 1,
    SEGMENT = 2,
    START_SEGMENT = 3,
    LINEAR = 4,
    START_LINEAR = 5,
};

struct record {
    uint8_t type;
    uint8_t len;
    uint16_t off;
    uint8_t raw[RECORD_MAX + RECORD_OVERHEAD];
    const uint8_t *data;
};

/* Reads the file record by record; both passes over it use this. */
struct reader {
    const char *text;
    size_t len;
    size_t pos;
    unsigned line;
    uint32_t upper; /* what the last type 2 or 4 record adds to addresses */
    bool has_ended;
    struct ota_tool_why *why;
};

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int fail(const struct reader *r, const char *what)
{
    return ota_tool_fail(r->why, OTA_EFORMAT, "line %u: %s", r->line, what);
}

/* Takes the next line that is not blank, without white space at its end. 0 at the end. */
static size_t next_line(struct reader *r, const char **line)
{
    while (r->pos < r->len) {
        const char *start = r->text + r->pos;
        const char *nl = memchr(start, '\n', r->len - r->pos);
        size_t n = nl != NULL ? (size_t)(nl - start) : r->len - r->pos;

        r->pos += nl != NULL ? n + 1 : n;
        r->line++;
        while (n > 0 && (start[n - 1] == '\r' || start[n - 1] == ' ' || start[n - 1] == '\t')) {
            n--;
        }
        if (n > 0) {
            *line = start;
            return n;
        }
    }
    return 0;
}

static int decode_line(const struct reader *r, const char *line, size_t n, struct record *out)
{
    size_t len = (n - 1) / 2;
    uint8_t sum = 0;

    if (line[0] != ':') {
        return fail(r, "does not begin with a colon");
    }
    if (n % 2 == 0 || len < RECORD_OVERHEAD || len > sizeof out->raw) {
        return fail(r, "wrong number of digits");
    }
    for (size_t i = 0; i < len; i++) {
        int high = digit(line[1 + 2 * i]);
        int low = digit(line[2 + 2 * i]);

        if (high < 0 || low < 0) {
            return fail(r, "holds something else than hexadecimal digits");
        }
        out->raw[i] = (uint8_t)(high << 4 | low);
        sum = (uint8_t)(sum + out->raw[i]);
    }
    out->len = out->raw[0];
    out->off = (uint16_t)(out->raw[1] << 8 | out->raw[2]);
    out->type = out->raw[3];
    out->data = out->raw + 4;
    if (out->len != len - RECORD_OVERHEAD) {
        return fail(r, "length differs from the count");
    }
    return sum == 0 ? 0 : fail(r, "wrong checksum");
}

/* Applies a record that carries no data. */
static int apply(struct reader *r, const struct record *rec)
{
    static const struct {
        uint8_t len;
        uint8_t shift; /* of the value that becomes the upper part */
    } kinds[] = {[END] = {0, 0},
                 [SEGMENT] = {2, 4},
                 [START_SEGMENT] = {4, 0},
                 [LINEAR] = {2, 16},
                 [START_LINEAR] = {4, 0}};

    if (rec->type >= sizeof kinds / sizeof kinds[0]) {
        return fail(r, "unknown record type");
    }
    if (rec->len != kinds[rec->type].len) {
        return fail(r, "wrong length for its record type");
    }
    if (rec->type == END) {
        r->has_ended = true;
    } else if (kinds[rec->type].shift != 0) {
        r->upper = (uint32_t)(rec->data[0] << 8 | rec->data[1]) << kinds[rec->type].shift;
    }
    return 0;
}

/* 1 and the next data record with its address, 0 at the end. */
static int next_data(struct reader *r, struct record *rec, uint32_t *addr)
{
    const char *line;
    size_t n;

    while ((n = next_line(r, &line)) > 0) {
        int rc = r->has_ended ? fail(r, "follows the end record") : decode_line(r, line, n, rec);

        if (rc == 0 && rec->type != DATA) {
            rc = apply(r, rec);
        } else if (rc == 0 && rec->len > 0) {
            if (rec->len > 0x10000u - rec->off) {
                return fail(r, "crosses the end of its 64 KiB segment");
            }
            *addr = r->upper + rec->off;
            return 1;
        }
        if (rc != 0) {
            return rc;
        }
    }
    return r->has_ended ? 0 : fail(r, "the end record is missing");
}

static void rewind_reader(struct reader *r)
{
    r->pos = 0;
    r->line = 0;
    r->upper = 0;
    r->has_ended = false;
}

/* First pass: which addresses there are. */
static int find_span(struct reader *r, uint32_t *low, uint32_t *high)
{
    struct record rec;
    uint32_t addr;
    bool is_empty = true;
    int rc;

    while ((rc = next_data(r, &rec, &addr)) > 0) {
        uint32_t last = addr + rec.len - 1u;

        if (is_empty || addr < *low) {
            *low = addr;
        }
        if (is_empty || last > *high) {
            *high = last;
        }
        is_empty = false;
    }
    if (rc == 0 && is_empty) {
        rc = fail(r, "there is no data");
    }
    if (rc == 0 && *high - *low >= HEX_SPAN_MAX) {
        rc = ota_tool_fail(r->why, OTA_EFORMAT, "addresses from 0x%x to 0x%x are too far apart",
                           (unsigned)*low, (unsigned)*high);
    }
    return rc;
}

/* Second pass: the bytes. seen has a place for each of them. */
static int fill(struct reader *r, uint32_t low, uint8_t *bytes, uint8_t *seen)
{
    struct record rec;
    uint32_t addr;
    int rc;

    while ((rc = next_data(r, &rec, &addr)) > 0) {
        if (memchr(seen + (addr - low), 1, rec.len) != NULL) {
            return fail(r, "address was given before");
        }
        memset(seen + (addr - low), 1, rec.len);
        memcpy(bytes + (addr - low), rec.data, rec.len);
    }
    return rc;
}

int hex_read(const char *text, size_t len, uint8_t **data, struct hex_segment *out,
             struct ota_tool_why *why)
{
    struct reader r = {.text = text, .len = len, .why = why};
    uint32_t low = 0;
    uint32_t high = 0;
    size_t span;
    uint8_t *bytes, *seen;
    int rc = find_span(&r, &low, &high);

    if (rc != 0) {
        return rc;
    }
    span = (size_t)(high - low) + 1;
    bytes = malloc(span);
    seen = calloc(span, 1);
    if (bytes == NULL || seen == NULL) {
        rc = ota_tool_fail(why, OTA_EFORMAT, "out of memory for %zu bytes", span);
    } else {
        memset(bytes, 0xff, span);
        rewind_reader(&r);
        rc = fill(&r, low, bytes, seen);
    }
    free(seen);
    if (rc != 0) {
        free(bytes);
        return rc;
    }
    *data = bytes;
    out->addr = low;
    out->data = bytes;
    out->len = span;
    return 0;
}

/* ---- Writing ------------------------------------------------------------------------------ */

struct writer {
    char *text;
    size_t len;
};

static void put_byte(struct writer *w, uint8_t v, uint8_t *sum)
{
    static const char digits[] = "0123456789ABCDEF";

    w->text[w->len++] = digits[v >> 4];
    w->text[w->len++] = digits[v & 15];
    *sum = (uint8_t)(*sum + v);
}

static void put_record(struct writer *w, enum record_type type, uint16_t off, const uint8_t *data,
                       size_t len)
{
    uint8_t sum = 0;

    w->text[w->len++] = ':';
    put_byte(w, (uint8_t)len, &sum);
    put_byte(w, (uint8_t)(off >> 8), &sum);
    put_byte(w, (uint8_t)off, &sum);
    put_byte(w, (uint8_t)type, &sum);
    for (size_t i = 0; i < len; i++) {
        put_byte(w, data[i], &sum);
    }
    put_byte(w, (uint8_t)-sum, &sum);
    w->text[w->len++] = '\n';
}

/* A place in a list of segments. */
struct cursor {
    const struct hex_segment *segment;
    size_t n; /* segments left, with this one */
    size_t off;
};

static uint32_t address(const struct cursor *c)
{
    return c->segment->addr + (uint32_t)c->off;
}

static void advance(struct cursor *c)
{
    c->off++;
    while (c->n > 0 && c->off >= c->segment->len) {
        c->segment++;
        c->n--;
        c->off = 0;
    }
}

/* Collects a record's bytes: one address after the other, also across segments that touch. */
static size_t collect(struct cursor *c, uint8_t buf[OUT_DATA_MAX])
{
    uint32_t start = address(c);
    size_t len = 0;

    while (c->n > 0 && len < OUT_DATA_MAX && address(c) == start + len &&
           address(c) >> 16 == start >> 16) {
        buf[len++] = c->segment->data[c->off];
        advance(c);
    }
    return len;
}

/* Most characters that the segments can take. */
static size_t text_room(const struct hex_segment *segments, size_t n)
{
    size_t room = 64;

    for (size_t i = 0; i < n; i++) {
        size_t records = segments[i].len / OUT_DATA_MAX + segments[i].len / 0x10000u * 2 + 4;

        room += segments[i].len * 2 + records * (2 * RECORD_OVERHEAD + 2 + 16);
    }
    return room;
}

int hex_write(const struct hex_segment *segments, size_t n, char **text, size_t *len)
{
    struct cursor c = {.segment = segments, .n = n};
    struct writer w = {.len = 0};
    uint32_t upper = UINT32_MAX;
    bool is_long = false;

    for (size_t i = 0; i < n; i++) {
        if (segments[i].len == 0 || segments[i].len - 1 > UINT32_MAX - segments[i].addr) {
            return OTA_EARG;
        }
        is_long = segments[i].addr + (segments[i].len - 1) > 0xffff;
    }
    w.text = malloc(text_room(segments, n));
    if (w.text == NULL) {
        return OTA_EARG;
    }
    while (c.n > 0) {
        uint8_t buf[OUT_DATA_MAX];
        uint32_t start = address(&c);

        if (is_long && start >> 16 != upper) {
            upper = start >> 16;
            buf[0] = (uint8_t)(upper >> 8);
            buf[1] = (uint8_t)upper;
            put_record(&w, LINEAR, 0, buf, 2);
        }
        put_record(&w, DATA, (uint16_t)start, buf, collect(&c, buf));
    }
    put_record(&w, END, 0, NULL, 0);
    *text = w.text;
    *len = w.len;
    return 0;
}
