/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from files, for devices that have a file system. */
#ifndef OTA_PSA_KEY_FILE_H
#define OTA_PSA_KEY_FILE_H

#include "ota/image.h"
#include "ota_psa.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Longest public key as MCUboot embeds it: RSA-3072. */
#define OTA_PSA_KEY_MAX 420u

/*
 * Reads a public key, or the public half of a key pair, of type ECDSA-P256, RSA-2048 or RSA-3072
 * from a PEM or DER file into buf (cap bytes, kept by *out). 0; OTA_EKEY if the file cannot be read
 * or holds no such key; OTA_ENOSPC.
 */
int ota_psa_key_load(const char *path, uint8_t *buf, size_t cap, struct ota_key *out);

/*
 * Reads the private key that images are encrypted for, of type ECDSA-P256 and without a password,
 * from a PEM or DER file: ota_psa_cipher_init with what is in it. 0, OTA_EKEY if the file cannot be
 * read or holds no such key, or OTA_ECRYPTO.
 */
int ota_psa_cipher_load(const char *path, struct ota_psa_cipher *c, struct ota_cipher *out);

#ifdef __cplusplus
}
#endif
#endif
