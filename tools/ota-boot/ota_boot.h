/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTA_BOOT_TOOL_H
#define OTA_BOOT_TOOL_H

#include <stdio.h>

#include "common/bootloader.h"
#include "common/trust.h"

/* One boot of a board. */
struct machine {
    struct ota_board *board;
    struct ota_tool_trust trust;
    struct ota_tool_bootloader loader;
    struct ota_tool_boot boot;
    int rc;      /* of the boot: 0 or why it refuses */
    bool is_cut; /* the power went */
};

/* What a boot did to flash, all devices together. */
struct cost {
    struct ota_nor_count count;
    uint32_t wear; /* most erases of one erase unit, replaced rows included */
    uint64_t us;   /* what it takes on the hardware, by the board's timings */
};

struct cost report_cost(const struct machine *m);

/* Writes what the boot did and the state it left as one line of JSON. 0 or -1. */
int report_json(const struct machine *m, FILE *f);

#endif
