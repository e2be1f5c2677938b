/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"

#include <string.h>

#include "base/out.h"
#include "base/text.h"
#include "ota/err.h"

#define JSMN_STATIC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <jsmn.h>
#pragma GCC diagnostic pop

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* True if text from begin to end is white space around exactly one sep ('\0': none). */
static bool is_gap(const char *text, int begin, int end, char sep)
{
    bool is_seen = sep == '\0';

    for (; begin < end; begin++) {
        if (!is_seen && text[begin] == sep) {
            is_seen = true;
        } else if (!is_space(text[begin])) {
            return false;
        }
    }
    return is_seen;
}

/* A string's token lies between its quotes. */
static int quote_len(const jsmntok_t *t)
{
    return t->type == JSMN_STRING ? 1 : 0;
}

static enum ota_json_type type_of(const jsmntok_t *t)
{
    if (t->type == JSMN_STRING) {
        return OTA_JSON_STRING;
    }
    return t->type == JSMN_PRIMITIVE ? OTA_JSON_PRIMITIVE : OTA_JSON_NESTED;
}

/* Where reading is: the text behind the last token, and what may stand before the next one. */
struct place {
    const char *text;
    int pos;
    char sep;
};

/* Goes on behind a token whose separator is as it has to be. */
static bool take_token(struct place *p, const jsmntok_t *t, char next_sep)
{
    bool is_good = is_gap(p->text, p->pos, t->start - quote_len(t), p->sep);

    p->pos = t->end + quote_len(t);
    p->sep = next_sep;
    return is_good;
}

/* Objects and arrays differ in whether their values have names. */
static int walk(const char *text, size_t len, jsmntype_t type, ota_json_visit visit, void *arg)
{
    jsmntok_t token[OTA_JSON_TOKENS];
    jsmn_parser parser;
    struct place p = {.text = text};
    int n, rc;

    jsmn_init(&parser);
    n = len > INT32_MAX ? JSMN_ERROR_NOMEM : jsmn_parse(&parser, text, len, token, OTA_JSON_TOKENS);
    if (n < 1) {
        return n == JSMN_ERROR_NOMEM ? OTA_ELIMIT : OTA_EFORMAT;
    }
    if (token[0].type != type || !is_gap(text, 0, token[0].start, '\0') ||
        !is_gap(text, token[0].end, (int)len, '\0')) {
        return OTA_EFORMAT;
    }
    p.pos = token[0].start + 1;
    for (int i = 1; i < n;) {
        const jsmntok_t *t = &token[i];
        struct ota_json_member m = {.name = ""};

        if (type == JSMN_OBJECT) {
            m.name = text + t->start;
            m.name_len = (size_t)(t->end - t->start);
            if (t->type != JSMN_STRING || !take_token(&p, t, ':') || ++i == n) {
                return OTA_EFORMAT;
            }
            t++;
        }
        if (!take_token(&p, t, ',')) {
            return OTA_EFORMAT;
        }
        m.type = type_of(t);
        m.value = text + t->start;
        m.value_len = (size_t)(t->end - t->start);
        rc = visit(arg, &m);
        if (rc != 0) {
            return rc;
        }
        do {
            i++;
        } while (i < n && token[i].start < t->end);
    }
    return is_gap(text, p.pos, token[0].end - 1, '\0') ? 0 : OTA_EFORMAT;
}

int ota_json_object(const char *text, size_t len, ota_json_visit member, void *arg)
{
    return walk(text, len, JSMN_OBJECT, member, arg);
}

int ota_json_array(const char *text, size_t len, ota_json_visit element, void *arg)
{
    return walk(text, len, JSMN_ARRAY, element, arg);
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
