/* SPDX-License-Identifier: Apache-2.0 */
/* A PSoC 6 in memory behind the names of cyhal.h and cy_serial_flash_qspi.h, and what it saw. */
#ifndef OTA_TEST_PSOC6_HAL_H
#define OTA_TEST_PSOC6_HAL_H

#include "cy_serial_flash_qspi.h"

#define HAL_INTERNAL 0x200000u
#define HAL_EXTERNAL 0x4c0000u
#define HAL_SECTOR 0x40000u
#define HAL_SMALL 0x1000u /* sectors in the first HAL_SECTOR, if is_hybrid */
#define HAL_FAILURE ((cy_rslt_t)0x04020001u)

struct hal {
    uint8_t internal[HAL_INTERNAL];
    uint8_t external[HAL_EXTERNAL];
    bool is_failing;      /* every operation fails */
    bool is_odd;          /* the HAL knows no main flash with rows of 512 */
    bool is_hybrid;       /* external: small sectors at the start */
    bool has_external;    /* the serial-flash library is initialised */
    unsigned n_writes;    /* of rows */
    unsigned n_erases;    /* of rows and sectors */
    unsigned n_open;      /* objects of the HAL that are not freed */
    unsigned n_kicks;     /* of the watchdog */
    unsigned n_resets;    /* of the device */
    uint32_t watchdog_ms; /* 0: does not run */
    uint32_t last_random;
};

extern struct hal hal;

/* As new: erased, working, with external flash. */
void hal_init(void);

#endif
