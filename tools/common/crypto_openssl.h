/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cryptography of the host tools over OpenSSL 3: the library's two functions for all four
 * signature types, and key pairs in PEM files.
 */
#ifndef OTA_TOOLS_COMMON_CRYPTO_OPENSSL_H
#define OTA_TOOLS_COMMON_CRYPTO_OPENSSL_H

#include <stdio.h>

#include "common/file.h"
#include "ota/image.h"

struct evp_md_ctx_st;
struct evp_pkey_st;

/* State of one hash computation; one per thread. */
struct ota_tool_crypto {
    struct evp_md_ctx_st *md;
};

/* Fills *out, which keeps a pointer to c. 0 or OTA_ECRYPTO. */
int ota_tool_crypto_init(struct ota_tool_crypto *c, struct ota_crypto *out);
void ota_tool_crypto_free(struct ota_tool_crypto *c);

/* Room for the public half of any key as a bootloader embeds it. */
#define OTA_TOOL_KEY_DER_MAX 512u

struct ota_tool_key {
    struct evp_pkey_st *pkey;
    bool is_private;
    struct ota_key pub; /* points into der */
    uint8_t der[OTA_TOOL_KEY_DER_MAX];
};

/*
 * Reads a private (PKCS#8, PKCS#1 or SEC 1) or public key from a PEM file, or takes one that stays
 * in a token (path is a PKCS#11 URI; see common/pkcs11.h). password: for a protected file or the
 * token's PIN; NULL asks for it, on the terminal or as a line of standard input.
 * 0; OTA_EKEY (not a key, wrong password, a type that images are not signed with), OTA_EARG or
 * OTA_ELIMIT (file cannot be read, is too long), and the reason in *why. Free the key after success
 * only.
 */
int ota_tool_key_load(struct ota_tool_key *k, const char *path, const char *password,
                      struct ota_tool_why *why);

/* Bytes of a key's path or URI that may be shown to people: a URI may end with the PIN. */
int ota_tool_key_name_len(const char *path);

/* Makes a new key pair. 0, OTA_ENOTSUP for OTA_SIG_NONE, or OTA_ECRYPTO. */
int ota_tool_key_generate(struct ota_tool_key *k, enum ota_sig_type type);

/* Writes a private key as PKCS#8 PEM, protected with a password unless that is NULL. 0 or
 * OTA_ECRYPTO. */
int ota_tool_key_write(const struct ota_tool_key *k, FILE *f, const char *password);

/*
 * Signs the SHA-256 of an image as the key's type asks for. The signature's length, OTA_EKEY if
 * the key is a public one, OTA_ENOSPC (OTA_SIG_LEN_MAX bytes are always enough), or OTA_ECRYPTO.
 */
int ota_tool_key_sign(const struct ota_tool_key *k, const uint8_t digest[OTA_SHA256_LEN],
                      uint8_t *sig, size_t cap);

void ota_tool_key_free(struct ota_tool_key *k);

/* Writes the public half as PEM (SubjectPublicKeyInfo). 0 or OTA_ECRYPTO. */
int ota_tool_key_write_public(const struct ota_tool_key *k, FILE *f);

/* How a private key is written as DER. */
enum ota_tool_der { OTA_TOOL_DER_PKCS8, OTA_TOOL_DER_TRADITIONAL /* PKCS#1, SEC 1 */ };

/*
 * The private key as DER, in memory that the caller wipes and frees with ota_tool_secret_free.
 * is_minimal leaves out the public point of an elliptic curve. 0; OTA_EKEY for a public key, or
 * one that does not leave its token; or OTA_ECRYPTO.
 */
int ota_tool_key_private_der(const struct ota_tool_key *k, enum ota_tool_der form, bool is_minimal,
                             struct ota_tool_file_data *out);
void ota_tool_secret_free(struct ota_tool_file_data *secret);

/* True if a signature by the key over the SHA-256 of an image is right. */
bool ota_tool_key_verify(const struct ota_tool_key *k, const uint8_t digest[OTA_SHA256_LEN],
                         const uint8_t *sig, size_t len);

/* Name of a signature type as keygen -t takes it ("ecdsa-p256"); "none" for OTA_SIG_NONE. */
const char *ota_tool_key_type_name(enum ota_sig_type type);

/* The reverse; OTA_SIG_NONE for an unknown name. */
enum ota_sig_type ota_tool_key_type_from_name(const char *name);

/*
 * Asks for a password: on the terminal without echo, else as a line of standard input. Its length
 * (without the line end) or OTA_EARG at the end of the input or if it does not fit.
 */
int ota_tool_ask_password(const char *prompt, char *buf, size_t cap);

#endif
