/* SPDX-License-Identifier: Apache-2.0 */
/* The PSoC 6 port over a HAL in memory: rows, sectors, errors, and the slots of the board files. */
#include "psoc6/psoc6.h"

#include <stdio.h>
#include <string.h>

#include "../psoc6/hal.h"
#include "ota/err.h"
#include "sim/board.h"
#include "template/conformance.h"
#include "unit/test.h"

static struct {
    struct ota_psoc6_internal inside;
    struct ota_flash internal, external;
} t;

static int set_up(void **state)
{
    (void)state;
    hal_init();
    assert_int_equal(ota_psoc6_internal_open(&t.inside, &t.internal), 0);
    assert_int_equal(ota_psoc6_external_open(1, &t.external), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ota_psoc6_internal_close(&t.inside);
    return hal.n_open == 0 ? 0 : -1;
}

static void on_violation(void *arg, enum ota_conform_rule rule, uint32_t off, int rc)
{
    (void)arg;
    fail_msg("%s at 0x%x, %d", ota_conform_name(rule), off, rc);
}

static void expect_conforms(const struct ota_flash *flash, uint32_t off, uint32_t size)
{
    static uint8_t work[OTA_CONFORM_WORK_LEN(OTA_PSOC6_ROW)];
    const struct ota_area area = {flash, off, size};
    const struct ota_conformance test = {
        .area = &area, .work = work, .work_len = sizeof work, .tell = on_violation};

    assert_int_equal(ota_conform_run(&test), 0);
}

static void test_both_flashes_conform(void **state)
{
    (void)state;
    expect_conforms(&t.internal, 0x18000, 8 * OTA_PSOC6_ROW);
    expect_conforms(&t.external, HAL_SECTOR, 4 * HAL_SECTOR);
}

static void test_sectors_of_different_sizes_conform(void **state)
{
    (void)state;
    hal.is_hybrid = true;
    assert_int_equal(ota_psoc6_external_open(8, &t.external), 0);
    expect_conforms(&t.external, HAL_SECTOR - 2 * HAL_SMALL, HAL_SECTOR + 2 * HAL_SMALL);
}

/* The HAL refuses rows at odd addresses; the callers' bytes lie anywhere. */
static void test_a_row_may_come_from_an_odd_address(void **state)
{
    static uint8_t bytes[2 * OTA_PSOC6_ROW + 1];

    (void)state;
    memset(bytes, 0x11, sizeof bytes);
    assert_int_equal(t.internal.ops->write(&t.internal, 0x18000, bytes + 1, sizeof bytes - 1), 0);
    assert_int_equal(hal.n_writes, 2);
    assert_int_equal(hal.internal[0x18000 + 2 * OTA_PSOC6_ROW - 1], 0x11);
    assert_int_equal(hal.internal[0x18000 + 2 * OTA_PSOC6_ROW], 0);
}

static void test_failures_are_told(void **state)
{
    static const uint8_t row[OTA_PSOC6_ROW];
    struct ota_psoc6_internal other;
    struct ota_flash flash;
    struct ota_flash_unit unit;
    uint8_t byte;

    (void)state;
    hal.is_failing = true;
    assert_int_equal(ota_psoc6_internal_open(&other, &flash), OTA_EFLASH);
    assert_int_equal(t.internal.ops->read(&t.internal, 0, &byte, 1), OTA_EFLASH);
    assert_int_equal(t.internal.ops->write(&t.internal, 0, row, sizeof row), OTA_EFLASH);
    assert_int_equal(t.internal.ops->erase(&t.internal, 0), OTA_EFLASH);
    assert_int_equal(t.external.ops->read(&t.external, 0, &byte, 1), OTA_EFLASH);
    assert_int_equal(t.external.ops->write(&t.external, 0, &byte, 1), OTA_EFLASH);
    assert_int_equal(t.external.ops->erase(&t.external, 0), OTA_EFLASH);
    hal.is_failing = false;
    hal.is_odd = true;
    assert_int_equal(ota_psoc6_internal_open(&other, &flash), OTA_EFLASH);
    assert_int_equal(hal.n_open, 1); /* nothing is left open */
    hal.has_external = false;
    assert_int_equal(ota_psoc6_external_open(1, &flash), OTA_EFLASH);
    assert_int_equal(t.external.ops->unit(&t.external, 0, &unit), OTA_EFLASH);
    assert_int_equal(t.external.ops->erase(&t.external, 0), OTA_EFLASH);
    assert_int_equal(ota_psoc6_external_open(3, &flash), OTA_EARG);
    assert_int_equal(ota_psoc6_external_open(64, &flash), OTA_EARG);
}

/* ---- Slots -------------------------------------------------------------------------------------
 */

static const struct {
    enum ota_psoc6_layout layout;
    const char *name;
} layouts[] = {
    {OTA_PSOC6_INTERNAL_COPY, "internal-copy"},
    {OTA_PSOC6_INTERNAL_SWAP, "internal-swap"},
    {OTA_PSOC6_EXTERNAL_COPY, "external-copy"},
    {OTA_PSOC6_EXTERNAL_SWAP, "external-swap"},
};

static void expect_area(const struct ota_board *b, const char *name, const struct ota_area *area)
{
    struct ota_area want;

    assert_int_equal(ota_board_area(b, name, &want), 0);
    assert_int_equal(area->off, want.off);
    assert_int_equal(area->size, want.size);
    assert_int_equal(area->flash->erase_size, want.flash->erase_size);
    assert_int_equal(area->flash->write_size, want.flash->write_size);
    assert_int_equal(area->flash->erased, want.flash->erased);
}

static void expect_board(const char *kit, size_t i)
{
    struct ota_board *b;
    struct ota_slot primary;
    struct ota_psoc6_slots s;
    char path[300], err[200] = "";

    (void)snprintf(path, sizeof path, OTA_BOARDS "/%s-%s.json", kit, layouts[i].name);
    assert_int_equal(ota_board_load(path, &b, err, sizeof err), 0);
    assert_int_equal(ota_psoc6_slots(layouts[i].layout, &t.internal, &t.external, &s), 0);
    expect_area(b, "primary", &s.primary.area);
    expect_area(b, "secondary", &s.secondary.area);
    expect_area(b, "journal", &s.journal);
    assert_int_equal(ota_board_slot(b, "primary", &primary), 0);
    assert_int_equal(s.primary.flags, primary.flags);
    assert_int_equal(s.primary.align, primary.align);
    assert_int_equal(b->header_size, OTA_PSOC6_HEADER_SIZE);
    assert_int_equal(b->watchdog_ms, OTA_PSOC6_WATCHDOG_MS);
    ota_board_free(b);
}

static void test_slots_are_those_of_the_board_files(void **state)
{
    static const char *const kits[] = {"CY8CPROTO_062_4343W", "CY8CKIT_062S2_43012",
                                       "CY8CKIT_064B0S2_4343W", "CY8CEVAL_062S2_LAI_4373M2"};

    (void)state;
    for (size_t k = 0; k < sizeof kits / sizeof kits[0]; k++) {
        for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
            expect_board(kits[k], i);
        }
    }
}

static void test_images_stay_out_of_the_unit_that_ends_the_slot(void **state)
{
    struct ota_psoc6_slots s;

    (void)state;
    assert_int_equal(ota_psoc6_slots(OTA_PSOC6_EXTERNAL_SWAP, &t.internal, &t.external, &s), 0);
    assert_int_equal(s.image_max, 0x19bc00);
    assert_int_equal(ota_psoc6_slots(OTA_PSOC6_INTERNAL_SWAP, &t.internal, NULL, &s), 0);
    assert_int_equal(s.image_max, 0xee000 - 512);
}

static void test_layouts_that_do_not_fit_are_refused(void **state)
{
    struct ota_psoc6_slots s;
    struct ota_flash small = t.external;

    (void)state;
    assert_int_equal(ota_psoc6_slots(OTA_PSOC6_EXTERNAL_COPY, &t.internal, NULL, &s), OTA_EARG);
    assert_int_equal(ota_psoc6_slots(OTA_PSOC6_INTERNAL_COPY, NULL, NULL, &s), OTA_EARG);
    assert_int_equal(ota_psoc6_slots((enum ota_psoc6_layout)4, &t.internal, NULL, &s), OTA_EARG);
    small.size = 0x100000;
    assert_int_equal(ota_psoc6_slots(OTA_PSOC6_EXTERNAL_COPY, &t.internal, &small, &s), OTA_ERANGE);
}

/* Confirming reads, changes and writes one row; the image before it in that row stays. */
static void test_image_is_marked_and_confirmed(void **state)
{
    struct ota_psoc6_slots s;
    struct ota_trailer trailer;
    uint32_t last_row;

    (void)state;
    assert_int_equal(ota_psoc6_slots(OTA_PSOC6_INTERNAL_SWAP, &t.internal, NULL, &s), 0);
    assert_int_equal(ota_slot_set_pending(&s.secondary, false), 0);
    assert_int_equal(ota_slot_read_trailer(&s.secondary, &trailer), 0);
    assert_int_equal(trailer.magic, OTA_FIELD_SET);
    last_row = s.primary.area.off + s.primary.area.size - OTA_PSOC6_ROW;
    hal.internal[last_row] = 0x77;
    hal.n_writes = 0;
    assert_int_equal(ota_slot_confirm(&s.primary), 0);
    assert_int_equal(hal.n_writes, 1);
    assert_int_equal(hal.internal[last_row], 0x77);
    assert_int_equal(hal.internal[last_row + OTA_PSOC6_ROW - 24], 0x01);
    assert_int_equal(ota_slot_is_confirmed(&s.primary), 1);
}

/* ---- System ------------------------------------------------------------------------------------
 */

static void test_random_fills_or_fails(void **state)
{
    uint8_t buf[8] = {0};

    (void)state;
    assert_int_equal(ota_psoc6_random(NULL, buf, 7), 0);
    assert_int_equal(buf[0], 1);
    assert_int_equal(buf[6], 2);
    assert_int_equal(buf[7], 0);
    hal.is_failing = true;
    assert_int_equal(ota_psoc6_random(NULL, buf, 7), OTA_EENTROPY);
    ota_psoc6_reset(NULL);
    assert_int_equal(hal.n_resets, 1);
}

static void test_watchdog_is_taken_over_fed_and_stopped(void **state)
{
    struct ota_psoc6_watchdog w = {0};

    (void)state;
    ota_psoc6_watchdog_kick(&w); /* before it is open: nothing */
    ota_psoc6_watchdog_close(&w);
    assert_int_equal(hal.n_kicks, 0);
    assert_int_equal(ota_psoc6_watchdog_open(&w, 0), OTA_EARG);
    assert_int_equal(ota_psoc6_watchdog_open(&w, 6001), OTA_EARG);
    assert_int_equal(ota_psoc6_watchdog_open(&w, OTA_PSOC6_WATCHDOG_MS), 0);
    assert_int_equal(hal.watchdog_ms, 4000);
    ota_psoc6_watchdog_kick(&w);
    assert_int_equal(hal.n_kicks, 1);
    ota_psoc6_watchdog_close(&w);
    assert_int_equal(hal.watchdog_ms, 0);
    hal.is_failing = true;
    assert_int_equal(ota_psoc6_watchdog_open(&w, 4000), OTA_ESTATE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_both_flashes_conform),
        TEST(test_sectors_of_different_sizes_conform),
        TEST(test_a_row_may_come_from_an_odd_address),
        TEST(test_failures_are_told),
        TEST(test_slots_are_those_of_the_board_files),
        TEST(test_images_stay_out_of_the_unit_that_ends_the_slot),
        TEST(test_layouts_that_do_not_fit_are_refused),
        TEST(test_image_is_marked_and_confirmed),
        TEST(test_random_fills_or_fails),
        TEST(test_watchdog_is_taken_over_fed_and_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
