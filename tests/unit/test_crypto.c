/* SPDX-License-Identifier: Apache-2.0 */
/* Both implementations of ota_crypto_ops, and that they agree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "common/crypto_openssl.h"
#include "ota/err.h"
#include "ota_psa.h"
#include "unit/test.h"

#define KEYS OTA_TEST_VECTORS "/mcuboot/keys/"
#define N_TYPES 4u

static const enum ota_sig_type types[N_TYPES] = {OTA_SIG_ECDSA_P256, OTA_SIG_RSA2048,
                                                 OTA_SIG_RSA3072, OTA_SIG_ED25519};

static struct ota_tool_crypto tool;
static struct ota_psa psa;
static struct ota_crypto openssl_crypto;
static struct ota_crypto psa_crypto;
static struct ota_tool_key keys[N_TYPES]; /* by index in types */

struct sig {
    uint8_t bytes[OTA_SIG_LEN_MAX];
    size_t len;
};

static const uint8_t digest[OTA_SHA256_LEN] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static void sign(const struct ota_tool_key *key, struct sig *out)
{
    int len = ota_tool_key_sign(key, digest, out->bytes, sizeof out->bytes);

    assert_true(len > 0);
    out->len = (size_t)len;
}

static int verify_with(const struct ota_crypto *c, const struct ota_key *key, const struct sig *sig)
{
    return c->ops->verify(c->ctx, key->type, key->der, key->der_len, digest, sig->bytes, sig->len);
}

/* The verdict of both, which must be the same. PSA does not know Ed25519, and may say of an odd key
 * that it does not support its like. */
static int verify(const struct ota_key *key, const struct sig *sig)
{
    int rc = verify_with(&openssl_crypto, key, sig);
    int rc_psa = verify_with(&psa_crypto, key, sig);

    if (key->type == OTA_SIG_ED25519 || (rc == OTA_EKEY && rc_psa == OTA_ENOTSUP)) {
        assert_int_equal(rc_psa, OTA_ENOTSUP);
    } else {
        assert_int_equal(rc_psa, rc);
    }
    return rc;
}

static void test_own_signatures_are_right_for_their_key_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TYPES; i++) {
        struct ota_tool_key other;
        struct sig sig;

        sign(&keys[i], &sig);
        assert_int_equal(verify(&keys[i].pub, &sig), 0);
        assert_int_equal(ota_tool_key_generate(&other, types[i]), 0);
        assert_int_equal(verify(&other.pub, &sig), OTA_ESIG);
        ota_tool_key_free(&other);
    }
}

static void test_a_flipped_bit_makes_a_signature_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TYPES; i++) {
        struct sig sig;

        sign(&keys[i], &sig);
        for (size_t bit = 0; bit < sig.len * 8; bit += 13) {
            sig.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(verify(&keys[i].pub, &sig), OTA_ESIG);
            sig.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        assert_int_equal(verify(&keys[i].pub, &sig), 0);
    }
}

static void test_a_signature_of_any_other_length_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TYPES; i++) {
        struct sig sig;

        sign(&keys[i], &sig);
        for (size_t len = 0; len < sig.len; len++) {
            struct sig cut = sig;

            cut.len = len;
            assert_int_equal(verify(&keys[i].pub, &cut), OTA_ESIG);
        }
        if (sig.len < sizeof sig.bytes) {
            sig.bytes[sig.len++] = 1;
            assert_int_equal(verify(&keys[i].pub, &sig), OTA_ESIG);
        }
    }
}

static void test_a_key_of_another_type_or_damaged_is_no_key(void **state)
{
    struct sig sig;

    (void)state;
    for (size_t i = 0; i < N_TYPES; i++) {
        sign(&keys[i], &sig);
        for (size_t n = 0; n < N_TYPES; n++) {
            struct ota_key key = keys[i].pub;

            key.type = types[n];
            if (n != i && key.type != OTA_SIG_ED25519) {
                assert_int_equal(verify(&key, &sig), OTA_EKEY);
            }
        }
        for (size_t len = 0; len < keys[i].pub.der_len; len++) {
            struct ota_key key = keys[i].pub;

            key.der_len = len;
            assert_int_equal(verify(&key, &sig), OTA_EKEY);
        }
    }
}

static void test_a_point_off_the_curve_is_no_key(void **state)
{
    struct ota_key key = keys[0].pub;
    uint8_t der[OTA_TOOL_KEY_DER_MAX];
    struct sig sig;

    (void)state;
    sign(&keys[0], &sig);
    memcpy(der, key.der, key.der_len);
    key.der = der;
    assert_int_equal(verify(&key, &sig), 0);
    der[key.der_len - 1] ^= 1;
    assert_int_equal(verify(&key, &sig), OTA_EKEY);
}

static void test_psa_says_that_it_lacks_ed25519(void **state)
{
    struct sig sig;

    (void)state;
    sign(&keys[3], &sig);
    assert_int_equal(verify_with(&psa_crypto, &keys[3].pub, &sig), OTA_ENOTSUP);
}

/* ---- RSA ---------------------------------------------------------------------------------- */

static void sign_rsa(struct ota_tool_key *key, int padding, int salt_len, struct sig *out)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);

    out->len = sizeof out->bytes;
    assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 1);
    assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()), 1);
    if (padding == RSA_PKCS1_PSS_PADDING) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt_len), 1);
    }
    assert_int_equal(EVP_PKEY_sign(ctx, out->bytes, &out->len, digest, sizeof digest), 1);
    EVP_PKEY_CTX_free(ctx);
}

static void test_rsa_is_pss_with_a_salt_of_32_bytes_and_nothing_else(void **state)
{
    static const int salts[] = {0, 20, 31, 33, 64};
    struct sig sig;

    (void)state;
    for (size_t i = 1; i <= 2; i++) {
        sign_rsa(&keys[i], RSA_PKCS1_PSS_PADDING, 32, &sig);
        assert_int_equal(verify(&keys[i].pub, &sig), 0);
        for (size_t n = 0; n < sizeof salts / sizeof salts[0]; n++) {
            sign_rsa(&keys[i], RSA_PKCS1_PSS_PADDING, salts[n], &sig);
            assert_int_equal(verify(&keys[i].pub, &sig), OTA_ESIG);
        }
        sign_rsa(&keys[i], RSA_PKCS1_PADDING, 0, &sig);
        assert_int_equal(verify(&keys[i].pub, &sig), OTA_ESIG);
    }
}

static void test_rsa_numbers_beyond_the_modulus_are_wrong_signatures(void **state)
{
    struct sig sig = {.len = 256};

    (void)state;
    memset(sig.bytes, 0xff, sizeof sig.bytes);
    assert_int_equal(verify(&keys[1].pub, &sig), OTA_ESIG);
    memset(sig.bytes, 0x00, sizeof sig.bytes);
    assert_int_equal(verify(&keys[1].pub, &sig), OTA_ESIG);
}

/* ---- ECDSA -------------------------------------------------------------------------------- */

/* A signature whose two numbers have 32 bytes, the first bit of each being zero, so that tests
 * know where everything is: 30 44 | 02 20 r | 02 20 s. */
static void sign_short(struct sig *out)
{
    do {
        sign(&keys[0], out);
    } while (out->len != 70 || out->bytes[3] != 32 || out->bytes[37] != 32);
}

static void test_zero_bytes_may_follow_an_ecdsa_signature(void **state)
{
    struct sig sig;

    (void)state;
    sign_short(&sig);
    memset(sig.bytes + sig.len, 0, 20);
    for (size_t n = 0; n < 20; n++) {
        sig.len++;
        assert_int_equal(verify(&keys[0].pub, &sig), 0);
    }
    sig.bytes[sig.len - 1] = 1;
    assert_int_equal(verify(&keys[0].pub, &sig), OTA_ESIG);
}

static void test_ecdsa_signatures_must_be_der(void **state)
{
    struct sig good, sig;

    (void)state;
    sign_short(&good);

    /* A superfluous zero in front of r. */
    sig = good;
    memmove(sig.bytes + 5, sig.bytes + 4, 66);
    sig.bytes[4] = 0;
    sig.bytes[1]++;
    sig.bytes[3]++;
    sig.len++;
    assert_int_equal(verify(&keys[0].pub, &sig), OTA_ESIG);

    /* The length in long form. */
    sig = good;
    memmove(sig.bytes + 3, sig.bytes + 2, 68);
    sig.bytes[1] = 0x81;
    sig.bytes[2] = 68;
    sig.len++;
    assert_int_equal(verify(&keys[0].pub, &sig), OTA_ESIG);

    /* A third number inside of the sequence. */
    sig = good;
    memcpy(sig.bytes + 70, "\x02\x01\x05", 3);
    sig.bytes[1] = 71;
    sig.len += 3;
    assert_int_equal(verify(&keys[0].pub, &sig), OTA_ESIG);

    /* Zeroes inside of the sequence, where they are no padding. */
    sig = good;
    memset(sig.bytes + 70, 0, 2);
    sig.bytes[1] = 70;
    sig.len += 2;
    assert_int_equal(verify(&keys[0].pub, &sig), OTA_ESIG);

    /* A negative number. */
    sig = good;
    sig.bytes[4] |= 0x80;
    assert_int_equal(verify(&keys[0].pub, &sig), OTA_ESIG);

    /* Numbers of no length. */
    sig.len = 6;
    memcpy(sig.bytes, "\x30\x04\x02\x00\x02\x00", 6);
    assert_int_equal(verify(&keys[0].pub, &sig), OTA_ESIG);

    /* r = s = 0 and r = s = 1. */
    sig.len = 8;
    memcpy(sig.bytes, "\x30\x06\x02\x01\x00\x02\x01\x00", 8);
    assert_int_equal(verify(&keys[0].pub, &sig), OTA_ESIG);
    memcpy(sig.bytes, "\x30\x06\x02\x01\x01\x02\x01\x01", 8);
    assert_int_equal(verify(&keys[0].pub, &sig), OTA_ESIG);
}

static void test_every_change_of_the_ecdsa_framing_is_refused_by_both(void **state)
{
    static const size_t framing[] = {0, 1, 2, 3, 4, 36, 37, 38};
    struct sig good, sig;

    (void)state;
    sign_short(&good);
    for (size_t i = 0; i < sizeof framing / sizeof framing[0]; i++) {
        for (unsigned v = 0; v < 256; v++) {
            sig = good;
            sig.bytes[framing[i]] = (uint8_t)v;
            if (v != good.bytes[framing[i]]) {
                assert_int_equal(verify(&keys[0].pub, &sig), OTA_ESIG);
            }
        }
    }
}

/* ---- Hash --------------------------------------------------------------------------------- */

static void expect_abc(const struct ota_crypto *c)
{
    static const uint8_t want[4] = {0xba, 0x78, 0x16, 0xbf}; /* FIPS 180-2, appendix B.1 */
    uint8_t out[OTA_SHA256_LEN];

    assert_int_equal(c->ops->sha256(c->ctx, OTA_HASH_INIT, NULL, 0, NULL), 0);
    assert_int_equal(c->ops->sha256(c->ctx, OTA_HASH_UPDATE, "ab", 2, NULL), 0);
    assert_int_equal(c->ops->sha256(c->ctx, OTA_HASH_UPDATE, "c", 1, NULL), 0);
    assert_int_equal(c->ops->sha256(c->ctx, OTA_HASH_FINISH, NULL, 0, out), 0);
    assert_memory_equal(out, want, sizeof want);
}

static void test_hash_is_sha256_and_init_drops_an_unfinished_one(void **state)
{
    const struct ota_crypto *both[] = {&openssl_crypto, &psa_crypto};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct ota_crypto *c = both[i];

        expect_abc(c);
        assert_int_equal(c->ops->sha256(c->ctx, OTA_HASH_INIT, NULL, 0, NULL), 0);
        assert_int_equal(c->ops->sha256(c->ctx, OTA_HASH_UPDATE, "junk", 4, NULL), 0);
        expect_abc(c);
    }
}

/* ---- Key files ---------------------------------------------------------------------------- */

static void test_public_pem_files_give_the_bytes_that_bootloaders_embed(void **state)
{
    static const char *const names[] = {"ec256", "rsa2048", "rsa3072", "ed25519"};

    (void)state;
    for (size_t i = 0; i < N_TYPES; i++) {
        struct ota_tool_key key;
        struct ota_tool_why why;
        uint8_t *der;
        size_t len;
        char path[512];

        (void)snprintf(path, sizeof path, KEYS "%s.pub.pem", names[i]);
        assert_int_equal(ota_tool_key_load(&key, path, NULL, &why), 0);
        assert_int_equal(key.pub.type, types[i]);
        assert_false(key.is_private);
        (void)snprintf(path, sizeof path, KEYS "%s.pub.der", names[i]);
        assert_int_equal(ota_tool_file_read(path, OTA_TOOL_KEY_DER_MAX, &der, &len, &why), 0);
        assert_int_equal(key.pub.der_len, len);
        assert_memory_equal(key.pub.der, der, len);
        free(der);
        ota_tool_key_free(&key);
    }
}

/* Writes a key to a temporary file, loads it, and gives the result of loading. */
static int reload(const struct ota_tool_key *key, const char *password, const char *given,
                  struct ota_tool_key *out)
{
    char path[] = "/tmp/ota-test-key-XXXXXX";
    int fd = mkstemp(path);
    struct ota_tool_why why;
    FILE *f;
    int rc;

    assert_true(fd >= 0);
    f = fdopen(fd, "w");
    assert_non_null(f);
    assert_int_equal(ota_tool_key_write(key, f, password), 0);
    assert_int_equal(fclose(f), 0);
    rc = ota_tool_key_load(out, path, given, &why);
    if (rc != 0) {
        assert_non_null(strstr(why.text, path));
    }
    assert_int_equal(remove(path), 0);
    return rc;
}

static void test_private_keys_survive_a_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TYPES; i++) {
        struct ota_tool_key key;
        struct sig sig;

        assert_int_equal(reload(&keys[i], NULL, NULL, &key), 0);
        assert_true(key.is_private);
        sign(&key, &sig);
        assert_int_equal(verify(&keys[i].pub, &sig), 0);
        ota_tool_key_free(&key);
        assert_int_equal(reload(&keys[i], "p", "p", &key), 0);
        ota_tool_key_free(&key);
        assert_int_equal(reload(&keys[i], "p", "q", &key), OTA_EKEY);
        assert_int_equal(reload(&keys[i], "p", "", &key), OTA_EKEY);
    }
}

static void test_keys_of_sizes_that_images_do_not_use_are_refused(void **state)
{
    struct ota_tool_key key = {.is_private = true};
    struct ota_tool_key out;

    (void)state;
    key.pkey = EVP_RSA_gen(1024);
    assert_int_equal(reload(&key, NULL, NULL, &out), OTA_EKEY);
    EVP_PKEY_free(key.pkey);
    key.pkey = EVP_EC_gen("P-384");
    assert_int_equal(reload(&key, NULL, NULL, &out), OTA_EKEY);
    EVP_PKEY_free(key.pkey);
    key.pkey = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    assert_int_equal(reload(&key, NULL, NULL, &out), OTA_EKEY);
    EVP_PKEY_free(key.pkey);
}

static void test_a_public_key_does_not_sign(void **state)
{
    struct ota_tool_key key;
    struct ota_tool_why why;
    uint8_t sig[OTA_SIG_LEN_MAX];

    (void)state;
    assert_int_equal(ota_tool_key_load(&key, KEYS "ec256.pub.pem", NULL, &why), 0);
    assert_int_equal(ota_tool_key_sign(&key, digest, sig, sizeof sig), OTA_EKEY);
    ota_tool_key_free(&key);
    assert_int_equal(ota_tool_key_sign(&keys[1], digest, sig, 255), OTA_ENOSPC);
}

static int make_keys(void **state)
{
    (void)state;
    assert_int_equal(ota_tool_crypto_init(&tool, &openssl_crypto), 0);
    assert_int_equal(ota_psa_init(&psa, &psa_crypto), 0);
    for (size_t i = 0; i < N_TYPES; i++) {
        assert_int_equal(ota_tool_key_generate(&keys[i], types[i]), 0);
    }
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TYPES; i++) {
        ota_tool_key_free(&keys[i]);
    }
    ota_tool_crypto_free(&tool);
    mbedtls_psa_crypto_free();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_signatures_are_right_for_their_key_alone),
        cmocka_unit_test(test_a_flipped_bit_makes_a_signature_wrong),
        cmocka_unit_test(test_a_signature_of_any_other_length_is_wrong),
        cmocka_unit_test(test_a_key_of_another_type_or_damaged_is_no_key),
        cmocka_unit_test(test_a_point_off_the_curve_is_no_key),
        cmocka_unit_test(test_psa_says_that_it_lacks_ed25519),
        cmocka_unit_test(test_rsa_is_pss_with_a_salt_of_32_bytes_and_nothing_else),
        cmocka_unit_test(test_rsa_numbers_beyond_the_modulus_are_wrong_signatures),
        cmocka_unit_test(test_zero_bytes_may_follow_an_ecdsa_signature),
        cmocka_unit_test(test_ecdsa_signatures_must_be_der),
        cmocka_unit_test(test_every_change_of_the_ecdsa_framing_is_refused_by_both),
        cmocka_unit_test(test_hash_is_sha256_and_init_drops_an_unfinished_one),
        cmocka_unit_test(test_public_pem_files_give_the_bytes_that_bootloaders_embed),
        cmocka_unit_test(test_private_keys_survive_a_file),
        cmocka_unit_test(test_keys_of_sizes_that_images_do_not_use_are_refused),
        cmocka_unit_test(test_a_public_key_does_not_sign),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
