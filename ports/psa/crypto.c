/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "ota/err.h"
#include "ota_psa.h"

#define P256_LEN 32u              /* a coordinate, r or s */
#define EC_POINT_LEN 65u          /* 04 | x | y */
#define EC_SIG_LEN (2 * P256_LEN) /* r | s */

/* SubjectPublicKeyInfo of an uncompressed P-256 point, up to the point (RFC 5480). */
static const uint8_t p256_spki[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

static int hash_status(psa_status_t status)
{
    return status == PSA_SUCCESS ? 0 : OTA_ECRYPTO;
}

static int psa_sha256(void *ctx, enum ota_hash_step step, const void *data, size_t len,
                      uint8_t digest[OTA_SHA256_LEN])
{
    struct ota_psa *psa = ctx;
    size_t n;

    switch (step) {
    case OTA_HASH_INIT:
        (void)psa_hash_abort(&psa->hash); /* nothing to lose if there was none */
        psa->hash = psa_hash_operation_init();
        return hash_status(psa_hash_setup(&psa->hash, PSA_ALG_SHA_256));
    case OTA_HASH_UPDATE:
        return hash_status(psa_hash_update(&psa->hash, data, len));
    case OTA_HASH_FINISH:
        return hash_status(psa_hash_finish(&psa->hash, digest, OTA_SHA256_LEN, &n));
    default:
        return OTA_EARG;
    }
}

/*
 * One DER INTEGER at *pos, at most 256 bits and in its shortest form, as a big-endian number of
 * fixed length. Moves *pos behind it.
 */
static int read_integer(const uint8_t *der, size_t len, size_t *pos, uint8_t out[P256_LEN])
{
    const uint8_t *value = der + *pos + 2;
    size_t n;

    if (len - *pos < 3 || der[*pos] != 0x02) {
        return OTA_ESIG;
    }
    n = der[*pos + 1];
    if (n == 0 || n > len - *pos - 2 || (value[0] & 0x80) != 0) {
        return OTA_ESIG;
    }
    *pos += 2 + n;
    if (value[0] == 0 && n > 1) {
        if ((value[1] & 0x80) == 0) {
            return OTA_ESIG;
        }
        value++;
        n--;
    }
    if (n > P256_LEN) {
        return OTA_ESIG;
    }
    memset(out, 0, P256_LEN - n);
    memcpy(out + P256_LEN - n, value, n);
    return 0;
}

/* SEQUENCE { r INTEGER, s INTEGER }, possibly followed by zero bytes, to r | s. */
static int read_ecdsa(const uint8_t *der, size_t len, uint8_t out[EC_SIG_LEN])
{
    size_t pos = 2;
    size_t end;

    if (len < 2 || der[0] != 0x30 || der[1] > len - 2 || (der[1] & 0x80) != 0) {
        return OTA_ESIG;
    }
    end = 2u + der[1];
    if (read_integer(der, end, &pos, out) != 0 ||
        read_integer(der, end, &pos, out + P256_LEN) != 0 || pos != end) {
        return OTA_ESIG;
    }
    for (; pos < len; pos++) {
        if (der[pos] != 0) {
            return OTA_ESIG;
        }
    }
    return 0;
}

/* A public key and a signature as PSA wants them. */
struct request {
    psa_key_type_t type;
    psa_algorithm_t alg;
    size_t bits;
    const uint8_t *key;
    size_t key_len;
    const uint8_t *sig;
    size_t sig_len;
};

static int verify_status(psa_status_t status)
{
    switch (status) {
    case PSA_SUCCESS:
        return 0;
    case PSA_ERROR_NOT_SUPPORTED:
        return OTA_ENOTSUP;
    case PSA_ERROR_INSUFFICIENT_MEMORY:
    case PSA_ERROR_HARDWARE_FAILURE:
    case PSA_ERROR_COMMUNICATION_FAILURE:
    case PSA_ERROR_CORRUPTION_DETECTED:
    case PSA_ERROR_BAD_STATE:
        return OTA_ECRYPTO;
    default: /* libraries disagree on how they name numbers that are out of range */
        return OTA_ESIG;
    }
}

static int verify_request(const struct request *r, const uint8_t digest[OTA_SHA256_LEN])
{
    psa_key_attributes_t attr = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id;
    psa_status_t status;
    int rc = OTA_EKEY;

    psa_set_key_usage_flags(&attr, PSA_KEY_USAGE_VERIFY_HASH);
    psa_set_key_algorithm(&attr, r->alg);
    psa_set_key_type(&attr, r->type);
    status = psa_import_key(&attr, r->key, r->key_len, &id);
    if (status != PSA_SUCCESS) {
        rc = verify_status(status);
        return rc == OTA_ESIG ? OTA_EKEY : rc;
    }
    if (psa_get_key_attributes(id, &attr) == PSA_SUCCESS && psa_get_key_bits(&attr) == r->bits) {
        rc = verify_status(psa_verify_hash(id, r->alg, digest, OTA_SHA256_LEN, r->sig, r->sig_len));
    }
    psa_reset_key_attributes(&attr);
    if (psa_destroy_key(id) != PSA_SUCCESS && rc == 0) {
        rc = OTA_ECRYPTO;
    }
    return rc;
}

static int verify_ecdsa(const struct request *r, const uint8_t digest[OTA_SHA256_LEN])
{
    uint8_t sig[EC_SIG_LEN];
    struct request raw = *r;
    int rc;

    if (r->key_len != sizeof p256_spki + EC_POINT_LEN ||
        memcmp(r->key, p256_spki, sizeof p256_spki) != 0) {
        return OTA_EKEY;
    }
    rc = read_ecdsa(r->sig, r->sig_len, sig);
    if (rc != 0) {
        return rc;
    }
    raw.type = PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1);
    raw.alg = PSA_ALG_ECDSA(PSA_ALG_SHA_256);
    raw.bits = 256;
    raw.key += sizeof p256_spki;
    raw.key_len = EC_POINT_LEN;
    raw.sig = sig;
    raw.sig_len = sizeof sig;
    return verify_request(&raw, digest);
}

static int psa_verify(void *ctx, enum ota_sig_type type, const uint8_t *key, size_t key_len,
                      const uint8_t digest[OTA_SHA256_LEN], const uint8_t *sig, size_t sig_len)
{
    struct request r = {.type = PSA_KEY_TYPE_RSA_PUBLIC_KEY,
                        .alg = PSA_ALG_RSA_PSS(PSA_ALG_SHA_256),
                        .bits = type == OTA_SIG_RSA3072 ? 3072 : 2048,
                        .key = key,
                        .key_len = key_len,
                        .sig = sig,
                        .sig_len = sig_len};

    (void)ctx;
    switch (type) {
    case OTA_SIG_ECDSA_P256:
        return verify_ecdsa(&r, digest);
    case OTA_SIG_RSA2048:
    case OTA_SIG_RSA3072:
        return verify_request(&r, digest);
    default:
        return OTA_ENOTSUP;
    }
}

static const struct ota_crypto_ops psa_ops = {.sha256 = psa_sha256, .verify = psa_verify};

int ota_psa_init(struct ota_psa *psa, struct ota_crypto *out)
{
    psa->hash = psa_hash_operation_init();
    out->ops = &psa_ops;
    out->ctx = psa;
    return hash_status(psa_crypto_init());
}
