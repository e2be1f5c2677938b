/* SPDX-License-Identifier: Apache-2.0 */
#include "common/signature.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "ota/err.h"

#define COORDINATE_LEN 32u
#define TEXT_MAX 4096u /* of a file; a signature of 384 bytes takes 512 and line ends */

/* Bytes of base64 text with or without line ends; -1 if it is none. out has the text's length. */
static int decode(const uint8_t *text, size_t len, uint8_t *out)
{
    EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
    int n = 0, last = 0;
    bool ok = ctx != NULL;

    if (ok) {
        EVP_DecodeInit(ctx);
        ok = EVP_DecodeUpdate(ctx, out, &n, text, (int)len) >= 0 &&
             EVP_DecodeFinal(ctx, out + n, &last) == 1;
    }
    EVP_ENCODE_CTX_free(ctx);
    return ok ? n + last : -1;
}

/* r | s to DER. The length, or -1. */
static int der_from_pair(const uint8_t *pair, uint8_t *out)
{
    ECDSA_SIG *s = ECDSA_SIG_new();
    BIGNUM *r_part = BN_bin2bn(pair, COORDINATE_LEN, NULL);
    BIGNUM *s_part = BN_bin2bn(pair + COORDINATE_LEN, COORDINATE_LEN, NULL);
    int n = -1;

    if (s != NULL && r_part != NULL && s_part != NULL && ECDSA_SIG_set0(s, r_part, s_part) == 1) {
        n = i2d_ECDSA_SIG(s, &out);
    } else {
        BN_free(r_part);
        BN_free(s_part);
    }
    ECDSA_SIG_free(s);
    return n;
}

int ota_tool_signature_read(const char *path, enum ota_sig_type type, uint8_t sig[OTA_SIG_LEN_MAX],
                            struct ota_tool_why *why)
{
    uint8_t raw[TEXT_MAX];
    uint8_t *text;
    size_t len;
    int n = ota_tool_file_read(path, TEXT_MAX, &text, &len, why);

    if (n != 0) {
        return n;
    }
    n = decode(text, len, raw);
    free(text);
    if (n <= 0) {
        return ota_tool_fail(why, OTA_EFORMAT, "signature %s: not base64 text", path);
    }
    if (type == OTA_SIG_ECDSA_P256 && n == 2 * (int)COORDINATE_LEN) {
        n = der_from_pair(raw, sig);
    } else if (n <= (int)OTA_SIG_LEN_MAX) {
        memcpy(sig, raw, (size_t)n);
    } else {
        n = -1;
    }
    return n > 0 ? n
                 : ota_tool_fail(why, OTA_ESIG,
                                 "signature %s: not of a length that a signature has", path);
}

int ota_tool_signature_write(const char *path, const uint8_t *sig, size_t len,
                             struct ota_tool_why *why)
{
    static const struct ota_tool_file_mode mode = {.is_secret = false};
    uint8_t text[4 * ((OTA_SIG_LEN_MAX + 2) / 3) + 1];
    struct ota_tool_file_data data = {text, 0};

    data.len = (size_t)EVP_EncodeBlock(text, sig, (int)len);
    return ota_tool_file_write(path, &data, &mode, why);
}
