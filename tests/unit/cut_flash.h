/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flash devices in memory that share a power supply, which can be cut at any operation: before it,
 * after it, or in the middle of it. An operation that is torn has its first half done, its second
 * half, any bits, or it leaves bits that are weak: until they are erased or programmed again they
 * read as before the operation or as after it, differently each time.
 */
#ifndef OTA_TEST_UNIT_CUT_FLASH_H
#define OTA_TEST_UNIT_CUT_FLASH_H

#include <stdint.h>
#include <string.h>

#include "ota/err.h"
#include "ota/port.h"

#define CUT_FLASH_MAX 32768u
#define CUT_NEVER UINT32_MAX

enum tear {
    TEAR_NONE,
    TEAR_FIRST_HALF,
    TEAR_SECOND_HALF,
    TEAR_RANDOM,
    TEAR_WEAK,
    TEAR_AFTER,
    N_TEARS
};

/* What weak bits read as: any, or as before the torn operation, or as after it. */
enum weak_bits { WEAK_ANY, WEAK_OLD, WEAK_NEW };

struct power {
    uint32_t ops; /* operations so far */
    uint32_t cut_at;
    enum tear tear;
    uint32_t seed; /* of torn and weak bits */
    enum weak_bits weak;
    bool is_off;
};

struct cut_flash {
    struct ota_flash flash;
    struct power *power;
    bool is_weak;                /* there are weak bits */
    uint8_t mem[CUT_FLASH_MAX];  /* weak bits: as before */
    uint8_t weak[CUT_FLASH_MAX]; /* which bits are weak */
};

static inline uint8_t power_random(struct power *p)
{
    p->seed = p->seed * 1664525u + 1013904223u;
    return (uint8_t)(p->seed >> 24);
}

/* Bits of byte i of n that an operation changes which is torn. */
static inline uint8_t torn_bits(struct power *p, size_t i, size_t n)
{
    switch (p->tear) {
    case TEAR_FIRST_HALF:
        return i < (n + 1) / 2 ? 0xff : 0;
    case TEAR_SECOND_HALF:
        return i >= n / 2 ? 0xff : 0;
    case TEAR_RANDOM:
    case TEAR_WEAK:
        return power_random(p);
    case TEAR_AFTER:
        return 0xff;
    default:
        return 0;
    }
}

/* Flash with ECC, which cannot program a unit twice, reports a torn one instead of guessing. */
static inline bool can_be_weak(const struct cut_flash *f)
{
    return (f->flash.flags & (OTA_FLASH_REFRESH | OTA_FLASH_REWRITE)) != 0;
}

/* One byte becomes value, in the bits of mask; is_erase: weak bits become firm whatever they are.
 * Else programming makes those firm that it programs. */
static inline void change_byte(struct cut_flash *f, uint32_t at, uint8_t value, uint8_t mask,
                               bool is_erase)
{
    uint8_t programmed = is_erase ? 0xff : (uint8_t)(value ^ f->flash.erased);
    uint8_t firm = mask & programmed;
    uint8_t changed = mask & (uint8_t)(firm | ~f->weak[at]);

    f->mem[at] = (uint8_t)((f->mem[at] & ~changed) | (value & changed));
    f->weak[at] &= (uint8_t)~firm;
}

/* Sets n bytes at off to data, or erases them, unless the power goes. */
static inline int cut_flash_change(struct cut_flash *f, uint32_t off, const uint8_t *data, size_t n)
{
    struct power *p = f->power;
    bool is_cut = p->ops++ == p->cut_at;
    bool is_erase = data == NULL || (f->flash.flags & OTA_FLASH_REWRITE) != 0;

    if (p->is_off) {
        return OTA_EFLASH;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t at = off + (uint32_t)i;
        uint8_t value = data == NULL ? f->flash.erased : data[i];

        if (is_cut && p->tear == TEAR_WEAK && can_be_weak(f)) {
            f->weak[at] |= (uint8_t)(f->mem[at] ^ value);
            f->is_weak = true;
        } else {
            change_byte(f, at, value, is_cut ? torn_bits(p, i, n) : 0xff, is_erase);
        }
    }
    p->is_off = is_cut;
    return is_cut ? OTA_EFLASH : 0;
}

static inline int cut_flash_read(const struct ota_flash *flash, uint32_t off, void *buf, size_t len)
{
    const struct cut_flash *f = flash->ctx;
    struct power *p = f->power;
    uint8_t *out = buf;
    uint8_t how;

    if (p->is_off) {
        return OTA_EFLASH;
    }
    memcpy(out, f->mem + off, len);
    if (!f->is_weak || p->weak == WEAK_OLD) {
        return 0;
    }
    /* All as before, all as after, or each byte its own way. */
    how = p->weak == WEAK_NEW ? 1 : power_random(p) % 3;
    for (size_t i = 0; i < len && how > 0; i++) {
        if (how == 1 || (power_random(p) & 1) != 0) {
            out[i] ^= f->weak[off + i];
        }
    }
    return 0;
}

/* May a byte be programmed? Its firm bits are erased, or are programmed again. */
static inline bool is_programmable(const struct cut_flash *f, uint32_t at, uint8_t value)
{
    uint8_t programmed = (uint8_t)((f->mem[at] ^ f->flash.erased) & ~f->weak[at]);

    if ((f->flash.flags & OTA_FLASH_REFRESH) == 0) {
        return programmed == 0;
    }
    return (programmed & ~(value ^ f->flash.erased)) == 0;
}

static inline int cut_flash_write(const struct ota_flash *flash, uint32_t off, const void *buf,
                                  size_t len)
{
    struct cut_flash *f = flash->ctx;
    const uint8_t *data = buf;

    if (off % flash->write_size != 0 || len % flash->write_size != 0) {
        return OTA_EALIGN;
    }
    for (size_t i = 0; i < len && (flash->flags & OTA_FLASH_REWRITE) == 0; i++) {
        if (!is_programmable(f, off + (uint32_t)i, data[i])) {
            return OTA_EALIGN; /* told apart from a cut */
        }
    }
    return cut_flash_change(f, off, buf, len);
}

static inline int cut_flash_erase(const struct ota_flash *flash, uint32_t off)
{
    return off % flash->erase_size != 0
               ? OTA_EALIGN
               : cut_flash_change(flash->ctx, off, NULL, flash->erase_size);
}

static inline void cut_flash_init(struct cut_flash *f, struct power *power,
                                  const struct ota_flash *geometry)
{
    static const struct ota_flash_ops ops = {
        .read = cut_flash_read, .write = cut_flash_write, .erase = cut_flash_erase};

    f->flash = *geometry;
    f->flash.ops = &ops;
    f->flash.ctx = f;
    f->power = power;
    f->is_weak = false;
    memset(f->mem, geometry->erased, sizeof f->mem);
    memset(f->weak, 0, sizeof f->weak);
}

#endif
