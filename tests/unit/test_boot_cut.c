/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts at every single flash operation of an upgrade, a revert and a permanent upgrade:
 * before the operation and with it half done, and again during the recovery (at every operation if
 * the program is given 1 as its argument, at each n-th one if it is given n). After each, the
 * device has to come back with a whole image, and with the right one.
 */
#include "unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "ota/boot.h"
#include "ota/err.h"
#include "unit/cut_flash.h"
#include "unit/fake_image.h"

#define OLD 1
#define NEW 2

/* Slots lie on devices of their own; scratch and status behind the primary. */
struct geometry {
    const char *name;
    const struct ota_boot_mode *mode;
    struct ota_flash internal;  /* primary, then scratch, then status */
    struct ota_flash secondary; /* size: of a slot */
    uint32_t scratch;
    uint32_t status;
    uint16_t sectors;
    uint8_t align;
    uint8_t flags;
    uint32_t old_size;
    uint32_t new_size;
};

#define NOR(unit, row)                                                                             \
    {                                                                                              \
        .size = 0, .erase_size = (unit), .write_size = (row), .erased = 0xff                       \
    }
#define NOR0(unit, row)                                                                            \
    {                                                                                              \
        .size = 0, .erase_size = (unit), .write_size = (row), .erased = 0x00                       \
    }
#define ROWS(unit)                                                                                 \
    {                                                                                              \
        .size = 0, .erase_size = (unit), .write_size = (unit), .erased = 0x00,                     \
        .flags = OTA_FLASH_REWRITE                                                                 \
    }
#define SLOT 8192u

static const struct geometry geometries[] = {
    {"overwrite", &ota_boot_overwrite, NOR(512, 8), NOR(512, 8), 0, 0, 16, 8, 0, 2100, 3300},
    {"scratch", &ota_boot_swap_scratch, NOR(512, 8), NOR(512, 8), 1024, 0, 16, 8, 0, 2100, 3300},
    {"scratch, whole image in one chunk", &ota_boot_swap_scratch, NOR(512, 1), NOR(512, 1), 4096, 0,
     16, 8, 0, 3300, 2100},
    {"scratch, image in the trailer's unit", &ota_boot_swap_scratch, NOR(1024, 8), NOR(1024, 8),
     2048, 0, 16, 8, 0, 7700, 7300},
    {"scratch, image in the first of two trailer units", &ota_boot_swap_scratch, NOR(256, 8),
     NOR(256, 8), 1024, 0, 32, 8, 0, 7300, 7100},
    {"scratch, whole slot in one chunk", &ota_boot_swap_scratch, NOR(1024, 4), NOR(1024, 4), SLOT,
     0, 16, 8, 0, 7000, 7700},
    {"scratch, large units in the secondary", &ota_boot_swap_scratch, NOR(512, 8), NOR(2048, 1),
     2048, 0, 16, 8, 0, 3900, 5000},
    {"scratch, aligned to 16, erased to zero", &ota_boot_swap_scratch, NOR0(1024, 16),
     NOR0(1024, 16), 2048, 0, 16, 16, 0, 5000, 7000},
    {"scratch, aligned to 32", &ota_boot_swap_scratch, NOR(1024, 32), NOR(1024, 16), 1024, 0, 8, 32,
     0, 3000, 4500},
    {"move", &ota_boot_swap_move, NOR(512, 8), NOR(512, 8), 0, 0, 16, 8, 0, 2100, 3300},
    {"move, new image smaller, aligned to 16", &ota_boot_swap_move, NOR(1024, 16), NOR(1024, 16), 0,
     0, 8, 16, 0, 5000, 2000},
    {"move, as large as can be", &ota_boot_swap_move, NOR(512, 1), NOR(512, 1), 0, 0, 16, 8, 0,
     7168, 7168},
    {"offset", &ota_boot_swap_offset, NOR(512, 8), NOR(512, 8), 0, 0, 16, 8, 0, 2100, 3300},
    {"offset, new image smaller, aligned to 16", &ota_boot_swap_offset, NOR(1024, 16),
     NOR(1024, 16), 0, 0, 8, 16, 0, 5000, 2000},
    {"offset, as large as can be", &ota_boot_swap_offset, NOR(512, 1), NOR(512, 1), 0, 0, 16, 8, 0,
     7168, 7168},
    {"overwrite of the image only", &ota_boot_overwrite_fast, NOR(512, 8), NOR(512, 8), 0, 0, 16, 8,
     0, 2100, 3300},
    {"scratch as before 1.9", &ota_boot_swap_scratch, NOR(512, 8), NOR(512, 8), 1024, 0, 16, 8,
     OTA_BOOT_V1, 2100, 3300},
    {"status partition", &ota_boot_swap_status_scratch, ROWS(512), ROWS(512), 1024, 6144, 16, 8, 0,
     2100, 3300},
    {"status partition, secondary elsewhere", &ota_boot_swap_status_scratch, ROWS(512),
     NOR(2048, 1), 2048, 6144, 16, 8, 0, 3300, 5000},
};

static struct power power;
static struct cut_flash internal, external;
static struct ota_boot_config config;
static uint8_t buf[512];

/* Every stride-th second cut is made; which ones moves on with the first cut. */
static uint32_t stride = 13;

static struct totals {
    unsigned long cuts, pairs;
} totals;

/* ---- Device ---------------------------------------------------------------------------------- */

struct snapshot {
    uint8_t internal[CUT_FLASH_MAX];
    uint8_t external[CUT_FLASH_MAX];
};

static void save(struct snapshot *s)
{
    memcpy(s->internal, internal.mem, sizeof s->internal);
    memcpy(s->external, external.mem, sizeof s->external);
}

static void restore(const struct snapshot *s)
{
    memcpy(internal.mem, s->internal, sizeof s->internal);
    memcpy(external.mem, s->external, sizeof s->external);
}

static void power_on(uint32_t cut_at, enum tear tear)
{
    power.is_off = false;
    power.ops = 0;
    power.cut_at = cut_at;
    power.tear = tear;
}

static struct ota_slot slot_of(const struct ota_area *area)
{
    struct ota_slot slot = {*area, config.align, 0};

    if (config.mode == &ota_boot_swap_status_scratch) {
        slot.flags = OTA_SLOT_MAILBOX;
    }
    return slot;
}

static void build_device(const struct geometry *g)
{
    struct ota_flash f = g->internal;
    uint32_t offset = g->mode == &ota_boot_swap_offset ? f.erase_size : 0;

    f.size = SLOT + g->scratch + g->status;
    cut_flash_init(&internal, &power, &f);
    f = g->secondary;
    f.size = SLOT;
    cut_flash_init(&external, &power, &f);
    memset(&config, 0, sizeof config);
    config.mode = g->mode;
    config.primary = (struct ota_area){&internal.flash, 0, SLOT};
    config.secondary = (struct ota_area){&external.flash, 0, SLOT};
    if (g->scratch > 0) {
        config.scratch = (struct ota_area){&internal.flash, SLOT, g->scratch};
    }
    if (g->status > 0) {
        config.status = (struct ota_area){&internal.flash, SLOT + g->scratch, g->status};
    }
    config.trust = &fake_trust;
    config.buf = buf;
    config.buf_len = sizeof buf;
    config.max_sectors = g->sectors;
    config.align = g->align;
    config.flags = g->flags;
    power_on(CUT_NEVER, TEAR_NONE);
    fake_image(internal.mem, g->old_size, OLD);
    fake_image(external.mem + offset, g->new_size, NEW);
}

/* Version that boots, 0 after a cut, or a failure of the test. */
static int boot_device(struct ota_boot_result *result)
{
    static struct ota_boot boot;
    int rc = ota_boot_init(&boot, &config);

    assert_int_equal(rc, 0);
    rc = ota_boot_run(&boot);
    if (power.is_off) {
        assert_int_equal(rc, OTA_EFLASH);
        return 0;
    }
    if (rc != 0) {
        fail_msg("refuses to boot: %s", ota_err_text(rc));
    }
    if (result != NULL) {
        *result = boot.result;
    }
    return boot.result.version.major;
}

static int boot_uncut(void)
{
    power_on(CUT_NEVER, TEAR_NONE);
    return boot_device(NULL);
}

/* ---- Histories ------------------------------------------------------------------------------- */

struct history {
    const char *name;
    void (*prepare)(void); /* brings the device to where the boot begins */
    int boots;             /* what the boot has to end with */
    int stays;             /* what the boot after it has to end with, unconfirmed */
};

static void request(bool permanent)
{
    struct ota_slot slot = slot_of(&config.secondary);

    assert_int_equal(ota_slot_set_pending(&slot, permanent), 0);
}

static void prepare_test(void)
{
    request(false);
}

static void prepare_permanent(void)
{
    request(true);
}

static void prepare_revert(void)
{
    request(false);
    assert_int_equal(boot_uncut(), NEW);
}

static const struct history swaps[] = {{"upgrade", prepare_test, NEW, OLD},
                                       {"permanent upgrade", prepare_permanent, NEW, NEW},
                                       {"revert", prepare_revert, OLD, OLD}};
static const struct history overwrites[] = {{"upgrade", prepare_test, NEW, NEW}};

/* The last write of a swap may be done although it was cut: then the trial is over already. */
static bool is_complete(void)
{
    struct ota_trailer t;

    power_on(CUT_NEVER, TEAR_NONE);
    assert_int_equal(ota_boot_read_trailer(&config, 0, &t), 0);
    return t.magic == OTA_FIELD_SET && t.copy_done == OTA_FIELD_SET;
}

static void check_outcome(const struct geometry *g, const struct history *h, const char *what,
                          uint32_t at, enum tear tear)
{
    int boots = h->prepare == prepare_test && is_complete() ? h->stays : h->boots;
    int booted = boot_uncut();
    int after = boot_uncut();

    if (booted != boots || after != h->stays) {
        fail_msg("%s, %s, %s at %u (tear %d): boots %d, then %d", g->name, h->name, what,
                 (unsigned)at, (int)tear, booted, after);
    }
}

/* Cuts the recovery too, at each of its operations. */
static void cut_recovery(const struct geometry *g, const struct history *h, uint32_t first,
                         enum tear tear)
{
    static struct snapshot cut;

    save(&cut);
    for (uint32_t at = first % stride;; at += stride) {
        restore(&cut);
        power_on(at, tear);
        if (boot_device(NULL) != 0) {
            return;
        }
        check_outcome(g, h, "second cut after one", first * 1000 + at, tear);
        totals.pairs++;
    }
}

static void cut_history(const struct geometry *g, const struct history *h, enum tear tear)
{
    static struct snapshot begin, cut;

    build_device(g);
    h->prepare();
    save(&begin);
    for (uint32_t at = 0;; at++) {
        restore(&begin);
        power_on(at, tear);
        if (boot_device(NULL) != 0) {
            return;
        }
        save(&cut);
        check_outcome(g, h, "cut", at, tear);
        totals.cuts++;
        restore(&cut);
        if (h->prepare != prepare_test || !is_complete()) {
            cut_recovery(g, h, at, tear);
        }
    }
}

static bool is_one_way(const struct ota_boot_mode *mode)
{
    return mode == &ota_boot_overwrite || mode == &ota_boot_overwrite_fast;
}

static void test_power_can_go_at_any_operation(void **state)
{
    (void)state;
    power.seed = 1;
    for (size_t i = 0; i < sizeof geometries / sizeof geometries[0]; i++) {
        const struct geometry *g = &geometries[i];
        bool is_overwrite = is_one_way(g->mode);
        const struct history *h = is_overwrite ? overwrites : swaps;
        size_t n = is_overwrite ? 1 : 3;

        for (size_t k = 0; k < n; k++) {
            for (int tear = TEAR_NONE; tear < N_TEARS; tear++) {
                cut_history(g, &h[k], (enum tear)tear);
            }
        }
    }
    print_message("power cuts: %lu, and %lu second cuts during recovery\n", totals.cuts,
                  totals.pairs);
}

/* ---- Confirming ------------------------------------------------------------------------------ */

static void test_confirm_cut_at_any_operation_keeps_either_image(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof geometries / sizeof geometries[0]; i++) {
        for (int tear = TEAR_NONE; tear < N_TEARS; tear++) {
            for (uint32_t at = 0; !is_one_way(geometries[i].mode); at++) {
                struct ota_slot slot;
                int rc;

                build_device(&geometries[i]);
                prepare_revert();
                slot = slot_of(&config.primary);
                power_on(at, (enum tear)tear);
                rc = ota_slot_confirm(&slot);
                if (rc == 0) {
                    assert_int_equal(boot_uncut(), NEW);
                    assert_int_equal(boot_uncut(), NEW);
                    break;
                }
                rc = boot_uncut();
                assert_true(rc == OLD || rc == NEW);
                assert_int_equal(boot_uncut(), rc);
            }
        }
    }
}

static void test_request_cut_at_any_operation_is_kept_or_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof geometries / sizeof geometries[0]; i++) {
        for (uint32_t at = 0;; at++) {
            struct ota_slot slot;
            int rc;

            build_device(&geometries[i]);
            slot = slot_of(&config.secondary);
            power_on(at, TEAR_FIRST_HALF);
            rc = ota_slot_set_pending(&slot, true);
            if (rc == 0) {
                break;
            }
            rc = boot_uncut();
            assert_true(rc == OLD || rc == NEW);
            assert_int_equal(boot_uncut(), rc);
        }
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_can_go_at_any_operation),
        cmocka_unit_test(test_confirm_cut_at_any_operation_keeps_either_image),
        cmocka_unit_test(test_request_cut_at_any_operation_is_kept_or_lost),
    };

    if (argc > 1) {
        stride = (uint32_t)strtoul(argv[1], NULL, 10);
        stride = stride == 0 ? 1 : stride;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
