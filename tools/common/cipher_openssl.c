/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cipher_openssl.h"

#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "ota/err.h"

#define POINT_LEN 65u
#define SHARED_LEN 32u
#define TAG_LEN 32u
#define BLOCK 16u

/* What HKDF gives. */
struct derived {
    struct ota_image_key aes;
    uint8_t mac[TAG_LEN];
};

/* ---- AES-CTR ------------------------------------------------------------------------------ */

/* Positions the key stream and runs it over the buffer. */
static bool run_ctr(EVP_CIPHER_CTX *ctx, uint32_t off, uint8_t *buf, size_t len)
{
    uint8_t skipped[BLOCK] = {0};
    int n;

    return len <= INT_MAX &&
           EVP_EncryptUpdate(ctx, skipped, &n, skipped, (int)(off % BLOCK)) == 1 &&
           EVP_EncryptUpdate(ctx, buf, &n, buf, (int)len) == 1;
}

int ota_tool_ctr(const struct ota_image_key *key, uint32_t off, void *buf, size_t len)
{
    const EVP_CIPHER *type = key->len == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint32_t block = off / BLOCK;
    uint8_t counter[BLOCK] = {0};
    bool ok;

    for (size_t i = 0; i < 4; i++) {
        counter[BLOCK - 1 - i] = (uint8_t)(block >> (8 * i));
    }
    ok = ctx != NULL && EVP_EncryptInit_ex(ctx, type, NULL, key->bytes, counter) == 1 &&
         run_ctr(ctx, off, buf, len);
    EVP_CIPHER_CTX_free(ctx);
    return ok ? 0 : OTA_ECRYPTO;
}

/* ---- ECIES -------------------------------------------------------------------------------- */

static bool agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t shared[SHARED_LEN])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
    size_t len = SHARED_LEN;
    bool ok = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
              EVP_PKEY_derive_set_peer(ctx, peer) == 1 && EVP_PKEY_derive(ctx, shared, &len) == 1 &&
              len == SHARED_LEN;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static bool expand(uint8_t shared[SHARED_LEN], uint8_t key_len, struct derived *out)
{
    static char info[] = "MCUBoot_ECIES_v1";
    static char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared, SHARED_LEN),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof info - 1),
        OSSL_PARAM_construct_end(),
    };
    uint8_t bytes[sizeof out->aes.bytes + TAG_LEN];
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
    bool ok = ctx != NULL && EVP_KDF_derive(ctx, bytes, key_len + TAG_LEN, params) == 1;

    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    if (ok) {
        memcpy(out->aes.bytes, bytes, key_len);
        out->aes.len = key_len;
        memcpy(out->mac, bytes + key_len, TAG_LEN);
    }
    OPENSSL_cleanse(bytes, sizeof bytes);
    return ok;
}

static bool derive(EVP_PKEY *own, EVP_PKEY *peer, uint8_t key_len, struct derived *out)
{
    uint8_t shared[SHARED_LEN];
    bool ok = agree(own, peer, shared) && expand(shared, key_len, out);

    OPENSSL_cleanse(shared, sizeof shared);
    return ok;
}

static bool authenticate(const struct derived *d, const uint8_t *data, size_t len,
                         uint8_t tag[TAG_LEN])
{
    return HMAC(EVP_sha256(), d->mac, TAG_LEN, data, len, tag, NULL) != NULL;
}

/* The peer's public key from a point on the curve. */
static EVP_PKEY *from_point(const uint8_t point[POINT_LEN])
{
    static char group[] = "prime256v1";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, POINT_LEN),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        pkey = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static bool to_point(EVP_PKEY *pkey, uint8_t point[POINT_LEN])
{
    size_t len;

    return EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_LEN, &len) ==
               1 &&
           len == POINT_LEN;
}

int ota_tool_ecies_seal(const struct ota_tool_key *holder, const struct ota_image_key *key,
                        uint8_t out[OTA_TOOL_ECIES_MAX])
{
    uint8_t *sealed = out + OTA_TOOL_ECIES_HEAD;
    const uint8_t *der = holder->der;
    EVP_PKEY *ephemeral, *peer;
    struct derived d;
    bool ok;

    if (holder->pub.type != OTA_SIG_ECDSA_P256) {
        return OTA_EKEY;
    }
    ephemeral = EVP_EC_gen("P-256");
    /* The holder's own object may live in a token, where the two cannot meet. */
    peer = d2i_PUBKEY(NULL, &der, (long)holder->pub.der_len);
    memcpy(sealed, key->bytes, key->len);
    ok = ephemeral != NULL && peer != NULL && to_point(ephemeral, out) &&
         derive(ephemeral, peer, key->len, &d) && ota_tool_ctr(&d.aes, 0, sealed, key->len) == 0 &&
         authenticate(&d, sealed, key->len, out + POINT_LEN);
    EVP_PKEY_free(ephemeral);
    EVP_PKEY_free(peer);
    OPENSSL_cleanse(&d, sizeof d);
    return ok ? (int)(OTA_TOOL_ECIES_HEAD + key->len) : OTA_ECRYPTO;
}

static int open_key(const struct derived *d, const uint8_t *tlv, struct ota_image_key *key)
{
    const uint8_t *sealed = tlv + OTA_TOOL_ECIES_HEAD;
    uint8_t tag[TAG_LEN];

    if (!authenticate(d, sealed, key->len, tag)) {
        return OTA_ECRYPTO;
    }
    if (CRYPTO_memcmp(tag, tlv + POINT_LEN, TAG_LEN) != 0) {
        return OTA_EDECRYPT;
    }
    memcpy(key->bytes, sealed, key->len);
    return ota_tool_ctr(&d->aes, 0, key->bytes, key->len);
}

static int unwrap(void *ctx, uint16_t type, const uint8_t *tlv, size_t len,
                  struct ota_image_key *key)
{
    const struct ota_tool_key *holder = ctx;
    EVP_PKEY *ephemeral;
    struct derived d;
    int rc;

    if (type != OTA_TLV_ENC_EC256) {
        return OTA_ENOTSUP;
    }
    if (len != OTA_TOOL_ECIES_HEAD + 16 && len != OTA_TOOL_ECIES_HEAD + 32) {
        return OTA_ETLV;
    }
    if (holder->pub.type != OTA_SIG_ECDSA_P256 || !holder->is_private) {
        return OTA_EKEY;
    }
    key->len = (uint8_t)(len - OTA_TOOL_ECIES_HEAD);
    ephemeral = from_point(tlv);
    if (ephemeral == NULL) {
        return OTA_EDECRYPT;
    }
    rc = derive(holder->pkey, ephemeral, key->len, &d) ? open_key(&d, tlv, key) : OTA_ECRYPTO;
    EVP_PKEY_free(ephemeral);
    OPENSSL_cleanse(&d, sizeof d);
    return rc;
}

/* ---- Calls -------------------------------------------------------------------------------- */

static int ctr(void *ctx, const struct ota_image_key *key, uint32_t off, void *buf, size_t len)
{
    (void)ctx;
    return ota_tool_ctr(key, off, buf, len);
}

int ota_tool_image_key_make(struct ota_image_key *key, uint8_t len)
{
    key->len = len;
    return RAND_priv_bytes(key->bytes, len) == 1 ? 0 : OTA_ECRYPTO;
}

void ota_tool_cipher_init(const struct ota_tool_key *holder, struct ota_cipher *out)
{
    static const struct ota_cipher_ops ops = {.unwrap = unwrap, .ctr = ctr};

    out->ops = &ops;
    out->ctx = (void *)holder; /* only read from */
}
