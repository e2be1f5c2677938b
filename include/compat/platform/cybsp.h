/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: a board with one LED, one button and a console. */
#ifndef CYBSP_H
#define CYBSP_H

#include "cyhal.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CYBSP_USER_LED ((cyhal_gpio_t)0u)
#define CYBSP_USER_LED1 CYBSP_USER_LED
#define CYBSP_USER_BTN ((cyhal_gpio_t)1u)
#define CYBSP_DEBUG_UART_RX ((cyhal_gpio_t)2u)
#define CYBSP_DEBUG_UART_TX ((cyhal_gpio_t)3u)
#define CYBSP_LED_STATE_ON 0
#define CYBSP_LED_STATE_OFF 1

cy_rslt_t cybsp_init(void);

#ifdef __cplusplus
}
#endif
#endif
