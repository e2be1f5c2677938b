/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this port takes from the chip. Replace it by the vendor's header, and the calls in port.c by
 * the vendor's: these have the shape that most of them have.
 */
#ifndef OTA_TEMPLATE_CHIP_H
#define OTA_TEMPLATE_CHIP_H

#include <stddef.h>
#include <stdint.h>

#define CHIP_FLASH_SIZE 0x40000u /* bytes */
#define CHIP_FLASH_PAGE 0x1000u  /* erase unit */
#define CHIP_FLASH_WORD 8u       /* what is programmed at a time, once between two erases */

/* Where the flash is mapped. Not const: the compiler would take its content for granted. */
extern uint8_t chip_flash[CHIP_FLASH_SIZE];

/* 0, or not on failure. Both wait until the flash is ready. */
int chip_flash_erase_page(uint32_t off);
int chip_flash_program_word(uint32_t off, const uint8_t word[CHIP_FLASH_WORD]);

uint32_t chip_ticks_ms(void);        /* from a timer; begins again at 0 after 49 days */
int chip_random_word(uint32_t *out); /* hardware generator: 0, or not when it is unhealthy */
void chip_sleep(uint32_t ms);        /* until an interrupt, at most ms */
void chip_reset(void);               /* starts the bootloader */
void chip_watchdog_start(uint32_t limit_ms); /* once started it cannot be stopped */
void chip_watchdog_kick(void);

#endif
