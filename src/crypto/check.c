/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "crypto/equal.h"
#include "ota/err.h"
#include "ota/image.h"

/* Images that need a transformation before their bytes can be hashed. */
#define COMPRESSED                                                                                 \
    (OTA_IMAGE_F_COMPRESSED_LZMA1 | OTA_IMAGE_F_COMPRESSED_LZMA2 | OTA_IMAGE_F_COMPRESSED_ARM_THUMB)
#define ENCRYPTED (OTA_IMAGE_F_ENCRYPTED_AES128 | OTA_IMAGE_F_ENCRYPTED_AES256)

/* What the walk has found so far. */
struct verdict {
    bool has_hash;
    const struct ota_key *key; /* selected by the last key hash; NULL: none */
    const struct ota_key *sig_key;
    struct ota_tlv sig; /* the last signature that counts; checked with sig_key */
};

static int sha256(const struct ota_crypto *c, enum ota_hash_step step, const void *data, size_t len,
                  uint8_t *digest)
{
    return c->ops->sha256(c->ctx, step, data, len, digest);
}

static int sha256_once(const struct ota_crypto *c, const void *data, size_t len, uint8_t *digest)
{
    int rc = sha256(c, OTA_HASH_INIT, NULL, 0, NULL);

    if (rc == 0) {
        rc = sha256(c, OTA_HASH_UPDATE, data, len, NULL);
    }
    return rc != 0 ? rc : sha256(c, OTA_HASH_FINISH, NULL, 0, digest);
}

/* ECDSA is DER, and padded by some signers. */
static bool is_sig_len(enum ota_sig_type type, uint16_t len)
{
    static const struct {
        uint16_t type;
        uint16_t len;
    } fixed[] = {{OTA_SIG_RSA2048, 256}, {OTA_SIG_RSA3072, OTA_SIG_LEN_MAX}, {OTA_SIG_ED25519, 64}};

    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (type == fixed[i].type) {
            return len == fixed[i].len;
        }
    }
    return type == OTA_SIG_ECDSA_P256 && len <= 128;
}

/* Does a TLV hold this SHA-256? 0, OTA_EHASH or an error. */
static int match_digest(const struct ota_image_check *c, const struct ota_tlv *tlv,
                        const uint8_t *digest)
{
    uint8_t stored[OTA_SHA256_LEN];
    int rc;

    if (tlv->len != sizeof stored) {
        return OTA_ETLV;
    }
    rc = c->src->read(c->src->ctx, tlv->off, stored, sizeof stored);
    if (rc != 0) {
        return rc;
    }
    return ota_crypto_equal(stored, digest, sizeof stored) ? 0 : OTA_EHASH;
}

/* The key whose hash a TLV holds, if it is trusted. */
static int match_key(const struct ota_image_check *c, const struct ota_tlv *tlv, struct verdict *v)
{
    const struct ota_trust *t = c->trust;
    uint8_t digest[OTA_SHA256_LEN];

    v->key = NULL;
    for (size_t i = 0; i < t->n_keys; i++) {
        int rc = sha256_once(t->crypto, t->keys[i].der, t->keys[i].der_len, digest);

        rc = rc == 0 ? match_digest(c, tlv, digest) : rc;
        if (rc == 0) {
            v->key = &t->keys[i];
        }
        if (rc != OTA_EHASH) {
            return rc;
        }
    }
    return 0;
}

static int match_tlv(const struct ota_image_check *c, const struct ota_tlv *tlv, struct verdict *v)
{
    if (tlv->type == OTA_TLV_SHA256) {
        v->has_hash = true;
        return match_digest(c, tlv, c->image.hash);
    }
    if (c->trust->sig_type == OTA_SIG_NONE) {
        return 0;
    }
    if (tlv->type == OTA_TLV_KEYHASH) {
        return match_key(c, tlv, v);
    }
    if (tlv->type == c->trust->sig_type && v->key != NULL) {
        v->sig = *tlv;
        v->sig_key = v->key;
        v->key = NULL;
        return is_sig_len(c->trust->sig_type, tlv->len) ? 0 : OTA_ETLV;
    }
    return 0;
}

static int verify(const struct ota_image_check *c, const struct verdict *v)
{
    const struct ota_crypto *crypto = c->trust->crypto;
    uint8_t sig[OTA_SIG_LEN_MAX];
    int rc;

    if (v->sig_key == NULL) {
        return OTA_ENOSIG;
    }
    rc = c->src->read(c->src->ctx, v->sig.off, sig, v->sig.len);
    if (rc != 0) {
        return rc;
    }
    return crypto->ops->verify(crypto->ctx, c->trust->sig_type, v->sig_key->der,
                               v->sig_key->der_len, c->image.hash, sig, v->sig.len);
}

/* Only the last signature decides, so it is the only one that is verified: an image cannot keep a
 * device busy by carrying hundreds of them. */
static int conclude(struct ota_image_check *c)
{
    struct verdict v = {.has_hash = false};
    struct ota_tlv_iter it;
    struct ota_tlv tlv;
    int rc = sha256(c->trust->crypto, OTA_HASH_FINISH, NULL, 0, c->image.hash);

    if (rc != 0) {
        return rc;
    }
    ota_tlv_begin(&it, c->src, &c->image);
    while ((rc = ota_tlv_next(&it, &tlv)) > 0) {
        rc = match_tlv(c, &tlv, &v);
        if (rc != 0) {
            return rc;
        }
    }
    if (rc == 0 && !v.has_hash) {
        rc = OTA_EHASH;
    }
    if (rc == 0 && c->trust->sig_type != OTA_SIG_NONE) {
        rc = verify(c, &v);
    }
    return rc;
}

int ota_image_check_init(struct ota_image_check *c, const struct ota_source *src,
                         const struct ota_trust *trust)
{
    uint32_t hidden = COMPRESSED | (src->is_plain ? 0 : ENCRYPTED);
    int rc;

    memset(c, 0, sizeof *c);
    c->src = src;
    c->trust = trust;
    rc = ota_image_parse(src, &c->image);
    if (rc == 0 && (c->image.header.flags & hidden) != 0) {
        rc = OTA_ENOTSUP;
    }
    return rc != 0 ? rc : sha256(trust->crypto, OTA_HASH_INIT, NULL, 0, NULL);
}

int ota_image_check_step(struct ota_image_check *c, void *buf, size_t cap)
{
    uint32_t left = c->image.hashed_size - c->off;
    uint32_t n = left < cap ? left : (uint32_t)cap;
    int rc;

    if (left == 0) {
        return conclude(c);
    }
    if (n == 0) {
        return OTA_EARG;
    }
    rc = c->src->read(c->src->ctx, c->off, buf, n);
    if (rc == 0) {
        rc = sha256(c->trust->crypto, OTA_HASH_UPDATE, buf, n, NULL);
    }
    c->off += n;
    return rc != 0 ? rc : 1;
}

int ota_image_check(const struct ota_source *src, const struct ota_trust *trust, void *buf,
                    size_t cap, struct ota_image *out)
{
    struct ota_image_check c;
    int rc = ota_image_check_init(&c, src, trust);

    if (rc == 0) {
        do {
            rc = ota_image_check_step(&c, buf, cap);
        } while (rc > 0);
        *out = c.image;
    }
    return rc;
}
