/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: the watchdog that ota-board starts before the application. */
#ifndef CYHAL_WDT_H
#define CYHAL_WDT_H

#include "cy_result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint32_t timeout_ms;
} cyhal_wdt_t;

/* The time-out is the board's. */
cy_rslt_t cyhal_wdt_init(cyhal_wdt_t *obj, uint32_t timeout_ms);
void cyhal_wdt_kick(cyhal_wdt_t *obj);
/* Both stop it for good. */
void cyhal_wdt_stop(cyhal_wdt_t *obj);
void cyhal_wdt_free(cyhal_wdt_t *obj);
uint32_t cyhal_wdt_get_max_timeout_ms(void);

#ifdef __cplusplus
}
#endif
#endif
