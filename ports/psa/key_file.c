/* SPDX-License-Identifier: Apache-2.0 */
#include "key_file.h"

#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <string.h>

#include "ota/err.h"

static int type_of(const mbedtls_pk_context *pk, enum ota_sig_type *out)
{
    size_t bits = mbedtls_pk_get_bitlen(pk);

    if (mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA) && (bits == 2048 || bits == 3072)) {
        *out = bits == 2048 ? OTA_SIG_RSA2048 : OTA_SIG_RSA3072;
        return 0;
    }
    if (mbedtls_pk_can_do(pk, MBEDTLS_PK_ECKEY) && bits == 256) {
        *out = OTA_SIG_ECDSA_P256;
        return 0;
    }
    return OTA_EKEY;
}

/* mbedTLS writes backwards from the end of a buffer. */
static int write_key(mbedtls_pk_context *pk, enum ota_sig_type type, uint8_t *buf, size_t cap)
{
    uint8_t der[OTA_PSA_KEY_MAX];
    unsigned char *p = der + sizeof der;
    int len = type == OTA_SIG_ECDSA_P256 ? mbedtls_pk_write_pubkey_der(pk, der, sizeof der)
                                         : mbedtls_pk_write_pubkey(&p, der, pk);

    if (len <= 0) {
        return OTA_EKEY;
    }
    if ((size_t)len > cap) {
        return OTA_ENOSPC;
    }
    memcpy(buf, der + sizeof der - len, (size_t)len);
    return len;
}

/* The public half of a key pair will do. */
static bool parse(mbedtls_pk_context *pk, const char *path)
{
    if (mbedtls_pk_parse_public_keyfile(pk, path) == 0) {
        return true;
    }
    mbedtls_pk_free(pk);
    mbedtls_pk_init(pk);
    return mbedtls_pk_parse_keyfile(pk, path, NULL) == 0;
}

int ota_psa_key_load(const char *path, uint8_t *buf, size_t cap, struct ota_key *out)
{
    mbedtls_pk_context pk;
    enum ota_sig_type type = OTA_SIG_NONE;
    int rc = OTA_EKEY;

    mbedtls_pk_init(&pk);
    if (parse(&pk, path)) {
        rc = type_of(&pk, &type);
    }
    if (rc == 0) {
        rc = write_key(&pk, type, buf, cap);
    }
    mbedtls_pk_free(&pk);
    if (rc < 0) {
        return rc;
    }
    out->type = type;
    out->der = buf;
    out->der_len = (size_t)rc;
    return 0;
}

int ota_psa_cipher_load(const char *path, struct ota_psa_cipher *c, struct ota_cipher *out)
{
    mbedtls_pk_context pk;
    enum ota_sig_type type = OTA_SIG_NONE;
    uint8_t der[OTA_PSA_KEY_MAX];
    int rc = OTA_EKEY;

    mbedtls_pk_init(&pk);
    if (mbedtls_pk_parse_keyfile(&pk, path, NULL) == 0 && type_of(&pk, &type) == 0 &&
        type == OTA_SIG_ECDSA_P256) {
        int len = mbedtls_pk_write_key_der(&pk, der, sizeof der); /* SEC 1, at the buffer's end */

        rc = len <= 0 ? OTA_EKEY : ota_psa_cipher_init(c, der + sizeof der - len, (size_t)len, out);
    }
    mbedtls_platform_zeroize(der, sizeof der);
    mbedtls_pk_free(&pk);
    return rc;
}
