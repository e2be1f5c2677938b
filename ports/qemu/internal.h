/* SPDX-License-Identifier: Apache-2.0 */
/* What the board's files tell each other. */
#ifndef QEMU_INTERNAL_H
#define QEMU_INTERNAL_H

#include "board.h"

/* Where the processor starts. */
void reset_handler(void);

/* Before variables have their values. */
void board_console_init(void);

/* Write-protects the flash. */
void board_flash_init(void);

/* Resets and lets the next boot know why. */
void board_reset_because(enum board_start reason) __attribute__((noreturn));

/* Reads from a file of the machine that runs the emulator. Bytes read, or negative. */
int board_host_read(const char *path, void *buf, size_t len);

/* Seconds since 1970, from the same machine: the board's real-time clock. */
uint32_t board_host_time(void);

#endif
