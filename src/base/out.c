/* SPDX-License-Identifier: Apache-2.0 */
#include "base/out.h"

#include <string.h>

#include "base/text.h"
#include "ota/err.h"

void ota_out_init(struct ota_out *o, char *buf, size_t cap)
{
    o->buf = buf;
    o->cap = cap;
    o->len = 0;
    o->full = cap == 0;
}

void ota_out_bytes(struct ota_out *o, const char *text, size_t len)
{
    if (o->full || len > o->cap - 1 - o->len) {
        o->full = true;
        return;
    }
    memcpy(o->buf + o->len, text, len);
    o->len += len;
}

void ota_out_char(struct ota_out *o, char c)
{
    ota_out_bytes(o, &c, 1);
}

void ota_out_text(struct ota_out *o, const char *text)
{
    ota_out_bytes(o, text, strlen(text));
}

void ota_out_u32(struct ota_out *o, uint32_t v)
{
    char digits[10];
    size_t n = sizeof digits;

    do {
        digits[--n] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    ota_out_bytes(o, digits + n, sizeof digits - n);
}

void ota_out_json(struct ota_out *o, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            ota_out_char(o, '\\');
            ota_out_char(o, (char)c);
        } else if (c < 0x20) {
            ota_out_text(o, "\\u00");
            ota_out_char(o, ota_text_digit(c >> 4));
            ota_out_char(o, ota_text_digit(c & 15));
        } else {
            ota_out_char(o, (char)c);
        }
    }
}

int ota_out_end(struct ota_out *o)
{
    if (o->full) {
        if (o->cap > 0) {
            o->buf[0] = '\0';
        }
        return OTA_ENOSPC;
    }
    o->buf[o->len] = '\0';
    return (int)o->len;
}
