/* SPDX-License-Identifier: Apache-2.0 */
#include "ota/err.h"

#include <string.h>

#include "ota/config.h"

/* One after the other, in the order of their numbers, which have no gaps; behind the last one
 * stands an empty one. A table of pointers to them would cost 200 bytes. */
#define OTA_ERR_TEXT(name, number, text) text "\0"
static const char texts[] = "no error\0" OTA_ERR_MAP(OTA_ERR_TEXT);
#undef OTA_ERR_TEXT

const char *ota_err_text(int err)
{
    const char *text = texts;

    if (!OTA_CONFIG_TEXTS) {
        return err < 0 ? "error" : "no error";
    }
    for (; err < 0 && *text != '\0'; err++) {
        text += strlen(text) + 1;
    }
    return *text != '\0' ? text : "unknown error";
}
