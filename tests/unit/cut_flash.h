/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flash devices in memory that share a power supply, which can be cut at any operation: before it,
 * or in the middle of it, with the first half done, the second half done, or any bytes of it.
 */
#ifndef OTA_TEST_UNIT_CUT_FLASH_H
#define OTA_TEST_UNIT_CUT_FLASH_H

#include <stdint.h>
#include <string.h>

#include "ota/err.h"
#include "ota/port.h"

#define CUT_FLASH_MAX 32768u
#define CUT_NEVER UINT32_MAX

enum tear { TEAR_NONE, TEAR_FIRST_HALF, TEAR_SECOND_HALF, TEAR_RANDOM, N_TEARS };

struct power {
    uint32_t ops; /* operations so far */
    uint32_t cut_at;
    enum tear tear;
    uint32_t seed; /* of TEAR_RANDOM */
    bool is_off;
};

struct cut_flash {
    struct ota_flash flash;
    struct power *power;
    uint8_t mem[CUT_FLASH_MAX];
};

/* Is byte i of n changed by an operation that is torn? */
static inline bool tear_reaches(struct power *p, size_t i, size_t n)
{
    switch (p->tear) {
    case TEAR_FIRST_HALF:
        return i < n / 2;
    case TEAR_SECOND_HALF:
        return i >= n / 2;
    case TEAR_RANDOM:
        p->seed = p->seed * 1664525u + 1013904223u;
        return (p->seed >> 24 & 1) != 0;
    default:
        return false;
    }
}

/* Sets n bytes at off to data, or to fill, unless the power goes. */
static inline int cut_flash_change(struct cut_flash *f, uint32_t off, const uint8_t *data, size_t n)
{
    struct power *p = f->power;
    bool is_cut = p->ops++ == p->cut_at;

    if (p->is_off) {
        return OTA_EFLASH;
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_cut || tear_reaches(p, i, n)) {
            f->mem[off + i] = data == NULL ? f->flash.erased : data[i];
        }
    }
    p->is_off = is_cut;
    return is_cut ? OTA_EFLASH : 0;
}

static inline int cut_flash_read(const struct ota_flash *flash, uint32_t off, void *buf, size_t len)
{
    const struct cut_flash *f = flash->ctx;

    if (f->power->is_off) {
        return OTA_EFLASH;
    }
    memcpy(buf, f->mem + off, len);
    return 0;
}

static inline int cut_flash_write(const struct ota_flash *flash, uint32_t off, const void *buf,
                                  size_t len)
{
    struct cut_flash *f = flash->ctx;

    if (off % flash->write_size != 0 || len % flash->write_size != 0) {
        return OTA_EALIGN;
    }
    for (size_t i = 0; i < len && (flash->flags & OTA_FLASH_REWRITE) == 0; i++) {
        if (f->mem[off + i] != flash->erased) {
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
    memset(f->mem, geometry->erased, sizeof f->mem);
}

#endif
