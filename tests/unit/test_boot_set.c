/* SPDX-License-Identifier: Apache-2.0 */
/* Several images: what is installed, tried and reverted together. */
#include "unit/test.h"

#include "ota/boot.h"
#include "unit/cut_flash.h"
#include "unit/fake_set.h"

#define SLOT 4096u
#define SIZE 1500u
#define OLD 1
#define NEW 2

static struct power power;
static struct cut_flash chip[2];
static struct ota_boot_config config[2];
static struct ota_boot boots[2];
static struct ota_boot_set set;
static uint8_t buf[512];

static struct ota_slot slot_of(const struct ota_area *area)
{
    return (struct ota_slot){*area, 0, 0};
}

/* Old images that run, and new ones; need: which of the new ones needs the other's (bit 1 <<
 * image). */
static void set_up(const struct ota_boot_mode *mode, unsigned need)
{
    static const struct ota_flash geometry = {
        .size = 2 * SLOT + 1024, .erase_size = 512, .write_size = 8, .erased = 0xff};

    power = (struct power){.cut_at = CUT_NEVER};
    for (uint8_t i = 0; i < 2; i++) {
        cut_flash_init(&chip[i], &power, &geometry);
        config[i] = (struct ota_boot_config){.mode = mode,
                                             .primary = {&chip[i].flash, 0, SLOT},
                                             .secondary = {&chip[i].flash, SLOT, SLOT},
                                             .scratch = {&chip[0].flash, 2 * SLOT, 1024},
                                             .trust = &fake_trust,
                                             .buf = buf,
                                             .buf_len = sizeof buf,
                                             .max_sectors = 16,
                                             .image = i};
        fake_set_image(chip[i].mem, SIZE, i, OLD, 0, 0);
        fake_set_image(chip[i].mem + SLOT, SIZE, i, NEW, 1u - i, (need & 1u << i) != 0 ? NEW : 0);
    }
}

static void ask(int image, bool permanent)
{
    struct ota_slot slot = slot_of(&config[image].secondary);

    assert_int_equal(ota_slot_set_pending(&slot, permanent), 0);
}

static void confirm(int image)
{
    struct ota_slot slot = slot_of(&config[image].primary);

    assert_int_equal(ota_slot_confirm(&slot), 0);
}

static void boots_versions(int first, int second)
{
    assert_int_equal(ota_boot_set_init(&set, boots, config, 2), 0);
    assert_int_equal(ota_boot_set_run(&set), 0);
    assert_int_equal(boots[0].result.version.major, first);
    assert_int_equal(boots[1].result.version.major, second);
}

static void test_images_are_installed_and_reverted_together(void **state)
{
    static const struct ota_boot_mode *const modes[] = {&ota_boot_swap_scratch,
                                                        &ota_boot_swap_move};

    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        set_up(modes[i], 3);
        ask(0, false);
        ask(1, false);
        boots_versions(NEW, NEW);
        assert_int_equal(boots[1].result.type, OTA_SWAP_TEST);
        boots_versions(OLD, OLD);
        assert_int_equal(boots[1].result.type, OTA_SWAP_REVERT);
        boots_versions(OLD, OLD);
    }
}

static void test_confirmed_images_stay(void **state)
{
    (void)state;
    set_up(&ota_boot_swap_move, 3);
    ask(0, false);
    ask(1, false);
    boots_versions(NEW, NEW);
    confirm(0);
    confirm(1);
    boots_versions(NEW, NEW);
    boots_versions(NEW, NEW);
}

static void test_one_that_needs_the_other_waits_for_it(void **state)
{
    (void)state;
    set_up(&ota_boot_swap_scratch, 1);
    ask(0, true);
    boots_versions(OLD, OLD);
    assert_int_equal(set.refused, OTA_EDEPENDS);
    assert_int_equal(boots[0].result.refused, OTA_EDEPENDS);
    ask(1, true);
    boots_versions(NEW, NEW);
    assert_int_equal(set.refused, 0);
}

static void test_one_that_needs_nothing_does_not_wait(void **state)
{
    (void)state;
    set_up(&ota_boot_swap_scratch, 1);
    ask(1, true);
    boots_versions(OLD, NEW);
}

static void test_bad_image_keeps_those_back_that_need_it(void **state)
{
    (void)state;
    set_up(&ota_boot_swap_move, 1);
    chip[1].mem[SLOT + 100] ^= 1;
    ask(0, false);
    ask(1, false);
    boots_versions(OLD, OLD);
    assert_int_equal(boots[1].result.refused, OTA_EHASH);
}

static void test_half_a_confirmation_is_completed(void **state)
{
    (void)state;
    set_up(&ota_boot_swap_scratch, 3);
    ask(0, false);
    ask(1, false);
    boots_versions(NEW, NEW);
    confirm(0);
    boots_versions(NEW, NEW);
    boots_versions(NEW, NEW);
}

static void test_images_that_need_nothing_end_their_trials_alone(void **state)
{
    (void)state;
    set_up(&ota_boot_swap_scratch, 0);
    ask(0, false);
    ask(1, false);
    boots_versions(NEW, NEW);
    confirm(0);
    boots_versions(NEW, OLD);
}

static void test_bad_second_image_is_not_started(void **state)
{
    (void)state;
    set_up(&ota_boot_swap_move, 0);
    chip[1].mem[100] ^= 1;
    assert_int_equal(ota_boot_set_init(&set, boots, config, 2), 0);
    assert_int_equal(ota_boot_set_run(&set), OTA_EHASH);
    assert_int_equal(ota_boot_set_step(&set), OTA_EHASH);
}

static void test_dependency_on_an_image_that_is_not_in_the_set_is_not_met(void **state)
{
    (void)state;
    set_up(&ota_boot_swap_move, 0);
    fake_set_image(chip[0].mem + SLOT, SIZE, 0, NEW, 2, 1);
    ask(0, true);
    boots_versions(OLD, OLD);
    assert_int_equal(set.refused, OTA_EDEPENDS);
}

static void test_wrong_sets_are_not_begun(void **state)
{
    (void)state;
    set_up(&ota_boot_swap_move, 0);
    assert_int_equal(ota_boot_set_init(&set, boots, config, 0), OTA_EARG);
    assert_int_equal(ota_boot_set_init(&set, boots, config, OTA_BOOT_IMAGES_MAX + 1), OTA_EARG);
    config[1].image = 0;
    assert_int_equal(ota_boot_set_init(&set, boots, config, 2), OTA_EARG);
    set_up(&ota_boot_direct_xip, 0);
    assert_int_equal(ota_boot_set_init(&set, boots, config, 2), OTA_ENOTSUP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_images_are_installed_and_reverted_together),
        cmocka_unit_test(test_confirmed_images_stay),
        cmocka_unit_test(test_one_that_needs_the_other_waits_for_it),
        cmocka_unit_test(test_one_that_needs_nothing_does_not_wait),
        cmocka_unit_test(test_bad_image_keeps_those_back_that_need_it),
        cmocka_unit_test(test_half_a_confirmation_is_completed),
        cmocka_unit_test(test_images_that_need_nothing_end_their_trials_alone),
        cmocka_unit_test(test_bad_second_image_is_not_started),
        cmocka_unit_test(test_dependency_on_an_image_that_is_not_in_the_set_is_not_met),
        cmocka_unit_test(test_wrong_sets_are_not_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
