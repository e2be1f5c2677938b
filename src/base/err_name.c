/* SPDX-License-Identifier: Apache-2.0 */
/* Apart from the texts: a device that does not print names does not link them. */
#include "ota/err.h"

const char *ota_err_name(int err)
{
    if (err >= 0) {
        return "OTA_OK";
    }
    switch (err) {
#define OTA_ERR_NAME(name, number, text)                                                           \
    case OTA_E##name:                                                                              \
        return "OTA_E" #name;
        OTA_ERR_MAP(OTA_ERR_NAME)
#undef OTA_ERR_NAME
    default:
        return "OTA_EUNKNOWN";
    }
}
