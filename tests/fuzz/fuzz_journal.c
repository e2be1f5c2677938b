/* SPDX-License-Identifier: Apache-2.0 */
/* A record log full of anything: it opens, and what is written then is found again. */
#include <stdlib.h>

#include "engine/journal.h"
#include "unit/ram_flash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct ram_flash dev;
    struct ota_area area = {&dev.flash, 0, 2048};
    struct ota_journal j;
    struct ota_record r = {.stage = OTA_STAGE_LOADING, .offset = 12345};

    ram_flash_init(&dev, 2048, 1024, 8, 0xff);
    memcpy(dev.mem, data, len < 2048 ? len : 2048);
    if (ota_journal_open(&j, &area) != 0 || ota_journal_write(&j, &r) != 0 ||
        ota_journal_open(&j, &area) != 0 || j.last.offset != 12345) {
        abort();
    }
    return 0;
}
