/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cipher without cryptography: byte n of a payload is changed by a number made of the key and
 * n, and a TLV carries the key as it is.
 */
#ifndef OTA_TEST_UNIT_FAKE_CIPHER_H
#define OTA_TEST_UNIT_FAKE_CIPHER_H

#include <string.h>

#include "ota/err.h"
#include "ota/image.h"

#define FAKE_KEY_TLV OTA_TLV_ENC_KW
#define FAKE_KEY_LEN 16u

static inline int fake_unwrap(void *ctx, uint16_t type, const uint8_t *tlv, size_t len,
                              struct ota_image_key *key)
{
    (void)ctx;
    if (type != FAKE_KEY_TLV) {
        return OTA_ENOTSUP;
    }
    if (len > sizeof key->bytes) {
        return OTA_ETLV;
    }
    memcpy(key->bytes, tlv, len);
    key->len = (uint8_t)len;
    return 0;
}

static inline int fake_ctr(void *ctx, const struct ota_image_key *key, uint32_t off, void *buf,
                           size_t len)
{
    uint8_t *p = buf;

    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        uint32_t n = off + (uint32_t)i;

        p[i] = (uint8_t)(p[i] ^ key->bytes[n % key->len] ^ (n * 151u >> 3));
    }
    return 0;
}

static const struct ota_cipher_ops fake_cipher_ops = {.unwrap = fake_unwrap, .ctr = fake_ctr};
static const struct ota_cipher fake_cipher = {&fake_cipher_ops, NULL};

#endif
