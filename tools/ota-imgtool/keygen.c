/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto_openssl.h"
#include "ota-imgtool/imgtool.h"
#include "ota/err.h"

#define PASSWORD_MAX 128u

static const char help[] =
    "usage: ota-imgtool keygen -k FILE -t TYPE [-p [PASSWORD]]\n"
    "\n"
    "Makes a key pair and writes it to a new PEM file that only its owner can read.\n"
    "\n"
    "  -k, --key FILE    where to write it; an existing file is not replaced\n"
    "  -t, --type TYPE   ecdsa-p256, ed25519, rsa-2048 or rsa-3072\n"
    "  -p, --password    protect the file with a password, which is asked for twice\n"
    "                    unless it is given\n"
    "  -h, --help        this text\n";

struct options {
    const char *path;
    enum ota_sig_type type;
    const char *password; /* NULL: none */
    bool is_protected;
};

/* An exit code, or negative to go on. */
static int parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {{"key", required_argument, NULL, 'k'},
                                          {"type", required_argument, NULL, 't'},
                                          {"password", no_argument, NULL, 'p'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c;

    memset(o, 0, sizeof *o);
    while ((c = getopt_long(argc, argv, "k:t:ph", longs, NULL)) != -1) {
        switch (c) {
        case 'k':
            o->path = optarg;
            break;
        case 't':
            o->type = ota_tool_key_type_from_name(optarg);
            if (o->type == OTA_SIG_NONE) {
                return imgtool_misuse(
                    argv[0], "'%s' is not one of ecdsa-p256, ed25519, rsa-2048, rsa-3072", optarg);
            }
            break;
        case 'p':
            o->is_protected = true;
            break;
        case 'h':
            (void)fputs(help, stdout);
            return IMGTOOL_OK;
        default:
            return IMGTOOL_USAGE;
        }
    }
    if (o->is_protected && optind < argc) {
        o->password = argv[optind++];
    }
    if (optind < argc) {
        return imgtool_misuse(argv[0], "'%s' is too much", argv[optind]);
    }
    if (o->path == NULL || o->type == OTA_SIG_NONE) {
        return imgtool_misuse(argv[0], "-k FILE and -t TYPE are needed");
    }
    return -1;
}

/* Asks twice. 0 or an exit code. */
static int ask(char buf[PASSWORD_MAX])
{
    char again[PASSWORD_MAX];
    int len = ota_tool_ask_password("Password for the key: ", buf, PASSWORD_MAX - 1);

    if (len <= 0) {
        return imgtool_fail("a password has 1 to %u bytes", PASSWORD_MAX - 1);
    }
    buf[len] = '\0';
    if (ota_tool_ask_password("Password again: ", again, sizeof again) != len ||
        memcmp(buf, again, (size_t)len) != 0) {
        return imgtool_fail("the passwords differ");
    }
    return 0;
}

/* The PEM text, in memory that the caller frees. */
static int to_pem(const struct ota_tool_key *key, const char *password, char **text, size_t *len)
{
    FILE *f = open_memstream(text, len);
    int rc;

    if (f == NULL) {
        return OTA_ECRYPTO;
    }
    rc = ota_tool_key_write(key, f, password);
    return fclose(f) == 0 ? rc : OTA_ECRYPTO;
}

int imgtool_keygen(int argc, char **argv)
{
    static const struct ota_tool_file_mode mode = {.is_secret = true, .is_new_only = true};
    char password[PASSWORD_MAX];
    struct ota_tool_file_data data = {NULL, 0};
    struct ota_tool_key key;
    struct ota_tool_why why;
    struct options o;
    char *pem = NULL;
    int rc = parse(argc, argv, &o);

    if (rc >= 0) {
        return rc;
    }
    if (o.is_protected && o.password == NULL) {
        if (ask(password) != 0) {
            return IMGTOOL_FAILED;
        }
        o.password = password;
    }
    if (ota_tool_key_generate(&key, o.type) != 0) {
        return imgtool_fail("no key could be made: the cryptographic library failed");
    }
    rc = to_pem(&key, o.password, &pem, &data.len);
    ota_tool_key_free(&key);
    data.bytes = pem;
    if (rc != 0) {
        (void)imgtool_fail("the key could not be encoded");
    } else if ((rc = ota_tool_file_write(o.path, &data, &mode, &why)) != 0) {
        (void)imgtool_fail("%s", why.text);
    }
    free(pem);
    return rc == 0 ? IMGTOOL_OK : IMGTOOL_FAILED;
}
