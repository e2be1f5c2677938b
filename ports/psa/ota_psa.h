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
    psa_hash_operation_t hash;
};

/*
 * Starts PSA Crypto (harmless if the application has done so already) and fills *out, which keeps
 * a pointer to psa. One per thread. 0 or OTA_ECRYPTO.
 */
int ota_psa_init(struct ota_psa *psa, struct ota_crypto *out);

#ifdef __cplusplus
}
#endif
#endif
