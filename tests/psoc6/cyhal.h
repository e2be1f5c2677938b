/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of ModusToolbox's HAL that ports/psoc6 uses, with the types of their arguments,
 * declared for tests on a host. Firmware compiles the port with the HAL's own header of this name.
 */
#ifndef OTA_TEST_PSOC6_CYHAL_H
#define OTA_TEST_PSOC6_CYHAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t cy_rslt_t;
#define CY_RSLT_SUCCESS ((cy_rslt_t)0)

typedef struct {
    uint8_t is_open;
} cyhal_flash_t;

typedef struct {
    uint32_t start_address;
    uint32_t size;
    uint32_t sector_size; /* erase unit */
    uint32_t page_size;   /* write unit */
    uint8_t erase_value;
} cyhal_flash_block_info_t;

typedef struct {
    uint8_t block_count;
    const cyhal_flash_block_info_t *blocks;
} cyhal_flash_info_t;

cy_rslt_t cyhal_flash_init(cyhal_flash_t *obj);
void cyhal_flash_free(cyhal_flash_t *obj);
void cyhal_flash_get_info(const cyhal_flash_t *obj, cyhal_flash_info_t *info);
cy_rslt_t cyhal_flash_read(cyhal_flash_t *obj, uint32_t address, uint8_t *data, size_t size);
cy_rslt_t cyhal_flash_erase(cyhal_flash_t *obj, uint32_t address);
cy_rslt_t cyhal_flash_write(cyhal_flash_t *obj, uint32_t address, const uint32_t *data);

typedef struct {
    uint8_t is_open;
} cyhal_wdt_t;

cy_rslt_t cyhal_wdt_init(cyhal_wdt_t *obj, uint32_t timeout_ms);
void cyhal_wdt_free(cyhal_wdt_t *obj);
void cyhal_wdt_kick(cyhal_wdt_t *obj);
void cyhal_wdt_stop(cyhal_wdt_t *obj);
uint32_t cyhal_wdt_get_max_timeout_ms(void);

typedef struct {
    uint8_t is_open;
} cyhal_trng_t;

cy_rslt_t cyhal_trng_init(cyhal_trng_t *obj);
uint32_t cyhal_trng_generate(const cyhal_trng_t *obj);
void cyhal_trng_free(cyhal_trng_t *obj);

void NVIC_SystemReset(void);

#endif
