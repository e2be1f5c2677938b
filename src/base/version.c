/* SPDX-License-Identifier: Apache-2.0 */
#include "ota/version.h"

#include "base/out.h"
#include "ota/err.h"

static int order(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

int ota_version_compare(const struct ota_version *a, const struct ota_version *b)
{
    int r = order(a->major, b->major);

    if (r == 0) {
        r = order(a->minor, b->minor);
    }
    return r != 0 ? r : order(a->revision, b->revision);
}

/* Reads digits up to max; moves *pos behind them. */
static int number(const char *text, size_t len, size_t *pos, uint32_t max, uint32_t *out)
{
    uint32_t v = 0;
    size_t i = *pos;

    for (; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
        uint32_t digit = (uint32_t)(text[i] - '0');

        if (v > (max - digit) / 10) {
            return OTA_EFORMAT;
        }
        v = v * 10 + digit;
    }
    if (i == *pos) {
        return OTA_EFORMAT;
    }
    *pos = i;
    *out = v;
    return 0;
}

int ota_version_parse(const char *text, size_t len, struct ota_version *out)
{
    uint32_t part[3] = {0, 0, 0};
    uint32_t build = 0;
    size_t pos = 0;

    for (size_t n = 0; n < 3; n++) {
        if (number(text, len, &pos, UINT16_MAX, &part[n]) != 0) {
            return OTA_EFORMAT;
        }
        if (pos == len || text[pos] != '.' || n == 2) {
            break;
        }
        pos++;
    }
    if (pos < len && text[pos] == '+') {
        pos++;
        if (number(text, len, &pos, UINT32_MAX, &build) != 0) {
            return OTA_EFORMAT;
        }
    }
    if (pos != len) {
        return OTA_EFORMAT;
    }
    out->major = (uint16_t)part[0];
    out->minor = (uint16_t)part[1];
    out->revision = (uint16_t)part[2];
    out->build = build;
    return 0;
}

int ota_version_format(const struct ota_version *v, char *buf, size_t cap)
{
    struct ota_out o;

    ota_out_init(&o, buf, cap);
    ota_out_u32(&o, v->major);
    ota_out_char(&o, '.');
    ota_out_u32(&o, v->minor);
    ota_out_char(&o, '.');
    ota_out_u32(&o, v->revision);
    if (v->build != 0) {
        ota_out_char(&o, '+');
        ota_out_u32(&o, v->build);
    }
    return ota_out_end(&o);
}
