/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/chunk.h"

#include <string.h>

#include "base/le.h"
#include "ota/err.h"

#define MAGIC_LEN 8u

void ota_chunk_encode(const struct ota_chunk *c, uint8_t raw[OTA_CHUNK_HEADER_LEN])
{
    memcpy(raw, OTA_CHUNK_MAGIC, MAGIC_LEN);
    ota_put_le16(raw + 8, c->data_off);
    ota_put_le16(raw + 10, 0);
    ota_put_le16(raw + 12, c->version.major);
    ota_put_le16(raw + 14, c->version.minor);
    ota_put_le16(raw + 16, c->version.revision);
    ota_put_le32(raw + 18, c->total_size);
    ota_put_le32(raw + 22, c->offset);
    ota_put_le16(raw + 26, c->size);
    ota_put_le16(raw + 28, c->count);
    ota_put_le16(raw + 30, c->index);
}

int ota_chunk_decode(const uint8_t *msg, size_t len, struct ota_chunk *out)
{
    if (len < OTA_CHUNK_HEADER_LEN || memcmp(msg, OTA_CHUNK_MAGIC, MAGIC_LEN) != 0 ||
        ota_get_le16(msg + 10) != 0) {
        return OTA_EFORMAT;
    }
    out->data_off = ota_get_le16(msg + 8);
    out->version.major = ota_get_le16(msg + 12);
    out->version.minor = ota_get_le16(msg + 14);
    out->version.revision = ota_get_le16(msg + 16);
    out->version.build = 0;
    out->total_size = ota_get_le32(msg + 18);
    out->offset = ota_get_le32(msg + 22);
    out->size = ota_get_le16(msg + 26);
    out->count = ota_get_le16(msg + 28);
    out->index = ota_get_le16(msg + 30);
    if (out->data_off < OTA_CHUNK_HEADER_LEN || out->data_off > len ||
        out->size > len - out->data_off || out->size == 0 || out->offset > out->total_size ||
        out->size > out->total_size - out->offset || out->index >= out->count) {
        return OTA_EPROTO;
    }
    return 0;
}
