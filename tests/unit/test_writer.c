/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "ota/slot.h"
#include "unit/ram_flash.h"

#define SLOT 16384u

static struct ram_flash dev;
static uint8_t row[512];
static uint8_t stream[SLOT];

static void fill_stream(void)
{
    for (size_t i = 0; i < sizeof stream; i++) {
        stream[i] = (uint8_t)(i * 7 + 1);
    }
}

static void test_any_split_gives_the_same_flash(void **state)
{
    static const uint32_t units[] = {1, 8, 16, 512};
    static const size_t pieces[] = {1, 3, 8, 511, 512, 4096, 10007};

    (void)state;
    fill_stream();
    for (size_t u = 0; u < 4; u++) {
        for (size_t k = 0; k < 7; k++) {
            struct ota_area area = {&dev.flash, 4096, SLOT};
            struct ota_writer w;

            ram_flash_init(&dev, 32768, 4096, units[u], 0xff);
            memset(dev.mem, 0, 32768);
            assert_int_equal(ota_writer_init(&w, &area, SLOT, row, 0), 0);
            for (size_t done = 0; done < 10007; done += pieces[k]) {
                size_t n = 10007 - done < pieces[k] ? 10007 - done : pieces[k];

                assert_int_equal(ota_writer_push(&w, stream + done, n), 0);
            }
            assert_int_equal(ota_writer_finish(&w), 0);
            assert_memory_equal(dev.mem + 4096, stream, 10007);
            assert_int_equal(dev.mem[4096 + 10007], 0xff);
            assert_int_equal(dev.mem[4095], 0);
            assert_int_equal(dev.mem[4096 + SLOT], 0);
        }
    }
}

static void test_trailer_is_erased_before_the_first_byte(void **state)
{
    struct ota_area area = {&dev.flash, 0, SLOT};
    struct ota_writer w;

    (void)state;
    ram_flash_init(&dev, SLOT, 4096, 8, 0xff);
    memset(dev.mem, 0, SLOT);
    assert_int_equal(ota_writer_init(&w, &area, SLOT, row, 0), 0);
    assert_int_equal(dev.mem[SLOT - 1], 0xff);
    assert_int_equal(dev.mem[0], 0);
    assert_int_equal(dev.n_erases, 1);
}

static void test_units_are_erased_once_and_only_when_reached(void **state)
{
    struct ota_area area = {&dev.flash, 0, SLOT};
    struct ota_writer w;

    (void)state;
    fill_stream();
    ram_flash_init(&dev, SLOT, 4096, 8, 0xff);
    assert_int_equal(ota_writer_init(&w, &area, SLOT, row, 0), 0);
    assert_int_equal(ota_writer_push(&w, stream, 4096), 0);
    assert_int_equal(dev.n_erases, 2);
    assert_int_equal(ota_writer_push(&w, stream + 4096, SLOT - 4096), 0);
    assert_int_equal(dev.n_erases, 4);
    assert_memory_equal(dev.mem, stream, SLOT);
}

static void test_more_than_the_limit_is_refused_whole(void **state)
{
    struct ota_area area = {&dev.flash, 0, SLOT};
    struct ota_writer w;

    (void)state;
    ram_flash_init(&dev, SLOT, 4096, 8, 0xff);
    assert_int_equal(ota_writer_init(&w, &area, 100, row, 0), 0);
    assert_int_equal(ota_writer_push(&w, stream, 101), OTA_ESIZE);
    assert_int_equal(ota_writer_push(&w, stream, 100), 0);
    assert_int_equal(ota_writer_push(&w, stream, 1), OTA_ESIZE);
    assert_int_equal(ota_writer_init(&w, &area, SLOT + 1, row, 0), OTA_ERANGE);
}

static void test_resume_leaves_what_is_written(void **state)
{
    struct ota_area area = {&dev.flash, 0, SLOT};
    struct ota_writer w;

    (void)state;
    fill_stream();
    ram_flash_init(&dev, SLOT, 4096, 8, 0xff);
    assert_int_equal(ota_writer_init(&w, &area, SLOT, row, 0), 0);
    assert_int_equal(ota_writer_push(&w, stream, 5000), 0);
    assert_int_equal(ota_writer_init(&w, &area, SLOT, row, 5000), 0);
    assert_int_equal(ota_writer_push(&w, stream + 5000, 6000), 0);
    assert_int_equal(ota_writer_finish(&w), 0);
    assert_memory_equal(dev.mem, stream, 11000);
    assert_int_equal(ota_writer_init(&w, &area, SLOT, row, 5001), OTA_EALIGN);
}

/* Cut in the middle of a unit that is larger than a block: what was written behind the known
 * offset is kept if it is right, and refused if it is not. */
static void test_resume_inside_of_a_unit_keeps_what_is_right(void **state)
{
    struct ota_area area = {&dev.flash, 0, SLOT};
    struct ota_writer w;

    (void)state;
    fill_stream();
    for (uint32_t written = 4096; written < 8192; written += 8) {
        ram_flash_init(&dev, SLOT, 8192, 8, 0xff);
        assert_int_equal(ota_writer_init(&w, &area, SLOT, row, 0), 0);
        assert_int_equal(ota_writer_push(&w, stream, written), 0);
        assert_int_equal(ota_writer_init(&w, &area, SLOT, row, 4096), 0);
        assert_int_equal(ota_writer_push(&w, stream + 4096, 8000), 0);
        assert_int_equal(ota_writer_finish(&w), 0);
        assert_memory_equal(dev.mem, stream, 12096);
    }
    ram_flash_init(&dev, SLOT, 8192, 8, 0xff);
    assert_int_equal(ota_writer_init(&w, &area, SLOT, row, 0), 0);
    assert_int_equal(ota_writer_push(&w, stream, 6000), 0);
    dev.mem[5000] ^= 1;
    assert_int_equal(ota_writer_init(&w, &area, SLOT, row, 4096), 0);
    assert_int_equal(ota_writer_push(&w, stream + 4096, 4096), OTA_ESTATE);
}

static void test_flash_errors_come_through(void **state)
{
    struct ota_area area = {&dev.flash, 0, SLOT};
    struct ota_writer w;

    (void)state;
    for (int n = 0; n < 4; n++) {
        int rc;

        ram_flash_init(&dev, SLOT, 4096, 8, 0xff);
        dev.fail_after = n;
        rc = ota_writer_init(&w, &area, SLOT, row, 0);
        if (rc == 0) {
            rc = ota_writer_push(&w, stream, 12);
        }
        if (rc == 0) {
            rc = ota_writer_finish(&w);
        }
        assert_int_equal(rc, OTA_EFLASH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_split_gives_the_same_flash),
        cmocka_unit_test(test_trailer_is_erased_before_the_first_byte),
        cmocka_unit_test(test_units_are_erased_once_and_only_when_reached),
        cmocka_unit_test(test_more_than_the_limit_is_refused_whole),
        cmocka_unit_test(test_resume_leaves_what_is_written),
        cmocka_unit_test(test_resume_inside_of_a_unit_keeps_what_is_right),
        cmocka_unit_test(test_flash_errors_come_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
