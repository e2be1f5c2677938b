/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cryptography of the library over PSA Crypto (mbedTLS 2.28 and later, or any other
 * implementation of the API): SHA-256, ECDSA-P256, RSA-2048 and RSA-3072 PSS.
 *
 * Ed25519 gives OTA_ENOTSUP. The implementation needs SHA-256, and of ECDSA with P-256 and RSA-PSS
 * what the images are signed with.
 */
#ifndef OTA_PSA_H
#define OTA_PSA_H

#include <psa/crypto.h>

#include "ota/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* State of one hash computation. Owned by the caller; not copied once it is in use. */
struct ota_psa {
    psa_hash_operation_t hash; /* private */
};

/*
 * Starts PSA Crypto (harmless if the application has done so already) and fills *out, which keeps
 * a pointer to psa. One per thread. 0 or OTA_ECRYPTO.
 */
int ota_psa_init(struct ota_psa *psa, struct ota_crypto *out);

/* ---- Encrypted images ------------------------------------------------------------------------ */

/* The private key that images are encrypted for. A secret. */
struct ota_psa_cipher {
    uint8_t scalar[32]; /* private */
};

/*
 * For ECIES with P-256 (TLV 0x32), AES-128 and AES-256. key: PKCS#8 DER as ota-imgtool getpriv
 * prints it, minimal or not, SEC 1 DER, or the 32 bytes of the scalar; it is copied. Starts PSA
 * Crypto, of which ECDH with P-256, HKDF and HMAC with SHA-256, and AES-CTR are needed. *out keeps
 * a pointer to c. 0, OTA_EKEY for another kind of key, or OTA_ECRYPTO.
 */
int ota_psa_cipher_init(struct ota_psa_cipher *c, const uint8_t *key, size_t len,
                        struct ota_cipher *out);

/* Wipes the key. */
void ota_psa_cipher_free(struct ota_psa_cipher *c);

#ifdef __cplusplus
}
#endif
#endif
