/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts on images that MCUboot's own signing tool made, against the real bootloader's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <zlib.h>

#include "common/crypto_openssl.h"
#include "ota/err.h"
#include "ota/image.h"
#include "ota_psa.h"
#include "unit/guard.h"

#define DIR OTA_TEST_VECTORS "/mcuboot/"
#define SLOT_SIZE 65536u
#define KEYS_MAX 2u

/*
 * Images that the real bootloader accepts and this one refuses on purpose. A key hash shorter than
 * 32 bytes is no key hash; and where the total of the TLV area does not end with an entry,
 * MCUboot's verdict depends on what lies behind the image in flash.
 */
static const char *const stricter[] = {
    "bad-ec256-keyhash-len0", "bad-ec256-keyhash-len16", "bad-ec256-total-minus1",
    "bad-ec256-total-plus1",  "bad-ec256-total-plus4",
};

/* Accepted by 1.7.2 (which then crashes on it) and refused by 2.4.0: the total leads out of the
 * slot. */
static const char differs[] = "bad-ec256-total-ffff";

/* What we call the reasons that the vectors give. First match wins; the names are exceptions. */
static const struct {
    const char *reason;
    const char *name; /* NULL: any */
    int err;
} errors[] = {
    {"", "bad-ec256-hdrsize-zero", OTA_ESIZE},
    {"", "bad-ec256-hdrsize-bit", OTA_ETLV},
    {"", "bad-ec256-random", OTA_ENOTBOOT},
    {"", "bad-ec256-total-0", OTA_ETLV},
    {"", "bad-ec256-prot-length", OTA_ETLV},
    {"empty slot", NULL, OTA_ENOIMAGE},
    {"flag NON_BOOTABLE", NULL, OTA_ENOTBOOT},
    {"header magic wrong", NULL, OTA_EMAGIC},
    {"header size + payload size", NULL, OTA_ESIZE},
    {"ENCRYPTED flag", NULL, OTA_ENOTSUP},
    {"image hash mismatch", NULL, OTA_EHASH},
    {"no hash TLV", NULL, OTA_EHASH},
    {"KEYHASH does not match", NULL, OTA_ENOSIG},
    {"no KEYHASH before", NULL, OTA_ENOSIG},
    {"no signature of the expected type", NULL, OTA_ENOSIG},
    {"signature stored before", NULL, OTA_ENOSIG},
    {"signature does not verify", NULL, OTA_ESIG},
    {"hash and signature good", NULL, 0},
    {"hash matches", NULL, 0},
    /* Everything about lengths and infos of TLVs. */
    {"", NULL, OTA_ETLV},
};

static const struct {
    const char *name;
    enum ota_sig_type type;
} sig_types[] = {
    {"ec256", OTA_SIG_ECDSA_P256}, {"rsa2048", OTA_SIG_RSA2048}, {"rsa3072", OTA_SIG_RSA3072},
    {"ed25519", OTA_SIG_ED25519},  {"none", OTA_SIG_NONE},
};

static json_t *root;
static struct guard slot; /* a slot of the vectors' geometry */

static json_t *images(void)
{
    return json_object_get(root, "images");
}

static const char *text(const json_t *image, const char *name)
{
    const char *s = json_string_value(json_object_get(image, name));

    assert_non_null(s);
    return s;
}

/* Reads a file, packed or not (zlib passes plain files through). */
static size_t read_file(const char *path, void *buf, size_t cap)
{
    gzFile f = gzopen(path, "rb");
    int n;

    if (f == NULL) {
        fail_msg("cannot open %s", path);
    }
    n = gzread(f, buf, (unsigned)cap);
    assert_true(n >= 0);
    assert_int_equal(gzclose(f), Z_OK);
    return (size_t)n;
}

static enum ota_sig_type sig_type(const json_t *image)
{
    const char *name = text(image, "signature");

    for (size_t i = 0; i < sizeof sig_types / sizeof sig_types[0]; i++) {
        if (strcmp(sig_types[i].name, name) == 0) {
            return sig_types[i].type;
        }
    }
    fail_msg("unknown signature type %s", name);
    return OTA_SIG_NONE;
}

struct keys {
    struct ota_key key[KEYS_MAX];
    uint8_t der[KEYS_MAX][OTA_TOOL_KEY_DER_MAX];
    size_t n;
};

static void load_keys(const json_t *image, struct keys *out)
{
    json_t *name;
    size_t i;

    out->n = 0;
    json_array_foreach(json_object_get(image, "bootloader_keys"), i, name)
    {
        char path[512];

        assert_true(i < KEYS_MAX);
        (void)snprintf(path, sizeof path, DIR "keys/%s", json_string_value(name));
        out->key[i].type = sig_type(image);
        out->key[i].der = out->der[i];
        out->key[i].der_len = read_file(path, out->der[i], sizeof out->der[i]);
        out->n++;
    }
}

/* Puts an image's file at the start of the slot, erased bytes behind it. */
static size_t fill_slot(const json_t *image, struct ota_source *src)
{
    uint8_t erased = strcmp(text(image, "erased"), "0x0") == 0 ? 0x00 : 0xff;
    uint8_t *start = slot.end - SLOT_SIZE;
    char path[512];

    memset(start, erased, SLOT_SIZE);
    ota_source_from_memory(src, start, SLOT_SIZE);
    src->erased = erased;
    (void)snprintf(path, sizeof path, DIR "images/%s", text(image, "file"));
    return read_file(path, start, SLOT_SIZE);
}

static int check(const struct ota_source *src, const struct ota_trust *trust, struct ota_image *out)
{
    uint8_t buf[500];

    return ota_image_check(src, trust, buf, sizeof buf, out);
}

static int expected(const json_t *image)
{
    const char *name = text(image, "name");
    const char *reason = text(image, "reason");

    for (size_t i = 0; i < sizeof stricter / sizeof stricter[0]; i++) {
        if (strcmp(stricter[i], name) == 0) {
            assert_string_equal(text(image, "expected"), "valid");
            return OTA_ETLV;
        }
    }
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (strncmp(reason, errors[i].reason, strlen(errors[i].reason)) == 0 &&
            (errors[i].name == NULL || strcmp(errors[i].name, name) == 0)) {
            return errors[i].err;
        }
    }
    return 1;
}

static void expect_verdict(const json_t *image, int rc, const char *by)
{
    bool is_valid = strcmp(text(image, "expected"), "valid") == 0;
    int want = expected(image);

    if (rc != want) {
        fail_msg("%s by %s: %s, want %s (%s)", text(image, "name"), by, ota_err_name(rc),
                 ota_err_name(want), text(image, "reason"));
    }
    if (strcmp(text(image, "name"), differs) == 0 || (want == OTA_ETLV && is_valid)) {
        return;
    }
    assert_int_equal(rc == 0, is_valid);
}

static size_t check_all(const struct ota_crypto *crypto, const char *by)
{
    size_t n = 0;
    json_t *image;
    size_t i;

    json_array_foreach(images(), i, image)
    {
        struct ota_trust trust = {.crypto = crypto};
        struct ota_source src;
        struct ota_image out;
        struct keys keys;

        load_keys(image, &keys);
        trust.keys = keys.key;
        trust.n_keys = keys.n;
        trust.sig_type = sig_type(image);
        if (strcmp(by, "PSA") == 0 && trust.sig_type == OTA_SIG_ED25519) {
            continue;
        }
        (void)fill_slot(image, &src);
        expect_verdict(image, check(&src, &trust, &out), by);
        n++;
    }
    return n;
}

static void test_every_verdict_is_the_real_bootloaders_with_openssl(void **state)
{
    struct ota_tool_crypto tool;
    struct ota_crypto crypto;

    (void)state;
    assert_int_equal(ota_tool_crypto_init(&tool, &crypto), 0);
    assert_int_equal(check_all(&crypto, "OpenSSL"), 229);
    ota_tool_crypto_free(&tool);
}

static void test_every_verdict_is_the_real_bootloaders_with_psa(void **state)
{
    struct ota_psa psa;
    struct ota_crypto crypto;

    (void)state;
    assert_int_equal(ota_psa_init(&psa, &crypto), 0);
    assert_int_equal(check_all(&crypto, "PSA"), 191);
}

static uint32_t number(const json_t *image, const char *name)
{
    const json_t *v = json_object_get(image, name);

    assert_non_null(v);
    return json_is_string(v) ? (uint32_t)strtoul(json_string_value(v), NULL, 0)
                             : (uint32_t)json_integer_value(v);
}

static void expect_hash(const json_t *image, const uint8_t hash[OTA_SHA256_LEN])
{
    char hex[2 * OTA_SHA256_LEN + 1];

    for (size_t i = 0; i < OTA_SHA256_LEN; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }
    assert_string_equal(hex, text(image, "image_hash"));
}

static void test_header_fields_and_hash_of_good_images_are_as_documented(void **state)
{
    struct ota_tool_crypto tool;
    struct ota_crypto crypto;
    json_t *image;
    size_t i;

    (void)state;
    assert_int_equal(ota_tool_crypto_init(&tool, &crypto), 0);
    json_array_foreach(images(), i, image)
    {
        struct ota_trust trust = {.crypto = &crypto, .sig_type = OTA_SIG_NONE};
        struct ota_source src;
        struct ota_image out;
        struct ota_version v;
        const char *version;

        if (expected(image) != 0) {
            continue;
        }
        (void)fill_slot(image, &src);
        assert_int_equal(check(&src, &trust, &out), 0);
        assert_int_equal(out.header.header_size, number(image, "header_size"));
        assert_int_equal(out.header.payload_size, number(image, "payload_length"));
        assert_int_equal(out.header.protected_size, number(image, "protected_size"));
        assert_int_equal(out.header.flags, number(image, "flags"));
        assert_int_equal(out.tlv_end, number(image, "total_size"));
        expect_hash(image, out.hash);
        version = text(image, "image_version");
        assert_int_equal(ota_version_parse(version, strlen(version), &v), 0);
        assert_int_equal(ota_version_compare(&v, &out.header.version), 0);
        assert_int_equal(v.build, out.header.version.build);
    }
    ota_tool_crypto_free(&tool);
}

/* A file as it is, at the end of readable memory: nothing behind it is looked at. */
static void test_no_image_makes_us_read_behind_its_end(void **state)
{
    struct ota_tool_crypto tool;
    struct ota_crypto crypto;
    json_t *image;
    size_t i;

    (void)state;
    assert_int_equal(ota_tool_crypto_init(&tool, &crypto), 0);
    json_array_foreach(images(), i, image)
    {
        struct ota_trust trust = {.crypto = &crypto, .sig_type = sig_type(image)};
        struct ota_source src;
        struct ota_image out;
        struct keys keys;
        size_t len = fill_slot(image, &src);
        int rc;

        load_keys(image, &keys);
        trust.keys = keys.key;
        trust.n_keys = keys.n;
        memmove(slot.end - len, slot.end - SLOT_SIZE, len);
        ota_source_from_memory(&src, slot.end - len, (uint32_t)len);
        rc = check(&src, &trust, &out);
        assert_int_equal(rc == 0, expected(image) == 0);
    }
    ota_tool_crypto_free(&tool);
}

static json_t *image_named(const char *name)
{
    json_t *image;
    size_t i;

    json_array_foreach(images(), i, image)
    {
        if (strcmp(text(image, "name"), name) == 0) {
            return image;
        }
    }
    fail_msg("no vector %s", name);
    return NULL;
}

static void test_an_image_cut_at_any_byte_is_refused(void **state)
{
    static const char *const names[] = {"ec256-all-prot", "rsa2048-seccnt-auto", "ed25519-all-prot",
                                        "unsigned-h20"};
    struct ota_tool_crypto tool;
    struct ota_crypto crypto;

    (void)state;
    assert_int_equal(ota_tool_crypto_init(&tool, &crypto), 0);
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        const json_t *image = image_named(names[n]);
        struct ota_trust trust = {.crypto = &crypto, .sig_type = sig_type(image)};
        struct ota_source src;
        struct ota_image out;
        struct keys keys;
        size_t len = fill_slot(image, &src);

        load_keys(image, &keys);
        trust.keys = keys.key;
        trust.n_keys = keys.n;
        for (size_t cut = len; cut > 0; cut--) {
            memmove(slot.end - cut, slot.end - SLOT_SIZE, cut);
            ota_source_from_memory(&src, slot.end - cut, (uint32_t)cut);
            assert_int_equal(check(&src, &trust, &out) == 0, cut == len);
        }
    }
    ota_tool_crypto_free(&tool);
}

static void test_a_flipped_bit_anywhere_is_noticed(void **state)
{
    const json_t *image = image_named("ec256-one-byte");
    struct ota_tool_crypto tool;
    struct ota_crypto crypto;
    struct ota_trust trust = {.crypto = &crypto, .sig_type = OTA_SIG_ECDSA_P256};
    struct ota_source src;
    struct ota_image out;
    struct keys keys;

    (void)state;
    assert_int_equal(ota_tool_crypto_init(&tool, &crypto), 0);
    load_keys(image, &keys);
    trust.keys = keys.key;
    trust.n_keys = keys.n;
    (void)fill_slot(image, &src);
    assert_int_equal(check(&src, &trust, &out), 0);
    for (uint32_t bit = 0; bit < out.tlv_end * 8; bit++) {
        uint8_t *byte = slot.end - SLOT_SIZE + bit / 8;

        *byte ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(check(&src, &trust, &out), 0);
        *byte ^= (uint8_t)(1u << bit % 8);
    }
    ota_tool_crypto_free(&tool);
}

static int load(void **state)
{
    (void)state;
    root = json_load_file(DIR "images.json", 0, NULL);
    guard_init(&slot, SLOT_SIZE);
    return root != NULL ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    json_decref(root);
    guard_free(&slot);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_verdict_is_the_real_bootloaders_with_openssl),
        cmocka_unit_test(test_every_verdict_is_the_real_bootloaders_with_psa),
        cmocka_unit_test(test_header_fields_and_hash_of_good_images_are_as_documented),
        cmocka_unit_test(test_no_image_makes_us_read_behind_its_end),
        cmocka_unit_test(test_an_image_cut_at_any_byte_is_refused),
        cmocka_unit_test(test_a_flipped_bit_anywhere_is_noticed),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
