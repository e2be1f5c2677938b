/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "flash/area.h"
#include "unit/ram_flash.h"

static struct ram_flash dev;

static void test_ranges_cannot_wrap(void **state)
{
    struct ota_area area = {&dev.flash, 1024, 2048};
    uint8_t buf[8] = {0};

    (void)state;
    ram_flash_init(&dev, 4096, 512, 8, 0xff);
    assert_int_equal(ota_area_check(&area), 0);
    assert_int_equal(ota_area_read(&area, 2048, buf, 1), OTA_ERANGE);
    assert_int_equal(ota_area_read(&area, 0xfffffff8u, buf, 16), OTA_ERANGE);
    assert_int_equal(ota_area_write(&area, 2048, buf, 8), OTA_ERANGE);
    assert_int_equal(ota_area_erase(&area, 1, 2048), OTA_ERANGE);
    area.size = 4096;
    assert_int_equal(ota_area_check(&area), OTA_ERANGE);
}

static void test_writes_must_be_whole_units(void **state)
{
    struct ota_area area = {&dev.flash, 0, 4096};
    uint8_t buf[16] = {0};

    (void)state;
    ram_flash_init(&dev, 4096, 512, 8, 0xff);
    assert_int_equal(ota_area_write(&area, 4, buf, 8), OTA_EALIGN);
    assert_int_equal(ota_area_write(&area, 8, buf, 12), OTA_EALIGN);
    assert_int_equal(ota_area_write(&area, 8, buf, 16), 0);
    assert_int_equal(ota_area_write(&area, 8, buf, 8), OTA_EFLASH);
}

static void test_patch_is_one_write_and_keeps_the_row(void **state)
{
    struct ota_area area = {&dev.flash, 0, 4096};

    (void)state;
    ram_flash_init(&dev, 4096, 512, 512, 0x00);
    dev.flash.flags = OTA_FLASH_REWRITE;
    dev.mem[4096 - 100] = 7;
    assert_int_equal(ota_area_patch(&area, 4096 - 24, "\x01", 1), 0);
    assert_int_equal(dev.n_writes, 1);
    assert_int_equal(dev.mem[4096 - 24], 1);
    assert_int_equal(dev.mem[4096 - 100], 7);
    ram_flash_init(&dev, 4096, 512, 8, 0xff);
    assert_int_equal(ota_area_patch(&area, 4096 - 16, "0123456789abcdef", 16), 0);
    assert_int_equal(dev.n_writes, 1);
}

static void test_erase_covers_every_touched_unit(void **state)
{
    struct ota_area area = {&dev.flash, 512, 2048};

    (void)state;
    ram_flash_init(&dev, 4096, 512, 8, 0xff);
    memset(dev.mem, 0, 4096);
    assert_int_equal(ota_area_erase(&area, 511, 2), 0);
    assert_int_equal(dev.n_erases, 2);
    assert_int_equal(dev.mem[511], 0);
    assert_int_equal(dev.mem[512], 0xff);
    assert_int_equal(dev.mem[1535], 0xff);
    assert_int_equal(dev.mem[1536], 0);
    assert_int_equal(ota_area_is_erased(&area, 0, 1024), 1);
    assert_int_equal(ota_area_is_erased(&area, 0, 1025), 0);
}

static void test_unit_is_cut_to_the_area(void **state)
{
    struct ota_area area = {&dev.flash, 3072, 2048};
    struct ota_flash_unit u;

    (void)state;
    ram_flash_init(&dev, 16384, 4096, 8, 0xff);
    assert_int_equal(ota_area_unit(&area, 0, &u), 0);
    assert_int_equal(u.off, 0);
    assert_int_equal(u.size, 1024);
    assert_int_equal(ota_area_unit(&area, 1024, &u), 0);
    assert_int_equal(u.off, 1024);
    assert_int_equal(u.size, 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges_cannot_wrap),
        cmocka_unit_test(test_writes_must_be_whole_units),
        cmocka_unit_test(test_patch_is_one_write_and_keeps_the_row),
        cmocka_unit_test(test_erase_covers_every_touched_unit),
        cmocka_unit_test(test_unit_is_cut_to_the_area),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
