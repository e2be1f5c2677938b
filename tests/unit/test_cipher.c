/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypted images: the tools' cryptography against the device's. */
#define _DEFAULT_SOURCE
#include "unit/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cipher_openssl.h"
#include "key_file.h"
#include "ota/err.h"
#include "ota_psa.h"

#define PUBLIC_KEY OTA_TEST_VECTORS "/mcuboot/keys/ec256.pub.pem"

static struct ota_tool_key holder;
static struct ota_psa_cipher psa;
static struct ota_cipher device, tool;

static int set_up(void **state)
{
    struct ota_tool_file_data der;

    (void)state;
    assert_int_equal(ota_tool_key_generate(&holder, OTA_SIG_ECDSA_P256), 0);
    assert_int_equal(ota_tool_key_private_der(&holder, OTA_TOOL_DER_PKCS8, false, &der), 0);
    assert_int_equal(ota_psa_cipher_init(&psa, der.bytes, der.len, &device), 0);
    ota_tool_secret_free(&der);
    ota_tool_cipher_init(&holder, &tool);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ota_psa_cipher_free(&psa);
    ota_tool_key_free(&holder);
    return 0;
}

static int unwrap(const struct ota_cipher *c, const uint8_t *tlv, size_t len,
                  struct ota_image_key *out)
{
    memset(out, 0, sizeof *out);
    return c->ops->unwrap(c->ctx, OTA_TLV_ENC_EC256, tlv, len, out);
}

static void test_the_device_opens_what_the_tool_seals(void **state)
{
    (void)state;
    for (uint8_t len = 16; len <= 32; len = (uint8_t)(len + 16)) {
        struct ota_image_key key, opened;
        uint8_t tlv[OTA_TOOL_ECIES_MAX];
        int n;

        memset(&key, 0, sizeof key);
        assert_int_equal(ota_tool_image_key_make(&key, len), 0);
        n = ota_tool_ecies_seal(&holder, &key, tlv);
        assert_int_equal(n, OTA_TOOL_ECIES_HEAD + len);
        assert_int_equal(unwrap(&device, tlv, (size_t)n, &opened), 0);
        assert_memory_equal(&opened, &key, sizeof key);
        assert_int_equal(unwrap(&tool, tlv, (size_t)n, &opened), 0);
        assert_memory_equal(&opened, &key, sizeof key);
    }
}

static void test_every_changed_byte_is_noticed(void **state)
{
    struct ota_image_key key = {.len = 16}, opened;
    uint8_t tlv[OTA_TOOL_ECIES_MAX];
    int n = ota_tool_ecies_seal(&holder, &key, tlv);

    (void)state;
    for (int i = 0; i < n; i++) {
        tlv[i] ^= 0x04;
        assert_int_equal(unwrap(&device, tlv, (size_t)n, &opened), OTA_EDECRYPT);
        assert_int_equal(unwrap(&tool, tlv, (size_t)n, &opened), OTA_EDECRYPT);
        tlv[i] ^= 0x04;
    }
}

static void test_other_types_and_lengths_are_refused(void **state)
{
    const struct ota_cipher *both[] = {&device, &tool};
    struct ota_image_key key;
    uint8_t tlv[256] = {4};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct ota_cipher *c = both[i];

        assert_int_equal(c->ops->unwrap(c->ctx, OTA_TLV_ENC_KW, tlv, 24, &key), OTA_ENOTSUP);
        for (size_t len = 0; len < sizeof tlv; len++) {
            if (len != 113 && len != 129) {
                assert_int_equal(unwrap(c, tlv, len, &key), OTA_ETLV);
            }
        }
    }
}

static void test_another_key_opens_nothing(void **state)
{
    struct ota_image_key key = {.len = 16}, opened;
    uint8_t tlv[OTA_TOOL_ECIES_MAX];
    struct ota_tool_key other;
    int n;

    (void)state;
    assert_int_equal(ota_tool_key_generate(&other, OTA_SIG_ECDSA_P256), 0);
    n = ota_tool_ecies_seal(&other, &key, tlv);
    ota_tool_key_free(&other);
    assert_int_equal(unwrap(&device, tlv, (size_t)n, &opened), OTA_EDECRYPT);
    assert_int_equal(unwrap(&tool, tlv, (size_t)n, &opened), OTA_EDECRYPT);
}

static void test_keys_of_other_types_seal_nothing(void **state)
{
    struct ota_image_key key = {.len = 16};
    uint8_t tlv[OTA_TOOL_ECIES_MAX];
    struct ota_tool_key other;

    (void)state;
    assert_int_equal(ota_tool_key_generate(&other, OTA_SIG_ED25519), 0);
    assert_int_equal(ota_tool_ecies_seal(&other, &key, tlv), OTA_EKEY);
    ota_tool_key_free(&other);
}

static void test_both_encrypt_alike_at_every_offset(void **state)
{
    (void)state;
    for (uint8_t key_len = 16; key_len <= 32; key_len = (uint8_t)(key_len + 16)) {
        struct ota_image_key key = {.bytes = {1, 2, 3}, .len = key_len};
        uint8_t whole[200] = {0};

        assert_int_equal(tool.ops->ctr(tool.ctx, &key, 0, whole, sizeof whole), 0);
        for (uint32_t off = 0; off < sizeof whole; off += 7) {
            for (size_t len = 1; len <= sizeof whole - off; len += 13) {
                uint8_t a[200] = {0}, b[200] = {0};

                assert_int_equal(device.ops->ctr(device.ctx, &key, off, a, len), 0);
                assert_int_equal(tool.ops->ctr(tool.ctx, &key, off, b, len), 0);
                assert_memory_equal(a, whole + off, len);
                assert_memory_equal(b, whole + off, len);
                assert_int_equal(a[len < 200 ? len : 199], len < 200 ? 0 : whole[199]);
            }
        }
    }
}

/* Beyond 2^32 bytes there is no image; up to there the counter carries. */
static void test_the_counter_carries(void **state)
{
    struct ota_image_key key = {.bytes = {9}, .len = 16};
    uint8_t a[64] = {0}, b[64] = {0};

    (void)state;
    assert_int_equal(device.ops->ctr(device.ctx, &key, 0x00100000u - 24, a, sizeof a), 0);
    assert_int_equal(tool.ops->ctr(tool.ctx, &key, 0x00100000u - 24, b, sizeof b), 0);
    assert_memory_equal(a, b, sizeof a);
}

static void test_a_private_key_is_taken_in_four_forms(void **state)
{
    struct ota_image_key key = {.bytes = {7}, .len = 16}, opened;
    struct ota_tool_file_data der;
    struct ota_psa_cipher other;
    struct ota_cipher cipher;
    uint8_t tlv[OTA_TOOL_ECIES_MAX];
    int n = ota_tool_ecies_seal(&holder, &key, tlv);

    (void)state;
    assert_int_equal(ota_tool_key_private_der(&holder, OTA_TOOL_DER_PKCS8, true, &der), 0);
    assert_int_equal(ota_psa_cipher_init(&other, der.bytes, der.len, &cipher), 0);
    assert_int_equal(unwrap(&cipher, tlv, (size_t)n, &opened), 0);
    assert_int_equal(ota_psa_cipher_init(&other, (const uint8_t *)der.bytes + 35, 32, &cipher), 0);
    assert_int_equal(unwrap(&cipher, tlv, (size_t)n, &opened), 0);
    assert_memory_equal(&opened, &key, sizeof key);
    assert_int_equal(ota_psa_cipher_init(&other, der.bytes, der.len - 1, &cipher), OTA_EKEY);
    ((uint8_t *)(void *)der.bytes)[0] ^= 1;
    assert_int_equal(ota_psa_cipher_init(&other, der.bytes, der.len, &cipher), OTA_EKEY);
    ota_tool_secret_free(&der);
    assert_int_equal(ota_tool_key_private_der(&holder, OTA_TOOL_DER_TRADITIONAL, false, &der), 0);
    assert_int_equal(ota_psa_cipher_init(&other, der.bytes, der.len, &cipher), 0);
    memset(&opened, 0, sizeof opened);
    assert_int_equal(unwrap(&cipher, tlv, (size_t)n, &opened), 0);
    assert_memory_equal(&opened, &key, sizeof key);
    ota_tool_secret_free(&der);
}

static void test_a_private_key_is_read_from_a_file(void **state)
{
    char path[] = "/tmp/test_cipher.XXXXXX";
    struct ota_image_key key = {.bytes = {7}, .len = 16}, opened;
    struct ota_tool_file_data der;
    struct ota_psa_cipher other;
    struct ota_cipher cipher;
    uint8_t tlv[OTA_TOOL_ECIES_MAX];
    int n = ota_tool_ecies_seal(&holder, &key, tlv);
    int fd = mkstemp(path);

    (void)state;
    assert_int_equal(ota_tool_key_private_der(&holder, OTA_TOOL_DER_PKCS8, false, &der), 0);
    assert_int_equal(write(fd, der.bytes, der.len), der.len);
    assert_int_equal(close(fd), 0);
    ota_tool_secret_free(&der);
    assert_int_equal(ota_psa_cipher_load(path, &other, &cipher), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unwrap(&cipher, tlv, (size_t)n, &opened), 0);
    assert_memory_equal(&opened, &key, sizeof key);
    ota_psa_cipher_free(&other);
    assert_int_equal(ota_psa_cipher_load(path, &other, &cipher), OTA_EKEY);
    assert_int_equal(ota_psa_cipher_load(PUBLIC_KEY, &other, &cipher), OTA_EKEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_device_opens_what_the_tool_seals),
        cmocka_unit_test(test_every_changed_byte_is_noticed),
        cmocka_unit_test(test_other_types_and_lengths_are_refused),
        cmocka_unit_test(test_another_key_opens_nothing),
        cmocka_unit_test(test_keys_of_other_types_seal_nothing),
        cmocka_unit_test(test_both_encrypt_alike_at_every_offset),
        cmocka_unit_test(test_the_counter_carries),
        cmocka_unit_test(test_a_private_key_is_taken_in_four_forms),
        cmocka_unit_test(test_a_private_key_is_read_from_a_file),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
