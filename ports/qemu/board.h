/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board: a Cortex-M4 (QEMU's mps2-an386) with 16 MiB of memory-mapped NOR flash, Ethernet, a
 * console and a watchdog. One thread, no operating system.
 *
 * board_layout.h, made from the board file, has the addresses.
 */
#ifndef QEMU_BOARD_H
#define QEMU_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board_layout.h"
#include "ota/port.h"
#include "ota/slot.h"

/* ---- Start and end --------------------------------------------------------------------------- */

/* Why the processor started. */
enum board_start {
    BOARD_START_POWER,    /* power-on */
    BOARD_START_RESET,    /* board_reset */
    BOARD_START_WATCHDOG, /* nobody fed the watchdog */
    BOARD_START_FAULT,    /* the program did what it must not */
};

/* Console, clock and the write protection of the flash. First call of main. */
void board_init(void);

/* Why this boot came about. Known to the bootloader and to the application after it. */
enum board_start board_start_reason(void);

/* Starts the image whose vector table is at that offset of the flash. Does not return. */
void board_start_image(uint32_t entry_off) __attribute__((noreturn));

void board_reset(void) __attribute__((noreturn));

/* ---- Console and settings -------------------------------------------------------------------- */

/* A line on the console: printf's format; cut at 160 characters. */
void board_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * A setting that was stored when the device was made (area "settings": "name=value" texts, each
 * with a NUL, up to the first erased byte). NULL if there is none. Stays valid: it is read in
 * place.
 */
const char *board_setting(const char *name);

/* ---- Time ------------------------------------------------------------------------------------ */

/* Milliseconds, microseconds since the start of this image. Call one at least every two minutes. */
uint64_t board_now_ms(void);
uint64_t board_now_us(void);

/* Sleeps up to ms, or until the network has something. */
void board_sleep(uint32_t ms);

/* Starts the watchdog: unless it is fed within ms, the board resets. */
void board_watchdog_start(uint32_t ms);
void board_watchdog_feed(void);

/* ---- Flash ----------------------------------------------------------------------------------- */

/* The NOR flash: read-only to everything but its own operations. */
extern const struct ota_flash board_flash;

/* An area of the board file, as in BOARD_AREA(PRIMARY). */
#define BOARD_AREA(name)                                                                           \
    {                                                                                              \
        .flash = &board_flash, .off = BOARD_##name##_OFF, .size = BOARD_##name##_SIZE              \
    }

/* ---- Rest of what the agent needs ------------------------------------------------------------ */

/* Time, randomness, reset and sleep, for ota_config.system. */
extern const struct ota_system board_system;

/* Fills buf with len unpredictable bytes. 0 or OTA_EENTROPY. */
int board_random(void *buf, size_t len);

/* Most bytes of stack that have been in use. */
uint32_t board_stack_used(void);

/* ---- Network --------------------------------------------------------------------------------- */

/* Starts lwIP on the Ethernet; the address comes from DHCP. 0 or OTA_ENOTSUP without hardware. */
int board_net_init(void);

/* Moves packets and timers. Call it in the main loop. */
void board_net_poll(void);

/* True once there is an address. */
bool board_net_is_up(void);

#endif
