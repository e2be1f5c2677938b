/* SPDX-License-Identifier: Apache-2.0 */
/* A program of somebody else's that uses an installed libota. */
#include <stdio.h>
#include <string.h>

#include <ota/err.h>
#include <ota/version.h>

int main(void)
{
    struct ota_version v;
    char text[OTA_VERSION_TEXT_MAX];

    if (ota_version_parse("1.2.3+4", 7, &v) != 0 ||
        ota_version_format(&v, text, sizeof(text)) < 0 || strcmp(text, "1.2.3+4") != 0) {
        return 1;
    }
    return puts(ota_err_text(OTA_OK)) < 0;
}
