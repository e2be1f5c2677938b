/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypted images: the agent verifies what the bootloader will decrypt, and stores what was sent.
 */
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#include "ota/err.h"
#include "unit/agent_world.h"
#include "unit/fake_cipher.h"
#include "unit/fake_image.h"

#define PAYLOAD 9000u
#define AES128 OTA_IMAGE_F_ENCRYPTED_AES128
#define AES256 OTA_IMAGE_F_ENCRYPTED_AES256
#define NO_TLV 0u

static struct ota_decryption decryption;

/* Version 1.6.0, its key in a TLV of this type, as it is sent. */
static void make_encrypted(uint32_t flags, uint16_t tlv_type, uint8_t key_len)
{
    const struct ota_image_header h = {.header_size = FAKE_HEADER,
                                       .payload_size = PAYLOAD,
                                       .flags = flags,
                                       .version = {.major = 1, .minor = 6}};
    struct ota_image_key key = {.bytes = {3, 1, 4, 1, 5}, .len = key_len};

    memset(w.image, 0xff, sizeof w.image);
    ota_image_header_encode(&h, w.image);
    for (uint32_t i = 0; i < PAYLOAD; i++) {
        w.image[FAKE_HEADER + i] = (uint8_t)(i * 13);
    }
    fake_tlvs(w.image, FAKE_HEADER + PAYLOAD, tlv_type, key.bytes, key_len);
    (void)fake_ctr(NULL, &key, 0, w.image + FAKE_HEADER, PAYLOAD);
    w.peer.image_len = FAKE_HEADER + PAYLOAD + FAKE_TLVS + (tlv_type == NO_TLV ? 0 : 4u + key_len);
}

static int set_up_encrypted(void **state)
{
    (void)set_up(state);
    w.config.trust = fake_trust;
    w.config.decryption = &decryption;
    assert_int_equal(ota_decryption_init(&decryption, &fake_cipher, 0), 0);
    make_encrypted(AES128, FAKE_KEY_TLV, FAKE_KEY_LEN);
    return 0;
}

static void expect_wiped(void)
{
    static const struct ota_image_key none;

    assert_memory_equal(&decryption.decrypted.key, &none, sizeof none);
}

static void expect_refused(int err)
{
    char reason[16];

    (void)snprintf(reason, sizeof reason, "\"%d\"", -err);
    start();
    run_sessions(1);
    assert_int_equal(ota_last_error(&w.agent), err);
    assert_false(is_pending());
    assert_non_null(strstr(w.peer.result, "\"Failure\""));
    assert_non_null(strstr(w.peer.result, reason));
    expect_wiped();
}

static void test_an_encrypted_image_is_verified_and_stored_as_sent(void **state)
{
    (void)state;
    start();
    run_sessions(1);
    expect_installed();
    expect_wiped();
}

static void test_an_image_that_is_not_encrypted_is_taken_as_before(void **state)
{
    (void)state;
    w.config.trust.crypto = &w.crypto;
    make_image(w.image, IMAGE_LEN, 6);
    w.peer.image_len = IMAGE_LEN;
    start();
    run_sessions(1);
    expect_installed();
}

static void test_without_the_key_nothing_encrypted_is_marked(void **state)
{
    (void)state;
    w.config.decryption = NULL;
    expect_refused(OTA_ENOTSUP);
}

static int unwrap_foreign(void *ctx, uint16_t type, const uint8_t *tlv, size_t len,
                          struct ota_image_key *key)
{
    int rc = fake_unwrap(ctx, type, tlv, len, key);

    return rc != 0 ? rc : OTA_EDECRYPT;
}

static void test_an_image_for_another_key_is_refused(void **state)
{
    static const struct ota_cipher_ops ops = {.unwrap = unwrap_foreign, .ctr = fake_ctr};
    static const struct ota_cipher cipher = {&ops, NULL};

    (void)state;
    assert_int_equal(ota_decryption_init(&decryption, &cipher, 0), 0);
    expect_refused(OTA_EDECRYPT);
}

static void test_a_wrong_way_of_encrypting_is_refused(void **state)
{
    static const struct {
        uint32_t flags;
        uint16_t type;
        uint8_t key_len;
        int err;
    } wrong[] = {
        {AES128, NO_TLV, 16, OTA_ETLV},
        {AES128, OTA_TLV_ENC_RSA2048, 16, OTA_ENOTSUP},
        {AES128 | AES256, FAKE_KEY_TLV, 16, OTA_ENOTSUP},
        {AES128, FAKE_KEY_TLV, 32, OTA_ETLV},
        {AES256, FAKE_KEY_TLV, 16, OTA_ETLV},
        {AES256, FAKE_KEY_TLV, 32, OTA_ENOTSUP}, /* the bootloader is built for AES-128 */
        {0, FAKE_KEY_TLV, 16, OTA_EHASH},        /* says that it is not encrypted */
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        (void)set_up_encrypted(state);
        make_encrypted(wrong[i].flags, wrong[i].type, wrong[i].key_len);
        expect_refused(wrong[i].err);
    }
}

static void test_aes_256_is_taken_where_the_bootloader_has_it(void **state)
{
    (void)state;
    assert_int_equal(ota_decryption_init(&decryption, &fake_cipher, 32), 0);
    make_encrypted(AES256, FAKE_KEY_TLV, 32);
    start();
    run_sessions(1);
    expect_installed();
}

static void test_damage_is_found_in_what_is_decrypted(void **state)
{
    static const uint32_t at[] = {FAKE_HEADER, FAKE_HEADER + 4500, FAKE_HEADER + PAYLOAD - 1,
                                  FAKE_HEADER + PAYLOAD + FAKE_TLVS + 4 /* the image's key */};

    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        (void)set_up_encrypted(state);
        w.image[at[i]] ^= 0x40;
        expect_refused(OTA_EHASH);
    }
}

static int fail_ctr(void *ctx, const struct ota_image_key *key, uint32_t off, void *buf, size_t len)
{
    return off > 0 ? OTA_ECRYPTO : fake_ctr(ctx, key, off, buf, len);
}

static void test_a_cipher_that_fails_marks_nothing(void **state)
{
    static const struct ota_cipher_ops ops = {.unwrap = fake_unwrap, .ctr = fail_ctr};
    static const struct ota_cipher cipher = {&ops, NULL};

    (void)state;
    assert_int_equal(ota_decryption_init(&decryption, &cipher, 0), 0);
    expect_refused(OTA_ECRYPTO);
}

static void test_a_stop_while_verifying_wipes_the_key(void **state)
{
    (void)state;
    start();
    while (ota_state(&w.agent) != OTA_STATE_VERIFY || decryption.decrypted.key.len == 0) {
        w.now_ms += ota_poll(&w.agent);
        assert_int_equal(ota_sessions(&w.agent), 0);
    }
    ota_stop(&w.agent);
    run_sessions(1);
    assert_int_equal(ota_last_error(&w.agent), OTA_ESTOPPED);
    assert_false(is_pending());
    expect_wiped();
}

static void test_keys_have_16_or_32_bytes(void **state)
{
    (void)state;
    assert_int_equal(ota_decryption_init(&decryption, &fake_cipher, 16), 0);
    assert_int_equal(ota_decryption_init(&decryption, &fake_cipher, 24), OTA_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_an_encrypted_image_is_verified_and_stored_as_sent,
                               set_up_encrypted),
        cmocka_unit_test_setup(test_an_image_that_is_not_encrypted_is_taken_as_before,
                               set_up_encrypted),
        cmocka_unit_test_setup(test_without_the_key_nothing_encrypted_is_marked, set_up_encrypted),
        cmocka_unit_test_setup(test_an_image_for_another_key_is_refused, set_up_encrypted),
        cmocka_unit_test(test_a_wrong_way_of_encrypting_is_refused),
        cmocka_unit_test_setup(test_aes_256_is_taken_where_the_bootloader_has_it, set_up_encrypted),
        cmocka_unit_test(test_damage_is_found_in_what_is_decrypted),
        cmocka_unit_test_setup(test_a_cipher_that_fails_marks_nothing, set_up_encrypted),
        cmocka_unit_test_setup(test_a_stop_while_verifying_wipes_the_key, set_up_encrypted),
        cmocka_unit_test(test_keys_have_16_or_32_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
