/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/gatt.h"

#include <string.h>

#include "base/le.h"
#include "ota/err.h"

#define ARG_LEN 4u
#define INFO_LAYOUT 1u
#define INFO_FIXED 24u
#define NUMBER_LEN (OTA_GATT_SIG_LEN / 2)

int ota_gatt_command_decode(const uint8_t *raw, size_t len, struct ota_gatt_command *out)
{
    size_t want = 1;

    if (len == 0) {
        return OTA_EFORMAT;
    }
    out->op = (enum ota_gatt_op)raw[0];
    out->arg = 0;
    switch (raw[0]) {
    case OTA_GATT_ABORT_OLD:
        out->op = OTA_GATT_ABORT;
        break;
    case OTA_GATT_PREPARE:
    case OTA_GATT_ABORT:
        break;
    case OTA_GATT_DOWNLOAD:
    case OTA_GATT_VERIFY:
    case OTA_GATT_RESUME:
        want += ARG_LEN;
        break;
    default:
        return OTA_ENOTSUP;
    }
    if (len != want) {
        return OTA_EFORMAT;
    }
    if (want > 1) {
        out->arg = ota_get_le32(raw + 1);
    }
    return 0;
}

void ota_gatt_resume_encode(uint32_t off, uint32_t crc, uint8_t raw[OTA_GATT_RESUME_ANSWER_LEN])
{
    raw[0] = OTA_GATT_OK;
    ota_put_le32(raw + 1, off);
    ota_put_le32(raw + 5, crc);
}

int ota_gatt_info_encode(const struct ota_gatt_info *info, uint8_t *raw, size_t cap)
{
    size_t len = strlen(info->board);

    if (cap < INFO_FIXED || len > cap - INFO_FIXED) {
        return OTA_ENOSPC;
    }
    raw[0] = INFO_LAYOUT;
    raw[1] = info->flags;
    ota_put_le16(raw + 2, info->mtu);
    raw[4] = (uint8_t)info->version.major;
    raw[5] = (uint8_t)info->version.minor;
    ota_put_le16(raw + 6, info->version.revision);
    ota_put_le32(raw + 8, info->version.build);
    ota_put_le32(raw + 12, info->stored);
    ota_put_le32(raw + 16, info->total);
    raw[20] = (uint8_t)-info->err;
    raw[21] = 0;
    ota_put_le16(raw + 22, (uint16_t)len);
    memcpy(raw + INFO_FIXED, info->board, len);
    return (int)(INFO_FIXED + len);
}

/* An INTEGER in its shortest form; with a zero in front where it would read as negative. */
static size_t put_integer(const uint8_t *number, uint8_t *der)
{
    size_t skip = 0;
    size_t pad;

    while (skip < NUMBER_LEN - 1 && number[skip] == 0) {
        skip++;
    }
    pad = number[skip] >> 7;
    der[0] = 0x02;
    der[1] = (uint8_t)(NUMBER_LEN - skip + pad);
    der[2] = 0;
    memcpy(der + 2 + pad, number + skip, NUMBER_LEN - skip);
    return 2 + pad + NUMBER_LEN - skip;
}

size_t ota_gatt_sig_to_der(const uint8_t raw[OTA_GATT_SIG_LEN], uint8_t der[OTA_GATT_DER_MAX])
{
    size_t len = put_integer(raw, der + 2);

    len += put_integer(raw + NUMBER_LEN, der + 2 + len);
    der[0] = 0x30;
    der[1] = (uint8_t)len;
    return 2 + len;
}
