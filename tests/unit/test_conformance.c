/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance test against good drivers, and against drivers that are wrong in one way each. */
#include "template/conformance.h"

#include <string.h>

#include "ota/err.h"
#include "sim/nor.h"
#include "unit/ram_flash.h"
#include "unit/test.h"

#define UNIT 1024u

static struct {
    struct ram_flash flash;
    const struct ota_flash_ops *good;
    uint8_t work[OTA_CONFORM_WORK_LEN(512)];
    int seen[OTA_CONFORM_N_RULES];
    int last_rc;
    unsigned n_kicks;
} t;

static void on_violation(void *arg, enum ota_conform_rule rule, uint32_t off, int rc)
{
    (void)arg;
    (void)off;
    t.seen[rule]++;
    t.last_rc = rc;
}

static void on_kick(void *arg)
{
    (void)arg;
    t.n_kicks++;
}

static int conform(const struct ota_flash *flash, uint32_t off, uint32_t size)
{
    const struct ota_area area = {flash, off, size};
    const struct ota_conformance test = {
        .area = &area,
        .work = t.work,
        .work_len = sizeof t.work,
        .tell = on_violation,
        .kick = on_kick,
    };

    memset(t.seen, 0, sizeof t.seen);
    return ota_conform_run(&test);
}

/* ---- Good drivers ------------------------------------------------------------------------------
 */

static void expect_good_nor(const struct ota_nor_config *config, uint32_t off)
{
    struct ota_nor nor;
    struct ota_flash flash;
    char err[200] = "";

    assert_int_equal(ota_nor_open(&nor, config, &flash, err, sizeof err), 0);
    assert_int_equal(conform(&flash, off, config->size - off), 0);
    assert_string_equal(ota_nor_fault(&nor), "");
    ota_nor_close(&nor);
}

static void test_simulated_devices_conform(void **state)
{
    static const struct ota_nor_config nor[] = {
        {.name = "bytes", .size = 65536, .erase_size = 4096, .write_size = 1, .erased = 0xff},
        {.name = "words", .size = 65536, .erase_size = 2048, .write_size = 8, .erased = 0xff},
        {.name = "lines", .size = 65536, .erase_size = 8192, .write_size = 32, .erased = 0xff},
        {.name = "rows",
         .size = 8192,
         .erase_size = 512,
         .write_size = 512,
         .erased = 0x00,
         .is_row_write = true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof nor / sizeof nor[0]; i++) {
        expect_good_nor(&nor[i], 0);
        expect_good_nor(&nor[i], nor[i].erase_size * 2);
    }
    assert_true(t.n_kicks > 0);
}

/* ---- Bad drivers -------------------------------------------------------------------------------
 */

static int set_up(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    ram_flash_init(&t.flash, 8 * UNIT, UNIT, 8, 0xff);
    t.good = t.flash.flash.ops;
    return 0;
}

static struct ota_flash_ops change(void)
{
    return *t.good;
}

static void expect_only(const struct ota_flash_ops *ops, enum ota_conform_rule rule)
{
    t.flash.flash.ops = ops;
    assert_int_equal(conform(&t.flash.flash, UNIT, 6 * UNIT), 1);
    assert_int_equal(t.seen[rule], 1);
}

static int erase_half(const struct ota_flash *f, uint32_t off)
{
    memset(t.flash.mem + off, f->erased, f->erase_size / 2);
    return 0;
}

static int erase_too_much(const struct ota_flash *f, uint32_t off)
{
    memset(t.flash.mem + off, f->erased, f->erase_size + 1);
    return 0;
}

static int erase_positive(const struct ota_flash *f, uint32_t off)
{
    (void)t.good->erase(f, off);
    return 1;
}

static int write_loses(const struct ota_flash *f, uint32_t off, const void *buf, size_t len)
{
    return off % UNIT == UNIT - 8 ? 0 : t.good->write(f, off, buf, len);
}

/* Takes the words that the buffer's address is rounded down to. */
static int write_aligned(const struct ota_flash *f, uint32_t off, const void *buf, size_t len)
{
    return t.good->write(f, off, (const uint8_t *)buf - (uintptr_t)buf % 4, len);
}

/* An address line is missing: units 1 and 3 are one. */
static int write_folds(const struct ota_flash *f, uint32_t off, const void *buf, size_t len)
{
    (void)f;
    memcpy(t.flash.mem + (off & ~(2 * UNIT)), buf, len);
    return 0;
}

static int write_spills(const struct ota_flash *f, uint32_t off, const void *buf, size_t len)
{
    (void)f;
    memcpy(t.flash.mem + off, buf, len);
    if (len == 8 && off % UNIT == 0) {
        t.flash.mem[off + 8] = 0;
    }
    return 0;
}

static int read_words(const struct ota_flash *f, uint32_t off, void *buf, size_t len)
{
    return t.good->read(f, off - off % 2, buf, len);
}

static int read_rounds_up(const struct ota_flash *f, uint32_t off, void *buf, size_t len)
{
    return t.good->read(f, off, buf, len < 31 ? (len + 3) / 4 * 4 : len);
}

static int sync_fails(const struct ota_flash *f)
{
    (void)f;
    return OTA_EFLASH;
}

static int no_unit(const struct ota_flash *f, uint32_t off, struct ota_flash_unit *out)
{
    out->off = off; /* and not the unit's first byte */
    out->size = f->erase_size;
    return 0;
}

static int write_once(const struct ota_flash *f, uint32_t off, const void *buf, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (t.flash.mem[off + i] != f->erased) {
            return 0;
        }
    }
    return t.good->write(f, off, buf, len);
}

static int write_toggles(const struct ota_flash *f, uint32_t off, const void *buf, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        t.flash.mem[off + i] ^= (uint8_t)(((const uint8_t *)buf)[i] ^ f->erased);
    }
    return 0;
}

static int lose_magic(const struct ota_flash *f, uint32_t off, const void *buf, size_t len)
{
    return off >= 7 * UNIT - 16 ? 0 : t.good->write(f, off, buf, len);
}

static void test_bad_erases_are_named(void **state)
{
    struct ota_flash_ops ops = change();

    (void)state;
    memset(t.flash.mem, 0, sizeof t.flash.mem);
    ops.erase = erase_half;
    expect_only(&ops, OTA_CONFORM_ERASE_FILLS);
    ops.erase = erase_too_much;
    expect_only(&ops, OTA_CONFORM_ERASE_SPARES);
    ops.erase = erase_positive;
    expect_only(&ops, OTA_CONFORM_RESULT);
    assert_int_equal(t.last_rc, 1);
}

static void test_bad_writes_are_named(void **state)
{
    struct ota_flash_ops ops = change();

    (void)state;
    ops.write = write_loses;
    t.flash.flash.write_size = 8;
    expect_only(&ops, OTA_CONFORM_WRITE_TAKES);
    ops.write = write_aligned;
    expect_only(&ops, OTA_CONFORM_WRITE_TAKES);
    ops.write = write_folds;
    expect_only(&ops, OTA_CONFORM_WRITE_TAKES);
    ops.write = write_spills;
    expect_only(&ops, OTA_CONFORM_WRITE_SPARES);
    ops = change();
    ops.sync = sync_fails;
    expect_only(&ops, OTA_CONFORM_RESULT);
    assert_int_equal(t.last_rc, OTA_EFLASH);
}

static void test_bad_reads_are_named(void **state)
{
    struct ota_flash_ops ops = change();

    (void)state;
    ops.read = read_words;
    expect_only(&ops, OTA_CONFORM_READ_ANY);
    ops.read = read_rounds_up;
    expect_only(&ops, OTA_CONFORM_READ_BOUNDS);
}

static void test_flags_that_promise_too_much_are_named(void **state)
{
    struct ota_flash_ops ops = change();

    (void)state;
    ops.write = write_once;
    t.flash.flash.flags = OTA_FLASH_REWRITE;
    expect_only(&ops, OTA_CONFORM_REWRITE);
    ops.write = write_toggles;
    t.flash.flash.flags = OTA_FLASH_REFRESH;
    expect_only(&ops, OTA_CONFORM_REFRESH);
}

static void test_slot_that_cannot_be_marked_is_named(void **state)
{
    struct ota_flash_ops ops = change();

    (void)state;
    ops.write = lose_magic;
    expect_only(&ops, OTA_CONFORM_SLOT);
}

static void test_impossible_geometry_is_named(void **state)
{
    struct ota_flash_ops ops = change();

    (void)state;
    ops.unit = no_unit;
    expect_only(&ops, OTA_CONFORM_UNITS);
    t.flash.flash.write_size = 24;
    expect_only(t.good, OTA_CONFORM_GEOMETRY);
    t.flash.flash.write_size = 8;
    t.flash.flash.erased = 0x5a;
    expect_only(t.good, OTA_CONFORM_GEOMETRY);
    t.flash.flash.erased = 0xff;
    assert_int_equal(conform(&t.flash.flash, UNIT, 2 * UNIT), 1); /* an area too small */
    assert_int_equal(t.seen[OTA_CONFORM_GEOMETRY], 1);
    assert_int_equal(conform(&t.flash.flash, 8, 6 * UNIT), 1); /* or not at a unit */
    assert_int_equal(t.seen[OTA_CONFORM_GEOMETRY], 1);
}

static void test_settings_are_checked(void **state)
{
    const struct ota_area area = {&t.flash.flash, 0, 8 * UNIT};
    struct ota_conformance test = {
        .area = &area, .work = t.work, .work_len = OTA_CONFORM_WORK_LEN(8), .tell = on_violation};

    (void)state;
    assert_int_equal(ota_conform_run(&test), 0);
    test.work_len--;
    assert_int_equal(ota_conform_run(&test), OTA_ENOSPC);
    test.tell = NULL;
    assert_int_equal(ota_conform_run(&test), OTA_EARG);
    assert_int_equal(ota_conform_run(NULL), OTA_EARG);
    assert_string_equal(ota_conform_name(OTA_CONFORM_ERASE_FILLS), "ERASE_FILLS");
    assert_non_null(strstr(ota_conform_text(OTA_CONFORM_ERASE_FILLS), "erased"));
    assert_string_equal(ota_conform_name(OTA_CONFORM_N_RULES), "?");
    assert_string_equal(ota_conform_text(OTA_CONFORM_N_RULES), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_simulated_devices_conform, set_up),
        cmocka_unit_test_setup(test_bad_erases_are_named, set_up),
        cmocka_unit_test_setup(test_bad_writes_are_named, set_up),
        cmocka_unit_test_setup(test_bad_reads_are_named, set_up),
        cmocka_unit_test_setup(test_flags_that_promise_too_much_are_named, set_up),
        cmocka_unit_test_setup(test_slot_that_cannot_be_marked_is_named, set_up),
        cmocka_unit_test_setup(test_impossible_geometry_is_named, set_up),
        cmocka_unit_test_setup(test_settings_are_checked, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
