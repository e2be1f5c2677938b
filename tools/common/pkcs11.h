/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in a hardware security module, smart card or software token, by PKCS#11 URI (RFC 7512):
 *
 *     pkcs11:token=release;object=firmware;type=private?pin-value=1234
 *
 * Through OpenSSL's engine of the name "pkcs11" (libp11), which is loaded when the first such key
 * is asked for. The environment variable PKCS11_MODULE_PATH names the token's library; without
 * it p11-kit's configuration decides.
 */
#ifndef OTA_TOOLS_COMMON_PKCS11_H
#define OTA_TOOLS_COMMON_PKCS11_H

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "common/file.h"

bool ota_tool_is_pkcs11(const char *path);

/* Finds a private key. ask: for the PIN, if the URI has none. 0; or OTA_ENOTSUP (no engine) or
 * OTA_EKEY and the reason in *why. */
int ota_tool_pkcs11_load(const char *uri, pem_password_cb *ask, void *arg, EVP_PKEY **out,
                         struct ota_tool_why *why);

#endif
