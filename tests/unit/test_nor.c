/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/nor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ota/err.h"

/* A device in memory: 4 units of 256 bytes, written by 8. */
struct bench {
    struct ota_nor nor;
    struct ota_flash flash;
    struct ota_nor_power power;
};

static const struct ota_nor_config plain = {
    .name = "test", .size = 1024, .erase_size = 256, .write_size = 8, .erased = 0xff};
static const struct ota_nor_config rows = {.name = "rows",
                                           .size = 1024,
                                           .erase_size = 256,
                                           .write_size = 256,
                                           .erased = 0x00,
                                           .is_row_write = true};

static void open_bench(struct bench *b, const struct ota_nor_config *config)
{
    char err[200] = "";

    assert_int_equal(ota_nor_open(&b->nor, config, &b->flash, err, sizeof err), 0);
    ota_nor_power_init(&b->power);
    b->nor.power = &b->power;
}

static int write_at(struct bench *b, uint32_t off, size_t len)
{
    uint8_t data[512];

    memset(data, 0x5a, sizeof data);
    return b->flash.ops->write(&b->flash, off, data, len);
}

static uint8_t byte_at(struct bench *b, uint32_t off)
{
    uint8_t value = 0;

    assert_int_equal(b->flash.ops->read(&b->flash, off, &value, 1), 0);
    return value;
}

static void test_partial_units_are_refused(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, &plain);
    assert_int_equal(write_at(&b, 4, 8), OTA_EALIGN);
    assert_int_equal(write_at(&b, 8, 12), OTA_EALIGN);
    assert_int_equal(write_at(&b, 8, 0), OTA_EALIGN);
    assert_int_equal(write_at(&b, 8, 8), 0);
    assert_int_equal(byte_at(&b, 7), 0xff);
    assert_int_equal(byte_at(&b, 8), 0x5a);
    ota_nor_close(&b.nor);
}

static void test_a_unit_is_written_once_per_erase(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, &plain);
    assert_int_equal(write_at(&b, 256, 16), 0);
    assert_int_equal(write_at(&b, 264, 8), OTA_EFLASH);
    assert_non_null(strstr(ota_nor_fault(&b.nor), "not erased"));
    assert_int_equal(write_at(&b, 248, 16), OTA_EFLASH);
    assert_int_equal(byte_at(&b, 248), 0xff);
    assert_int_equal(ota_nor_wear(&b.nor), 0);
    assert_int_equal(b.flash.ops->erase(&b.flash, 256), 0);
    assert_int_equal(write_at(&b, 264, 8), 0);
    assert_int_equal(b.flash.ops->erase(&b.flash, 0), 0);
    assert_int_equal(ota_nor_wear(&b.nor), 1);
    assert_int_equal(b.flash.ops->erase(&b.flash, 256), 0);
    assert_int_equal(ota_nor_wear(&b.nor), 2);
    ota_nor_close(&b.nor);
}

static void test_a_row_write_replaces_what_was_there(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, &rows);
    assert_true((b.flash.flags & OTA_FLASH_REWRITE) != 0);
    assert_int_equal(byte_at(&b, 0), 0x00);
    assert_int_equal(write_at(&b, 0, 256), 0);
    assert_int_equal(write_at(&b, 0, 256), 0);
    assert_int_equal(write_at(&b, 0, 128), OTA_EALIGN);
    assert_int_equal(write_at(&b, 256, 512), 0);
    assert_int_equal(ota_nor_wear(&b.nor), 2);
    ota_nor_close(&b.nor);
}

static void test_erase_begins_at_a_unit(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, &plain);
    assert_int_equal(b.flash.ops->erase(&b.flash, 8), OTA_EALIGN);
    assert_int_equal(b.flash.ops->erase(&b.flash, 1024), OTA_ERANGE);
    assert_int_equal(b.flash.ops->erase(&b.flash, 0xffffff00u), OTA_ERANGE);
    assert_int_equal(b.nor.count.erases, 0);
    ota_nor_close(&b.nor);
}

static void test_ranges_do_not_wrap(void **state)
{
    struct bench b;
    uint8_t byte;

    (void)state;
    open_bench(&b, &plain);
    assert_int_equal(write_at(&b, 1024, 8), OTA_ERANGE);
    assert_int_equal(write_at(&b, 1016, 16), OTA_ERANGE);
    assert_int_equal(b.flash.ops->read(&b.flash, UINT32_MAX, &byte, 1), OTA_ERANGE);
    assert_int_equal(b.flash.ops->read(&b.flash, 8, &byte, SIZE_MAX), OTA_ERANGE);
    ota_nor_close(&b.nor);
}

static void test_operations_are_counted_per_region(void **state)
{
    struct ota_nor_region regions[] = {{.off = 0, .size = 256}, {.off = 512, .size = 512}};
    struct ota_nor_config timed = plain;
    struct bench b;

    (void)state;
    timed.erase_us = 1000;
    timed.write_ns_per_byte = 250;
    open_bench(&b, &timed);
    b.nor.regions = regions;
    b.nor.n_regions = 2;
    assert_int_equal(write_at(&b, 520, 16), 0);
    assert_int_equal(write_at(&b, 256, 8), 0);
    assert_int_equal(b.flash.ops->erase(&b.flash, 512), 0);
    assert_int_equal(regions[0].count.writes, 0);
    assert_int_equal(regions[1].count.writes, 1);
    assert_int_equal(regions[1].count.bytes_written, 16);
    assert_int_equal(regions[1].count.erases, 1);
    assert_int_equal(regions[1].count.bytes_erased, 256);
    assert_int_equal(b.nor.count.writes, 2);
    assert_int_equal(b.power.ops, 3);
    assert_int_equal(b.nor.busy_us, 1000 + 24 * 250 / 1000);
    ota_nor_close(&b.nor);
}

static void test_nothing_works_after_the_cut(void **state)
{
    struct bench b;
    uint8_t byte;

    (void)state;
    open_bench(&b, &plain);
    b.power.cut_at = 1;
    assert_int_equal(write_at(&b, 0, 8), 0);
    assert_int_equal(write_at(&b, 8, 8), OTA_EFLASH);
    assert_int_equal(b.nor.mem[8], 0xff);
    assert_int_equal(b.flash.ops->read(&b.flash, 0, &byte, 1), OTA_EFLASH);
    assert_int_equal(b.flash.ops->erase(&b.flash, 0), OTA_EFLASH);
    assert_int_equal(b.flash.ops->sync(&b.flash), OTA_EFLASH);
    assert_int_equal(b.nor.mem[0], 0x5a);
    ota_nor_close(&b.nor);
}

static void test_a_torn_write_programs_the_first_half(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, &plain);
    b.power.cut_at = 0;
    b.power.torn = true;
    assert_int_equal(write_at(&b, 0, 16), OTA_EFLASH);
    assert_int_equal(b.nor.mem[7], 0x5a);
    assert_int_equal(b.nor.mem[8], 0xff);
    ota_nor_close(&b.nor);
}

static void test_a_torn_erase_leaves_the_second_half(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, &plain);
    assert_int_equal(write_at(&b, 0, 256), 0);
    b.power.cut_at = 1;
    b.power.torn = true;
    assert_int_equal(b.flash.ops->erase(&b.flash, 0), OTA_EFLASH);
    assert_int_equal(b.nor.mem[127], 0xff);
    assert_int_equal(b.nor.mem[128], 0x5a);
    ota_nor_close(&b.nor);
}

static void note_cut(void *ctx)
{
    ++*(int *)ctx;
}

static void test_the_cut_is_announced_once(void **state)
{
    struct bench b;
    int cuts = 0;

    (void)state;
    open_bench(&b, &plain);
    b.power.cut_at = 0;
    b.power.on_cut = note_cut;
    b.power.ctx = &cuts;
    assert_int_equal(write_at(&b, 0, 8), OTA_EFLASH);
    assert_int_equal(write_at(&b, 0, 8), OTA_EFLASH);
    assert_int_equal(cuts, 1);
    ota_nor_close(&b.nor);
}

static void test_refused_operations_do_not_count_for_the_cut(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, &plain);
    assert_int_equal(write_at(&b, 4, 8), OTA_EALIGN);
    assert_int_equal(b.power.ops, 0);
    ota_nor_close(&b.nor);
}

/* ---- Files ---------------------------------------------------------------------------------- */

static char *make_dir(void)
{
    static char dir[64];

    (void)snprintf(dir, sizeof dir, "/tmp/ota-nor-XXXXXX");
    assert_non_null(mkdtemp(dir));
    return dir;
}

static void remove_file(const char *dir, const char *path)
{
    (void)remove(path);
    assert_int_equal(remove(dir), 0);
}

static void test_a_missing_file_is_created_erased(void **state)
{
    char *dir = make_dir();
    struct ota_nor_config config = plain;
    char path[96];
    struct bench b;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/a.bin", dir);
    config.path = path;
    open_bench(&b, &config);
    assert_int_equal(byte_at(&b, 0), 0xff);
    assert_int_equal(byte_at(&b, 1023), 0xff);
    assert_int_equal(write_at(&b, 1016, 8), 0);
    ota_nor_close(&b.nor);
    open_bench(&b, &config);
    assert_int_equal(byte_at(&b, 1023), 0x5a);
    ota_nor_close(&b.nor);
    remove_file(dir, path);
}

static void test_a_private_copy_leaves_the_file_alone(void **state)
{
    char *dir = make_dir();
    struct ota_nor_config config = plain;
    char path[96];
    struct bench b;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/a.bin", dir);
    config.path = path;
    config.is_private = true;
    open_bench(&b, &config);
    assert_int_equal(write_at(&b, 0, 8), 0);
    ota_nor_close(&b.nor);
    assert_null(fopen(path, "rb"));
    config.is_private = false;
    open_bench(&b, &config);
    ota_nor_close(&b.nor);
    config.is_private = true;
    open_bench(&b, &config);
    assert_int_equal(write_at(&b, 0, 8), 0);
    assert_int_equal(byte_at(&b, 0), 0x5a);
    ota_nor_close(&b.nor);
    open_bench(&b, &config);
    assert_int_equal(byte_at(&b, 0), 0xff);
    ota_nor_close(&b.nor);
    remove_file(dir, path);
}

static void test_a_file_of_another_size_is_an_error(void **state)
{
    char *dir = make_dir();
    struct ota_nor_config config = plain;
    char path[96];
    char err[256] = "";
    struct bench b;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/a.bin", dir);
    config.path = path;
    open_bench(&b, &config);
    ota_nor_close(&b.nor);
    config.size = 2048;
    assert_int_equal(ota_nor_open(&b.nor, &config, &b.flash, err, sizeof err), OTA_EFLASH);
    assert_non_null(strstr(err, "has 1024 bytes"));
    assert_non_null(strstr(err, "2048"));
    remove_file(dir, path);
}

static void test_impossible_geometries_are_refused(void **state)
{
    struct ota_nor_config bad[5] = {plain, plain, plain, plain, plain};
    char err[256];
    struct bench b;

    (void)state;
    bad[0].write_size = 3;
    bad[1].erase_size = 100;
    bad[2].size = 1000;
    bad[3].erased = 0x55;
    bad[4].write_size = 1024;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(ota_nor_open(&b.nor, &bad[i], &b.flash, err, sizeof err), OTA_EARG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partial_units_are_refused),
        cmocka_unit_test(test_a_unit_is_written_once_per_erase),
        cmocka_unit_test(test_a_row_write_replaces_what_was_there),
        cmocka_unit_test(test_erase_begins_at_a_unit),
        cmocka_unit_test(test_ranges_do_not_wrap),
        cmocka_unit_test(test_operations_are_counted_per_region),
        cmocka_unit_test(test_nothing_works_after_the_cut),
        cmocka_unit_test(test_a_torn_write_programs_the_first_half),
        cmocka_unit_test(test_a_torn_erase_leaves_the_second_half),
        cmocka_unit_test(test_the_cut_is_announced_once),
        cmocka_unit_test(test_refused_operations_do_not_count_for_the_cut),
        cmocka_unit_test(test_a_missing_file_is_created_erased),
        cmocka_unit_test(test_a_private_copy_leaves_the_file_alone),
        cmocka_unit_test(test_a_file_of_another_size_is_an_error),
        cmocka_unit_test(test_impossible_geometries_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
