/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images without real cryptography, for tests that check millions of them: the hash is a sum that
 * notices every change of a byte, and nothing is signed.
 */
#ifndef OTA_TEST_UNIT_FAKE_IMAGE_H
#define OTA_TEST_UNIT_FAKE_IMAGE_H

#include <string.h>

#include "base/le.h"
#include "ota/err.h"
#include "ota/image.h"

#define FAKE_HEADER 64u
#define FAKE_TLVS (OTA_TLV_INFO_LEN + 4u + OTA_SHA256_LEN)

static uint32_t fake_sum[2];

static inline int fake_sha256(void *ctx, enum ota_hash_step step, const void *data, size_t len,
                              uint8_t digest[OTA_SHA256_LEN])
{
    const uint8_t *p = data;

    (void)ctx;
    if (step == OTA_HASH_INIT) {
        fake_sum[0] = 1;
        fake_sum[1] = 0;
    }
    for (size_t i = 0; step == OTA_HASH_UPDATE && i < len; i++) {
        fake_sum[0] = fake_sum[0] * 31 + p[i];
        fake_sum[1] += fake_sum[0] ^ (fake_sum[1] >> 7);
    }
    if (step == OTA_HASH_FINISH) {
        memset(digest, 0x5a, OTA_SHA256_LEN);
        ota_put_le32(digest, fake_sum[0]);
        ota_put_le32(digest + 4, fake_sum[1]);
    }
    return 0;
}

static const struct ota_crypto_ops fake_ops = {.sha256 = fake_sha256};
static const struct ota_crypto fake_crypto = {&fake_ops, NULL};
static const struct ota_trust fake_trust = {.crypto = &fake_crypto, .sig_type = OTA_SIG_NONE};

/* Puts the TLV area behind a payload that ends at end: the hash, and key_len bytes of a key of the
 * given type if it is not 0. */
static inline void fake_tlvs(uint8_t *out, uint32_t end, uint16_t key_type, const uint8_t *key,
                             uint16_t key_len)
{
    uint8_t *tlv = out + end;
    uint8_t *entry = tlv + FAKE_TLVS;

    ota_put_le16(tlv, OTA_TLV_INFO_MAGIC);
    ota_put_le16(tlv + 2, (uint16_t)(FAKE_TLVS + (key_type == 0 ? 0 : 4u + key_len)));
    ota_put_le16(tlv + 4, OTA_TLV_SHA256);
    ota_put_le16(tlv + 6, OTA_SHA256_LEN);
    (void)fake_sha256(NULL, OTA_HASH_INIT, NULL, 0, NULL);
    (void)fake_sha256(NULL, OTA_HASH_UPDATE, out, end, NULL);
    (void)fake_sha256(NULL, OTA_HASH_FINISH, NULL, 0, tlv + 8);
    if (key_type != 0) {
        ota_put_le16(entry, key_type);
        ota_put_le16(entry + 2, key_len);
        memcpy(entry + 4, key, key_len);
    }
}

/* Builds an image of size bytes in all, major version and payload made from seed. */
static inline void fake_image(uint8_t *out, uint32_t size, uint8_t seed)
{
    struct ota_image_header h = {.header_size = FAKE_HEADER,
                                 .payload_size = size - FAKE_HEADER - FAKE_TLVS,
                                 .version = {.major = seed}};
    uint32_t end = FAKE_HEADER + h.payload_size;

    memset(out, 0xff, FAKE_HEADER);
    ota_image_header_encode(&h, out);
    for (uint32_t i = FAKE_HEADER; i < end; i++) {
        out[i] = (uint8_t)(i * 7 + (i >> 8) + seed * 77u);
    }
    fake_tlvs(out, end, 0, NULL, 0);
}

#endif
