/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NOR flash: the machine's PSRAM, whose content QEMU keeps in a file, under the rules of a flash
 * device. The memory protection unit keeps it read-only but for the moment of an operation, so that
 * a stray pointer ends in a fault as it would on hardware. A power cut is the end of QEMU: what
 * these loops have written until then stays.
 *
 * Memory is much faster than flash. With the setting "erase_us" an erase takes as long as that, in
 * steps, so that a power cut finds it under way.
 */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "cortex_m.h"
#include "internal.h"
#include "ota/err.h"

#define ERASED_WORD 0xffffffffu

/* Region of 16 MiB (2^24), normal memory, executable; B3.5.8 of the architecture manual. */
#define REGION_BASE_BITS 24u
#define REGION ((REGION_BASE_BITS - 1u) << 1 | 1u | 0x0bu << 16)
#define READ_ONLY (6u << 24)
#define READ_WRITE (3u << 24)
#define MPU_ON 5u /* with the usual map for everything outside of the region */

#define ERASE_STEPS 4u

static uint32_t step_ticks; /* of an erase, each */

static void protect(uint32_t access)
{
    data_barrier();
    MPU_RNR = 0;
    MPU_RBAR = BOARD_FLASH_BASE;
    MPU_RASR = REGION | access;
    MPU_CTRL = MPU_ON;
    data_barrier();
}

void board_flash_init(void)
{
    const char *us = board_setting("erase_us");

    protect(READ_ONLY);
    step_ticks =
        us == NULL ? 0 : CLOCK_HZ / 1000000u * (uint32_t)strtoul(us, NULL, 10) / ERASE_STEPS;
}

static volatile uint32_t *at(uint32_t off)
{
    return (volatile uint32_t *)(uintptr_t)(BOARD_FLASH_BASE + off);
}

static bool is_in(uint32_t off, size_t len)
{
    return off <= BOARD_FLASH_SIZE && len <= BOARD_FLASH_SIZE - off;
}

static int flash_read(const struct ota_flash *flash, uint32_t off, void *buf, size_t len)
{
    (void)flash;
    if (!is_in(off, len)) {
        return OTA_ERANGE;
    }
    memcpy(buf, (const void *)(uintptr_t)(BOARD_FLASH_BASE + off), len);
    return 0;
}

static bool is_erased(uint32_t off, size_t len)
{
    for (size_t i = 0; i < len; i += 4) {
        if (*at(off + (uint32_t)i) != ERASED_WORD) {
            return false;
        }
    }
    return true;
}

static int flash_write(const struct ota_flash *flash, uint32_t off, const void *buf, size_t len)
{
    const uint8_t *from = buf;

    (void)flash;
    if (!is_in(off, len)) {
        return OTA_ERANGE;
    }
    if (off % BOARD_FLASH_WRITE != 0 || len % BOARD_FLASH_WRITE != 0) {
        return OTA_EALIGN;
    }
    if (!is_erased(off, len)) {
        return OTA_EFLASH; /* programming only clears bits, and error correction allows it once */
    }
    protect(READ_WRITE);
    for (size_t i = 0; i < len; i += 4) {
        uint32_t word;

        memcpy(&word, from + i, sizeof word);
        *at(off + (uint32_t)i) &= word;
    }
    protect(READ_ONLY);
    return 0;
}

static void take_time(void)
{
    uint32_t start = FPGA_COUNTER;

    while (FPGA_COUNTER - start < step_ticks) {
    }
}

static int flash_erase(const struct ota_flash *flash, uint32_t off)
{
    (void)flash;
    if (off % BOARD_FLASH_ERASE != 0) {
        return OTA_EALIGN;
    }
    if (!is_in(off, BOARD_FLASH_ERASE)) {
        return OTA_ERANGE;
    }
    protect(READ_WRITE);
    for (uint32_t i = 0; i < BOARD_FLASH_ERASE; i += 4) {
        if (i % (BOARD_FLASH_ERASE / ERASE_STEPS) == 0) {
            take_time();
        }
        *at(off + i) = ERASED_WORD;
    }
    protect(READ_ONLY);
    return 0;
}

static const struct ota_flash_ops ops = {
    .read = flash_read,
    .write = flash_write,
    .erase = flash_erase,
};

const struct ota_flash board_flash = {
    .ops = &ops,
    .size = BOARD_FLASH_SIZE,
    .erase_size = BOARD_FLASH_ERASE,
    .write_size = BOARD_FLASH_WRITE,
    .erased = 0xff,
};
