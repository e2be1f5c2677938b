/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: pins that lead nowhere, the watchdog of ota-board, reset. */
#ifndef CYHAL_H
#define CYHAL_H

#include "cy_result.h"
#include "cy_utils.h"
#include "cyhal_gpio.h"
#include "cyhal_pwm.h"
#include "cyhal_wdt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Restarts the device: the bootloader of ota-board runs. Does not return. */
void NVIC_SystemReset(void);

static inline void __enable_irq(void)
{
}

#ifdef __cplusplus
}
#endif
#endif
