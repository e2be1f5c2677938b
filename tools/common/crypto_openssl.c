/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crypto_openssl.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "common/pkcs11.h"
#include "ota/err.h"

#define KEY_FILE_MAX 65536u

/* ---- The library's two functions ---------------------------------------------------------- */

static int sha256(void *ctx, enum ota_hash_step step, const void *data, size_t len,
                  uint8_t digest[OTA_SHA256_LEN])
{
    struct ota_tool_crypto *c = ctx;
    int ok = 0;

    switch (step) {
    case OTA_HASH_INIT:
        ok = EVP_DigestInit_ex(c->md, EVP_sha256(), NULL);
        break;
    case OTA_HASH_UPDATE:
        ok = EVP_DigestUpdate(c->md, data, len);
        break;
    case OTA_HASH_FINISH:
        ok = EVP_DigestFinal_ex(c->md, digest, NULL);
        break;
    }
    return ok == 1 ? 0 : OTA_ECRYPTO;
}

/* Type of a key, or OTA_SIG_NONE if images are not signed with its like. */
static enum ota_sig_type type_of(const EVP_PKEY *pkey)
{
    char group[32] = "";

    switch (EVP_PKEY_get_base_id(pkey)) {
    case EVP_PKEY_RSA:
        switch (EVP_PKEY_get_bits(pkey)) {
        case 2048:
            return OTA_SIG_RSA2048;
        case 3072:
            return OTA_SIG_RSA3072;
        default:
            return OTA_SIG_NONE;
        }
    case EVP_PKEY_EC:
        (void)EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL); /* "" fits no name */
        return strcmp(group, "prime256v1") == 0 ? OTA_SIG_ECDSA_P256 : OTA_SIG_NONE;
    case EVP_PKEY_ED25519:
        return OTA_SIG_ED25519;
    default:
        return OTA_SIG_NONE;
    }
}

static EVP_PKEY *public_from_der(enum ota_sig_type type, const uint8_t *der, size_t len)
{
    bool is_rsa = type == OTA_SIG_RSA2048 || type == OTA_SIG_RSA3072;
    const uint8_t *p = der;
    EVP_PKEY *pkey = NULL;

    if (len <= OTA_TOOL_KEY_DER_MAX) {
        pkey = is_rsa ? d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)len)
                      : d2i_PUBKEY(NULL, &p, (long)len);
    }
    if (pkey != NULL && (p != der + len || type_of(pkey) != type)) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return pkey;
}

static bool set_pss(EVP_PKEY_CTX *ctx)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, OTA_SHA256_LEN) == 1;
}

static int verify_ed25519(EVP_PKEY *pkey, const uint8_t *digest, const uint8_t *sig, size_t len)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    int rc = OTA_ECRYPTO;

    if (md != NULL && EVP_DigestVerifyInit(md, NULL, NULL, NULL, pkey) == 1) {
        rc = EVP_DigestVerify(md, sig, len, digest, OTA_SHA256_LEN) == 1 ? 0 : OTA_ESIG;
    }
    EVP_MD_CTX_free(md);
    return rc;
}

/* Length of a DER SEQUENCE in front of zero bytes (images signed with --pad-sig); len if what
 * follows is something else, for OpenSSL to refuse. */
static size_t without_padding(const uint8_t *sig, size_t len)
{
    size_t end = len >= 2 && sig[1] < 0x80 ? 2u + sig[1] : len;

    for (size_t i = end; i < len; i++) {
        if (sig[i] != 0) {
            return len;
        }
    }
    return end < len ? end : len;
}

static int verify_digest(EVP_PKEY *pkey, const uint8_t *digest, const uint8_t *sig, size_t len)
{
    bool is_rsa = EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    int rc = OTA_ECRYPTO;

    if (ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 && (!is_rsa || set_pss(ctx))) {
        len = is_rsa ? len : without_padding(sig, len);
        rc = EVP_PKEY_verify(ctx, sig, len, digest, OTA_SHA256_LEN) == 1 ? 0 : OTA_ESIG;
    }
    EVP_PKEY_CTX_free(ctx);
    return rc;
}

static int verify(void *ctx, enum ota_sig_type type, const uint8_t *key, size_t key_len,
                  const uint8_t digest[OTA_SHA256_LEN], const uint8_t *sig, size_t sig_len)
{
    EVP_PKEY *pkey = public_from_der(type, key, key_len);
    int rc;

    (void)ctx;
    if (pkey == NULL) {
        return OTA_EKEY;
    }
    if (type == OTA_SIG_ED25519) {
        rc = verify_ed25519(pkey, digest, sig, sig_len);
    } else {
        rc = verify_digest(pkey, digest, sig, sig_len);
    }
    EVP_PKEY_free(pkey);
    return rc;
}

int ota_tool_crypto_init(struct ota_tool_crypto *c, struct ota_crypto *out)
{
    static const struct ota_crypto_ops ops = {.sha256 = sha256, .verify = verify};

    c->md = EVP_MD_CTX_new();
    out->ops = &ops;
    out->ctx = c;
    return c->md != NULL ? 0 : OTA_ECRYPTO;
}

void ota_tool_crypto_free(struct ota_tool_crypto *c)
{
    EVP_MD_CTX_free(c->md);
    c->md = NULL;
}

/* ---- Keys --------------------------------------------------------------------------------- */

static const struct {
    enum ota_sig_type type;
    const char *name;
} types[] = {
    {OTA_SIG_NONE, "none"},        {OTA_SIG_RSA2048, "rsa-2048"},
    {OTA_SIG_RSA3072, "rsa-3072"}, {OTA_SIG_ECDSA_P256, "ecdsa-p256"},
    {OTA_SIG_ED25519, "ed25519"},
};

const char *ota_tool_key_type_name(enum ota_sig_type type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].type == type) {
            return types[i].name;
        }
    }
    return "unknown";
}

enum ota_sig_type ota_tool_key_type_from_name(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].name, name) == 0) {
            return types[i].type;
        }
    }
    return OTA_SIG_NONE;
}

/* Takes over pkey and derives what a bootloader would embed. */
static int adopt(struct ota_tool_key *k, EVP_PKEY *pkey, bool is_private)
{
    uint8_t *der = NULL;
    int len;

    memset(k, 0, sizeof *k);
    k->pkey = pkey;
    k->is_private = is_private;
    k->pub.type = type_of(pkey);
    k->pub.der = k->der;
    if (k->pub.type == OTA_SIG_ECDSA_P256) {
        /* A file may hold a compressed point; bootloaders embed the whole one. */
        (void)EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                             OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED);
    }
    len = EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA ? i2d_PublicKey(pkey, &der)
                                                     : i2d_PUBKEY(pkey, &der);
    if (len > 0 && (size_t)len <= sizeof k->der) {
        memcpy(k->der, der, (size_t)len);
        k->pub.der_len = (size_t)len;
    }
    OPENSSL_free(der);
    return k->pub.der_len > 0 ? 0 : OTA_ECRYPTO;
}

struct ask {
    const char *path;
    const char *password; /* NULL: ask */
    bool was_needed;
};

static int give_password(char *buf, int cap, int is_writing, void *arg)
{
    struct ask *ask = arg;
    char prompt[320];
    size_t len;

    (void)is_writing;
    ask->was_needed = true;
    if (ask->password == NULL) {
        (void)snprintf(prompt, sizeof prompt,
                       "Password of %.*s: ", ota_tool_key_name_len(ask->path), ask->path);
        return ota_tool_ask_password(prompt, buf, (size_t)cap);
    }
    len = strlen(ask->password);
    if (len > (size_t)cap) {
        return -1;
    }
    memcpy(buf, ask->password, len);
    return (int)len;
}

/* True if the text, which may lack a NUL, holds a word. */
static bool holds(const uint8_t *text, size_t len, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; n <= len && i <= len - n; i++) {
        if (memcmp(text + i, word, n) == 0) {
            return true;
        }
    }
    return false;
}

/* Asks for the one kind of key that the file holds: looking for the other would make OpenSSL ask
 * for a password twice, or for one that nobody needs. */
static EVP_PKEY *read_pem(const uint8_t *text, size_t len, bool is_private, struct ask *ask)
{
    BIO *bio = BIO_new_mem_buf(text, (int)len);
    EVP_PKEY *pkey = NULL;

    if (bio != NULL) {
        pkey = is_private ? PEM_read_bio_PrivateKey(bio, NULL, give_password, ask)
                          : PEM_read_bio_PUBKEY(bio, NULL, give_password, ask);
    }
    BIO_free(bio);
    return pkey;
}

static int read_file(struct ask *ask, EVP_PKEY **pkey, bool *is_private, struct ota_tool_why *why)
{
    uint8_t *text;
    size_t len;
    int rc = ota_tool_file_read(ask->path, KEY_FILE_MAX, &text, &len, why);

    if (rc != 0) {
        return rc;
    }
    *is_private = holds(text, len, "PRIVATE KEY-----");
    *pkey = read_pem(text, len, *is_private, ask);
    OPENSSL_cleanse(text, len);
    free(text);
    if (*pkey == NULL && ask->was_needed) {
        return ota_tool_fail(why, OTA_EKEY, "key %s: wrong password or damaged file", ask->path);
    }
    if (*pkey == NULL) {
        return ota_tool_fail(why, OTA_EKEY, "key %s: not a private or public key in PEM format",
                             ask->path);
    }
    return 0;
}

int ota_tool_key_load(struct ota_tool_key *k, const char *path, const char *password,
                      struct ota_tool_why *why)
{
    struct ask ask = {.path = path, .password = password};
    EVP_PKEY *pkey = NULL;
    bool is_private = true;
    int rc = ota_tool_is_pkcs11(path) ? ota_tool_pkcs11_load(path, give_password, &ask, &pkey, why)
                                      : read_file(&ask, &pkey, &is_private, why);

    if (rc != 0) {
        return rc;
    }
    if (adopt(k, pkey, is_private) != 0 || k->pub.type == OTA_SIG_NONE) {
        (void)ota_tool_fail(why, OTA_EKEY,
                            "key %.*s: %s of %d bits is not used for images (ecdsa-p256, rsa-2048, "
                            "rsa-3072 and ed25519 are)",
                            ota_tool_key_name_len(path), path, EVP_PKEY_get0_type_name(pkey),
                            EVP_PKEY_get_bits(pkey));
        ota_tool_key_free(k);
        return OTA_EKEY;
    }
    return 0;
}

int ota_tool_key_generate(struct ota_tool_key *k, enum ota_sig_type type)
{
    EVP_PKEY *pkey = NULL;
    int rc;

    switch (type) {
    case OTA_SIG_RSA2048:
        pkey = EVP_RSA_gen(2048);
        break;
    case OTA_SIG_RSA3072:
        pkey = EVP_RSA_gen(3072);
        break;
    case OTA_SIG_ECDSA_P256:
        pkey = EVP_EC_gen("P-256");
        break;
    case OTA_SIG_ED25519:
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        break;
    default:
        return OTA_ENOTSUP;
    }
    if (pkey == NULL) {
        return OTA_ECRYPTO;
    }
    rc = adopt(k, pkey, true);
    if (rc != 0) {
        ota_tool_key_free(k);
    }
    return rc;
}

int ota_tool_key_write(const struct ota_tool_key *k, FILE *f, const char *password)
{
    const EVP_CIPHER *cipher = password != NULL ? EVP_aes_256_cbc() : NULL;
    int len = password != NULL ? (int)strlen(password) : 0;

    return PEM_write_PKCS8PrivateKey(f, k->pkey, cipher, password, len, NULL, NULL) == 1
               ? 0
               : OTA_ECRYPTO;
}

static int sign_ed25519(EVP_PKEY *pkey, const uint8_t *digest, uint8_t *sig, size_t *len)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    int ok = md != NULL && EVP_DigestSignInit(md, NULL, NULL, NULL, pkey) == 1 &&
             EVP_DigestSign(md, sig, len, digest, OTA_SHA256_LEN) == 1;

    EVP_MD_CTX_free(md);
    return ok ? 0 : OTA_ECRYPTO;
}

static int sign_digest(EVP_PKEY *pkey, const uint8_t *digest, uint8_t *sig, size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    int ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
             (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA || set_pss(ctx)) &&
             EVP_PKEY_sign(ctx, sig, len, digest, OTA_SHA256_LEN) == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok ? 0 : OTA_ECRYPTO;
}

int ota_tool_key_sign(const struct ota_tool_key *k, const uint8_t digest[OTA_SHA256_LEN],
                      uint8_t *sig, size_t cap)
{
    size_t len = cap;
    int rc;

    if (!k->is_private) {
        return OTA_EKEY;
    }
    if (cap < (size_t)EVP_PKEY_get_size(k->pkey)) {
        return OTA_ENOSPC;
    }
    rc = k->pub.type == OTA_SIG_ED25519 ? sign_ed25519(k->pkey, digest, sig, &len)
                                        : sign_digest(k->pkey, digest, sig, &len);
    return rc != 0 ? rc : (int)len;
}

void ota_tool_key_free(struct ota_tool_key *k)
{
    EVP_PKEY_free(k->pkey);
    k->pkey = NULL;
}
