/* SPDX-License-Identifier: Apache-2.0 */
/* What the bootloader decides, and what it leaves alone. */
#include "unit/test.h"

#include <string.h>

#include "ota/boot.h"
#include "ota/err.h"
#include "unit/cut_flash.h"
#include "unit/fake_image.h"

#define SLOT 8192u
#define UNIT 512u
#define OLD 1
#define NEW 2

static struct power power;
static struct cut_flash internal, external;
static struct ota_boot_config config;
static struct ota_boot boot;
static uint8_t buf[256];

/* Swap using scratch, the old image in the primary slot and the new one in the secondary. */
static void set_up(void)
{
    static const struct ota_flash geometry = {
        .size = SLOT + 1024, .erase_size = UNIT, .write_size = 8, .erased = 0xff};

    power = (struct power){.cut_at = CUT_NEVER};
    cut_flash_init(&internal, &power, &geometry);
    cut_flash_init(&external, &power, &geometry);
    config = (struct ota_boot_config){.mode = &ota_boot_swap_scratch,
                                      .primary = {&internal.flash, 0, SLOT},
                                      .secondary = {&external.flash, 0, SLOT},
                                      .scratch = {&internal.flash, SLOT, 1024},
                                      .trust = &fake_trust,
                                      .buf = buf,
                                      .buf_len = sizeof buf,
                                      .max_sectors = 16};
    fake_image(internal.mem, 2000, OLD);
    fake_image(external.mem, 3000, NEW);
}

static void request(bool permanent)
{
    struct ota_slot slot = {config.secondary, config.align, 0};

    assert_int_equal(ota_slot_set_pending(&slot, permanent), 0);
}

static int run(void)
{
    assert_int_equal(ota_boot_init(&boot, &config), 0);
    power.ops = 0;
    return ota_boot_run(&boot);
}

/* Boots, and tells which image. */
static int booted(void)
{
    assert_int_equal(run(), 0);
    return boot.result.version.major;
}

static struct ota_trailer trailer_of(uint8_t slot)
{
    struct ota_trailer t;

    assert_int_equal(ota_boot_read_trailer(&config, slot, &t), 0);
    return t;
}

static void test_nothing_to_do_touches_nothing(void **state)
{
    (void)state;
    set_up();
    assert_int_equal(booted(), OLD);
    assert_int_equal(power.ops, 0);
    assert_int_equal(boot.result.type, OTA_SWAP_NONE);
    assert_int_equal(boot.result.entry_off, FAKE_HEADER);
    assert_int_equal(ota_boot_step(&boot), 0);
}

static void test_impossible_configurations_are_refused(void **state)
{
    (void)state;
    set_up();
    config.align = 4;
    assert_int_equal(ota_boot_init(&boot, &config), OTA_EARG);
    set_up();
    config.mode = NULL;
    assert_int_equal(ota_boot_init(&boot, &config), OTA_EARG);
    set_up();
    config.trust = NULL;
    assert_int_equal(ota_boot_init(&boot, &config), OTA_EARG);
    set_up();
    config.primary.size = 2 * SLOT;
    assert_int_equal(ota_boot_init(&boot, &config), OTA_ERANGE);
    set_up();
    config.buf_len = 4;
    assert_int_equal(ota_boot_init(&boot, &config), OTA_ENOSPC);
    set_up();
    config.scratch.size = 64;
    assert_int_equal(ota_boot_init(&boot, &config), OTA_ERANGE);
    set_up();
    config.scratch.flash = NULL;
    assert_int_equal(ota_boot_init(&boot, &config), OTA_EARG);
    set_up();
    config.max_sectors = 400;
    assert_int_equal(ota_boot_init(&boot, &config), OTA_ERANGE);
    set_up();
    internal.flash.write_size = 16;
    assert_int_equal(ota_boot_init(&boot, &config), OTA_EARG);
}

static void test_status_partition_must_hold_its_rows(void **state)
{
    (void)state;
    set_up();
    config.mode = &ota_boot_swap_status_scratch;
    config.buf_len = sizeof buf;
    config.status = (struct ota_area){&external.flash, SLOT, 1024};
    assert_int_equal(ota_boot_init(&boot, &config), OTA_ENOSPC);
    config.buf_len = 512;
    assert_int_equal(ota_boot_init(&boot, &config), OTA_ERANGE);
    config.status.off = SLOT + 8;
    config.status.size = 512;
    assert_int_equal(ota_boot_init(&boot, &config), OTA_EALIGN);
}

static void test_slots_that_do_not_fit_are_not_exchanged(void **state)
{
    (void)state;
    set_up();
    request(true);
    config.primary.size = SLOT - UNIT;
    assert_int_equal(ota_boot_max_image(&config), 0);
    assert_int_equal(booted(), OLD);
    assert_int_equal(boot.result.refused, OTA_ESIZE);
    assert_int_equal(power.ops, 0);
    set_up();
    config.max_sectors = 8;
    assert_int_equal(ota_boot_max_image(&config), 0);
}

static void test_test_image_over_an_empty_primary_stays(void **state)
{
    (void)state;
    set_up();
    memset(internal.mem, 0xff, 2000);
    request(false);
    assert_int_equal(booted(), NEW);
    assert_true(boot.result.is_forced);
    assert_int_equal(boot.result.type, OTA_SWAP_PERM);
    assert_int_equal(trailer_of(0).image_ok, OTA_FIELD_SET);
    assert_int_equal(booted(), NEW);
    assert_int_equal(power.ops, 0);
}

static void test_test_image_over_a_corrupt_primary_stays(void **state)
{
    (void)state;
    set_up();
    internal.mem[500] ^= 1;
    request(false);
    assert_int_equal(booted(), NEW);
    assert_true(boot.result.is_forced);
    assert_int_equal(booted(), NEW);
}

static void test_damaged_image_is_removed(void **state)
{
    (void)state;
    set_up();
    external.mem[700] ^= 1;
    request(false);
    assert_int_equal(booted(), OLD);
    assert_int_equal(boot.result.refused, OTA_EHASH);
    assert_int_equal(boot.result.type, OTA_SWAP_NONE);
    assert_int_equal(external.mem[0], 0xff);
    assert_int_equal(trailer_of(1).magic, OTA_FIELD_UNSET);
    assert_int_equal(booted(), OLD);
    assert_int_equal(boot.result.refused, 0);
}

static void test_request_without_image_is_removed(void **state)
{
    (void)state;
    set_up();
    memset(external.mem, 0xff, 64);
    request(true);
    assert_int_equal(booted(), OLD);
    assert_int_equal(boot.result.refused, OTA_ENOIMAGE);
    assert_int_equal(power.ops, 1);
    assert_int_equal(trailer_of(1).magic, OTA_FIELD_UNSET);
    assert_int_not_equal(external.mem[100], 0xff);
}

static void test_too_large_image_is_refused(void **state)
{
    uint32_t max;

    (void)state;
    set_up();
    max = ota_boot_max_image(&config);
    assert_int_equal(max, SLOT - (3 * 16 * 8 + 48));
    fake_image(external.mem, max, NEW);
    request(true);
    assert_int_equal(booted(), NEW);
    set_up();
    fake_image(external.mem, max + 1, NEW);
    request(true);
    assert_int_equal(booted(), OLD);
    assert_int_equal(boot.result.refused, OTA_ESIZE);
}

static int fail_read(const struct ota_flash *flash, uint32_t off, void *dest, size_t len)
{
    (void)flash;
    (void)off;
    (void)dest;
    (void)len;
    return OTA_EFLASH;
}

static void test_secondary_that_cannot_be_read_is_left_alone(void **state)
{
    struct ota_flash_ops broken;

    (void)state;
    set_up();
    request(true);
    broken = *external.flash.ops;
    broken.read = fail_read;
    external.flash.ops = &broken;
    assert_int_equal(booted(), OLD);
    assert_int_equal(boot.result.refused, OTA_EFLASH);
    assert_int_equal(power.ops, 0);
}

/* Fails like a hash engine for the new image only: its first payload bytes give it away. */
static int fail_hash(void *ctx, enum ota_hash_step step, const void *data, size_t len,
                     uint8_t digest[OTA_SHA256_LEN])
{
    if (step == OTA_HASH_UPDATE && len == sizeof buf && memcmp(data, external.mem, len) == 0) {
        return OTA_ECRYPTO;
    }
    return fake_sha256(ctx, step, data, len, digest);
}

static void test_failing_cryptography_does_not_cost_the_image(void **state)
{
    static const struct ota_crypto_ops ops = {.sha256 = fail_hash};
    static const struct ota_crypto crypto = {&ops, NULL};
    static const struct ota_trust trust = {.crypto = &crypto, .sig_type = OTA_SIG_NONE};

    (void)state;
    set_up();
    request(true);
    config.trust = &trust;
    assert_int_equal(booted(), OLD);
    assert_int_equal(boot.result.refused, OTA_ECRYPTO);
    assert_int_equal(power.ops, 0);
    config.trust = &fake_trust;
    assert_int_equal(booted(), NEW);
}

static void test_downgrade_is_refused_if_configured(void **state)
{
    (void)state;
    set_up();
    fake_image(internal.mem, 2000, NEW + 1);
    request(true);
    config.flags = OTA_BOOT_NO_DOWNGRADE;
    assert_int_equal(booted(), NEW + 1);
    assert_int_equal(boot.result.refused, OTA_EVERSION);
    assert_int_equal(external.mem[0], 0xff);
    set_up();
    fake_image(internal.mem, 2000, NEW);
    request(true);
    config.flags = OTA_BOOT_NO_DOWNGRADE;
    assert_int_equal(booted(), NEW);
    assert_int_equal(boot.result.type, OTA_SWAP_PERM);
}

static void test_revert_is_no_downgrade(void **state)
{
    (void)state;
    set_up();
    request(false);
    config.flags = OTA_BOOT_NO_DOWNGRADE;
    assert_int_equal(booted(), NEW);
    assert_int_equal(booted(), OLD);
    assert_int_equal(boot.result.type, OTA_SWAP_REVERT);
    assert_int_equal(booted(), OLD);
    assert_int_equal(power.ops, 0);
}

static void test_corrupt_primary_is_not_started(void **state)
{
    (void)state;
    set_up();
    internal.mem[500] ^= 1;
    assert_int_equal(run(), OTA_EHASH);
    assert_int_equal(ota_boot_step(&boot), OTA_EHASH);
    config.flags = OTA_BOOT_TRUST_PRIMARY;
    assert_int_equal(booted(), OLD);
    memset(internal.mem, 0xff, 64);
    assert_int_equal(run(), OTA_ENOIMAGE);
}

static void test_revert_to_nothing_keeps_the_running_image_for_good(void **state)
{
    (void)state;
    set_up();
    request(false);
    assert_int_equal(booted(), NEW);
    external.mem[700] ^= 1;
    assert_int_equal(booted(), NEW);
    assert_int_equal(boot.result.refused, OTA_EHASH);
    assert_int_equal(trailer_of(0).image_ok, OTA_FIELD_SET);
    assert_int_equal(booted(), NEW);
    assert_int_equal(power.ops, 0);
}

/* Cuts the boot at the first operation after which the primary's trailer is prepared. */
static void cut_when_prepared(void)
{
    for (uint32_t at = 0;; at++) {
        struct ota_trailer t;

        set_up();
        request(false);
        power.cut_at = at;
        assert_int_equal(run(), OTA_EFLASH);
        power = (struct power){.cut_at = CUT_NEVER};
        t = trailer_of(0);
        if (t.magic == OTA_FIELD_SET) {
            return;
        }
    }
}

static void test_prepared_swap_begins_again(void **state)
{
    (void)state;
    cut_when_prepared();
    assert_int_equal(booted(), NEW);
    assert_true(boot.result.is_resumed);
    assert_int_equal(boot.result.type, OTA_SWAP_TEST);
    assert_int_equal(booted(), OLD);
}

static void test_prepared_swap_of_a_bad_image_is_given_up(void **state)
{
    (void)state;
    cut_when_prepared();
    external.mem[700] ^= 1;
    assert_int_equal(booted(), OLD);
    assert_int_equal(boot.result.type, OTA_SWAP_FAIL);
    assert_int_equal(boot.result.refused, OTA_EHASH);
    assert_int_equal(booted(), OLD);
    assert_int_equal(boot.result.type, OTA_SWAP_NONE);
    assert_int_equal(power.ops, 0);
}

static void test_status_beyond_the_image_is_not_followed(void **state)
{
    (void)state;
    cut_when_prepared();
    for (uint32_t i = 0; i < 3 * 16; i++) {
        internal.mem[SLOT - 48 - 8 * 3 * 16 + 8 * i] = 1;
    }
    assert_int_equal(booted(), OLD);
    assert_int_equal(boot.result.refused, OTA_ESTATE);
    assert_int_equal(power.ops, 0);
}

static void test_overwrite_has_no_way_back(void **state)
{
    (void)state;
    set_up();
    config.mode = &ota_boot_overwrite;
    config.scratch = (struct ota_area){0};
    assert_int_equal(ota_boot_max_image(&config), SLOT - 40);
    request(false);
    assert_int_equal(booted(), NEW);
    assert_int_equal(boot.result.type, OTA_SWAP_TEST);
    assert_int_equal(booted(), NEW);
    assert_int_equal(power.ops, 0);
    assert_int_equal(external.mem[0], 0xff);
}

static void test_rows_that_are_rewritten_are_not_erased_before(void **state)
{
    static uint8_t row[512];

    (void)state;
    set_up();
    internal.flash.flags = external.flash.flags = OTA_FLASH_REWRITE;
    internal.flash.write_size = external.flash.write_size = sizeof row;
    config.mode = &ota_boot_overwrite;
    config.buf = row;
    config.buf_len = sizeof row;
    request(true);
    assert_int_equal(booted(), NEW);
    /* One write per row, and the erases of the secondary's header and trailer. */
    assert_int_equal(power.ops, SLOT / sizeof row + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_do_touches_nothing),
        cmocka_unit_test(test_impossible_configurations_are_refused),
        cmocka_unit_test(test_status_partition_must_hold_its_rows),
        cmocka_unit_test(test_slots_that_do_not_fit_are_not_exchanged),
        cmocka_unit_test(test_test_image_over_an_empty_primary_stays),
        cmocka_unit_test(test_test_image_over_a_corrupt_primary_stays),
        cmocka_unit_test(test_damaged_image_is_removed),
        cmocka_unit_test(test_request_without_image_is_removed),
        cmocka_unit_test(test_too_large_image_is_refused),
        cmocka_unit_test(test_secondary_that_cannot_be_read_is_left_alone),
        cmocka_unit_test(test_failing_cryptography_does_not_cost_the_image),
        cmocka_unit_test(test_downgrade_is_refused_if_configured),
        cmocka_unit_test(test_revert_is_no_downgrade),
        cmocka_unit_test(test_corrupt_primary_is_not_started),
        cmocka_unit_test(test_revert_to_nothing_keeps_the_running_image_for_good),
        cmocka_unit_test(test_prepared_swap_begins_again),
        cmocka_unit_test(test_prepared_swap_of_a_bad_image_is_given_up),
        cmocka_unit_test(test_status_beyond_the_image_is_not_followed),
        cmocka_unit_test(test_overwrite_has_no_way_back),
        cmocka_unit_test(test_rows_that_are_rewritten_are_not_erased_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
