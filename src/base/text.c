/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <string.h>

#include "ota/err.h"

bool ota_text_is(const char *text, const char *p, size_t len)
{
    return strlen(text) == len && memcmp(text, p, len) == 0;
}

bool ota_text_same(const char *a, const char *b)
{
    return ota_text_is(a, b, strlen(b));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool ota_text_is_word(const char *word, const char *p, size_t len)
{
    for (; len > 0 && *word != '\0'; len--) {
        if (lower(*word++) != lower(*p++)) {
            return false;
        }
    }
    return len == 0 && *word == '\0';
}

char ota_text_digit(unsigned value)
{
    return (char)(value + (value < 10 ? '0' : 'a' - 10));
}

const char *ota_text_find(const char *p, const char *end, char c)
{
    for (; p != end; p++) {
        if (*p == c) {
            return p;
        }
    }
    return NULL;
}

int ota_text_u32(const char **at, const char *end, uint32_t max, uint32_t *out)
{
    const char *p = *at;
    uint32_t v = 0;

    for (; p != end && *p >= '0' && *p <= '9'; p++) {
        uint32_t digit = (uint32_t)(*p - '0');

        if (digit > max || v > (max - digit) / 10) {
            return OTA_ELIMIT;
        }
        v = v * 10 + digit;
    }
    if (p == *at) {
        return OTA_EFORMAT;
    }
    *at = p;
    *out = v;
    return 0;
}
