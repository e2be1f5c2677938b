/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: timers have a thread each. */
#ifndef TIMERS_H
#define TIMERS_H

#include "FreeRTOS.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cy_posix_timer *TimerHandle_t;
typedef void (*TimerCallbackFunction_t)(TimerHandle_t timer);

/* NULL if there is no memory. A timer stays for good. */
TimerHandle_t xTimerCreate(const char *name, TickType_t period, BaseType_t reload, void *id,
                           TimerCallbackFunction_t callback);
/* Starts it; at most once. It waits for nothing. */
BaseType_t xTimerStart(TimerHandle_t timer, TickType_t wait);

#ifdef __cplusplus
}
#endif
#endif
