/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSoC 6 with ModusToolbox: flash, watchdog, randomness, reset and the slots of the kits, over the
 * public names of the HAL (cyhal_*) and of the serial-flash library. Application side, on the CM4.
 *
 * Tested on a host over declarations and simulated devices of our own; it has not run on a board.
 * docs/psoc6.md has the layouts and what to check on the first board.
 */
#ifndef OTA_PSOC6_H
#define OTA_PSOC6_H

#include "cyhal.h"
#include "ota/slot.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_PSOC6_ROW 512u          /* bytes that one write of the internal flash replaces */
#define OTA_PSOC6_BASE 0x10000000u  /* address of the internal flash */
#define OTA_PSOC6_HEADER_SIZE 1024u /* of an image: the application begins at slot + 1024 */
#define OTA_PSOC6_WATCHDOG_MS 4000u /* what the bootloader starts before every application */

/* ---- Flash ------------------------------------------------------------------------------------
 */

/* The internal flash. The caller's memory; must not move. */
struct ota_psoc6_internal {
    cyhal_flash_t hal;                              /* private */
    uint32_t row[OTA_PSOC6_ROW / sizeof(uint32_t)]; /* private: the HAL takes aligned rows */
};

/*
 * Opens the internal flash. *out has rows of 512 bytes that erase to 0x00 and that a write replaces
 * (OTA_FLASH_REWRITE), as ota/slot.h wants them for this device. While a row is written (16 ms),
 * code that runs from the same flash sector waits. 0, or OTA_EFLASH if the HAL does not know this
 * flash.
 */
int ota_psoc6_internal_open(struct ota_psoc6_internal *d, struct ota_flash *out);

/* Gives the HAL's object back. */
void ota_psoc6_internal_close(struct ota_psoc6_internal *d);

/*
 * The external flash, over the serial-flash library, which the application has initialised
 * (cy_serial_flash_qspi_init) and which knows one device. Size and erase units come from it; units
 * of different sizes are fine. write_size: 1, or more for flash with error correction, as the
 * slot's alignment allows. XIP must be off while the agent works. 0, OTA_EARG for another write
 * size, or OTA_EFLASH if the library is not initialised.
 */
int ota_psoc6_external_open(uint32_t write_size, struct ota_flash *out);

/* ---- Slots of the kits ------------------------------------------------------------------------
 */

/* Where the bootloader was built to look: the board files boards/KIT-PLACE-MODE.json. */
enum ota_psoc6_layout {
    OTA_PSOC6_INTERNAL_COPY, /* secondary slot inside, overwrite */
    OTA_PSOC6_INTERNAL_SWAP, /* secondary slot inside, swap with status partition */
    OTA_PSOC6_EXTERNAL_COPY, /* secondary slot outside, overwrite */
    OTA_PSOC6_EXTERNAL_SWAP, /* secondary slot outside, swap with status partition */
};

/* For ota_config. */
struct ota_psoc6_slots {
    struct ota_slot primary;
    struct ota_slot secondary;
    struct ota_area journal; /* 16 rows at the end of the internal flash */
    uint32_t image_max;      /* bytes of header, payload and TLVs: what the bootloader can start */
};

/*
 * Slots of one layout, the same on all four kits (a CY8CKIT-064B0S2-4343W is provisioned: its
 * policy decides, docs/psoc6.md). external may be NULL for the internal layouts. 0; OTA_EARG;
 * OTA_ERANGE if a device is smaller than its layout.
 */
int ota_psoc6_slots(enum ota_psoc6_layout layout, const struct ota_flash *internal,
                    const struct ota_flash *external, struct ota_psoc6_slots *out);

/* ---- System -----------------------------------------------------------------------------------
 */

/* ota_system_ops.random over the hardware generator: 0, or OTA_EENTROPY. ctx is not used. */
int ota_psoc6_random(void *ctx, void *buf, size_t len);

/* ota_system_ops.reset: resets both cores. ctx is not used. */
void ota_psoc6_reset(void *ctx);

/* The watchdog of a trial. The caller's memory, zeroed. */
struct ota_psoc6_watchdog {
    cyhal_wdt_t hal; /* private */
    bool is_open;    /* private */
};

/*
 * Takes the watchdog over from the bootloader, which has started it: call it within
 * OTA_PSOC6_WATCHDOG_MS of the start, and ota_psoc6_watchdog_kick at least that often from then on.
 * limit_ms: 1 to what the HAL allows (about 6000). 0, OTA_EARG, or OTA_ESTATE if the HAL refuses.
 */
int ota_psoc6_watchdog_open(struct ota_psoc6_watchdog *w, uint32_t limit_ms);

/* Feeds it. From the task that shows that the application lives, not from a timer. */
void ota_psoc6_watchdog_kick(struct ota_psoc6_watchdog *w);

/* Stops it and gives the HAL's object back. */
void ota_psoc6_watchdog_close(struct ota_psoc6_watchdog *w);

#ifdef __cplusplus
}
#endif
#endif
