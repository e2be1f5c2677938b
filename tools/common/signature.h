/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures in files, as signing services give and take them: base64 text. */
#ifndef OTA_TOOLS_COMMON_SIGNATURE_H
#define OTA_TOOLS_COMMON_SIGNATURE_H

#include "common/crypto_openssl.h"

/*
 * Reads a signature made with a key of the given type. An ECDSA signature may be DER or the 64
 * bytes r | s of PKCS#11, and is DER afterwards. Its length; OTA_EARG (file), OTA_EFORMAT (no
 * base64) or OTA_ESIG (too long, no ECDSA signature), with the reason in *why.
 */
int ota_tool_signature_read(const char *path, enum ota_sig_type type, uint8_t sig[OTA_SIG_LEN_MAX],
                            struct ota_tool_why *why);

/* Writes a signature. 0, or OTA_EARG and the reason. */
int ota_tool_signature_write(const char *path, const uint8_t *sig, size_t len,
                             struct ota_tool_why *why);

#endif
