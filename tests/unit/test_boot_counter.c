/* SPDX-License-Identifier: Apache-2.0 */
/* Rollback protection by the security counter. */
#include "unit/test.h"

#include <string.h>

#include "ota/boot.h"
#include "unit/cut_flash.h"
#include "unit/fake_image.h"

#define SLOT 8192u
#define SIZE 2000u
#define OLD 1
#define NEW 2

static struct power power;
static struct cut_flash internal, external;
static struct ota_boot_config config;
static struct ota_boot_counter counter;
static struct ota_boot boot;
static uint32_t stored;
static uint8_t buf[256];

static int read_stored(void *ctx, uint32_t *value)
{
    *value = *(uint32_t *)ctx;
    return 0;
}

static int raise_stored(void *ctx, uint32_t value)
{
    assert_true(value > *(uint32_t *)ctx);
    *(uint32_t *)ctx = value;
    return 0;
}

/* An image with a security counter, or without one if it is negative. */
static void make_image(uint8_t *out, uint8_t version, int sec_cnt)
{
    struct ota_image_header h = {.header_size = FAKE_HEADER,
                                 .protected_size = sec_cnt < 0 ? 0 : 12,
                                 .payload_size = SIZE,
                                 .version = {.major = version}};
    uint32_t end = FAKE_HEADER + SIZE;

    memset(out, version, end);
    ota_image_header_encode(&h, out);
    if (sec_cnt >= 0) {
        ota_put_le16(out + end, OTA_TLV_PROT_INFO_MAGIC);
        ota_put_le16(out + end + 2, 12);
        ota_put_le16(out + end + 4, OTA_TLV_SEC_CNT);
        ota_put_le16(out + end + 6, 4);
        ota_put_le32(out + end + 8, (uint32_t)sec_cnt);
        end += 12;
    }
    ota_put_le16(out + end, OTA_TLV_INFO_MAGIC);
    ota_put_le16(out + end + 2, FAKE_TLVS);
    ota_put_le16(out + end + 4, OTA_TLV_SHA256);
    ota_put_le16(out + end + 6, OTA_SHA256_LEN);
    (void)fake_sha256(NULL, OTA_HASH_INIT, NULL, 0, NULL);
    (void)fake_sha256(NULL, OTA_HASH_UPDATE, out, end, NULL);
    (void)fake_sha256(NULL, OTA_HASH_FINISH, NULL, 0, out + end + 8);
}

/* The old image runs with counter 5, which the device has stored. */
static void set_up(int new_counter, bool permanent)
{
    static const struct ota_flash geometry = {
        .size = SLOT + 1024, .erase_size = 512, .write_size = 8, .erased = 0xff};
    struct ota_slot slot;

    power = (struct power){.cut_at = CUT_NEVER};
    cut_flash_init(&internal, &power, &geometry);
    cut_flash_init(&external, &power, &geometry);
    stored = 5;
    counter = (struct ota_boot_counter){.read = read_stored, .raise = raise_stored, .ctx = &stored};
    ota_boot_counter_init(&counter);
    config = (struct ota_boot_config){.mode = &ota_boot_swap_scratch,
                                      .primary = {&internal.flash, 0, SLOT},
                                      .secondary = {&external.flash, 0, SLOT},
                                      .scratch = {&internal.flash, SLOT, 1024},
                                      .trust = &fake_trust,
                                      .buf = buf,
                                      .buf_len = sizeof buf,
                                      .max_sectors = 16,
                                      .counter = &counter};
    make_image(internal.mem, OLD, 5);
    make_image(external.mem, NEW, new_counter);
    slot = (struct ota_slot){config.secondary, 0, 0};
    assert_int_equal(ota_slot_set_pending(&slot, permanent), 0);
}

static int booted(void)
{
    assert_int_equal(ota_boot_init(&boot, &config), 0);
    assert_int_equal(ota_boot_run(&boot), 0);
    return boot.result.version.major;
}

static void confirm(void)
{
    struct ota_slot slot = {config.primary, 0, 0};

    assert_int_equal(ota_slot_confirm(&slot), 0);
}

static void test_trial_raises_nothing_until_it_is_confirmed(void **state)
{
    (void)state;
    set_up(9, false);
    assert_int_equal(booted(), NEW);
    assert_int_equal(stored, 5);
    confirm();
    assert_int_equal(booted(), NEW);
    assert_int_equal(stored, 9);
}

static void test_trial_can_be_reverted(void **state)
{
    (void)state;
    set_up(9, false);
    assert_int_equal(booted(), NEW);
    assert_int_equal(booted(), OLD);
    assert_int_equal(stored, 5);
}

static void test_resumed_trial_raises_nothing(void **state)
{
    (void)state;
    for (uint32_t at = 0;; at++) {
        set_up(9, false);
        power = (struct power){.cut_at = at};
        assert_int_equal(ota_boot_init(&boot, &config), 0);
        if (ota_boot_run(&boot) == 0) {
            break;
        }
        power = (struct power){.cut_at = CUT_NEVER};
        assert_int_equal(booted(), NEW);
        assert_int_equal(stored, 5);
        assert_int_equal(booted(), OLD);
    }
}

static void test_permanent_image_raises_at_once(void **state)
{
    (void)state;
    set_up(9, true);
    assert_int_equal(booted(), NEW);
    assert_int_equal(stored, 9);
}

static void test_lower_counter_and_none_are_refused(void **state)
{
    (void)state;
    for (int of_new = -1; of_new <= 4; of_new += 5) {
        set_up(of_new, true);
        assert_int_equal(booted(), OLD);
        assert_int_equal(boot.result.refused, OTA_EVERSION);
        assert_int_equal(external.mem[0], 0xff);
    }
    set_up(5, true);
    assert_int_equal(booted(), NEW);
}

static void test_image_below_the_counter_is_not_started(void **state)
{
    (void)state;
    set_up(4, false);
    stored = 6;
    assert_int_equal(ota_boot_init(&boot, &config), 0);
    assert_int_equal(ota_boot_run(&boot), OTA_EVERSION);
}

static void test_counters_of_images_are_compared_without_one_in_the_device(void **state)
{
    (void)state;
    for (int of_new = -1; of_new <= 5; of_new += 3) {
        set_up(of_new, true);
        counter.read = NULL;
        config.flags = OTA_BOOT_NO_COUNTER_DOWNGRADE;
        assert_int_equal(booted(), of_new >= 5 ? NEW : OLD);
    }
    set_up(0, true);
    counter.read = NULL;
    config.flags = OTA_BOOT_NO_COUNTER_DOWNGRADE;
    make_image(internal.mem, OLD, -1);
    assert_int_equal(booted(), NEW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trial_raises_nothing_until_it_is_confirmed),
        cmocka_unit_test(test_trial_can_be_reverted),
        cmocka_unit_test(test_resumed_trial_raises_nothing),
        cmocka_unit_test(test_permanent_image_raises_at_once),
        cmocka_unit_test(test_lower_counter_and_none_are_refused),
        cmocka_unit_test(test_image_below_the_counter_is_not_started),
        cmocka_unit_test(test_counters_of_images_are_compared_without_one_in_the_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
