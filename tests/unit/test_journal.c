/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "engine/journal.h"
#include "unit/ram_flash.h"

static struct ram_flash dev;
static const struct ota_area area = {&dev.flash, 4096, 8192};

static struct ota_record record(uint32_t offset)
{
    struct ota_record r = {
        .stage = OTA_STAGE_LOADING,
        .sessions = 3,
        .version = {1, 2, 3, 4},
        .total = 1000000,
        .offset = offset,
        .fetched = offset + 5,
    };

    return r;
}

static void expect(const struct ota_journal *j, uint32_t offset)
{
    assert_int_equal(j->last.stage, OTA_STAGE_LOADING);
    assert_int_equal(j->last.offset, offset);
    assert_int_equal(j->last.fetched, offset + 5);
    assert_int_equal(j->last.total, 1000000);
    assert_int_equal(j->last.sessions, 3);
    assert_int_equal(j->last.version.build, 4);
}

static void test_empty_area_holds_nothing(void **state)
{
    struct ota_journal j;

    (void)state;
    ram_flash_init(&dev, 16384, 4096, 8, 0xff);
    assert_int_equal(ota_journal_open(&j, &area), 0);
    assert_int_equal(j.last.stage, OTA_STAGE_NONE);
}

static void test_newest_record_is_found_after_any_number_of_them(void **state)
{
    static const struct {
        uint32_t erase, write;
        uint8_t erased;
        uint8_t flags;
    } devices[] = {
        {4096, 1, 0xff, 0}, {4096, 8, 0xff, 0},   {4096, 32, 0xff, 0},
        {512, 16, 0xff, 0}, {4096, 256, 0x00, 0}, {512, 512, 0x00, OTA_FLASH_REWRITE},
    };

    (void)state;
    for (size_t d = 0; d < sizeof devices / sizeof devices[0]; d++) {
        struct ota_journal j;

        ram_flash_init(&dev, 16384, devices[d].erase, devices[d].write, devices[d].erased);
        dev.flash.flags = devices[d].flags;
        assert_int_equal(ota_journal_open(&j, &area), 0);
        for (uint32_t n = 1; n < 1000; n++) {
            struct ota_record r = record(n);
            struct ota_journal again;

            assert_int_equal(ota_journal_write(&j, &r), 0);
            if (n % 7 == 0 || n < 20) {
                assert_int_equal(ota_journal_open(&again, &area), 0);
                expect(&again, n);
                assert_int_equal(again.next, j.next);
            }
        }
    }
}

static void test_outcome_survives(void **state)
{
    struct ota_journal j;
    struct ota_record r = {.stage = OTA_STAGE_DONE,
                           .err = OTA_EREVERTED,
                           .is_reported = true,
                           .version = {2, 0, 0, 0}};

    (void)state;
    ram_flash_init(&dev, 16384, 4096, 8, 0xff);
    assert_int_equal(ota_journal_open(&j, &area), 0);
    assert_int_equal(ota_journal_write(&j, &r), 0);
    assert_int_equal(ota_journal_open(&j, &area), 0);
    assert_int_equal(j.last.err, OTA_EREVERTED);
    assert_true(j.last.is_reported);
}

/* The power goes at every flash operation of many writes, torn and clean: the record before or the
 * one being written is found, and writing goes on. */
static void test_power_cut_at_any_operation_keeps_the_last_or_the_new_record(void **state)
{
    (void)state;
    for (int torn = 0; torn < 2; torn++) {
        for (int cut = 0; cut < 300; cut++) {
            struct ota_journal j;
            uint32_t n = 0;
            uint32_t found;
            int rc;

            ram_flash_init(&dev, 16384, 4096, 8, 0xff);
            assert_int_equal(ota_journal_open(&j, &area), 0);
            dev.fail_after = cut;
            do {
                struct ota_record r = record(++n);

                rc = ota_journal_write(&j, &r);
            } while (rc == 0);
            dev.fail_after = -1;
            if (torn) {
                /* The first half of the failed write or erase has happened. */
                uint32_t at = area.off + (j.next == 2 * j.half ? 0 : j.next);

                if (j.next % j.half == 0) {
                    memset(dev.mem + at, 0xff, j.half / 2);
                } else {
                    memset(dev.mem + at, 0x4a, 20);
                }
            }
            assert_int_equal(ota_journal_open(&j, &area), 0);
            found = j.last.offset;
            assert_true(found == n - 1 || found == n);
            for (uint32_t more = 1; more < 150; more++) {
                struct ota_record r = record(found + more);

                assert_int_equal(ota_journal_write(&j, &r), 0);
            }
            assert_int_equal(ota_journal_open(&j, &area), 0);
            assert_int_equal(j.last.offset, found + 149);
        }
    }
}

static void test_damage_is_passed_over(void **state)
{
    struct ota_journal j;
    struct ota_record one = record(1);
    struct ota_record two = record(2);

    (void)state;
    for (size_t at = 0; at < 48; at++) {
        ram_flash_init(&dev, 16384, 4096, 8, 0xff);
        assert_int_equal(ota_journal_open(&j, &area), 0);
        assert_int_equal(ota_journal_write(&j, &one), 0);
        assert_int_equal(ota_journal_write(&j, &two), 0);
        dev.mem[area.off + 48 + at] ^= 0x10;
        assert_int_equal(ota_journal_open(&j, &area), 0);
        expect(&j, 1);
    }
    for (size_t i = 0; i < 8192; i++) {
        dev.mem[area.off + i] = (uint8_t)(i * 31 + i / 97);
    }
    assert_int_equal(ota_journal_open(&j, &area), 0);
    assert_int_equal(j.last.stage, OTA_STAGE_NONE);
    assert_int_equal(ota_journal_write(&j, &one), 0);
    assert_int_equal(ota_journal_open(&j, &area), 0);
    expect(&j, 1);
}

static void test_place_in_an_archive_survives(void **state)
{
    struct ota_journal j;
    struct ota_record r = record(20480);
    const struct ota_part parts[] = {
        {512u * 65535u, 0x12345678, 1, true, true},
        {1536, 6000, 0, true, false},
        {1536, 9, 0, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        ram_flash_init(&dev, 16384, 4096, 8, 0xff);
        assert_int_equal(ota_journal_open(&j, &area), 0);
        r.part = parts[i];
        assert_int_equal(ota_journal_write(&j, &r), 0);
        assert_int_equal(ota_journal_open(&j, &area), 0);
        expect(&j, 20480);
        assert_int_equal(j.last.part.begin, parts[i].begin);
        assert_int_equal(j.last.part.len, parts[i].len);
        assert_int_equal(j.last.part.image, parts[i].image);
        assert_int_equal(j.last.part.has_other, parts[i].has_other);
        assert_int_equal(j.last.part.is_other_done, parts[i].is_other_done);
    }
}

/* A write that is cut may leave a record that is not there now and there a moment later. */
static void test_a_renewed_record_is_newer_than_a_torn_one_behind_it(void **state)
{
    struct ota_journal j;
    struct ota_record one = record(1);
    struct ota_record two = record(2);
    uint8_t torn[48];

    (void)state;
    ram_flash_init(&dev, 16384, 4096, 8, 0xff);
    assert_int_equal(ota_journal_open(&j, &area), 0);
    assert_int_equal(ota_journal_write(&j, &one), 0);
    assert_int_equal(ota_journal_write(&j, &two), 0);
    memcpy(torn, dev.mem + area.off + 48, sizeof torn);
    dev.mem[area.off + 48] ^= 0x10;
    assert_int_equal(ota_journal_open(&j, &area), 0);
    expect(&j, 1);
    assert_int_equal(ota_journal_renew(&j), 0);
    memcpy(dev.mem + area.off + 48, torn, sizeof torn);
    assert_int_equal(ota_journal_open(&j, &area), 0);
    expect(&j, 1);
}

static void test_areas_without_two_halves_are_refused(void **state)
{
    struct ota_area small = {&dev.flash, 4096, 4096};
    struct ota_area skewed = {&dev.flash, 2048, 8192};
    struct ota_journal j;

    (void)state;
    ram_flash_init(&dev, 16384, 4096, 8, 0xff);
    assert_int_equal(ota_journal_open(&j, &small), OTA_EARG);
    assert_int_equal(ota_journal_open(&j, &skewed), OTA_EARG);
}

static void test_without_an_area_it_remembers_until_the_reset(void **state)
{
    struct ota_journal j;
    struct ota_record r = record(9);

    (void)state;
    assert_int_equal(ota_journal_open(&j, NULL), 0);
    assert_int_equal(ota_journal_write(&j, &r), 0);
    expect(&j, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_area_holds_nothing),
        cmocka_unit_test(test_newest_record_is_found_after_any_number_of_them),
        cmocka_unit_test(test_outcome_survives),
        cmocka_unit_test(test_power_cut_at_any_operation_keeps_the_last_or_the_new_record),
        cmocka_unit_test(test_damage_is_passed_over),
        cmocka_unit_test(test_place_in_an_archive_survives),
        cmocka_unit_test(test_a_renewed_record_is_newer_than_a_torn_one_behind_it),
        cmocka_unit_test(test_areas_without_two_halves_are_refused),
        cmocka_unit_test(test_without_an_area_it_remembers_until_the_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
