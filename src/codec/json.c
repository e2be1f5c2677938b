/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"

#include <string.h>

#include "base/out.h"
#include "base/text.h"
#include "ota/err.h"

/* Levels of objects and arrays within a value. */
#define DEPTH_MAX 32

struct scan {
    const char *at;
    const char *end;
};

static void skip_space(struct scan *s)
{
    while (s->at != s->end &&
           (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r')) {
        s->at++;
    }
}

/* Goes behind c, if it comes next. */
static bool take_char(struct scan *s, char c)
{
    skip_space(s);
    if (s->at == s->end || *s->at != c) {
        return false;
    }
    s->at++;
    return true;
}

/* From behind the quote that opens a string to behind the one that closes it. */
static bool skip_string(struct scan *s)
{
    while (s->at != s->end) {
        char c = *s->at++;

        if (c == '"') {
            return true;
        }
        if (c == '\\' && s->at != s->end) {
            s->at++;
        }
    }
    return false;
}

/* The text of a string and its length. */
static bool take_string(struct scan *s, const char **text, size_t *len)
{
    if (!take_char(s, '"')) {
        return false;
    }
    *text = s->at;
    if (!skip_string(s)) {
        return false;
    }
    *len = (size_t)(s->at - *text) - 1;
    return true;
}

/* An object or an array: only its strings and brackets are looked at. */
static int skip_nested(struct scan *s)
{
    uint32_t arrays = 0; /* a bit for each level, the innermost is the lowest */
    unsigned depth = 0;

    do {
        char c;

        if (s->at == s->end) {
            return OTA_EFORMAT;
        }
        c = *s->at++;
        if (c == '"' && !skip_string(s)) {
            return OTA_EFORMAT;
        }
        if (c == '{' || c == '[') {
            if (depth++ == DEPTH_MAX) {
                return OTA_ELIMIT;
            }
            arrays = arrays << 1 | (c == '[');
        } else if (c == '}' || c == ']') {
            if ((arrays & 1) != (c == ']')) {
                return OTA_EFORMAT;
            }
            arrays >>= 1;
            depth--;
        }
    } while (depth > 0);
    return 0;
}

/* Of a number or a word; which one it is concerns who reads it. */
static bool is_primitive(char c)
{
    return (c >= '-' && c <= '9') || c == '+' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static int take_value(struct scan *s, struct ota_json_member *m)
{
    int rc = 0;

    m->type = OTA_JSON_STRING;
    if (take_string(s, &m->value, &m->value_len)) {
        return 0;
    }
    m->value = s->at; /* white space has been skipped */
    if (s->at != s->end && (*s->at == '{' || *s->at == '[')) {
        m->type = OTA_JSON_NESTED;
        rc = skip_nested(s);
    } else {
        m->type = OTA_JSON_PRIMITIVE;
        while (s->at != s->end && is_primitive(*s->at)) {
            s->at++;
        }
    }
    m->value_len = (size_t)(s->at - m->value);
    return m->value_len == 0 ? OTA_EFORMAT : rc;
}

/* Objects and arrays differ in whether their values have names. */
static int walk(const char *text, size_t len, char open, ota_json_visit visit, void *arg)
{
    struct scan s = {.at = text, .end = text + len};
    const char close = (char)(open + 2); /* in ASCII */
    bool is_empty;

    if (!take_char(&s, open)) {
        return OTA_EFORMAT;
    }
    is_empty = take_char(&s, close);
    while (!is_empty) {
        struct ota_json_member m = {.name = ""};
        int rc;

        if (open == '{' && (!take_string(&s, &m.name, &m.name_len) || !take_char(&s, ':'))) {
            return OTA_EFORMAT;
        }
        rc = take_value(&s, &m);
        if (rc == 0) {
            rc = visit(arg, &m);
        }
        if (rc != 0) {
            return rc;
        }
        if (take_char(&s, close)) {
            break;
        }
        if (!take_char(&s, ',')) {
            return OTA_EFORMAT;
        }
    }
    skip_space(&s);
    return s.at == s.end ? 0 : OTA_EFORMAT;
}

int ota_json_object(const char *text, size_t len, ota_json_visit member, void *arg)
{
    return walk(text, len, '{', member, arg);
}

int ota_json_array(const char *text, size_t len, ota_json_visit element, void *arg)
{
    return walk(text, len, '[', element, arg);
}

bool ota_json_is(const struct ota_json_member *m, const char *name)
{
    return ota_text_is_word(name, m->name, m->name_len);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | ('a' - 'A')); /* lower case */
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void put_utf8(struct ota_out *o, int32_t v)
{
    if (v >= 0x800) {
        ota_out_char(o, (char)(0xe0 | v >> 12));
        ota_out_char(o, (char)(0x80 | (v >> 6 & 0x3f)));
    } else if (v >= 0x80) {
        ota_out_char(o, (char)(0xc0 | v >> 6));
    }
    ota_out_char(o, (char)(v >= 0x80 ? 0x80 | (v & 0x3f) : v));
}

/* What the escape at *at (behind the backslash) stands for; *at moves behind it. -1 if it is none,
 * a NUL, or needs a second half. */
static int32_t read_escape(const char **at, const char *end)
{
    static const char known[] = "\"\"\\\\//b\bf\fn\nr\rt\t"; /* each before its meaning */
    const char *p = *at;
    int32_t v = 0;

    for (size_t i = 0; p < end && i < sizeof known - 1; i += 2) {
        if (*p == known[i]) {
            *at = p + 1;
            return known[i + 1];
        }
    }
    if (end - p < 5 || *p != 'u') {
        return -1;
    }
    for (*at = p + 5; ++p < *at;) {
        int digit = hex_digit(*p);

        if (digit < 0) {
            return -1;
        }
        v = v * 16 + digit;
    }
    return v == 0 || (v >= 0xd800 && v <= 0xdfff) ? -1 : v;
}

int ota_json_copy(const struct ota_json_member *m, char *buf, size_t cap)
{
    const char *p = m->value;
    const char *end = p + m->value_len;
    struct ota_out o;

    if (m->type != OTA_JSON_STRING) {
        return OTA_EFORMAT;
    }
    ota_out_init(&o, buf, cap);
    while (p < end) {
        char c = *p++;
        int32_t v = c == '\\' ? read_escape(&p, end) : 0;

        if (v < 0 || (unsigned char)c < 0x20) {
            return OTA_EFORMAT;
        }
        if (v > 0) {
            put_utf8(&o, v);
        } else {
            ota_out_char(&o, c);
        }
    }
    return ota_out_end(&o);
}

int ota_json_u32(const struct ota_json_member *m, uint32_t max, uint32_t *out)
{
    const char *at = m->value;
    const char *end = at + m->value_len;

    return m->type == OTA_JSON_NESTED || ota_text_u32(&at, end, max, out) != 0 || at != end
               ? OTA_EFORMAT
               : 0;
}
