/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL 3 calls engines deprecated, but Debian 12 has no provider for PKCS#11. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "common/pkcs11.h"

#include <string.h>

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/ui.h>

#include "common/crypto_openssl.h"
#include "ota/err.h"

#define SCHEME "pkcs11:"

bool ota_tool_is_pkcs11(const char *path)
{
    return strncmp(path, SCHEME, sizeof SCHEME - 1) == 0;
}

int ota_tool_key_name_len(const char *path)
{
    return (int)(ota_tool_is_pkcs11(path) ? strcspn(path, "?") : strlen(path));
}

/* The last thing that OpenSSL or the engine complained of. */
static const char *complaint(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());

    return text != NULL ? text : "the engine gives no reason";
}

static EVP_PKEY *find(ENGINE *engine, const char *uri, pem_password_cb *ask, void *arg)
{
    UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(ask, 0);
    EVP_PKEY *pkey = ui != NULL ? ENGINE_load_private_key(engine, uri, ui, arg) : NULL;

    UI_destroy_method(ui);
    return pkey;
}

int ota_tool_pkcs11_load(const char *uri, pem_password_cb *ask, void *arg, EVP_PKEY **out,
                         struct ota_tool_why *why)
{
    ENGINE *engine;
    int rc = 0;

    (void)OPENSSL_init_crypto(OPENSSL_INIT_ENGINE_DYNAMIC, NULL); /* by_id tells if it failed */
    engine = ENGINE_by_id("pkcs11");
    if (engine == NULL) {
        return ota_tool_fail(why, OTA_ENOTSUP,
                             "key %.*s: OpenSSL has no PKCS#11 engine; install "
                             "libengine-pkcs11-openssl",
                             ota_tool_key_name_len(uri), uri);
    }
    (void)ENGINE_ctrl_cmd_string(engine, "QUIET", NULL, 0); /* the reason is told below */
    if (ENGINE_init(engine) != 1) {
        rc = ota_tool_fail(why, OTA_EKEY,
                           "key %.*s: the PKCS#11 engine does not start (%s); does "
                           "PKCS11_MODULE_PATH name the token's library?",
                           ota_tool_key_name_len(uri), uri, complaint());
        ENGINE_free(engine);
        return rc;
    }
    *out = find(engine, uri, ask, arg);
    if (*out == NULL) {
        rc = ota_tool_fail(why, OTA_EKEY,
                           "key %.*s: not found in any token, the PIN is wrong, or "
                           "PKCS11_MODULE_PATH names no token library (%s)",
                           ota_tool_key_name_len(uri), uri, complaint());
    }
    (void)ENGINE_finish(engine); /* the key holds the engine as long as it needs it */
    ENGINE_free(engine);
    return rc;
}
