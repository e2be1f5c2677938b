/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: pins keep a value and drive nothing. */
#ifndef CYHAL_GPIO_H
#define CYHAL_GPIO_H

#include "cy_result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t cyhal_gpio_t; /* 0 to 31 */

typedef enum {
    CYHAL_GPIO_DIR_INPUT,
    CYHAL_GPIO_DIR_OUTPUT,
    CYHAL_GPIO_DIR_BIDIRECTIONAL
} cyhal_gpio_direction_t;

typedef enum {
    CYHAL_GPIO_DRIVE_NONE,
    CYHAL_GPIO_DRIVE_PULLUP,
    CYHAL_GPIO_DRIVE_PULLDOWN,
    CYHAL_GPIO_DRIVE_STRONG
} cyhal_gpio_drive_mode_t;

cy_rslt_t cyhal_gpio_init(cyhal_gpio_t pin, cyhal_gpio_direction_t direction,
                          cyhal_gpio_drive_mode_t drive_mode, bool init_val);
void cyhal_gpio_write(cyhal_gpio_t pin, bool value);
bool cyhal_gpio_read(cyhal_gpio_t pin);
void cyhal_gpio_toggle(cyhal_gpio_t pin);
void cyhal_gpio_free(cyhal_gpio_t pin);

#ifdef __cplusplus
}
#endif
#endif
