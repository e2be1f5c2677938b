/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: pulses that drive nothing. */
#ifndef CYHAL_PWM_H
#define CYHAL_PWM_H

#include "cyhal_gpio.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    cyhal_gpio_t pin;
} cyhal_pwm_t;

typedef struct cyhal_clock cyhal_clock_t;

cy_rslt_t cyhal_pwm_init(cyhal_pwm_t *obj, cyhal_gpio_t pin, const cyhal_clock_t *clock);
cy_rslt_t cyhal_pwm_set_duty_cycle(cyhal_pwm_t *obj, float duty_cycle, uint32_t frequency_hz);
cy_rslt_t cyhal_pwm_start(cyhal_pwm_t *obj);
cy_rslt_t cyhal_pwm_stop(cyhal_pwm_t *obj);

#ifdef __cplusplus
}
#endif
#endif
