/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a boot sets out to do, for every combination of what both trailers, and scratch's, can say:
 * the fields' states, the recorded swap, its size and how far its status goes. Flash refuses the
 * first change, so each boot ends where its decision is made. It is compared with a specification
 * that is written here once more, from the description of the format, and shares no code with the
 * bootloader.
 */
#include "unit/test.h"

#include <string.h>

#include "ota/boot.h"
#include "ota/err.h"
#include "unit/cut_flash.h"
#include "unit/fake_image.h"

#define SLOT 8192u
#define UNIT 512u
#define SECTORS 16u
#define W 8u
#define IMAGE 300u
#define TOO_LARGE 8000u

enum state { UNSET, GOOD, BAD };

static const uint8_t infos[] = {0xff, 0x01, 0x02, 0x03, 0x04, 0x05};
static const uint32_t sizes[] = {0xffffffffu, 0, IMAGE, TOO_LARGE};

/* What one trailer says. */
struct says {
    enum state magic, copy_done, image_ok;
    uint8_t info;
    uint32_t size;
    uint32_t n; /* states of a swap that are complete */
};

static struct power power;
static struct cut_flash internal, external;
static struct ota_boot_config config;
static struct ota_boot boot;
static uint8_t buf[256];
static unsigned long n_checked, n_resumed, n_restarted;

/* ---- Flash ----------------------------------------------------------------------------------- */

static void set_up(const struct ota_boot_mode *mode, uint8_t flags)
{
    static const struct ota_flash geometry = {
        .size = SLOT + 1024, .erase_size = UNIT, .write_size = W, .erased = 0xff};

    power = (struct power){.cut_at = 0};
    cut_flash_init(&internal, &power, &geometry);
    cut_flash_init(&external, &power, &geometry);
    config = (struct ota_boot_config){.mode = mode,
                                      .primary = {&internal.flash, 0, SLOT},
                                      .secondary = {&external.flash, 0, SLOT},
                                      .scratch = {&internal.flash, SLOT, 1024},
                                      .trust = &fake_trust,
                                      .buf = buf,
                                      .buf_len = sizeof buf,
                                      .max_sectors = SECTORS,
                                      .flags = flags};
    fake_image(internal.mem, IMAGE, 1);
    fake_image(external.mem + (mode == &ota_boot_swap_offset ? UNIT : 0), IMAGE, 2);
}

static uint8_t flag(enum state s)
{
    static const uint8_t bytes[] = {0xff, 0x01, 0x55};

    return bytes[s];
}

/* Writes a trailer below end, with n entries from status on. */
static void write_says(uint8_t *end, uint8_t *status, const struct says *t)
{
    static const uint8_t magic[] = {0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                    0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80};
    const uint32_t size_back = config.mode == &ota_boot_swap_offset ? 56 : 48;

    memset(end - 64, 0xff, 64);
    if (t->magic != UNSET) {
        memcpy(end - 16, magic, sizeof magic);
        end[-1] = t->magic == BAD ? 0 : end[-1];
    }
    end[-24] = flag(t->image_ok);
    end[-32] = flag(t->copy_done);
    end[-40] = t->info;
    ota_put_le32(end - size_back, t->size);
    for (uint32_t i = 0; i < 4; i++) {
        status[(size_t)i * W] = i < t->n ? (uint8_t)(i % 3 + 1) : 0xff;
    }
}

static uint32_t status_back(bool is_scratch)
{
    if (config.mode == &ota_boot_swap_offset) {
        return 56 + 2 * SECTORS * W;
    }
    return 48 + (is_scratch && (config.flags & OTA_BOOT_V1) == 0 ? 3 * W : 3 * SECTORS * W);
}

/* ---- Specification --------------------------------------------------------------------------- */

struct decision {
    bool is_resumed;
    enum ota_swap_type type;
    bool does_nothing;
};

/* Does a trailer tell of a swap that can be? */
static bool tells(const struct says *t)
{
    return t->magic == GOOD && t->info >= 2 && t->info <= 4 && t->size == IMAGE;
}

/* The table of the trailers, row by row. */
static enum ota_swap_type by_table(const struct says *p, const struct says *s)
{
    /* A copy_done that was torn ended a trial all the same. */
    bool is_trial = p->magic == GOOD && p->copy_done != UNSET && p->image_ok == UNSET;

    if (config.mode == &ota_boot_swap_offset && s->magic == GOOD && s->image_ok == UNSET &&
        s->copy_done == GOOD) {
        return OTA_SWAP_REVERT;
    }
    if (s->magic == GOOD && s->image_ok != BAD) {
        return s->image_ok == UNSET ? OTA_SWAP_TEST : OTA_SWAP_PERM;
    }
    if ((config.flags & OTA_BOOT_V1) != 0 && s->magic != UNSET) {
        return OTA_SWAP_NONE;
    }
    return is_trial ? OTA_SWAP_REVERT : OTA_SWAP_NONE;
}

/* Who tells of an interrupted swap, or NULL. */
static const struct says *teller(const struct says *p, const struct says *s, const struct says *x)
{
    bool is_open = tells(p) && p->copy_done == UNSET;

    if (config.mode == &ota_boot_overwrite || config.mode == &ota_boot_overwrite_fast) {
        return NULL;
    }
    if (config.mode != &ota_boot_swap_scratch) {
        /* While the secondary asks for something, nothing has been moved. */
        return is_open && (s->magic != GOOD || p->n == 0) ? p : NULL;
    }
    if (!tells(x)) {
        return is_open ? p : NULL;
    }
    /* Both: the primary's is written when the chunk over it is done but for its third record. */
    return is_open && (p->n == 2 || p->n == 3 || x->n == 0) ? p : x;
}

static struct decision specified(const struct says *p, const struct says *s, const struct says *x)
{
    const struct says *t = teller(p, s, x);

    if (t != NULL) {
        /* One unit is two states using offset; a status that counts more is none to go on with. */
        return (struct decision){true, (enum ota_swap_type)t->info,
                                 config.mode == &ota_boot_swap_offset && t->n > 2};
    }
    return (struct decision){false, by_table(p, s), by_table(p, s) == OTA_SWAP_NONE};
}

/* ---- All of them ----------------------------------------------------------------------------- */

static void check(const struct says *p, const struct says *s, const struct says *x)
{
    struct decision want = specified(p, s, x);
    int rc;

    power.is_off = false;
    power.ops = 0;
    assert_int_equal(ota_boot_init(&boot, &config), 0);
    rc = ota_boot_run(&boot);
    n_checked++;
    if (boot.result.is_resumed != want.is_resumed || boot.type != want.type ||
        want.does_nothing != (rc == 0 && power.ops == 0)) {
        fail_msg("primary %d/%d/%d info %x size %x n %u, secondary %d/%d/%d, scratch %d info %x "
                 "n %u: %s %d (rc %d), not %s %d",
                 p->magic, p->copy_done, p->image_ok, (unsigned)p->info, (unsigned)p->size,
                 (unsigned)p->n, s->magic, s->copy_done, s->image_ok, x->magic, (unsigned)x->info,
                 (unsigned)x->n, boot.result.is_resumed ? "resumes" : "decides", (int)boot.type, rc,
                 want.is_resumed ? "resume" : "decide", (int)want.type);
    }
    n_resumed += want.is_resumed;
    n_restarted += want.is_resumed && teller(p, s, x)->n == 0;
}

static void each_scratch(const struct says *p, const struct says *s)
{
    struct says x = {UNSET, UNSET, UNSET, 0xff, 0xffffffffu, 0};
    uint8_t *end = internal.mem + SLOT + 1024;

    write_says(end, end - status_back(true), &x);
    check(p, s, &x);
    if (config.mode != &ota_boot_swap_scratch) {
        return;
    }
    for (int i = 0; i < 5; i++) {
        x = (struct says){i < 4 ? GOOD : BAD, UNSET, UNSET, i % 2 == 0 ? 2 : 4, IMAGE, (uint32_t)i};
        write_says(end, end - status_back(true), &x);
        check(p, s, &x);
    }
}

static void each_secondary(const struct says *p)
{
    uint8_t unused[32];

    for (int i = 0; i < 27; i++) {
        struct says s = {(enum state)(i % 3), (enum state)(i / 3 % 3),
                         (enum state)(i / 9), 0xff,
                         0xffffffffu,         0};

        write_says(external.mem + SLOT, unused, &s);
        each_scratch(p, &s);
    }
}

static void each_primary(const struct ota_boot_mode *mode, uint8_t flags)
{
    set_up(mode, flags);
    for (int i = 0; i < 27; i++) {
        struct says p = {
            (enum state)(i % 3), (enum state)(i / 3 % 3), (enum state)(i / 9), 0, 0, 0};

        for (size_t k = 0; k < sizeof infos * 4; k++) {
            p.info = infos[k / 4];
            p.size = sizes[k % 4];
            for (p.n = 0; p.n < 4; p.n++) {
                uint8_t *end = internal.mem + SLOT;

                write_says(end, end - status_back(false), &p);
                each_secondary(&p);
            }
        }
    }
}

static void test_every_combination_is_decided_as_specified(void **state)
{
    (void)state;
    each_primary(&ota_boot_overwrite, 0);
    each_primary(&ota_boot_overwrite_fast, 0);
    each_primary(&ota_boot_swap_scratch, 0);
    each_primary(&ota_boot_swap_scratch, OTA_BOOT_V1);
    each_primary(&ota_boot_swap_move, 0);
    each_primary(&ota_boot_swap_offset, 0);
    print_message("decisions: %lu combinations, %lu go on with a swap, %lu of them from its "
                  "beginning\n",
                  n_checked, n_resumed, n_restarted);
}

/* ---- Where a swap goes on -------------------------------------------------------------------- */

#define UNITS 3u   /* of each image */
#define CHUNK UNIT /* scratch holds one */

/* The first operation that a boot wants to do. */
static struct first {
    const struct ota_flash *flash; /* NULL: none */
    uint32_t off;
    bool is_erase;
} first;

static int note(const struct ota_flash *flash, uint32_t off, bool is_erase)
{
    if (first.flash == NULL) {
        first = (struct first){flash, off, is_erase};
    }
    return OTA_EFLASH;
}

static int note_write(const struct ota_flash *flash, uint32_t off, const void *data, size_t len)
{
    (void)data;
    (void)len;
    return note(flash, off, false);
}

static int note_erase(const struct ota_flash *flash, uint32_t off)
{
    return note(flash, off, true);
}

static const struct ota_flash_ops noting_ops = {
    .read = cut_flash_read, .write = note_write, .erase = note_erase};

static struct first erase_of(bool is_primary, uint32_t unit)
{
    return (struct first){is_primary ? &internal.flash : &external.flash, unit * UNIT, true};
}

/* At the end the image is made to stay, if it is to, before the swap is complete. */
static struct first end_of(const struct says *p)
{
    uint32_t back = p->info != OTA_SWAP_TEST && p->image_ok == UNSET ? 24 : 32;

    return (struct first){&internal.flash, SLOT - back, false};
}

/* What follows n states, by the description of each mode. */
static struct first follows(const struct says *p, uint32_t n)
{
    bool is_revert = p->info == OTA_SWAP_REVERT;
    uint32_t i;

    if (config.mode == &ota_boot_swap_scratch) {
        i = UNITS - 1 - n / 3; /* the highest chunk first */
        return n == 3 * UNITS  ? end_of(p)
               : n > 3 * UNITS ? (struct first){NULL, 0, false}
               : n % 3 == 0    ? (struct first){&internal.flash, SLOT, true}
                               : erase_of(n % 3 == 2, i);
    }
    if (config.mode == &ota_boot_swap_move) {
        i = n < UNITS ? 0 : (n - UNITS) / 2;
        return n == 3 * UNITS ? end_of(p)
               : n < UNITS    ? erase_of(true, UNITS - n)
                              : erase_of((n - UNITS) % 2 == 0, i);
    }
    i = is_revert ? UNITS - 1 - n / 2 : n / 2;
    return n > 2 * UNITS                 ? (struct first){NULL, 0, false}
           : n == 2 * UNITS && is_revert ? erase_of(false, 0)
           : n == 2 * UNITS              ? end_of(p)
                            : erase_of(n % 2 == 1, n % 2 == 0 && is_revert ? i + 1 : i);
}

/* Records n states as complete. */
static void write_status(uint8_t *end, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        bool is_second = config.mode == &ota_boot_swap_move && i >= UNITS;
        uint32_t entry = is_second ? SECTORS + i - UNITS : i;

        *(end - status_back(false) + (size_t)entry * W) = (uint8_t)(i % 3 + 1);
    }
}

static void check_resume(uint8_t info, enum state image_ok, uint32_t n)
{
    const struct says p = {GOOD, UNSET, image_ok, info, UNITS * UNIT, 0};
    uint8_t *end = internal.mem + SLOT;
    struct first want = follows(&p, n);
    int rc;

    memset(end - UNIT, 0xff, UNIT);
    write_says(end, end - status_back(false), &p);
    write_status(end, n);
    first.flash = NULL;
    assert_int_equal(ota_boot_init(&boot, &config), 0);
    rc = ota_boot_run(&boot);
    if (first.flash != want.flash ||
        (want.flash != NULL && (first.off != want.off || first.is_erase != want.is_erase))) {
        fail_msg("swap %d, image_ok %d, after %u states: %s at %u of %s (rc %d)", (int)info,
                 (int)image_ok, (unsigned)n, first.is_erase ? "erase" : "write",
                 (unsigned)first.off, first.flash == &internal.flash ? "primary" : "secondary", rc);
    }
    assert_true(boot.result.is_resumed);
    n_checked++;
}

static void each_resume(const struct ota_boot_mode *mode, uint8_t flags, uint32_t most)
{
    set_up(mode, flags);
    internal.flash.ops = external.flash.ops = &noting_ops;
    config.scratch.size = CHUNK;
    for (uint8_t info = OTA_SWAP_TEST; info <= OTA_SWAP_REVERT; info++) {
        for (int ok = UNSET; ok <= BAD; ok++) {
            for (uint32_t n = 1; n <= most; n++) {
                check_resume(info, (enum state)ok, n);
            }
        }
    }
}

static void test_every_swap_goes_on_where_it_stopped(void **state)
{
    (void)state;
    n_checked = 0;
    each_resume(&ota_boot_swap_scratch, 0, 3 * SECTORS);
    each_resume(&ota_boot_swap_scratch, OTA_BOOT_V1, 3 * SECTORS);
    each_resume(&ota_boot_swap_move, 0, 3 * UNITS);
    each_resume(&ota_boot_swap_offset, 0, 2 * SECTORS);
    print_message("resumptions: %lu\n", n_checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_combination_is_decided_as_specified),
        cmocka_unit_test(test_every_swap_goes_on_where_it_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
