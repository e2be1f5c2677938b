/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of an encrypted image travels by ECIES with P-256, as MCUboot does it:
 *
 *     TLV 0x32: ephemeral public key (65 bytes, 04 | X | Y) | tag (32) | encrypted key (16 or 32)
 *
 *     HKDF-SHA-256(x of the shared point, no salt, "MCUBoot_ECIES_v1") = AES key | HMAC key (32)
 *     encrypted key = AES-CTR from a zero counter; tag = HMAC-SHA-256 of the encrypted key
 */
#include <string.h>

#include "ota/err.h"
#include "ota/image.h"
#include "ota_psa.h"

#define POINT_LEN 65u
#define TAG_LEN 32u
#define HEAD_LEN (POINT_LEN + TAG_LEN)
#define BLOCK 16u

/* PKCS#8 of a P-256 key up to the scalar, with the public point behind it and without. */
static const uint8_t pkcs8_full[] = {0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06,
                                     0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                     0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
                                     0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20};
static const uint8_t pkcs8_minimal[] = {0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07,
                                        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
                                        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04,
                                        0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20};

/* SEC 1 with curve and public point. */
static const uint8_t sec1[] = {0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20};

static int status_error(psa_status_t status)
{
    return status == PSA_SUCCESS ? 0 : OTA_ECRYPTO;
}

/* What HKDF gives. */
struct derived {
    struct ota_image_key aes;
    uint8_t mac[TAG_LEN];
};

static void wipe(void *secret, size_t len)
{
    volatile uint8_t *p = secret;

    while (len-- > 0) {
        p[len] = 0;
    }
}

/* ---- AES-CTR ----------------------------------------------------------------------------------
 */

/* Imports a key for one operation. */
static psa_status_t import(psa_key_type_t type, psa_algorithm_t alg, psa_key_usage_t usage,
                           const struct ota_image_key *key, psa_key_id_t *id)
{
    psa_key_attributes_t attr = PSA_KEY_ATTRIBUTES_INIT;
    psa_status_t status;

    psa_set_key_usage_flags(&attr, usage);
    psa_set_key_algorithm(&attr, alg);
    psa_set_key_type(&attr, type);
    status = psa_import_key(&attr, key->bytes, key->len, id);
    psa_reset_key_attributes(&attr);
    return status;
}

/* Up to a block, or a part of one. mbedTLS does only whole blocks in place. */
static psa_status_t run_part(psa_cipher_operation_t *op, uint8_t *buf, size_t len)
{
    uint8_t out[BLOCK];
    size_t n;
    psa_status_t status =
        len == 0 ? PSA_SUCCESS : psa_cipher_update(op, buf, len, out, sizeof out, &n);

    if (status == PSA_SUCCESS) {
        memcpy(buf, out, len);
    }
    return status;
}

/* Positions the key stream and runs it over the buffer. */
static psa_status_t run(psa_cipher_operation_t *op, uint32_t off, uint8_t *buf, size_t len)
{
    uint8_t skipped[BLOCK] = {0};
    size_t head = (BLOCK - off % BLOCK) % BLOCK;
    size_t whole, n;
    psa_status_t status = run_part(op, skipped, off % BLOCK);

    head = head < len ? head : len;
    whole = (len - head) / BLOCK * BLOCK;
    if (status == PSA_SUCCESS) {
        status = run_part(op, buf, head);
    }
    if (status == PSA_SUCCESS && whole > 0) {
        status = psa_cipher_update(op, buf + head, whole, buf + head, whole, &n);
    }
    return status == PSA_SUCCESS ? run_part(op, buf + head + whole, len - head - whole) : status;
}

static psa_status_t run_ctr(psa_key_id_t id, uint32_t off, uint8_t *buf, size_t len)
{
    psa_cipher_operation_t op = psa_cipher_operation_init();
    uint32_t block = off / BLOCK;
    uint8_t counter[BLOCK] = {0};
    psa_status_t status = psa_cipher_encrypt_setup(&op, id, PSA_ALG_CTR);

    for (size_t i = 0; i < 4; i++) {
        counter[BLOCK - 1 - i] = (uint8_t)(block >> (8 * i));
    }
    if (status == PSA_SUCCESS) {
        status = psa_cipher_set_iv(&op, counter, sizeof counter);
    }
    if (status == PSA_SUCCESS) {
        status = run(&op, off, buf, len);
    }
    (void)psa_cipher_abort(&op); /* nothing is left in a stream cipher */
    return status;
}

static int ctr(void *ctx, const struct ota_image_key *key, uint32_t off, void *buf, size_t len)
{
    psa_key_id_t id;
    psa_status_t status = import(PSA_KEY_TYPE_AES, PSA_ALG_CTR, PSA_KEY_USAGE_ENCRYPT, key, &id);

    (void)ctx;
    if (status != PSA_SUCCESS) {
        return OTA_ECRYPTO;
    }
    status = run_ctr(id, off, buf, len);
    return psa_destroy_key(id) == PSA_SUCCESS ? status_error(status) : OTA_ECRYPTO;
}

/* ---- ECIES ------------------------------------------------------------------------------------
 */

/* Agrees with a point on a secret. OTA_EDECRYPT for one that is not on the curve. */
static int agree(const struct ota_psa_cipher *c, const uint8_t *point, uint8_t shared[32])
{
    struct ota_image_key own = {.len = sizeof c->scalar};
    psa_key_id_t id;
    psa_status_t status;
    size_t n;

    memcpy(own.bytes, c->scalar, sizeof c->scalar);
    status = import(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1), PSA_ALG_ECDH,
                    PSA_KEY_USAGE_DERIVE, &own, &id);
    ota_image_key_wipe(&own);
    if (status != PSA_SUCCESS) {
        return OTA_ECRYPTO;
    }
    status = psa_raw_key_agreement(PSA_ALG_ECDH, id, point, POINT_LEN, shared, 32, &n);
    if (psa_destroy_key(id) != PSA_SUCCESS) {
        return OTA_ECRYPTO;
    }
    return status == PSA_ERROR_INVALID_ARGUMENT ? OTA_EDECRYPT : status_error(status);
}

static psa_status_t input(psa_key_derivation_operation_t *op, psa_key_derivation_step_t step,
                          const void *data, size_t len)
{
    return psa_key_derivation_input_bytes(op, step, data, len);
}

static int expand(const uint8_t shared[32], uint8_t key_len, struct derived *out)
{
    static const char info[] = "MCUBoot_ECIES_v1";
    psa_key_derivation_operation_t op = psa_key_derivation_operation_init();
    psa_status_t status = psa_key_derivation_setup(&op, PSA_ALG_HKDF(PSA_ALG_SHA_256));

    if (status == PSA_SUCCESS) {
        status = input(&op, PSA_KEY_DERIVATION_INPUT_SECRET, shared, 32);
    }
    if (status == PSA_SUCCESS) {
        status = input(&op, PSA_KEY_DERIVATION_INPUT_INFO, info, sizeof info - 1);
    }
    if (status == PSA_SUCCESS) {
        status = psa_key_derivation_output_bytes(&op, out->aes.bytes, key_len);
    }
    if (status == PSA_SUCCESS) {
        status = psa_key_derivation_output_bytes(&op, out->mac, sizeof out->mac);
    }
    out->aes.len = key_len;
    (void)psa_key_derivation_abort(&op); /* its result is taken */
    return status_error(status);
}

static int check_tag(const struct derived *d, const uint8_t *tag, const uint8_t *data, size_t len)
{
    struct ota_image_key mac = {.len = sizeof d->mac};
    psa_key_id_t id;
    psa_status_t status;

    memcpy(mac.bytes, d->mac, sizeof d->mac);
    status = import(PSA_KEY_TYPE_HMAC, PSA_ALG_HMAC(PSA_ALG_SHA_256), PSA_KEY_USAGE_VERIFY_MESSAGE,
                    &mac, &id);
    ota_image_key_wipe(&mac);
    if (status != PSA_SUCCESS) {
        return OTA_ECRYPTO;
    }
    status = psa_mac_verify(id, PSA_ALG_HMAC(PSA_ALG_SHA_256), data, len, tag, TAG_LEN);
    if (psa_destroy_key(id) != PSA_SUCCESS) {
        return OTA_ECRYPTO;
    }
    return status == PSA_ERROR_INVALID_SIGNATURE ? OTA_EDECRYPT : status_error(status);
}

static int unwrap(void *ctx, uint16_t type, const uint8_t *tlv, size_t len,
                  struct ota_image_key *key)
{
    uint8_t shared[32];
    struct derived d;
    int rc;

    if (type != OTA_TLV_ENC_EC256) {
        return OTA_ENOTSUP;
    }
    if (len != HEAD_LEN + 16 && len != HEAD_LEN + 32) {
        return OTA_ETLV;
    }
    key->len = (uint8_t)(len - HEAD_LEN);
    rc = agree(ctx, tlv, shared);
    if (rc == 0) {
        rc = expand(shared, key->len, &d);
    }
    if (rc == 0) {
        rc = check_tag(&d, tlv + POINT_LEN, tlv + HEAD_LEN, key->len);
    }
    if (rc == 0) {
        memcpy(key->bytes, tlv + HEAD_LEN, key->len);
        rc = ctr(NULL, &d.aes, 0, key->bytes, key->len);
    }
    wipe(shared, sizeof shared);
    wipe(&d, sizeof d);
    return rc;
}

/* ---- Set-up -----------------------------------------------------------------------------------
 */

/* The scalar of a private key; NULL if it is none that is known. */
static const uint8_t *find_scalar(const uint8_t *key, size_t len)
{
    if (len == 32) {
        return key;
    }
    if (len == 138 && memcmp(key, pkcs8_full, sizeof pkcs8_full) == 0) {
        return key + sizeof pkcs8_full;
    }
    if (len == 121 && memcmp(key, sec1, sizeof sec1) == 0) {
        return key + sizeof sec1;
    }
    return len == 67 && memcmp(key, pkcs8_minimal, sizeof pkcs8_minimal) == 0
               ? key + sizeof pkcs8_minimal
               : NULL;
}

int ota_psa_cipher_init(struct ota_psa_cipher *c, const uint8_t *key, size_t len,
                        struct ota_cipher *out)
{
    static const struct ota_cipher_ops ops = {.unwrap = unwrap, .ctr = ctr};
    const uint8_t *scalar = find_scalar(key, len);

    if (scalar == NULL) {
        return OTA_EKEY;
    }
    memcpy(c->scalar, scalar, sizeof c->scalar);
    out->ops = &ops;
    out->ctx = c;
    return status_error(psa_crypto_init());
}

void ota_psa_cipher_free(struct ota_psa_cipher *c)
{
    wipe(c->scalar, sizeof c->scalar);
}
