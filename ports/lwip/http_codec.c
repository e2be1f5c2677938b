/* SPDX-License-Identifier: Apache-2.0 */
#include "http_codec.h"

#include <string.h>

#include "ota/err.h"

/* Longest Retry-After that is told; more is told as this. */
#define RETRY_MAX_S (365u * 86400u)

enum step {
    STEP_FRESH,   /* nothing has come */
    STEP_STATUS,  /* the status line */
    STEP_FIELDS,  /* header fields */
    STEP_HEAD,    /* the head is complete, and not told yet */
    STEP_LENGTH,  /* a body of known length */
    STEP_CLOSE,   /* a body that lasts as long as the connection */
    STEP_SIZE,    /* the line before a chunk */
    STEP_CHUNK,   /* the chunk */
    STEP_GAP,     /* the line end behind a chunk */
    STEP_TRAILER, /* fields behind the last chunk */
    STEP_DONE,
};

/* ---- Small readers --------------------------------------------------------------------------- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* True if the text is that word, which is in lower case. */
static bool is_word(const char *text, size_t len, const char *word)
{
    if (strlen(word) != len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (lower(text[i]) != word[i]) {
            return false;
        }
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Decimal digits and nothing else. 0 or OTA_EPROTO. */
static int read_number(const char *text, int64_t *out)
{
    int64_t v = 0;

    if (*text == '\0') {
        return OTA_EPROTO;
    }
    for (; *text != '\0'; text++) {
        int digit = *text - '0';

        if (digit < 0 || digit > 9 || v > (INT64_MAX - digit) / 10) {
            return OTA_EPROTO;
        }
        v = v * 10 + digit;
    }
    *out = v;
    return 0;
}

/* True if one of the words of a list with commas is that one. */
static bool has_token(const char *list, const char *word)
{
    while (*list != '\0') {
        const char *comma = strchr(list, ',');
        const char *next = comma == NULL ? list + strlen(list) : comma + 1;
        const char *end = comma == NULL ? next : comma;

        while (list < end && is_blank(*list)) {
            list++;
        }
        while (end > list && is_blank(end[-1])) {
            end--;
        }
        if (is_word(list, (size_t)(end - list), word)) {
            return true;
        }
        list = next;
    }
    return false;
}

/* ---- Dates -----------------------------------------------------------------------------------
 * Retry-After may be a date, which only says something together with the answer's own: the device's
 * clock is not asked. "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7); the obsolete forms are
 * taken for none. */

#define DATE_LEN 29u

/* Two digits; 100 if they are none. */
static uint32_t two_digits(const char *text)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') {
        return 100;
    }
    return (uint32_t)(text[0] - '0') * 10 + (uint32_t)(text[1] - '0');
}

/* Seconds since a fixed day; -1: no date. */
static int64_t read_date(const char *text)
{
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    uint32_t month = 0;
    uint32_t year, day, hour, minute, second;

    if (strlen(text) != DATE_LEN) {
        return -1;
    }
    day = two_digits(text + 5);
    year = two_digits(text + 12) * 100 + two_digits(text + 14);
    hour = two_digits(text + 17);
    minute = two_digits(text + 20);
    second = two_digits(text + 23);
    while (month < 12 &&
           (lower(text[8]) != months[3 * month] || lower(text[9]) != months[3 * month + 1] ||
            lower(text[10]) != months[3 * month + 2])) {
        month++;
    }
    if (month == 12 || day < 1 || day > 31 || year < 1970 || year > 9999 || hour > 23 ||
        minute > 59 || second > 60) {
        return -1;
    }
    day += year * 365 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + before[month];
    if (month > 1 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) {
        day++;
    }
    return (((int64_t)day * 24 + hour) * 60 + minute) * 60 + second;
}

/* ---- Header fields --------------------------------------------------------------------------- */

/* Fields that say what follows; the server's own order decides nothing. */
static int take_length(struct ota_http_codec *c, const char *value)
{
    int64_t len;

    if (read_number(value, &len) != 0 || (c->content_length >= 0 && c->content_length != len)) {
        return OTA_EPROTO;
    }
    c->content_length = len;
    return 0;
}

static int take_coding(struct ota_http_codec *c, const char *value)
{
    if (c->is_chunked || !is_word(value, strlen(value), "chunked")) {
        return OTA_EPROTO; /* no other coding was asked for */
    }
    c->is_chunked = true;
    return 0;
}

static void take_retry(struct ota_http_codec *c, const char *value)
{
    int64_t s;

    c->retry_after_s = 0;
    c->retry_date_s = read_date(value);
    if (read_number(value, &s) == 0) {
        c->retry_after_s = s > RETRY_MAX_S ? RETRY_MAX_S : (uint32_t)s;
    }
}

static void take_connection(struct ota_http_codec *c, const char *value)
{
    if (has_token(value, "close")) {
        c->is_kept_alive = false;
    }
}

/* Keeps the value, which is behind what is kept already. The last field of a name counts. */
static void keep(struct ota_http_codec *c, enum ota_http_field field, const char *value)
{
    size_t len = strlen(value) + 1;

    memmove(c->text + c->kept, value, len);
    c->fields[field] = c->text + c->kept;
    c->kept += len;
}

enum name {
    NAME_CONTENT_LENGTH = OTA_HTTP_FIELD_N,
    NAME_TRANSFER_ENCODING,
    NAME_CONNECTION,
    NAME_DATE,
    NAME_RETRY_AFTER,
    NAME_N, /* not of interest */
};

static const struct {
    const char *text;
    bool is_vital; /* what it says must not be missed */
} names[NAME_N] = {
    [OTA_HTTP_FIELD_CONTENT_RANGE] = {"content-range", true},
    [OTA_HTTP_FIELD_CONTENT_TYPE] = {"content-type", false},
    [OTA_HTTP_FIELD_ETAG] = {"etag", false},
    [OTA_HTTP_FIELD_LAST_MODIFIED] = {"last-modified", false},
    [OTA_HTTP_FIELD_LOCATION] = {"location", true},
    [NAME_CONTENT_LENGTH] = {"content-length", true},
    [NAME_TRANSFER_ENCODING] = {"transfer-encoding", true},
    [NAME_CONNECTION] = {"connection", true},
    [NAME_DATE] = {"date", false},
    [NAME_RETRY_AFTER] = {"retry-after", false},
};

static int take_value(struct ota_http_codec *c, unsigned name, const char *value)
{
    switch (name) {
    case NAME_CONTENT_LENGTH:
        return take_length(c, value);
    case NAME_TRANSFER_ENCODING:
        return take_coding(c, value);
    case NAME_CONNECTION:
        take_connection(c, value);
        return 0;
    case NAME_DATE:
        c->date_s = read_date(value);
        return 0;
    case NAME_RETRY_AFTER:
        take_retry(c, value);
        return 0;
    default:
        keep(c, (enum ota_http_field)name, value);
        return 0;
    }
}

/* "NAME: VALUE" (RFC 9112, 5), with a NUL; is_cut: there was more. */
static int take_field(struct ota_http_codec *c, char *line, size_t len, bool is_cut)
{
    char *colon = memchr(line, ':', len);
    char *value;
    unsigned name = 0;

    if (colon == NULL) {
        return is_cut ? OTA_ELIMIT : OTA_EPROTO;
    }
    if (colon == line || is_blank(line[0]) || is_blank(colon[-1])) {
        return OTA_EPROTO; /* also a line folded, as was usual long ago */
    }
    while (name < NAME_N && !is_word(line, (size_t)(colon - line), names[name].text)) {
        name++;
    }
    if (name == NAME_N || (is_cut && !names[name].is_vital)) {
        return 0;
    }
    if (is_cut) {
        return OTA_ELIMIT;
    }
    for (value = colon + 1; is_blank(*value); value++) {
    }
    while (line + len > value && is_blank(line[len - 1])) {
        line[--len] = '\0';
    }
    return take_value(c, name, value);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* Forgets the head under way: a final one follows an interim one. */
static void begin_head(struct ota_http_codec *c)
{
    c->kept = 0;
    c->content_length = -1;
    c->date_s = -1;
    c->retry_date_s = -1;
    c->retry_after_s = 0;
    c->is_chunked = false;
    memset(c->fields, 0, sizeof c->fields);
    c->step = STEP_STATUS;
}

/* "HTTP/1.1 200 OK"; servers of HTTP/1.0 close the connection (RFC 9112, 4 and 9.3). */
static int take_status(struct ota_http_codec *c, const char *line, size_t len)
{
    if (len < 12 || memcmp(line, "HTTP/1.", 7) != 0 || line[7] < '0' || line[7] > '9' ||
        line[8] != ' ' || line[9] < '1' || line[9] > '5' || two_digits(line + 10) == 100 ||
        (len > 12 && line[12] != ' ')) {
        return OTA_EPROTO;
    }
    c->status = (uint16_t)((uint32_t)(line[9] - '0') * 100 + two_digits(line + 10));
    c->is_kept_alive = line[7] != '0';
    c->step = STEP_FIELDS;
    return c->status == 101 ? OTA_EPROTO : 0; /* no other protocol was asked for */
}

/* The empty line behind the fields. */
static int end_head(struct ota_http_codec *c)
{
    if (c->status < 200) {
        begin_head(c);
        return 0;
    }
    if (c->is_chunked && c->content_length >= 0) {
        return OTA_EPROTO; /* somebody on the way may have understood it otherwise */
    }
    if (c->retry_date_s >= 0 && c->date_s >= 0 && c->retry_date_s > c->date_s) {
        int64_t s = c->retry_date_s - c->date_s;

        c->retry_after_s = s > RETRY_MAX_S ? RETRY_MAX_S : (uint32_t)s;
    }
    c->step = STEP_HEAD;
    return 0;
}

/* The size of a chunk, in hexadecimal; extensions behind it mean nothing (RFC 9112, 7.1). */
static int take_size(struct ota_http_codec *c, const char *line, size_t len)
{
    size_t i = 0;

    c->left = 0;
    for (; i < len; i++) {
        char l = lower(line[i]);

        if (l >= '0' && l <= '9') {
            c->left = c->left << 4 | (uint64_t)(l - '0');
        } else if (l >= 'a' && l <= 'f') {
            c->left = c->left << 4 | (uint64_t)(l - 'a' + 10);
        } else {
            break;
        }
        if (i >= 8) {
            return OTA_EPROTO;
        }
    }
    if (i == 0 || (i < len && line[i] != ';' && !is_blank(line[i]))) {
        return OTA_EPROTO;
    }
    c->step = c->left == 0 ? STEP_TRAILER : STEP_CHUNK;
    return 0;
}

/* A line is complete; its text, with a NUL, is behind what is kept. */
static int take_line(struct ota_http_codec *c)
{
    size_t room = c->cap - c->kept - 1;
    bool is_cut = c->line_len > room;
    size_t len = is_cut ? room : c->line_len;
    char *line = c->text + c->kept;

    if (!is_cut && len > 0 && line[len - 1] == '\r') {
        len--;
    }
    line[len] = '\0';
    if (memchr(line, '\0', len) != NULL || memchr(line, '\r', len) != NULL) {
        return OTA_EPROTO;
    }
    c->line_len = 0;
    switch (c->step) {
    case STEP_STATUS:
        return take_status(c, line, len);
    case STEP_FIELDS:
        return len == 0 && !is_cut ? end_head(c) : take_field(c, line, len, is_cut);
    case STEP_SIZE:
        return take_size(c, line, len);
    case STEP_GAP:
        c->step = STEP_SIZE;
        return len == 0 && !is_cut ? 0 : OTA_EPROTO;
    default: /* STEP_TRAILER */
        if (len == 0 && !is_cut) {
            c->step = STEP_DONE;
        }
        return 0;
    }
}

static int take_byte(struct ota_http_codec *c, uint8_t byte)
{
    bool is_in_head = c->step == STEP_STATUS || c->step == STEP_FIELDS;

    if (is_in_head || c->step == STEP_TRAILER) {
        if (c->head_len >= OTA_HTTP_HEAD_MAX) {
            return OTA_ELIMIT;
        }
        c->head_len++;
    } else if (c->line_len >= OTA_HTTP_HEAD_MAX) {
        return OTA_ELIMIT;
    }
    if (byte == '\n') {
        return take_line(c);
    }
    if (c->line_len < c->cap - c->kept - 1) {
        c->text[c->kept + c->line_len] = (char)byte;
    }
    c->line_len++;
    return 0;
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

/* The head is told: what follows it (RFC 9112, 6.3). */
static void begin_body(struct ota_http_codec *c)
{
    if (c->status == 204 || c->status == 304) {
        c->step = STEP_DONE;
    } else if (c->is_chunked) {
        c->step = STEP_SIZE;
    } else if (c->content_length >= 0) {
        c->left = (uint64_t)c->content_length;
        c->step = STEP_LENGTH;
    } else {
        c->is_kept_alive = false;
        c->left = UINT64_MAX;
        c->step = STEP_CLOSE;
    }
}

static bool is_in_body(const struct ota_http_codec *c)
{
    return c->step == STEP_LENGTH || c->step == STEP_CHUNK || c->step == STEP_CLOSE;
}

int ota_http_codec_next(struct ota_http_codec *c, const uint8_t *data, size_t len,
                        struct ota_http_piece *piece)
{
    memset(piece, 0, sizeof *piece);
    if (c->step == STEP_FRESH && len > 0) {
        begin_head(c);
    }
    for (;;) {
        if (c->step == STEP_HEAD) {
            begin_body(c);
            piece->kind = OTA_HTTP_PIECE_HEAD;
            return 0;
        }
        if (c->step == STEP_LENGTH && c->left == 0) {
            c->step = STEP_DONE;
        }
        if (c->step == STEP_DONE) {
            piece->kind = OTA_HTTP_PIECE_END;
            return 0;
        }
        if (piece->used == len) {
            return 0;
        }
        if (is_in_body(c)) {
            piece->kind = OTA_HTTP_PIECE_BODY;
            piece->data = data + piece->used;
            piece->len = len - piece->used;
            if (piece->len > c->left) {
                piece->len = (size_t)c->left;
            }
            return 0;
        } else {
            int rc = take_byte(c, data[piece->used++]);

            if (rc != 0) {
                return rc;
            }
        }
    }
}

void ota_http_codec_taken(struct ota_http_codec *c, size_t len)
{
    if (c->step == STEP_CLOSE) {
        return;
    }
    c->left -= len;
    if (c->step == STEP_CHUNK && c->left == 0) {
        c->step = STEP_GAP;
    }
}

int ota_http_codec_close(const struct ota_http_codec *c)
{
    return c->step == STEP_CLOSE || c->step == STEP_DONE ? 0 : OTA_EDROPPED;
}

void ota_http_codec_init(struct ota_http_codec *c, char *text, size_t cap)
{
    memset(c, 0, sizeof *c);
    c->text = text;
    c->cap = cap;
}

bool ota_http_codec_is_fresh(const struct ota_http_codec *c)
{
    return c->step == STEP_FRESH;
}

bool ota_http_codec_is_kept_alive(const struct ota_http_codec *c)
{
    return c->is_kept_alive && c->step == STEP_DONE;
}

bool ota_http_codec_is_redirection(const struct ota_http_codec *c)
{
    return c->status == 301 || c->status == 302 || c->status == 303 || c->status == 307 ||
           c->status == 308;
}

void ota_http_codec_head(const struct ota_http_codec *c, struct ota_http_event *ev)
{
    const char *etag = c->fields[OTA_HTTP_FIELD_ETAG];

    memset(ev, 0, sizeof *ev);
    ev->kind = OTA_HTTP_HEAD;
    ev->status = c->status;
    ev->content_range = c->fields[OTA_HTTP_FIELD_CONTENT_RANGE];
    ev->content_type = c->fields[OTA_HTTP_FIELD_CONTENT_TYPE];
    ev->validator = etag != NULL && etag[0] == '"' /* a weak tag does not promise the same bytes */
                        ? etag
                        : c->fields[OTA_HTTP_FIELD_LAST_MODIFIED];
    ev->content_length = c->content_length;
    ev->retry_after_s = c->retry_after_s;
}
