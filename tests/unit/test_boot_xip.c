/* SPDX-License-Identifier: Apache-2.0 */
/* Direct-XIP: which of two images is started where it is. */
#include "unit/test.h"

#include "ota/boot.h"
#include "unit/cut_flash.h"
#include "unit/fake_image.h"

#define SLOT 4096u
#define SIZE 1500u

static struct power power;
static struct cut_flash chip;
static struct ota_boot_config config;
static struct ota_boot boot;
static uint8_t buf[512];

/* Versions in both slots; 0: empty. */
static void set_up(const struct ota_boot_mode *mode, uint8_t first, uint8_t second)
{
    static const struct ota_flash geometry = {
        .size = 2 * SLOT, .erase_size = 512, .write_size = 8, .erased = 0xff};

    power = (struct power){.cut_at = CUT_NEVER};
    cut_flash_init(&chip, &power, &geometry);
    config = (struct ota_boot_config){.mode = mode,
                                      .primary = {&chip.flash, 0, SLOT},
                                      .secondary = {&chip.flash, SLOT, SLOT},
                                      .trust = &fake_trust,
                                      .buf = buf,
                                      .buf_len = sizeof buf};
    if (first != 0) {
        fake_image(chip.mem, SIZE, first);
    }
    if (second != 0) {
        fake_image(chip.mem + SLOT, SIZE, second);
    }
}

static struct ota_slot slot_of(int slot)
{
    return (struct ota_slot){slot == 0 ? config.primary : config.secondary, 0, 0};
}

static void mark(int slot, bool permanent)
{
    struct ota_slot s = slot_of(slot);

    assert_int_equal(ota_slot_set_pending(&s, permanent), 0);
}

static void starts(int slot, int version)
{
    assert_int_equal(ota_boot_init(&boot, &config), 0);
    assert_int_equal(ota_boot_run(&boot), 0);
    assert_int_equal(boot.result.slot, slot);
    assert_int_equal(boot.result.version.major, version);
    assert_int_equal(boot.result.image_off, slot == 0 ? 0 : SLOT);
    assert_int_equal(boot.result.entry_off, boot.result.image_off + FAKE_HEADER);
}

static bool is_erased(int slot)
{
    for (uint32_t i = 0; i < SLOT; i++) {
        if (chip.mem[(uint32_t)slot * SLOT + i] != 0xff) {
            return false;
        }
    }
    return true;
}

static void fixed_at(uint8_t *out, uint8_t version, uint32_t address)
{
    struct ota_image_header h;

    fake_image(out, SIZE, version);
    assert_int_equal(ota_image_header_decode(out, &h), 0);
    h.flags = OTA_IMAGE_F_ROM_FIXED;
    h.load_addr = address;
    ota_image_header_encode(&h, out);
    fake_tlvs(out, FAKE_HEADER + h.payload_size, 0, NULL, 0);
}

static void test_higher_version_is_started(void **state)
{
    (void)state;
    set_up(&ota_boot_direct_xip, 1, 2);
    starts(1, 2);
    set_up(&ota_boot_direct_xip, 3, 2);
    starts(0, 3);
    set_up(&ota_boot_direct_xip, 0, 2);
    starts(1, 2);
}

static void test_primary_goes_first_among_equals(void **state)
{
    (void)state;
    set_up(&ota_boot_direct_xip, 2, 2);
    starts(0, 2);
}

static void test_damaged_image_is_removed_and_the_other_started(void **state)
{
    (void)state;
    set_up(&ota_boot_direct_xip, 1, 2);
    chip.mem[SLOT + 200] ^= 1;
    starts(0, 1);
    assert_int_equal(boot.result.refused, OTA_EHASH);
    assert_true(is_erased(1));
}

static void test_half_an_image_stays_for_its_download(void **state)
{
    (void)state;
    set_up(&ota_boot_direct_xip, 1, 2);
    memset(chip.mem + SLOT + 700, 0xff, SLOT - 700);
    starts(0, 1);
    assert_false(is_erased(1));
    set_up(&ota_boot_direct_xip_revert, 1, 2);
    mark(0, true);
    memset(chip.mem + SLOT + 700, 0xff, SLOT - 700);
    starts(0, 1);
    assert_false(is_erased(1));
}

static void test_no_image_at_all(void **state)
{
    (void)state;
    set_up(&ota_boot_direct_xip, 0, 0);
    assert_int_equal(ota_boot_init(&boot, &config), 0);
    assert_int_equal(ota_boot_run(&boot), OTA_ENOIMAGE);
}

static void test_image_for_the_other_slot_is_not_started(void **state)
{
    (void)state;
    set_up(&ota_boot_direct_xip, 1, 0);
    fixed_at(chip.mem + SLOT, 2, 0x8000);
    config.address[0] = 0x8000;
    config.address[1] = 0x8000 + SLOT;
    starts(0, 1);
    fixed_at(chip.mem + SLOT, 2, 0x8000 + SLOT);
    starts(1, 2);
}

static void test_trial_is_reverted_and_the_image_erased(void **state)
{
    (void)state;
    set_up(&ota_boot_direct_xip_revert, 1, 2);
    mark(0, true);
    mark(1, false);
    starts(1, 2);
    assert_int_equal(boot.result.type, OTA_SWAP_TEST);
    starts(0, 1);
    assert_int_equal(boot.result.type, OTA_SWAP_REVERT);
    assert_true(is_erased(1));
    starts(0, 1);
    assert_int_equal(boot.result.type, OTA_SWAP_NONE);
}

static void test_confirmed_trial_stays(void **state)
{
    struct ota_slot s;

    (void)state;
    set_up(&ota_boot_direct_xip_revert, 1, 2);
    mark(0, true);
    mark(1, false);
    starts(1, 2);
    s = slot_of(1);
    assert_int_equal(ota_slot_confirm(&s), 0);
    starts(1, 2);
    starts(1, 2);
}

static void test_permanent_image_stays(void **state)
{
    (void)state;
    set_up(&ota_boot_direct_xip_revert, 1, 2);
    mark(1, true);
    starts(1, 2);
    assert_int_equal(boot.result.type, OTA_SWAP_PERM);
    starts(1, 2);
}

static void test_image_that_is_not_marked_is_started_only_without_another(void **state)
{
    (void)state;
    set_up(&ota_boot_direct_xip_revert, 1, 2);
    mark(0, true);
    starts(0, 1);
    set_up(&ota_boot_direct_xip_revert, 1, 0);
    starts(0, 1);
}

static void test_last_image_is_kept_when_its_trial_is_over(void **state)
{
    (void)state;
    set_up(&ota_boot_direct_xip_revert, 0, 2);
    mark(1, false);
    starts(1, 2);
    starts(1, 2);
    assert_true(boot.result.is_forced);
}

static void test_encrypted_images_cannot_be_started_where_they_are(void **state)
{
    static struct ota_boot_encryption encryption;

    (void)state;
    set_up(&ota_boot_direct_xip, 1, 2);
    config.encryption = &encryption;
    assert_int_equal(ota_boot_init(&boot, &config), OTA_ENOTSUP);
}

static void test_largest_image(void **state)
{
    (void)state;
    set_up(&ota_boot_direct_xip, 1, 2);
    assert_int_equal(ota_boot_max_image(&config), SLOT);
    set_up(&ota_boot_direct_xip_revert, 1, 2);
    assert_int_equal(ota_boot_max_image(&config), SLOT - 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_higher_version_is_started),
        cmocka_unit_test(test_primary_goes_first_among_equals),
        cmocka_unit_test(test_damaged_image_is_removed_and_the_other_started),
        cmocka_unit_test(test_half_an_image_stays_for_its_download),
        cmocka_unit_test(test_no_image_at_all),
        cmocka_unit_test(test_image_for_the_other_slot_is_not_started),
        cmocka_unit_test(test_trial_is_reverted_and_the_image_erased),
        cmocka_unit_test(test_confirmed_trial_stays),
        cmocka_unit_test(test_permanent_image_stays),
        cmocka_unit_test(test_image_that_is_not_marked_is_started_only_without_another),
        cmocka_unit_test(test_last_image_is_kept_when_its_trial_is_over),
        cmocka_unit_test(test_encrypted_images_cannot_be_started_where_they_are),
        cmocka_unit_test(test_largest_image),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
