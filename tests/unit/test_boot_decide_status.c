/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a boot with a status partition sets out to do, for the combinations of what the records of
 * both slots and of scratch say and what the application has left in the mailboxes at the slots'
 * ends. Compared with a specification that is written here from the description of the format; the
 * rows of the partition are made here too.
 */
#include "unit/test.h"

#include <string.h>

#include "ota/boot.h"
#include "ota/err.h"
#include "unit/cut_flash.h"
#include "unit/fake_image.h"

#define SLOT 4096u
#define UNIT 512u
#define STATUS (SLOT + UNIT) /* offset of the partition, behind scratch */
#define IMAGE 300u

enum state { UNSET, GOOD, BAD };
enum record { PRIMARY, SECONDARY, SCRATCH };

/* What a record, or a mailbox, says. */
struct says {
    enum state magic, copy_done, image_ok;
    uint8_t info; /* 0xff: none */
    uint8_t n;    /* states of the first chunk that are complete */
};

static struct power power;
static struct cut_flash internal, external;
static struct ota_boot_config config;
static struct ota_boot boot;
static uint8_t buf[UNIT];
static unsigned long n_checked, n_resumed, n_taken;

static const uint8_t magic[] = {0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80};

/* ---- Flash ----------------------------------------------------------------------------------- */

static void set_up(void)
{
    static const struct ota_flash geometry = {
        .size = STATUS + 6144, .erase_size = UNIT, .write_size = 8, .erased = 0xff};

    power = (struct power){.cut_at = CUT_NEVER};
    cut_flash_init(&internal, &power, &geometry);
    cut_flash_init(&external, &power, &geometry);
    config = (struct ota_boot_config){.mode = &ota_boot_swap_status_scratch,
                                      .primary = {&internal.flash, 0, SLOT},
                                      .secondary = {&external.flash, 0, SLOT},
                                      .scratch = {&internal.flash, SLOT, UNIT},
                                      .status = {&internal.flash, STATUS, 6144},
                                      .trust = &fake_trust,
                                      .buf = buf,
                                      .buf_len = sizeof buf,
                                      .max_sectors = 16};
    fake_image(internal.mem, IMAGE, 1);
    fake_image(external.mem, IMAGE, 2);
}

static void put_magic(uint8_t *at, enum state state)
{
    if (state != UNSET) {
        memcpy(at, magic, sizeof magic);
        at[5] = state == BAD ? 0 : at[5];
    }
}

static uint8_t flag(enum state s)
{
    static const uint8_t bytes[] = {0xff, 0x01, 0x55};

    return bytes[s];
}

static uint32_t crc32c(const uint8_t *p, size_t n)
{
    uint32_t crc = 0xffffffffu;

    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82f63b78u : crc >> 1;
        }
    }
    return ~crc;
}

/* Closes a row that lies in the first of its two copies. */
static void seal(uint8_t *row)
{
    ota_put_le32(row + 500, 0xdeadbeafu);
    ota_put_le32(row + 504, 1);
    ota_put_le32(row + 508, crc32c(row, 508));
}

/* Each record has two copies of a status row and a trailer row. */
static void put_record(enum record which, const struct says *t)
{
    uint8_t *status = internal.mem + STATUS + (size_t)which * 4 * UNIT;
    uint8_t *row = status + UNIT;

    memset(status, 0xff, 4 * (size_t)UNIT);
    put_magic(row + 484, t->magic);
    row[483] = flag(t->image_ok);
    row[482] = flag(t->copy_done);
    row[481] = t->info;
    if (t->info != 0xff) {
        ota_put_le32(row + 477, IMAGE);
    }
    seal(row);
    if (t->n > 0) {
        status[0] = t->n;
        seal(status);
    }
}

static void put_box(struct cut_flash *chip, const struct says *t)
{
    uint8_t *end = chip->mem + SLOT;

    memset(end - UNIT, 0xff, UNIT);
    put_magic(end - 16, t->magic);
    end[-24] = flag(t->image_ok);
}

/* ---- Specification --------------------------------------------------------------------------- */

struct world {
    struct says p, s, x, p_box, s_box;
};

struct decision {
    bool is_resumed;
    enum ota_swap_type type;
};

static bool tells(const struct says *t)
{
    return t->magic == GOOD && t->info >= 2 && t->info <= 4;
}

/* What the application has asked for since is taken over, once no swap is in the middle. */
static void take_over(struct world *w)
{
    if (w->p.magic == GOOD && w->p.copy_done == GOOD && w->p_box.image_ok == GOOD &&
        w->p.image_ok == UNSET) {
        w->p.image_ok = GOOD;
        n_taken++;
    }
    if (w->s_box.magic != GOOD) {
        return;
    }
    if (w->s.magic != GOOD || (w->s.image_ok == UNSET && w->s_box.image_ok == GOOD)) {
        w->s.magic = GOOD;
        w->s.image_ok = w->s_box.image_ok == GOOD ? GOOD : UNSET;
        n_taken++;
    }
}

static struct decision specified(struct world w)
{
    bool is_open = tells(&w.p) && w.p.copy_done == UNSET;

    if (is_open && (!tells(&w.x) || w.p.n == 2 || w.x.n == 0)) {
        return (struct decision){true, (enum ota_swap_type)w.p.info};
    }
    if (tells(&w.x)) {
        return (struct decision){true, (enum ota_swap_type)w.x.info};
    }
    take_over(&w);
    if (w.s.magic == GOOD && w.s.image_ok != BAD) {
        return (struct decision){false, w.s.image_ok == UNSET ? OTA_SWAP_TEST : OTA_SWAP_PERM};
    }
    if (w.p.magic == GOOD && w.p.copy_done != UNSET && w.p.image_ok == UNSET) {
        return (struct decision){false, OTA_SWAP_REVERT};
    }
    return (struct decision){false, OTA_SWAP_NONE};
}

/* ---- All of them ----------------------------------------------------------------------------- */

static void check(const struct world *w)
{
    struct decision want = specified(*w);
    int rc;

    put_record(PRIMARY, &w->p);
    put_record(SECONDARY, &w->s);
    put_record(SCRATCH, &w->x);
    put_box(&internal, &w->p_box);
    put_box(&external, &w->s_box);
    assert_int_equal(ota_boot_init(&boot, &config), 0);
    do {
        rc = ota_boot_step(&boot);
    } while (rc == 1 && !boot.is_acting);
    n_checked++;
    n_resumed += want.is_resumed;
    if (boot.result.is_resumed != want.is_resumed || boot.type != want.type ||
        rc != (want.type == OTA_SWAP_NONE ? 0 : 1)) {
        fail_msg("primary %d/%d/%d info %x n %d box %d, secondary %d/%d box %d/%d, scratch %d info "
                 "%x n %d: %s %d (rc %d), not %s %d",
                 w->p.magic, w->p.copy_done, w->p.image_ok, (unsigned)w->p.info, (int)w->p.n,
                 w->p_box.image_ok, w->s.magic, w->s.image_ok, w->s_box.magic, w->s_box.image_ok,
                 w->x.magic, (unsigned)w->x.info, (int)w->x.n,
                 boot.result.is_resumed ? "resumes" : "decides", (int)boot.type, rc,
                 want.is_resumed ? "resume" : "decide", (int)want.type);
    }
}

static void each_box(struct world *w)
{
    for (int p = UNSET; p <= BAD; p++) {
        for (int s = 0; s < 5; s++) {
            w->p_box.image_ok = (enum state)p;
            w->s_box.magic = s == 4 ? BAD : s == 0 ? UNSET : GOOD;
            w->s_box.image_ok = s == 4 || s == 0 ? UNSET : (enum state)(s - 1);
            check(w);
        }
    }
}

static void each_secondary(struct world *w)
{
    for (int s = 0; s < 9; s++) {
        w->s.magic = (enum state)(s % 3);
        w->s.image_ok = (enum state)(s / 3);
        each_box(w);
    }
}

static void test_every_record_is_decided_as_specified(void **state)
{
    static const struct says nothing = {UNSET, UNSET, UNSET, 0xff, 0};
    static const struct says copies[] = {{UNSET, UNSET, UNSET, 0xff, 0},
                                         {GOOD, UNSET, UNSET, OTA_SWAP_REVERT, 0}};
    static const uint8_t infos[] = {0xff, OTA_SWAP_TEST, OTA_SWAP_PERM, OTA_SWAP_REVERT};
    struct world w = {nothing, nothing, nothing, nothing, nothing};

    (void)state;
    set_up();
    for (int i = 0; i < 27 * 4 * 2 * 2; i++) {
        w.x = copies[i % 2];
        w.p.n = i / 2 % 2 == 0 ? 0 : 2;
        w.p.info = infos[i / 4 % 4];
        w.p.magic = (enum state)(i / 16 % 3);
        w.p.copy_done = (enum state)(i / 48 % 3);
        w.p.image_ok = (enum state)(i / 144);
        each_secondary(&w);
        /* Acting has begun at times. */
        fake_image(internal.mem, IMAGE, 1);
        fake_image(external.mem, IMAGE, 2);
    }
    print_message("decisions: %lu combinations, %lu go on with a swap, %lu take a mailbox over\n",
                  n_checked, n_resumed, n_taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_record_is_decided_as_specified),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
