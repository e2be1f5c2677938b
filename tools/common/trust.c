/* SPDX-License-Identifier: Apache-2.0 */
#include "common/trust.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ota/err.h"

/* The file's bytes if it begins as DER does (an ASN.1 sequence); 0 if not, or an error. */
static int read_der(const char *path, uint8_t der[OTA_TOOL_KEY_DER_MAX], struct ota_tool_why *why)
{
    FILE *f = fopen(path, "rb");
    size_t len;

    if (f == NULL) {
        (void)snprintf(why->text, sizeof why->text, "cannot open key %s: %s", path,
                       strerror(errno));
        return OTA_EARG;
    }
    len = fread(der, 1, OTA_TOOL_KEY_DER_MAX, f);
    if (len > 0 && der[0] == 0x30 && (!feof(f) || ferror(f))) {
        (void)snprintf(why->text, sizeof why->text, "key %s: too long for a public key", path);
        (void)fclose(f);
        return OTA_EKEY;
    }
    (void)fclose(f);
    return len > 0 && der[0] == 0x30 ? (int)len : 0;
}

static int load_key(struct ota_tool_trust *t, size_t i, const char *path, enum ota_sig_type type,
                    struct ota_tool_why *why)
{
    struct ota_tool_key pem;
    int rc = read_der(path, t->der[i], why);

    if (rc < 0) {
        return rc;
    }
    t->keys[i] = (struct ota_key){.type = type, .der = t->der[i], .der_len = (size_t)rc};
    if (rc > 0) {
        return 0;
    }
    rc = ota_tool_key_load(&pem, path, NULL, why);
    if (rc == 0) {
        memcpy(t->der[i], pem.pub.der, pem.pub.der_len);
        t->keys[i].type = pem.pub.type;
        t->keys[i].der_len = pem.pub.der_len;
        ota_tool_key_free(&pem);
    }
    return rc;
}

static int check_types(const struct ota_tool_trust *t, const struct ota_board *board, bool is_own,
                       struct ota_tool_why *why)
{
    for (size_t i = 0; i < t->trust.n_keys; i++) {
        enum ota_sig_type expected = is_own ? t->keys[0].type : board->boot.signature;

        if (t->keys[i].type != expected) {
            (void)snprintf(why->text, sizeof why->text,
                           "key %zu is of type %s, but %s is %s: a bootloader checks one type",
                           i + 1, ota_board_signature_name(t->keys[i].type),
                           is_own ? "the first" : "boot.signature of the board",
                           ota_board_signature_name(expected));
            return OTA_EKEY;
        }
    }
    return 0;
}

static int load_keys(struct ota_tool_trust *t, const struct ota_board *board, char *const *paths,
                     size_t n, struct ota_tool_why *why)
{
    bool is_own = n > 0;
    char *const *from = is_own ? paths : board->boot.keys;
    size_t count = is_own ? n : board->boot.n_keys;
    int rc = 0;

    if (count > OTA_BOARD_KEYS_MAX) {
        (void)snprintf(why->text, sizeof why->text, "%zu keys are too many: at most %d", count,
                       OTA_BOARD_KEYS_MAX);
        return OTA_EARG;
    }
    if (count == 0 && board->boot.signature != OTA_SIG_NONE) {
        (void)snprintf(why->text, sizeof why->text,
                       "board %s names no key: give the public key of its images with --key",
                       board->name);
        return OTA_EARG;
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = load_key(t, i, from[i], board->boot.signature, why);
    }
    if (rc == 0) {
        t->trust.n_keys = count;
        rc = check_types(t, board, is_own, why);
    }
    return rc;
}

int ota_tool_trust_init(struct ota_tool_trust *t, const struct ota_board *board, char *const *paths,
                        size_t n, struct ota_tool_why *why)
{
    int rc;

    memset(t, 0, sizeof *t);
    rc = load_keys(t, board, paths, n, why);
    if (rc != 0) {
        return rc;
    }
    rc = ota_tool_crypto_init(&t->state, &t->crypto);
    if (rc != 0) {
        (void)snprintf(why->text, sizeof why->text, "OpenSSL does not start");
        return rc;
    }
    t->trust.crypto = &t->crypto;
    t->trust.keys = t->keys;
    t->trust.sig_type = t->trust.n_keys > 0 ? t->keys[0].type : board->boot.signature;
    return 0;
}

void ota_tool_trust_free(struct ota_tool_trust *t)
{
    ota_tool_crypto_free(&t->state);
}
