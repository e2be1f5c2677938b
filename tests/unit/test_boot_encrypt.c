/* SPDX-License-Identifier: Apache-2.0 */
/* What test_boot_cut.c, which has encrypted images too, does not reach. */
#include "unit/test.h"

#include <string.h>

#include "ota/boot.h"
#include "ota/err.h"
#include "unit/fake_cipher.h"
#include "unit/fake_image.h"
#include "unit/ram_flash.h"

#define SLOT 8192u
#define LEN 3000u
#define ROW 512u
#define STATUS (2 * SLOT + 1024) /* only in mode swap_status_scratch */

static struct ram_flash flash;
static struct ota_boot_config config;
static struct ota_boot_encryption encryption;
static struct ota_boot boot;
static uint8_t buf[512];
static int ctr_calls_left;

/* Fails after so many calls. */
static int weak_ctr(void *ctx, const struct ota_image_key *key, uint32_t off, void *p, size_t len)
{
    return ctr_calls_left-- <= 0 ? OTA_ECRYPTO : fake_ctr(ctx, key, off, p, len);
}

static const struct ota_cipher_ops weak_ops = {.unwrap = fake_unwrap, .ctr = weak_ctr};
static const struct ota_cipher weak_cipher = {&weak_ops, NULL};

static void build(uint8_t *out, uint8_t seed, uint16_t key_type, bool is_plain)
{
    struct ota_image_key key = {.bytes = {seed, 7}, .len = FAKE_KEY_LEN};
    struct ota_image_header h;

    fake_image(out, LEN, seed);
    (void)ota_image_header_decode(out, &h);
    h.flags = OTA_IMAGE_F_ENCRYPTED_AES128;
    ota_image_header_encode(&h, out);
    fake_tlvs(out, FAKE_HEADER + h.payload_size, key_type, key.bytes, key.len);
    if (!is_plain) {
        (void)fake_ctr(NULL, &key, 0, out + FAKE_HEADER, h.payload_size);
    }
}

/* Image 1 in the primary slot, image 2 to be installed. */
static int set_up(void **state)
{
    (void)state;
    ram_flash_init(&flash, STATUS + 12 * ROW, ROW, 8, 0xff);
    memset(&config, 0, sizeof config);
    config.mode = &ota_boot_swap_scratch;
    config.primary = (struct ota_area){&flash.flash, 0, SLOT};
    config.secondary = (struct ota_area){&flash.flash, SLOT, SLOT};
    config.scratch = (struct ota_area){&flash.flash, 2 * SLOT, 1024};
    config.status = (struct ota_area){&flash.flash, STATUS, 12 * ROW};
    config.trust = &fake_trust;
    config.buf = buf;
    config.buf_len = sizeof buf;
    config.max_sectors = 16;
    config.encryption = &encryption;
    assert_int_equal(ota_boot_encryption_init(&encryption, &fake_cipher, 0), 0);
    build(flash.mem, 1, FAKE_KEY_TLV, true);
    build(flash.mem + SLOT, 2, FAKE_KEY_TLV, false);
    return 0;
}

static int run(void)
{
    struct ota_slot secondary = {config.secondary, 0, 0};

    assert_int_equal(ota_slot_set_pending(&secondary, false), 0);
    assert_int_equal(ota_boot_init(&boot, &config), 0);
    return ota_boot_run(&boot);
}

static void test_keys_are_wiped_when_the_boot_settles(void **state)
{
    static const uint8_t zero[sizeof encryption.image[0].key.bytes];

    (void)state;
    assert_int_equal(run(), 0);
    assert_int_equal(boot.result.version.major, 2);
    assert_memory_equal(encryption.image[0].key.bytes, zero, sizeof zero);
    assert_memory_equal(encryption.image[1].key.bytes, zero, sizeof zero);
    assert_memory_equal(encryption.decrypted.key.bytes, zero, sizeof zero);
}

static void test_a_status_partition_holds_the_keys_below_the_size(void **state)
{
    /* Of the second copy of the primary's trailer row, from the row's end: 12 bytes of seal, 16 of
     * magic, 3 flags, 4 of size, then the keys of the old and of the new image. */
    const uint8_t *keys = flash.mem + STATUS + 4 * ROW - 12 - 16 - 3 - 4 - 2 * FAKE_KEY_LEN;

    (void)state;
    config.mode = &ota_boot_swap_status_scratch;
    assert_int_equal(run(), 0);
    assert_int_equal(boot.result.version.major, 2);
    assert_memory_equal(keys, ((uint8_t[FAKE_KEY_LEN]){2, 7}), FAKE_KEY_LEN);
    assert_memory_equal(keys + FAKE_KEY_LEN, ((uint8_t[FAKE_KEY_LEN]){1, 7}), FAKE_KEY_LEN);
}

static void test_direct_xip_and_other_lengths_are_refused(void **state)
{
    (void)state;
    config.mode = &ota_boot_direct_xip_revert;
    assert_int_equal(ota_boot_init(&boot, &config), OTA_ENOTSUP);
    assert_int_equal(ota_boot_encryption_init(&encryption, &fake_cipher, 24), OTA_EARG);
}

static void test_the_keys_take_room_of_the_image(void **state)
{
    uint32_t with = ota_boot_max_image(&config);

    (void)state;
    config.encryption = NULL;
    assert_int_equal(ota_boot_max_image(&config) - with, 32);
}

static void test_an_image_whose_key_is_too_long_is_refused(void **state)
{
    (void)state;
    assert_int_equal(ota_boot_encryption_init(&encryption, &fake_cipher, 32), 0);
    assert_int_equal(run(), 0);
    assert_int_equal(boot.result.refused, OTA_ENOTSUP);
    assert_int_equal(boot.result.version.major, 1);
}

static void test_an_image_without_a_key_is_refused(void **state)
{
    (void)state;
    build(flash.mem + SLOT, 2, 0, true);
    assert_int_equal(run(), 0);
    assert_int_equal(boot.result.refused, OTA_ETLV);
    assert_int_equal(boot.result.version.major, 1);
}

static void test_an_old_image_whose_key_does_not_open_goes_as_it_is(void **state)
{
    uint8_t old[LEN];

    (void)state;
    build(flash.mem, 1, OTA_TLV_ENC_RSA2048, true); /* of a type that the cipher lacks */
    memcpy(old, flash.mem, LEN);
    assert_int_equal(run(), 0);
    assert_int_equal(boot.result.version.major, 2);
    assert_memory_equal(flash.mem + SLOT, old, LEN);
}

/* Wherever the cipher fails, the boot ends, and the next one goes on. */
static void test_a_cipher_that_fails_costs_nothing_but_time(void **state)
{
    int n = 0;

    for (;; n++) {
        int rc;

        (void)set_up(state);
        assert_int_equal(ota_boot_encryption_init(&encryption, &weak_cipher, 0), 0);
        ctr_calls_left = n;
        rc = run();
        if (rc == 0 && boot.result.version.major == 2) {
            break;
        }
        /* Before the swap begins the old image is started; in the middle none is. */
        assert_true(rc == OTA_ECRYPTO || boot.result.refused == OTA_ECRYPTO);
        ctr_calls_left = 1000;
        assert_int_equal(ota_boot_init(&boot, &config), 0);
        assert_int_equal(ota_boot_run(&boot), 0);
        assert_int_equal(boot.result.version.major, 2);
    }
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_keys_are_wiped_when_the_boot_settles, set_up),
        cmocka_unit_test_setup(test_a_status_partition_holds_the_keys_below_the_size, set_up),
        cmocka_unit_test_setup(test_direct_xip_and_other_lengths_are_refused, set_up),
        cmocka_unit_test_setup(test_the_keys_take_room_of_the_image, set_up),
        cmocka_unit_test_setup(test_an_image_whose_key_is_too_long_is_refused, set_up),
        cmocka_unit_test_setup(test_an_image_without_a_key_is_refused, set_up),
        cmocka_unit_test_setup(test_an_old_image_whose_key_does_not_open_goes_as_it_is, set_up),
        cmocka_unit_test_setup(test_a_cipher_that_fails_costs_nothing_but_time, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
