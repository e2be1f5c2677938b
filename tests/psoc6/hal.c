/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses, by failing, what the hardware and its drivers refuse. */
#include "hal.h"

#include <string.h>

#define BASE 0x10000000u
#define ROW 512u

struct hal hal;

void hal_init(void)
{
    memset(&hal, 0, sizeof hal);
    memset(hal.external, 0xff, sizeof hal.external);
    hal.has_external = true;
}

static cy_rslt_t open_one(uint8_t *is_open)
{
    if (hal.is_failing) {
        return HAL_FAILURE;
    }
    *is_open = 1;
    hal.n_open++;
    return CY_RSLT_SUCCESS;
}

static void free_one(uint8_t *is_open)
{
    hal.n_open -= *is_open;
    *is_open = 0;
}

/* ---- Internal flash ---------------------------------------------------------------------------
 */

cy_rslt_t cyhal_flash_init(cyhal_flash_t *obj)
{
    return open_one(&obj->is_open);
}

void cyhal_flash_free(cyhal_flash_t *obj)
{
    free_one(&obj->is_open);
}

void cyhal_flash_get_info(const cyhal_flash_t *obj, cyhal_flash_info_t *info)
{
    static const cyhal_flash_block_info_t blocks[] = {
        {0x14000000u, 0x8000u, ROW, ROW, 0x00}, /* work flash */
        {BASE, HAL_INTERNAL, ROW, ROW, 0x00},
    };

    (void)obj;
    info->block_count = hal.is_odd ? 1 : 2;
    info->blocks = blocks;
}

static bool is_row(uint32_t address)
{
    return address >= BASE && address - BASE <= HAL_INTERNAL - ROW && address % ROW == 0;
}

cy_rslt_t cyhal_flash_read(cyhal_flash_t *obj, uint32_t address, uint8_t *data, size_t size)
{
    if (hal.is_failing || obj->is_open == 0 || address < BASE || size == 0 ||
        address - BASE > HAL_INTERNAL || size > HAL_INTERNAL - (address - BASE)) {
        return HAL_FAILURE;
    }
    memcpy(data, hal.internal + (address - BASE), size);
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cyhal_flash_erase(cyhal_flash_t *obj, uint32_t address)
{
    if (hal.is_failing || obj->is_open == 0 || !is_row(address)) {
        return HAL_FAILURE;
    }
    memset(hal.internal + (address - BASE), 0, ROW);
    hal.n_erases++;
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cyhal_flash_write(cyhal_flash_t *obj, uint32_t address, const uint32_t *data)
{
    if (hal.is_failing || obj->is_open == 0 || !is_row(address) || (uintptr_t)data % 4 != 0) {
        return HAL_FAILURE;
    }
    memcpy(hal.internal + (address - BASE), data, ROW);
    hal.n_writes++;
    return CY_RSLT_SUCCESS;
}

/* ---- External flash ----------------------------------------------------------------------------
 */

static bool is_external(uint32_t addr, size_t length)
{
    return !hal.is_failing && hal.has_external && length > 0 && addr <= HAL_EXTERNAL &&
           length <= HAL_EXTERNAL - addr;
}

size_t cy_serial_flash_qspi_get_size(void)
{
    return hal.has_external ? HAL_EXTERNAL : 0;
}

size_t cy_serial_flash_qspi_get_erase_size(uint32_t addr)
{
    return !hal.has_external ? 0 : hal.is_hybrid && addr < HAL_SECTOR ? HAL_SMALL : HAL_SECTOR;
}

cy_rslt_t cy_serial_flash_qspi_read(uint32_t addr, size_t length, uint8_t *buf)
{
    if (!is_external(addr, length)) {
        return HAL_FAILURE;
    }
    memcpy(buf, hal.external + addr, length);
    return CY_RSLT_SUCCESS;
}

/* Programming only clears bits. */
cy_rslt_t cy_serial_flash_qspi_write(uint32_t addr, size_t length, const uint8_t *buf)
{
    if (!is_external(addr, length)) {
        return HAL_FAILURE;
    }
    for (size_t i = 0; i < length; i++) {
        hal.external[addr + i] &= buf[i];
    }
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_serial_flash_qspi_erase(uint32_t addr, size_t length)
{
    size_t unit = cy_serial_flash_qspi_get_erase_size(addr);

    if (!is_external(addr, length) || addr % unit != 0 || length % unit != 0) {
        return HAL_FAILURE;
    }
    memset(hal.external + addr, 0xff, length);
    hal.n_erases++;
    return CY_RSLT_SUCCESS;
}

/* ---- The rest ----------------------------------------------------------------------------------
 */

cy_rslt_t cyhal_wdt_init(cyhal_wdt_t *obj, uint32_t timeout_ms)
{
    cy_rslt_t rc = open_one(&obj->is_open);

    if (rc == CY_RSLT_SUCCESS) {
        hal.watchdog_ms = timeout_ms;
    }
    return rc;
}

void cyhal_wdt_free(cyhal_wdt_t *obj)
{
    free_one(&obj->is_open);
}

void cyhal_wdt_kick(cyhal_wdt_t *obj)
{
    (void)obj;
    hal.n_kicks++;
}

void cyhal_wdt_stop(cyhal_wdt_t *obj)
{
    (void)obj;
    hal.watchdog_ms = 0;
}

uint32_t cyhal_wdt_get_max_timeout_ms(void)
{
    return 6000;
}

cy_rslt_t cyhal_trng_init(cyhal_trng_t *obj)
{
    return open_one(&obj->is_open);
}

uint32_t cyhal_trng_generate(const cyhal_trng_t *obj)
{
    (void)obj;
    hal.last_random += 0x01010101u;
    return hal.last_random;
}

void cyhal_trng_free(cyhal_trng_t *obj)
{
    free_one(&obj->is_open);
}

void NVIC_SystemReset(void)
{
    hal.n_resets++;
}
