/* SPDX-License-Identifier: Apache-2.0 */
/* The port to copy, over a chip in memory. */
#include "template/port.h"

#include <string.h>

#include "ota/err.h"
#include "template/chip.h"
#include "template/conformance.h"
#include "unit/test.h"

uint8_t chip_flash[CHIP_FLASH_SIZE];

static struct {
    bool is_failing;
    uint32_t ticks;
    uint32_t slept_ms;
    unsigned n_sleeps, n_resets, n_kicks;
    uint32_t watchdog_ms;
} chip;

int chip_flash_erase_page(uint32_t off)
{
    memset(chip_flash + off, 0xff, CHIP_FLASH_PAGE);
    return chip.is_failing ? -1 : 0;
}

int chip_flash_program_word(uint32_t off, const uint8_t word[CHIP_FLASH_WORD])
{
    for (uint32_t i = 0; i < CHIP_FLASH_WORD; i++) {
        chip_flash[off + i] &= word[i];
    }
    return chip.is_failing ? -1 : 0;
}

uint32_t chip_ticks_ms(void)
{
    return chip.ticks;
}

int chip_random_word(uint32_t *out)
{
    *out = 0x5a5a5a5au;
    return chip.is_failing ? -1 : 0;
}

void chip_sleep(uint32_t ms)
{
    chip.n_sleeps++;
    chip.slept_ms = ms;
}

void chip_reset(void)
{
    chip.n_resets++;
}

void chip_watchdog_start(uint32_t limit_ms)
{
    chip.watchdog_ms = limit_ms;
}

void chip_watchdog_kick(void)
{
    chip.n_kicks++;
}

static int set_up(void **state)
{
    (void)state;
    memset(&chip, 0, sizeof chip);
    memset(chip_flash, 0xff, sizeof chip_flash);
    return 0;
}

static void on_violation(void *arg, enum ota_conform_rule rule, uint32_t off, int rc)
{
    (void)arg;
    fail_msg("%s at 0x%x, %d", ota_conform_name(rule), off, rc);
}

static void test_flash_conforms(void **state)
{
    static uint8_t work[OTA_CONFORM_WORK_LEN(CHIP_FLASH_WORD)];
    const struct ota_area area = {&port_flash, 0x10000, 0x10000};
    const struct ota_conformance test = {
        .area = &area, .work = work, .work_len = sizeof work, .tell = on_violation};

    (void)state;
    assert_int_equal(ota_conform_run(&test), 0);
}

static void test_flash_tells_what_failed(void **state)
{
    const uint8_t word[CHIP_FLASH_WORD] = {1, 2, 3};

    (void)state;
    assert_int_equal(port_flash.ops->write(&port_flash, 0, word, sizeof word), 0);
    memset(chip_flash, 0, 16); /* does not take */
    assert_int_equal(port_flash.ops->write(&port_flash, 0, word, sizeof word), OTA_EFLASH);
    chip.is_failing = true;
    assert_int_equal(port_flash.ops->write(&port_flash, 64, word, sizeof word), OTA_EFLASH);
    assert_int_equal(port_flash.ops->erase(&port_flash, 0), OTA_EFLASH);
}

static void test_clock_goes_on_where_the_counter_begins_again(void **state)
{
    struct port_system s = {0};
    struct ota_system sys;

    (void)state;
    port_system_init(&s, &sys);
    chip.ticks = UINT32_MAX - 4;
    assert_true(sys.ops->now_ms(sys.ctx) == UINT32_MAX - 4);
    chip.ticks = 5;
    assert_true(sys.ops->now_ms(sys.ctx) == (uint64_t)UINT32_MAX + 6);
}

static void test_random_fills_or_fails(void **state)
{
    struct port_system s = {0};
    struct ota_system sys;
    uint8_t buf[8] = {0};

    (void)state;
    port_system_init(&s, &sys);
    assert_int_equal(sys.ops->random(sys.ctx, buf, 7), 0);
    assert_int_equal(buf[6], 0x5a);
    assert_int_equal(buf[7], 0);
    chip.is_failing = true;
    assert_int_equal(sys.ops->random(sys.ctx, buf, 7), OTA_EENTROPY);
}

static void test_wake_ends_one_wait(void **state)
{
    struct port_system s = {0};
    struct ota_system sys;

    (void)state;
    port_system_init(&s, &sys);
    sys.ops->wake(sys.ctx);
    sys.ops->wait(sys.ctx, 50);
    assert_int_equal(chip.n_sleeps, 0);
    sys.ops->wait(sys.ctx, 50);
    assert_int_equal(chip.n_sleeps, 1);
    assert_int_equal(chip.slept_ms, 50);
    sys.ops->reset(sys.ctx);
    assert_int_equal(chip.n_resets, 1);
    port_watchdog_start();
    port_watchdog_kick();
    assert_int_equal(chip.watchdog_ms, 4000);
    assert_int_equal(chip.n_kicks, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_flash_conforms, set_up),
        cmocka_unit_test_setup(test_flash_tells_what_failed, set_up),
        cmocka_unit_test_setup(test_clock_goes_on_where_the_counter_begins_again, set_up),
        cmocka_unit_test_setup(test_random_fills_or_fails, set_up),
        cmocka_unit_test_setup(test_wake_ends_one_wait, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
