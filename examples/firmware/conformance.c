/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conformance test of flash drivers on the board, in place of the bootloader: what the author
 * of a port runs once before the first update. The first three sectors of the secondary slot and
 * its end are lost.
 */
#include "template/conformance.h"
#include "board.h"

static void tell(void *arg, enum ota_conform_rule rule, uint32_t off, int rc)
{
    (void)arg;
    board_log("flash: %s at 0x%x (%d): %s", ota_conform_name(rule), (unsigned)off, rc,
              ota_conform_text(rule));
}

static void feed(void *arg)
{
    (void)arg;
    board_watchdog_feed();
}

int main(void)
{
    static uint8_t work[OTA_CONFORM_WORK_LEN(BOARD_FLASH_WRITE)];
    static const struct ota_area spare = BOARD_AREA(SECONDARY);
    const struct ota_conformance test = {
        .area = &spare, .work = work, .work_len = sizeof work, .tell = tell, .kick = feed};

    board_init();
    board_watchdog_start(BOARD_WATCHDOG_MS);
    board_log("flash: %d rules broken", ota_conform_run(&test));
    for (;;) {
        board_watchdog_feed();
    }
}
