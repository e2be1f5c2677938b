/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/le.h"
#include "common/cipher_openssl.h"
#include "ota-imgtool/view.h"
#include "ota/err.h"

#define KEYS_MAX 8u
#define PRE_1_0_MAGIC 0x96f3b83cu
#define SWAPPED_MAGIC 0x3db8f396u

static const char help[] =
    "usage: ota-imgtool verify [-k KEY]... [-E KEY] FILE\n"
    "\n"
    "Checks that a bootloader with a key would start the image in FILE, and tells why not.\n"
    "\n"
    "  -k, --key FILE    public or private key (PEM); may be given more than once, as a\n"
    "                    bootloader may know several keys of one type. Without a key only\n"
    "                    the hash is checked, which shows damage but not who made the image.\n"
    "  -E, --decrypt KEY private key (PEM) that the image is encrypted for: checks what a\n"
    "                    bootloader decrypts from the secondary slot. Without it the payload of\n"
    "                    an encrypted image must be in the clear, as in the primary slot.\n"
    "  -h, --help        this text\n";

struct options {
    const char *file;
    const char *decrypt_path; /* NULL: what is encrypted cannot be checked */
    const char *key_paths[KEYS_MAX];
    size_t n_keys;
};

struct keys {
    struct ota_tool_key loaded[KEYS_MAX];
    struct ota_key pub[KEYS_MAX];
    size_t n;
    struct ota_tool_key decrypt;
};

/* An exit code, or negative to go on. */
static int parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {{"key", required_argument, NULL, 'k'},
                                          {"decrypt", required_argument, NULL, 'E'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c;

    memset(o, 0, sizeof *o);
    while ((c = getopt_long(argc, argv, "k:E:h", longs, NULL)) != -1) {
        switch (c) {
        case 'k':
            if (o->n_keys == KEYS_MAX) {
                return imgtool_misuse(argv[0], "more than %u keys", KEYS_MAX);
            }
            o->key_paths[o->n_keys++] = optarg;
            break;
        case 'E':
            o->decrypt_path = optarg;
            break;
        case 'h':
            (void)fputs(help, stdout);
            return IMGTOOL_OK;
        default:
            return IMGTOOL_USAGE;
        }
    }
    if (argc - optind != 1) {
        return imgtool_misuse(argv[0], "one FILE is needed");
    }
    o->file = argv[optind];
    return -1;
}

static void free_keys(struct keys *k)
{
    while (k->n > 0) {
        ota_tool_key_free(&k->loaded[--k->n]);
    }
    ota_tool_key_free(&k->decrypt);
}

static int load_keys(const struct options *o, struct keys *k)
{
    struct ota_tool_why why;

    memset(k, 0, sizeof *k);
    if (o->decrypt_path != NULL &&
        ota_tool_key_load(&k->decrypt, o->decrypt_path, NULL, &why) != 0) {
        return imgtool_fail("%s", why.text);
    }
    for (size_t i = 0; i < o->n_keys; i++) {
        if (ota_tool_key_load(&k->loaded[i], o->key_paths[i], NULL, &why) != 0) {
            free_keys(k);
            return imgtool_fail("%s", why.text);
        }
        k->pub[i] = k->loaded[i].pub;
        k->n++;
        if (k->pub[i].type != k->pub[0].type) {
            free_keys(k);
            return imgtool_misuse("verify",
                                  "%.*s is of another type than %.*s: a bootloader knows one",
                                  ota_tool_key_name_len(o->key_paths[i]), o->key_paths[i],
                                  ota_tool_key_name_len(o->key_paths[0]), o->key_paths[0]);
        }
    }
    return 0;
}

/* ---- Reasons ------------------------------------------------------------------------------ */

static int refuse(const struct options *o, const char *why)
{
    return imgtool_fail("%s: a bootloader would not start it: %s", o->file, why);
}

static int explain_magic(const struct options *o, const struct view *v)
{
    switch (ota_get_le32(v->file.data)) {
    case PRE_1_0_MAGIC:
        return refuse(o, "it has the image format from before MCUboot 1.0");
    case SWAPPED_MAGIC:
        return refuse(o, "it is a big-endian image");
    default:
        return refuse(o, "it is not an image (wrong magic in the header); was it signed?");
    }
}

static int explain_size(const struct options *o, const struct view *v)
{
    const struct ota_image_header *h = &v->image.header;
    char text[160];

    if (v->file.len < OTA_IMAGE_HEADER_LEN) {
        return refuse(o, "it is shorter than an image header");
    }
    if (h->header_size < OTA_IMAGE_HEADER_LEN) {
        return refuse(o, "its header size is less than 32");
    }
    (void)snprintf(text, sizeof text,
                   "header and payload have %" PRIu64 " bytes by the header, but the file %zu; "
                   "is it cut off?",
                   (uint64_t)h->header_size + h->payload_size, v->file.len);
    return refuse(o, text);
}

/* What an image's TLVs say about who signed it. */
struct signs {
    bool has_hash;
    bool has_full_key;
    bool has_key_hash;
    bool has_known_key;
    uint16_t sig_type; /* of the last signature; 0: none */
    char key_hash[2 * OTA_SHA256_LEN + 1];
};

static bool is_known(const struct keys *k, const uint8_t *hash)
{
    struct ota_tool_crypto tool;
    struct ota_crypto c;
    uint8_t digest[OTA_SHA256_LEN];
    bool found = false;

    if (ota_tool_crypto_init(&tool, &c) == 0) {
        for (size_t i = 0; i < k->n && !found; i++) {
            found = c.ops->sha256(c.ctx, OTA_HASH_INIT, NULL, 0, NULL) == 0 &&
                    c.ops->sha256(c.ctx, OTA_HASH_UPDATE, k->pub[i].der, k->pub[i].der_len, NULL) ==
                        0 &&
                    c.ops->sha256(c.ctx, OTA_HASH_FINISH, NULL, 0, digest) == 0 &&
                    memcmp(digest, hash, sizeof digest) == 0;
        }
    }
    ota_tool_crypto_free(&tool);
    return found;
}

static void read_signs(const struct view *v, const struct keys *k, struct signs *s)
{
    struct ota_tlv_iter it;
    struct ota_tlv tlv;

    memset(s, 0, sizeof *s);
    ota_tlv_begin(&it, &v->src, &v->image);
    while (ota_tlv_next(&it, &tlv) > 0) {
        s->has_hash = s->has_hash || tlv.type == OTA_TLV_SHA256;
        s->has_full_key = s->has_full_key || tlv.type == OTA_TLV_PUBKEY;
        if (tlv.type == OTA_TLV_KEYHASH && tlv.len == OTA_SHA256_LEN) {
            s->has_key_hash = true;
            s->has_known_key = s->has_known_key || is_known(k, v->file.data + tlv.off);
            view_hex(v->file.data + tlv.off, tlv.len, s->key_hash, sizeof s->key_hash);
        }
        if (view_is_signature(tlv.type)) {
            s->sig_type = tlv.type;
        }
    }
}

static int explain_signature(const struct options *o, const struct keys *k, const struct signs *s)
{
    char text[256];

    if (s->sig_type == 0) {
        return refuse(o, "it is not signed");
    }
    if (s->sig_type != k->pub[0].type) {
        (void)snprintf(text, sizeof text, "it is signed with %s, but %.*s is a key of type %s",
                       ota_tool_key_type_name((enum ota_sig_type)s->sig_type),
                       ota_tool_key_name_len(o->key_paths[0]), o->key_paths[0],
                       ota_tool_key_type_name(k->pub[0].type));
        return refuse(o, text);
    }
    if (!s->has_key_hash && s->has_full_key) {
        return refuse(o, "it carries the whole public key instead of its hash, which only "
                         "bootloaders built for that accept");
    }
    if (s->has_key_hash && !s->has_known_key) {
        (void)snprintf(text, sizeof text,
                       "it is signed with another key, whose public half has the SHA-256 %s",
                       s->key_hash);
        return refuse(o, text);
    }
    return refuse(o, "its signature does not follow the hash of the key");
}

static int explain_hash(const struct options *o, const struct view *v, const struct signs *s)
{
    if (!s->has_hash) {
        return refuse(o, "it carries no hash");
    }
    if (ota_image_is_encrypted(&v->image.header) && o->decrypt_path == NULL) {
        return refuse(o, "its hash does not match; the image is encrypted, which -E KEY undoes");
    }
    return refuse(o, "its hash does not match: it was changed after signing, or damaged");
}

/* The image's key cannot be opened. */
static int explain_key(const struct options *o, int rc)
{
    char text[256];

    switch (rc) {
    case OTA_EKEY:
        (void)snprintf(text, sizeof text,
                       "%.*s is not the private half of a P-256 key, which decrypting takes",
                       ota_tool_key_name_len(o->decrypt_path), o->decrypt_path);
        return refuse(o, text);
    case OTA_EDECRYPT:
        (void)snprintf(text, sizeof text,
                       "it is encrypted for another key than %.*s, or its key is damaged",
                       ota_tool_key_name_len(o->decrypt_path), o->decrypt_path);
        return refuse(o, text);
    case OTA_ENOTSUP:
        return refuse(o, "its key is not encrypted by ECIES with P-256, or its flags claim both "
                         "AES-128 and AES-256");
    case OTA_ETLV:
        return refuse(o, "it is encrypted, but carries no key of the right length");
    default:
        return refuse(o, ota_err_text(rc));
    }
}

static int explain(const struct options *o, const struct view *v, const struct keys *k, int rc)
{
    struct signs s = {.sig_type = 0};

    if (v->rc == 0) {
        read_signs(v, k, &s);
    }
    switch (rc) {
    case OTA_ENOIMAGE:
        return refuse(o, "it holds no image: the header is erased");
    case OTA_ENOTBOOT:
        return v->layout_rc == OTA_EMAGIC ? explain_magic(o, v)
                                          : refuse(o, "it is marked as not bootable");
    case OTA_EMAGIC:
        return explain_magic(o, v);
    case OTA_ESIZE:
        return explain_size(o, v);
    case OTA_ETLV:
        return refuse(o, v->rc != 0 ? "its TLVs are not where the header says or are cut off"
                                    : "an entry of its TLVs has a wrong length");
    case OTA_ENOTSUP:
        return refuse(o, "it is compressed, which this check does not undo");
    case OTA_EHASH:
        return explain_hash(o, v, &s);
    case OTA_ENOSIG:
        return explain_signature(o, k, &s);
    case OTA_ESIG:
        return refuse(o, "its signature is wrong, though it names the right key");
    default:
        return refuse(o, ota_err_text(rc));
    }
}

/* ---- The check ---------------------------------------------------------------------------- */

/* Image bytes are fine; what lies behind them must be padding, with a sound trailer if any. */
static int check_tail(const struct options *o, const struct view *v)
{
    const struct view_tail *t = &v->tail;
    char text[120];

    if (!t->is_filled) {
        (void)snprintf(text, sizeof text,
                       "the %zu bytes behind the image are neither padding nor a trailer",
                       v->file.len - v->image.tlv_end);
        return refuse(o, text);
    }
    if (t->align != 0 &&
        (t->trailer.image_ok == OTA_FIELD_BAD || t->trailer.copy_done == OTA_FIELD_BAD)) {
        return refuse(o, "a flag in its trailer is neither set nor erased");
    }
    return 0;
}

/* What the check read, about encryption. */
static const char *privacy(const struct options *o, const struct ota_image *image)
{
    if (!ota_image_is_encrypted(&image->header)) {
        return "no";
    }
    return o->decrypt_path != NULL ? "yes, decrypted with the key"
                                   : "when it leaves the primary slot; its payload is in the clear";
}

static void report(const struct options *o, const struct view *v, const struct ota_image *image)
{
    char hash[2 * OTA_SHA256_LEN + 1];
    char version[OTA_VERSION_TEXT_MAX];

    view_hex(image->hash, sizeof image->hash, hash, sizeof hash);
    (void)ota_version_format(&image->header.version, version, sizeof version); /* always fits */
    (void)printf("%s: %s\n"
                 "version: %s\n"
                 "size: %" PRIu32 "\n"
                 "hash: %s\n"
                 "encrypted: %s\n",
                 o->file,
                 o->n_keys > 0 ? "valid, signed with the key"
                               : "hash is right; no key was given, so no signature was checked",
                 version, image->tlv_end, hash, privacy(o, image));
    if (v->tail.align != 0) {
        (void)printf("trailer: %s\n", v->tail.trailer.image_ok == OTA_FIELD_SET
                                          ? "installs permanently"
                                          : "installs on trial");
    }
}

static int check(const struct options *o, const struct view *v, const struct keys *k)
{
    struct ota_tool_crypto tool;
    struct ota_crypto crypto;
    const struct ota_trust trust = {&crypto, k->pub, k->n,
                                    k->n > 0 ? k->pub[0].type : OTA_SIG_NONE};
    struct ota_image image;
    struct ota_decrypted decrypted = {.plain = v->src};
    struct ota_cipher cipher;
    uint8_t buf[4096];
    int rc;

    if (v->file.len == 0) {
        return refuse(o, "it is empty");
    }
    decrypted.plain.is_plain = true;
    ota_tool_cipher_init(&k->decrypt, &cipher);
    if (v->rc == 0 && o->decrypt_path != NULL &&
        (rc = ota_decrypted_open(&decrypted, &v->src, &cipher)) != 0) {
        return explain_key(o, rc);
    }
    if (ota_tool_crypto_init(&tool, &crypto) != 0) {
        return imgtool_fail("the cryptographic library failed");
    }
    rc = ota_image_check(&decrypted.plain, &trust, buf, sizeof buf, &image);
    ota_tool_crypto_free(&tool);
    if (rc != 0) {
        return explain(o, v, k, rc);
    }
    rc = check_tail(o, v);
    if (rc == 0) {
        report(o, v, &image);
    }
    return rc;
}

int imgtool_verify(int argc, char **argv)
{
    struct options o;
    struct keys keys;
    struct view v;
    int rc = parse(argc, argv, &o);

    if (rc >= 0) {
        return rc;
    }
    rc = load_keys(&o, &keys);
    if (rc != 0) {
        return rc;
    }
    rc = view_load(&v, o.file);
    if (rc == 0) {
        rc = check(&o, &v, &keys);
    }
    view_free(&v);
    free_keys(&keys);
    return rc;
}
