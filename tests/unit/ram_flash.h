/* SPDX-License-Identifier: Apache-2.0 */
/* A flash device in memory that refuses what NOR hardware refuses. For unit tests. */
#ifndef OTA_TEST_UNIT_RAM_FLASH_H
#define OTA_TEST_UNIT_RAM_FLASH_H

#include <string.h>

#include "ota/err.h"
#include "ota/port.h"

#define RAM_FLASH_MAX 81920u

struct ram_flash {
    struct ota_flash flash;
    uint8_t mem[RAM_FLASH_MAX];
    unsigned n_writes;
    unsigned n_erases;
    unsigned n_failed;
    int fail_after; /* operations until everything fails; negative: never */
};

static inline int ram_flash_gate(struct ram_flash *r)
{
    if (r->fail_after == 0) {
        r->n_failed++;
        return OTA_EFLASH;
    }
    if (r->fail_after > 0) {
        r->fail_after--;
    }
    return 0;
}

static inline int ram_flash_read(const struct ota_flash *f, uint32_t off, void *buf, size_t len)
{
    const struct ram_flash *r = f->ctx;

    memcpy(buf, r->mem + off, len);
    return 0;
}

static inline int ram_flash_write(const struct ota_flash *f, uint32_t off, const void *buf,
                                  size_t len)
{
    struct ram_flash *r = f->ctx;

    if (off % f->write_size != 0 || len % f->write_size != 0 || len > f->size - off) {
        return OTA_EALIGN;
    }
    if (ram_flash_gate(r) != 0) {
        return OTA_EFLASH;
    }
    for (size_t i = 0; i < len && (f->flags & OTA_FLASH_REWRITE) == 0; i++) {
        if (r->mem[off + i] != f->erased) {
            return OTA_EFLASH;
        }
    }
    memcpy(r->mem + off, buf, len);
    r->n_writes++;
    return 0;
}

static inline int ram_flash_erase(const struct ota_flash *f, uint32_t off)
{
    struct ram_flash *r = f->ctx;

    if (off % f->erase_size != 0 || off >= f->size) {
        return OTA_EALIGN;
    }
    if (ram_flash_gate(r) != 0) {
        return OTA_EFLASH;
    }
    memset(r->mem + off, f->erased, f->erase_size);
    r->n_erases++;
    return 0;
}

static inline void ram_flash_init(struct ram_flash *r, uint32_t size, uint32_t erase_size,
                                  uint32_t write_size, uint8_t erased)
{
    static const struct ota_flash_ops ops = {
        .read = ram_flash_read, .write = ram_flash_write, .erase = ram_flash_erase};

    memset(r, 0, sizeof *r);
    memset(r->mem, erased, size);
    r->fail_after = -1;
    r->flash.ops = &ops;
    r->flash.ctx = r;
    r->flash.size = size;
    r->flash.erase_size = erase_size;
    r->flash.write_size = write_size;
    r->flash.erased = erased;
}

#endif
