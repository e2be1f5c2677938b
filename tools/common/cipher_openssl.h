/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encryption of images over OpenSSL 3: an image's key travels by ECIES with P-256, as MCUboot
 * does it.
 *
 *     TLV 0x32: ephemeral public key (65 bytes, 04 | X | Y) | tag (32) | encrypted key (16 or 32)
 *
 *     HKDF-SHA-256(x of the shared point, no salt, "MCUBoot_ECIES_v1") = AES key | HMAC key (32)
 *     encrypted key = AES-CTR from a zero counter; tag = HMAC-SHA-256 of the encrypted key
 */
#ifndef OTA_TOOLS_COMMON_CIPHER_OPENSSL_H
#define OTA_TOOLS_COMMON_CIPHER_OPENSSL_H

#include "common/crypto_openssl.h"

/* Bytes of the TLV before the encrypted key. */
#define OTA_TOOL_ECIES_HEAD 97u
#define OTA_TOOL_ECIES_MAX (OTA_TOOL_ECIES_HEAD + 32u)

/* Makes a random key for an image; len is 16 or 32. 0 or OTA_ECRYPTO. */
int ota_tool_image_key_make(struct ota_image_key *key, uint8_t len);

/*
 * Encrypts an image's key for the holder of a P-256 key, of which the public half is enough.
 * OTA_TOOL_ECIES_HEAD + key->len, OTA_EKEY for another type of key, or OTA_ECRYPTO.
 */
int ota_tool_ecies_seal(const struct ota_tool_key *holder, const struct ota_image_key *key,
                        uint8_t out[OTA_TOOL_ECIES_MAX]);

/* Fills *out, which keeps a pointer to the holder's private key. */
void ota_tool_cipher_init(const struct ota_tool_key *holder, struct ota_cipher *out);

/* The ctr function of the cipher, which needs no holder. */
int ota_tool_ctr(const struct ota_image_key *key, uint32_t off, void *buf, size_t len);

#endif
