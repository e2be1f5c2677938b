/* SPDX-License-Identifier: Apache-2.0 */
/* What is on flash, from bytes to the model's digits and back; and cuts. */
#include <string.h>

#include "base/le.h"
#include "engine/journal.h"
#include "ota/err.h"
#include "world.h"

#define FIELDS 48u /* bytes of a trailer without its status */
#define X_TRAILER (FIELDS + 3 * W)
#define P_STATUS (FIELDS + 3 * SECTORS * W)

enum { UNSET, SET, BAD };
enum { EMPTY = 0, JUNK = 4, NO_HEADER = 5 };

/* Where the digits of each unit begin. */
enum { D_P = 0, D_P_TRAILER = 2, D_S = 7, D_S_TRAILER = 9, D_X = 12, D_LOG = 16, D_COUNTER = 22 };

uint32_t world_random(uint32_t limit)
{
    world.random = world.random * 1664525u + 1013904223u;
    return (world.random >> 8) % limit;
}

/* ---- Flash ----------------------------------------------------------------------------------- */

static int change(struct chip *chip, uint32_t off, const uint8_t *data, size_t n)
{
    uint8_t before[UNIT], after[UNIT];
    uint32_t base = off - off % UNIT;
    uint8_t index = (uint8_t)(base / UNIT);
    uint8_t unit = chip == &world.external ? (uint8_t)(U_S0 + index)
                   : index < 3             ? index
                   : index == 3            ? U_SCRATCH
                                           : U_LOG;

    if (world.is_off) {
        return OTA_EFLASH;
    }
    memcpy(before, chip->mem + base, UNIT);
    memcpy(after, before, UNIT);
    for (size_t i = 0; i < n; i++) {
        if (data == NULL) {
            after[i] = 0xff;
        } else if (before[off - base + i] != 0xff) {
            return OTA_EALIGN; /* told apart from a cut */
        } else {
            after[off - base + i] = data[i];
        }
    }
    world.is_off =
        !world.observe(data == NULL ? OP_ERASE : OP_WRITE, unit, chip->mem + base, before, after);
    if (unit == U_LOG && world.is_lost) {
        world.peer.lose_at_chunk = 1;
        world.peer.fail_connects = 1000;
    }
    return world.is_off ? OTA_EFLASH : 0;
}

static int read_chip(const struct ota_flash *flash, uint32_t off, void *out, size_t len)
{
    const struct chip *chip = flash->ctx;

    memcpy(out, chip->mem + off, len);
    return world.is_off ? OTA_EFLASH : 0;
}

static int write_chip(const struct ota_flash *flash, uint32_t off, const void *data, size_t len)
{
    return change(flash->ctx, off, data, len);
}

static int erase_chip(const struct ota_flash *flash, uint32_t off)
{
    return change(flash->ctx, off, NULL, UNIT);
}

void chip_init(struct chip *chip, uint32_t size)
{
    static const struct ota_flash_ops ops = {
        .read = read_chip, .write = write_chip, .erase = erase_chip};

    chip->flash = (struct ota_flash){.ops = &ops,
                                     .ctx = chip,
                                     .size = size,
                                     .erase_size = UNIT,
                                     .write_size = W,
                                     .erased = 0xff};
}

static bool is_blank(const uint8_t *p, size_t n)
{
    return p[0] == 0xff && memcmp(p, p + 1, n - 1) == 0;
}

/* Any of the bits that change, eight bytes at a time. */
static void tear_bits(uint8_t *mem, const uint8_t *before, const uint8_t *after)
{
    static uint64_t x = 88172645463325252u;

    for (uint32_t i = 0; i < UNIT; i += 8) {
        uint64_t b, a;

        memcpy(&b, before + i, 8);
        memcpy(&a, after + i, 8);
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        b ^= (a ^ b) & x;
        memcpy(mem + i, &b, 8);
    }
}

void world_tear(enum tear tear, uint8_t *mem, const uint8_t *before, const uint8_t *after)
{
    /* A write goes from its beginning to its end; an erase is about all cells of the unit. */
    bool is_erase = is_blank(after, UNIT);
    uint32_t first = 0, last = UNIT, from, to;

    if (tear == TEAR_BITS) {
        tear_bits(mem, before, after);
        return;
    }
    while (!is_erase && first < UNIT && memcmp(before + first, after + first, 8) == 0) {
        first += 8;
    }
    while (!is_erase && last > first && memcmp(before + last - 8, after + last - 8, 8) == 0) {
        last -= 8;
    }
    from = tear == TEAR_SECOND_HALF ? first + (last - first) / 2 : first;
    to = tear == TEAR_BEFORE                 ? first
         : tear == TEAR_FIRST_HALF           ? first + (last - first) / 2
         : tear == TEAR_PART && is_erase     ? UNIT / 4
         : tear == TEAR_PART && last > first ? first + world_random(last - first)
                                             : last;
    memcpy(mem, before, UNIT);
    memcpy(mem + from, after + from, to - from);
}

/* ---- Telling --------------------------------------------------------------------------------- */

static const uint8_t magic[] = {0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80};

static int tell_magic(const uint8_t *end)
{
    return memcmp(end - 16, magic, 16) == 0 ? SET : is_blank(end - 16, 16) ? UNSET : BAD;
}

static int tell_flag(uint8_t value)
{
    return value == 0x01 ? SET : value == 0xff ? UNSET : BAD;
}

/* Whose unit it is, by its first len bytes. */
static int tell_data(const uint8_t *mem, int half, uint32_t len)
{
    for (int v = 1; v <= 3; v++) {
        if (memcmp(mem, world.images[v] + (uint32_t)half * UNIT, len) == 0) {
            return v;
        }
    }
    return is_blank(mem, len) ? EMPTY : JUNK;
}

/* A header that says there is no image, or none that may be started. */
static bool is_no_header(const uint8_t *mem)
{
    return is_blank(mem, 4) || (mem[16] & 0x10) != 0;
}

static void put_digits(int at, int n, const int *values)
{
    for (int i = 0; i < n; i++) {
        world.now[at + i] = (char)('0' + values[i]);
    }
}

static int tell_info(const uint8_t *end)
{
    uint32_t size = ota_get_le32(end - 48);

    return end[-40] >= 2 && end[-40] <= 4 && size > 0 && size <= 3 * UNIT - P_STATUS ? end[-40] : 0;
}

static void tell_p_trailer(void)
{
    const uint8_t *end = world.internal.mem + 3 * UNIT;
    int d[5] = {tell_magic(end), 0, 0, 0, 0};

    if (d[0] == SET) {
        d[1] = tell_flag(end[-32]);
        d[2] = tell_flag(end[-24]);
        d[3] = d[1] == UNSET && !world.is_overwrite ? tell_info(end) : 0;
        while (d[3] != 0 && d[4] < 9 && end[(int)(W * (uint32_t)d[4]) - (int)P_STATUS] != 0xff) {
            d[4]++;
        }
    }
    put_digits(D_P_TRAILER, 5, d);
}

static void tell_scratch(void)
{
    const uint8_t *mem = world.internal.mem + 3 * UNIT;
    const uint8_t *end = mem + UNIT;
    int half = tell_data(mem, 0, UNIT - X_TRAILER) == JUNK ? 1 : 0;
    int d[4] = {tell_data(mem, half, UNIT - X_TRAILER), half, BAD, 0};

    d[1] = d[0] == JUNK || d[0] == EMPTY ? 0 : half;
    if (tell_magic(end) == SET) {
        d[2] = SET;
        d[3] = tell_info(end);
    } else if (is_blank(end - FIELDS, FIELDS)) {
        d[2] = UNSET;
    }
    put_digits(D_X, 4, d);
}

static int tell_err(const struct ota_record *r)
{
    return r->stage != OTA_STAGE_DONE || r->err == 0 ? 0
           : r->err == OTA_EREVERTED                 ? 1
           : r->err == OTA_EBOOTREFUSED              ? 2
                                                     : 9;
}

static void tell_log(void)
{
    struct ota_journal j;
    bool was_off = world.is_off;

    world.is_off = false;
    (void)ota_journal_open(&j, &world.journal); /* memory does not fail */
    world.is_off = was_off;
    {
        const struct ota_record *r = &j.last;
        bool is_open = r->stage == OTA_STAGE_LOADING || r->stage == OTA_STAGE_MARKING;
        int d[6] = {(int)r->stage,
                    r->version.major,
                    tell_err(r),
                    r->returns < 2 ? r->returns : 2,
                    is_open && r->offset == UNIT,
                    r->is_reported};

        put_digits(D_LOG, 6, d);
    }
}

void world_tell_unit(uint8_t unit)
{
    const uint8_t *s = world.external.mem;
    const uint8_t *end = s + 3 * UNIT;
    int d[3];

    switch (unit) {
    case U_P0:
    case U_P1:
        d[0] = tell_data(world.internal.mem + unit * UNIT, unit, UNIT);
        put_digits(D_P + unit, 1, d);
        break;
    case U_P_TRAILER:
        tell_p_trailer();
        break;
    case U_S0:
    case U_S1:
        d[0] = tell_data(s + (unit - U_S0) * UNIT, unit - U_S0, UNIT);
        d[0] = d[0] == JUNK && unit == U_S0 && is_no_header(s) ? NO_HEADER : d[0];
        put_digits(D_S + unit - U_S0, 1, d);
        break;
    case U_S_TRAILER:
        d[0] = tell_magic(end);
        d[1] = tell_flag(end[-24]);
        d[2] = end[-40] != 0xff;
        put_digits(D_S_TRAILER, 3, d);
        break;
    case U_SCRATCH:
        tell_scratch();
        break;
    case U_LOG:
        tell_log();
        break;
    default:
        d[0] = (int)world.counter;
        put_digits(D_COUNTER, 1, d);
        break;
    }
}

void world_tell(void)
{
    for (uint8_t unit = 0; unit <= U_COUNTER; unit++) {
        world_tell_unit(unit);
    }
}

/* ---- Making ---------------------------------------------------------------------------------- */

static void put_junk(uint8_t *mem, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        mem[i] = (uint8_t)world_random(256);
    }
}

static void put_data(uint8_t *mem, int what, int half)
{
    if (what >= 1 && what <= 3) {
        memcpy(mem, world.images[what] + (uint32_t)half * UNIT, UNIT);
        return;
    }
    memset(mem, 0xff, UNIT);
    if (what == EMPTY) {
        return;
    }
    if (what == JUNK && world_random(2) == 0) {
        /* The beginning of an image. */
        memcpy(mem, world.images[1 + world_random(3)] + (uint32_t)half * UNIT, UNIT / 4);
        return;
    }
    put_junk(mem, UNIT / 2);
    mem[0] = 0;
    mem[16] &= 0xef;
    if (what == NO_HEADER) {
        memset(mem, 0xff, 4);
    }
}

/* A field that is set, unset or bad; open: it does not matter what it is. */
static uint8_t flag_of(int state, bool is_open)
{
    return is_open          ? (uint8_t)world_random(256)
           : state == UNSET ? 0xff
           : state == SET   ? 0x01
                            : (uint8_t)(0x40 + world_random(64));
}

static void put_magic(uint8_t *end, int state)
{
    if (state != UNSET) {
        memcpy(end - 16, magic, 16);
    }
    if (state == BAD) {
        end[-1 - (int)world_random(16)] ^= 0x08;
    }
}

static void put_p_trailer(const char *d)
{
    uint8_t *end = world.internal.mem + 3 * UNIT;
    bool is_open = d[0] != '0' + SET;
    bool is_done = is_open || d[1] != '0' + UNSET;

    memset(end - UNIT, 0xff, UNIT);
    put_magic(end, d[0] - '0');
    end[-24] = flag_of(d[2] - '0', is_open);
    end[-32] = flag_of(d[1] - '0', is_open);
    if (is_done || world.is_overwrite) {
        end[-40] = (uint8_t)world_random(6);
        ota_put_le32(end - 48, world_random(2) == 0 ? IMAGE : 0xffffffffu);
    } else if (d[3] != '0') {
        end[-40] = (uint8_t)(d[3] - '0');
        ota_put_le32(end - 48, IMAGE);
    }
    for (int i = 0; i < 6; i++) {
        bool is_written = is_done ? world_random(2) == 0 : i < d[4] - '0';

        end[(int)W * i - (int)P_STATUS] = is_written ? (uint8_t)(i % 3 + 1) : 0xff;
    }
}

static void put_scratch(const char *d)
{
    uint8_t *mem = world.internal.mem + 3 * UNIT;
    uint8_t *end = mem + UNIT;

    put_data(mem, d[0] - '0', d[1] - '0');
    memset(end - X_TRAILER, 0xff, X_TRAILER);
    if (d[0] >= '1' && d[0] <= '3' && d[2] == '0' + BAD) {
        put_data(mem, d[0] - '0', d[1] - '0');
    } else if (d[2] != '0' + UNSET) {
        put_magic(end, d[2] - '0');
        end[-40] = d[2] == '0' + SET ? (uint8_t)(d[3] - '0') : (uint8_t)world_random(6);
        ota_put_le32(end - 48, IMAGE);
    }
}

static void put_log(const char *d)
{
    static const int errs[] = {0, OTA_EREVERTED, OTA_EBOOTREFUSED};
    struct ota_journal j;
    struct ota_record r;
    uint32_t older = world_random(64); /* sometimes so many that the next one begins a half */

    memset(world.internal.mem + 4 * UNIT, 0xff, 2 * UNIT);
    memset(&r, 0, sizeof r);
    (void)ota_journal_open(&j, &world.journal); /* memory does not fail */
    if (d[0] == '0' && d[1] == '0') {
        return;
    }
    r.stage = OTA_STAGE_LOADING;
    older = older < 62 ? older / 31 : older + UNIT / 48 - 63;
    for (uint32_t i = 0; i < older; i++) {
        (void)ota_journal_write(&j, &r);
    }
    r.stage = (enum ota_stage)(d[0] - '0');
    r.version.major = (uint16_t)(d[1] - '0');
    r.err = errs[d[2] - '0'];
    r.returns = d[3] < '2' ? (uint8_t)(d[3] - '0') : world_random(2) == 0 ? 2 : 255;
    r.offset = d[4] == '1' ? UNIT : 0;
    r.total = IMAGE;
    r.is_reported = d[5] == '1';
    r.sessions = 1;
    (void)ota_journal_write(&j, &r);
}

static bool pass(uint8_t kind, uint8_t unit, uint8_t *mem, const uint8_t *before,
                 const uint8_t *after)
{
    (void)kind;
    (void)unit;
    (void)before;
    memcpy(mem, after, UNIT);
    return true;
}

void world_put(const char *flash)
{
    uint8_t *s = world.external.mem;
    uint8_t *end = s + 3 * UNIT;
    observe_fn usual = world.observe;

    world.observe = pass;
    world.is_off = false;
    put_data(world.internal.mem, flash[D_P] == '0' + NO_HEADER ? JUNK : flash[D_P] - '0', 0);
    put_data(world.internal.mem + UNIT, flash[D_P + 1] - '0', 1);
    put_p_trailer(flash + D_P_TRAILER);
    put_data(s, flash[D_S] - '0', 0);
    put_data(s + UNIT, flash[D_S + 1] - '0', 1);
    memset(end - UNIT, 0xff, UNIT);
    put_magic(end, flash[D_S_TRAILER] - '0');
    end[-24] = flag_of(flash[D_S_TRAILER + 1] - '0', false);
    end[-40] = flash[D_S_TRAILER + 2] == '0' ? 0xff : (uint8_t)(2 + world_random(2));
    put_scratch(flash + D_X);
    put_log(flash + D_LOG);
    world.counter = (uint32_t)(flash[D_COUNTER] - '0');
    world.observe = usual;
    world_tell();
}
