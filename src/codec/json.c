/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"

#include <string.h>

#include "base/out.h"
#include "ota/err.h"

#define JSMN_STATIC
#define JSMN_STRICT
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

/* A token's text with the quotes of a string. */
static int outer_start(const jsmntok_t *t)
{
    return t->type == JSMN_STRING ? t->start - 1 : t->start;
}

static int outer_end(const jsmntok_t *t)
{
    return t->type == JSMN_STRING ? t->end + 1 : t->end;
}

static enum ota_json_type type_of(const jsmntok_t *t)
{
    if (t->type == JSMN_STRING) {
        return OTA_JSON_STRING;
    }
    return t->type == JSMN_PRIMITIVE ? OTA_JSON_PRIMITIVE : OTA_JSON_NESTED;
}

static bool is_literal(const char *p, size_t len, const char *literal)
{
    return strlen(literal) == len && memcmp(p, literal, len) == 0;
}

static size_t skip_digits(const char *p, size_t len, size_t i)
{
    while (i < len && p[i] >= '0' && p[i] <= '9') {
        i++;
    }
    return i;
}

/* true, false, null or a number; jsmn takes anything that begins like one. */
static bool is_primitive(const char *p, size_t len)
{
    size_t i = len > 0 && p[0] == '-' ? 1 : 0;
    size_t begin = i;

    if (is_literal(p, len, "true") || is_literal(p, len, "false") || is_literal(p, len, "null")) {
        return true;
    }
    i = skip_digits(p, len, i);
    if (i == begin || (p[begin] == '0' && i > begin + 1)) {
        return false;
    }
    if (i < len && p[i] == '.') {
        begin = ++i;
        i = skip_digits(p, len, i);
        if (i == begin) {
            return false;
        }
    }
    if (i < len && (p[i] == 'e' || p[i] == 'E')) {
        i++;
        i += i < len && (p[i] == '+' || p[i] == '-') ? 1 : 0;
        begin = i;
        i = skip_digits(p, len, i);
        if (i == begin) {
            return false;
        }
    }
    return i == len;
}

struct object {
    const char *text;
    const jsmntok_t *token;
    int n_tokens;
    int pos;  /* text behind the last member */
    int next; /* token of the next name */
};

/* The value at a token, behind which reading goes on. */
static int take_value(struct object *o, const jsmntok_t *value, struct ota_json_member *m)
{
    m->type = type_of(value);
    m->value = o->text + value->start;
    m->value_len = (size_t)(value->end - value->start);
    if (m->type == OTA_JSON_PRIMITIVE && !is_primitive(m->value, m->value_len)) {
        return OTA_EFORMAT;
    }
    o->pos = outer_end(value);
    do {
        o->next++;
    } while (o->next < o->n_tokens && o->token[o->next].start < value->end);
    return 0;
}

static int take_member(struct object *o, struct ota_json_member *m)
{
    const jsmntok_t *name = &o->token[o->next];
    const jsmntok_t *value = name + 1;

    if (o->n_tokens - o->next < 2 || name->type != JSMN_STRING || name->size != 1 ||
        !is_gap(o->text, o->pos, outer_start(name), o->next == 1 ? '\0' : ',') ||
        !is_gap(o->text, outer_end(name), outer_start(value), ':')) {
        return OTA_EFORMAT;
    }
    m->name = o->text + name->start;
    m->name_len = (size_t)(name->end - name->start);
    o->next++;
    return take_value(o, value, m);
}

static int take_element(struct object *o, struct ota_json_member *m)
{
    const jsmntok_t *value = &o->token[o->next];

    if (value->size != 0 && value->type == JSMN_STRING) { /* a name and its value */
        return OTA_EFORMAT;
    }
    if (!is_gap(o->text, o->pos, outer_start(value), o->next == 1 ? '\0' : ',')) {
        return OTA_EFORMAT;
    }
    m->name = "";
    m->name_len = 0;
    return take_value(o, value, m);
}

/* Objects and arrays differ in what one of their parts looks like. */
static int walk(const char *text, size_t len, jsmntype_t type, ota_json_visit visit, void *arg)
{
    jsmntok_t token[OTA_JSON_TOKENS];
    jsmn_parser parser;
    struct object o = {.text = text, .token = token, .next = 1};
    struct ota_json_member m;

    if (len > INT32_MAX) {
        return OTA_ELIMIT;
    }
    jsmn_init(&parser);
    o.n_tokens = jsmn_parse(&parser, text, len, token, OTA_JSON_TOKENS);
    if (o.n_tokens < 1 || token[0].type != type || !is_gap(text, 0, token[0].start, '\0') ||
        !is_gap(text, token[0].end, (int)len, '\0')) {
        return o.n_tokens == JSMN_ERROR_NOMEM ? OTA_ELIMIT : OTA_EFORMAT;
    }
    o.pos = token[0].start + 1;
    while (o.next < o.n_tokens) {
        int rc = type == JSMN_OBJECT ? take_member(&o, &m) : take_element(&o, &m);

        if (rc == 0) {
            rc = visit(arg, &m);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return is_gap(text, o.pos, token[0].end - 1, '\0') ? 0 : OTA_EFORMAT;
}

int ota_json_object(const char *text, size_t len, ota_json_visit member, void *arg)
{
    return walk(text, len, JSMN_OBJECT, member, arg);
}

int ota_json_array(const char *text, size_t len, ota_json_visit element, void *arg)
{
    return walk(text, len, JSMN_ARRAY, element, arg);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool ota_json_is(const struct ota_json_member *m, const char *name)
{
    size_t i = 0;

    while (i < m->name_len && name[i] != '\0' && lower(m->name[i]) == lower(name[i])) {
        i++;
    }
    return i == m->name_len && name[i] == '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code point of the four digits behind a "\u"; -1 if they are none or need a second half. */
static int32_t code_point(const char *p, size_t len)
{
    int32_t v = 0;

    if (len < 4) {
        return -1;
    }
    for (size_t i = 0; i < 4; i++) {
        int d = hex_digit(p[i]);

        if (d < 0) {
            return -1;
        }
        v = v * 16 + d;
    }
    return v == 0 || (v >= 0xd800 && v <= 0xdfff) ? -1 : v;
}

static void put_utf8(struct ota_out *o, int32_t v)
{
    if (v < 0x80) {
        ota_out_char(o, (char)v);
    } else if (v < 0x800) {
        ota_out_char(o, (char)(0xc0 | v >> 6));
        ota_out_char(o, (char)(0x80 | (v & 0x3f)));
    } else {
        ota_out_char(o, (char)(0xe0 | v >> 12));
        ota_out_char(o, (char)(0x80 | (v >> 6 & 0x3f)));
        ota_out_char(o, (char)(0x80 | (v & 0x3f)));
    }
}

/* Writes what the escape at p (behind the backslash) stands for; its length, or 0 if bad. */
static size_t put_escape(struct ota_out *o, const char *p, size_t len)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    int32_t v;

    for (size_t i = 0; i < sizeof from - 1; i++) {
        if (*p == from[i]) {
            ota_out_char(o, to[i]);
            return 1;
        }
    }
    v = *p == 'u' ? code_point(p + 1, len - 1) : -1;
    if (v < 0) {
        return 0;
    }
    put_utf8(o, v);
    return 5;
}

int ota_json_copy(const struct ota_json_member *m, char *buf, size_t cap)
{
    struct ota_out o;

    if (m->type != OTA_JSON_STRING) {
        return OTA_EFORMAT;
    }
    ota_out_init(&o, buf, cap);
    for (size_t i = 0; i < m->value_len;) {
        size_t n = 1;

        if (m->value[i] == '\\') {
            n = i + 1 < m->value_len ? put_escape(&o, m->value + i + 1, m->value_len - i - 1) : 0;
            if (n == 0) {
                return OTA_EFORMAT;
            }
            n++;
        } else if ((unsigned char)m->value[i] < 0x20) {
            return OTA_EFORMAT;
        } else {
            ota_out_char(&o, m->value[i]);
        }
        i += n;
    }
    return ota_out_end(&o);
}

int ota_json_u32(const struct ota_json_member *m, uint32_t max, uint32_t *out)
{
    uint32_t v = 0;

    if (m->type == OTA_JSON_NESTED || m->value_len == 0) {
        return OTA_EFORMAT;
    }
    for (size_t i = 0; i < m->value_len; i++) {
        uint32_t digit = (uint32_t)(m->value[i] - '0');

        if (m->value[i] < '0' || m->value[i] > '9' || digit > max || v > (max - digit) / 10) {
            return OTA_EFORMAT;
        }
        v = v * 10 + digit;
    }
    *out = v;
    return 0;
}
