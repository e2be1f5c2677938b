/* SPDX-License-Identifier: Apache-2.0 */
#include "ota/version.h"

#include "base/out.h"
#include "base/text.h"
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

int ota_version_parse(const char *text, size_t len, struct ota_version *out)
{
    enum { REVISION = 2, BUILD = 3 };
    uint32_t part[BUILD + 1] = {0, 0, 0, 0};
    const char *end = text + len;
    unsigned n = 0;

    while (ota_text_u32(&text, end, n == BUILD ? UINT32_MAX : UINT16_MAX, &part[n]) == 0) {
        if (text == end) {
            out->major = (uint16_t)part[0];
            out->minor = (uint16_t)part[1];
            out->revision = (uint16_t)part[REVISION];
            out->build = part[BUILD];
            return 0;
        }
        if (*text == '.' && n < REVISION) {
            n++;
        } else if (*text == '+' && n < BUILD) {
            n = BUILD;
        } else {
            break;
        }
        text++;
    }
    return OTA_EFORMAT;
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
