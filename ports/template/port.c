/* SPDX-License-Identifier: Apache-2.0 */
#include "template/port.h"

#include <string.h>

#include "ota/err.h"
#include "template/chip.h"

/* Longer than the longest erase and signature check together, which are not interrupted. */
#define WATCHDOG_MS 4000u

/* ---- Flash ------------------------------------------------------------------------------------
 *
 * The library has checked range and alignment. What is left: return 0 or OTA_EFLASH, and never say
 * that something is written which is not.
 */

static int flash_read(const struct ota_flash *flash, uint32_t off, void *buf, size_t len)
{
    (void)flash;
    memcpy(buf, chip_flash + off, len);
    return 0;
}

static int flash_write(const struct ota_flash *flash, uint32_t off, const void *buf, size_t len)
{
    uint8_t word[CHIP_FLASH_WORD];

    (void)flash;
    for (size_t done = 0; done < len; done += sizeof word) {
        memcpy(word, (const uint8_t *)buf + done, sizeof word); /* buf may lie anywhere */
        if (chip_flash_program_word(off + (uint32_t)done, word) != 0 ||
            memcmp(chip_flash + off + done, word, sizeof word) != 0) {
            return OTA_EFLASH;
        }
    }
    return 0;
}

static int flash_erase(const struct ota_flash *flash, uint32_t off)
{
    (void)flash;
    return chip_flash_erase_page(off) == 0 ? 0 : OTA_EFLASH;
}

static const struct ota_flash_ops flash_ops = {
    .read = flash_read,
    .write = flash_write,
    .erase = flash_erase,
};

const struct ota_flash port_flash = {
    .ops = &flash_ops,
    .size = CHIP_FLASH_SIZE,
    .erase_size = CHIP_FLASH_PAGE,
    .write_size = CHIP_FLASH_WORD,
    .erased = 0xff,
    /* .flags: OTA_FLASH_REWRITE if a write replaces what is there without an erase,
     * OTA_FLASH_REFRESH if the same may be programmed again. Set neither when in doubt. */
};

/* ---- System -----------------------------------------------------------------------------------
 */

/* The agent asks at least once a minute, so no wrap goes unseen. */
static uint64_t now_ms(void *ctx)
{
    struct port_system *s = ctx;
    uint32_t ms = chip_ticks_ms();

    if (ms < s->last_ms) {
        s->wraps++;
    }
    s->last_ms = ms;
    return (uint64_t)s->wraps << 32 | ms;
}

/* From hardware, or an error: session identifiers and TLS keys come from here. */
static int random_bytes(void *ctx, void *buf, size_t len)
{
    uint8_t *out = buf;
    uint32_t word;

    (void)ctx;
    while (len > 0) {
        size_t n = len < sizeof word ? len : sizeof word;

        if (chip_random_word(&word) != 0) {
            return OTA_EENTROPY;
        }
        memcpy(out, &word, n);
        out += n;
        len -= n;
    }
    return 0;
}

static void reset(void *ctx)
{
    (void)ctx;
    chip_reset();
}

static void wait_ms(void *ctx, uint32_t ms)
{
    struct port_system *s = ctx;

    if (s->is_awake == 0) {
        chip_sleep(ms);
    }
    s->is_awake = 0;
}

/* Called by ota_check, ota_stop and ota_shutdown, from interrupts too. One that comes between the
 * test and the sleep above is seen when that sleep ends, after a second at most. */
static void wake(void *ctx)
{
    struct port_system *s = ctx;

    s->is_awake = 1;
}

void port_system_init(struct port_system *s, struct ota_system *out)
{
    static const struct ota_system_ops ops = {
        .now_ms = now_ms,
        .random = random_bytes,
        .reset = reset,
        .wait = wait_ms,
        .wake = wake,
    };

    out->ops = &ops;
    out->ctx = s;
}

void port_watchdog_start(void)
{
    chip_watchdog_start(WATCHDOG_MS);
}

void port_watchdog_kick(void)
{
    chip_watchdog_kick();
}
