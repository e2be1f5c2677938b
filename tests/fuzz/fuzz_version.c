/* SPDX-License-Identifier: Apache-2.0 */
/* Any text: what parses must come out of the formatter as a text that means the same. */
#include <stdlib.h>

#include "ota/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ota_version v;
    struct ota_version again;
    char text[OTA_VERSION_TEXT_MAX];
    int len;

    if (ota_version_parse((const char *)data, size, &v) != 0) {
        return 0;
    }
    len = ota_version_format(&v, text, sizeof(text));
    if (len < 0 || ota_version_parse(text, (size_t)len, &again) != 0 ||
        ota_version_compare(&v, &again) != 0 || v.build != again.build) {
        abort();
    }
    return 0;
}
