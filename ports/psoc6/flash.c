/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cy_serial_flash_qspi.h"
#include "ota/err.h"
#include "psoc6/psoc6.h"

/* ---- Internal: the HAL counts in addresses, and writes a row of aligned words at a time ---------
 */

static int internal_read(const struct ota_flash *flash, uint32_t off, void *buf, size_t len)
{
    struct ota_psoc6_internal *d = flash->ctx;

    if (len == 0) {
        return 0;
    }
    return cyhal_flash_read(&d->hal, OTA_PSOC6_BASE + off, buf, len) == CY_RSLT_SUCCESS
               ? 0
               : OTA_EFLASH;
}

/* cyhal_flash_write erases and programs in one operation of the hardware. A row that reads as it
 * should is written all the same: after a power cut its bits may be half programmed. */
static int internal_write(const struct ota_flash *flash, uint32_t off, const void *buf, size_t len)
{
    struct ota_psoc6_internal *d = flash->ctx;

    for (size_t done = 0; done < len; done += OTA_PSOC6_ROW) {
        memcpy(d->row, (const uint8_t *)buf + done, OTA_PSOC6_ROW);
        if (cyhal_flash_write(&d->hal, OTA_PSOC6_BASE + off + (uint32_t)done, d->row) !=
            CY_RSLT_SUCCESS) {
            return OTA_EFLASH;
        }
    }
    return 0;
}

static int internal_erase(const struct ota_flash *flash, uint32_t off)
{
    struct ota_psoc6_internal *d = flash->ctx;

    return cyhal_flash_erase(&d->hal, OTA_PSOC6_BASE + off) == CY_RSLT_SUCCESS ? 0 : OTA_EFLASH;
}

/* The main flash among what the HAL knows; there are supervisory and work flash, too. */
static const cyhal_flash_block_info_t *main_block(const cyhal_flash_info_t *info)
{
    for (uint8_t i = 0; i < info->block_count; i++) {
        if (info->blocks[i].start_address == OTA_PSOC6_BASE) {
            return &info->blocks[i];
        }
    }
    return NULL;
}

int ota_psoc6_internal_open(struct ota_psoc6_internal *d, struct ota_flash *out)
{
    static const struct ota_flash_ops ops = {
        .read = internal_read,
        .write = internal_write,
        .erase = internal_erase,
    };
    const cyhal_flash_block_info_t *block;
    cyhal_flash_info_t info;

    if (cyhal_flash_init(&d->hal) != CY_RSLT_SUCCESS) {
        return OTA_EFLASH;
    }
    cyhal_flash_get_info(&d->hal, &info);
    block = main_block(&info);
    if (block == NULL || block->sector_size != OTA_PSOC6_ROW || block->page_size != OTA_PSOC6_ROW) {
        cyhal_flash_free(&d->hal);
        return OTA_EFLASH;
    }
    *out = (struct ota_flash){
        .ops = &ops,
        .ctx = d,
        .size = block->size,
        .erase_size = OTA_PSOC6_ROW,
        .write_size = OTA_PSOC6_ROW,
        .erased = block->erase_value,
        .flags = OTA_FLASH_REWRITE,
    };
    return 0;
}

void ota_psoc6_internal_close(struct ota_psoc6_internal *d)
{
    cyhal_flash_free(&d->hal);
}

/* ---- External: offsets count from the start of the one device ----------------------------------
 */

static int external_read(const struct ota_flash *flash, uint32_t off, void *buf, size_t len)
{
    (void)flash;
    if (len == 0) {
        return 0;
    }
    return cy_serial_flash_qspi_read(off, len, buf) == CY_RSLT_SUCCESS ? 0 : OTA_EFLASH;
}

static int external_write(const struct ota_flash *flash, uint32_t off, const void *buf, size_t len)
{
    (void)flash;
    return cy_serial_flash_qspi_write(off, len, buf) == CY_RSLT_SUCCESS ? 0 : OTA_EFLASH;
}

/* A unit begins where the sizes before it end; sectors are powers of two and lie aligned. */
static int external_unit(const struct ota_flash *flash, uint32_t off, struct ota_flash_unit *out)
{
    size_t size = cy_serial_flash_qspi_get_erase_size(off);

    (void)flash;
    if (size == 0) {
        return OTA_EFLASH;
    }
    out->size = (uint32_t)size;
    out->off = off - off % out->size;
    return 0;
}

static int external_erase(const struct ota_flash *flash, uint32_t off)
{
    struct ota_flash_unit unit;
    int rc = external_unit(flash, off, &unit);

    if (rc != 0) {
        return rc;
    }
    return cy_serial_flash_qspi_erase(off, unit.size) == CY_RSLT_SUCCESS ? 0 : OTA_EFLASH;
}

int ota_psoc6_external_open(uint32_t write_size, struct ota_flash *out)
{
    static const struct ota_flash_ops ops = {
        .read = external_read,
        .write = external_write,
        .erase = external_erase,
        .unit = external_unit,
    };
    uint32_t size = (uint32_t)cy_serial_flash_qspi_get_size();
    uint32_t erase_size;

    if (write_size == 0 || write_size > 32 || (write_size & (write_size - 1)) != 0) {
        return OTA_EARG;
    }
    if (size == 0) {
        return OTA_EFLASH;
    }
    erase_size = (uint32_t)cy_serial_flash_qspi_get_erase_size(0);
    if (erase_size == 0 || erase_size % write_size != 0) {
        return OTA_EFLASH;
    }
    *out = (struct ota_flash){
        .ops = &ops,
        .size = size,
        .erase_size = erase_size,
        .write_size = write_size,
        .erased = 0xff,
    };
    return 0;
}
