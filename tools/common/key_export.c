/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as others want them. */
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "common/crypto_openssl.h"
#include "ota/err.h"

int ota_tool_key_write_public(const struct ota_tool_key *k, FILE *f)
{
    return PEM_write_PUBKEY(f, k->pkey) == 1 ? 0 : OTA_ECRYPTO;
}

int ota_tool_key_private_der(const struct ota_tool_key *k, enum ota_tool_der form, bool is_minimal,
                             struct ota_tool_file_data *out)
{
    const char *structure = form == OTA_TOOL_DER_PKCS8 ? "PrivateKeyInfo" : "type-specific";
    OSSL_ENCODER_CTX *ctx;
    uint8_t *der = NULL;
    size_t len = 0;
    bool ok;

    out->bytes = NULL;
    out->len = 0;
    if (!k->is_private) {
        return OTA_EKEY;
    }
    if (k->pub.type == OTA_SIG_ECDSA_P256) {
        /* A key in a token cannot be changed, and is refused below. */
        (void)EVP_PKEY_set_int_param(k->pkey, OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC,
                                     is_minimal ? 0 : 1);
    }
    ctx = OSSL_ENCODER_CTX_new_for_pkey(k->pkey, EVP_PKEY_KEYPAIR, "DER", structure, NULL);
    ok = ctx != NULL && OSSL_ENCODER_to_data(ctx, &der, &len) == 1;
    OSSL_ENCODER_CTX_free(ctx);
    out->bytes = der;
    out->len = len;
    return ok ? 0 : OTA_EKEY;
}

void ota_tool_secret_free(struct ota_tool_file_data *secret)
{
    OPENSSL_clear_free((void *)secret->bytes, secret->len);
    secret->bytes = NULL;
}

bool ota_tool_key_verify(const struct ota_tool_key *k, const uint8_t digest[OTA_SHA256_LEN],
                         const uint8_t *sig, size_t len)
{
    struct ota_tool_crypto tool;
    struct ota_crypto c;
    bool ok = ota_tool_crypto_init(&tool, &c) == 0 &&
              c.ops->verify(c.ctx, k->pub.type, k->pub.der, k->pub.der_len, digest, sig, len) == 0;

    ota_tool_crypto_free(&tool);
    return ok;
}
