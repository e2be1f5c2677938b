/* SPDX-License-Identifier: Apache-2.0 */
/* See FreeRTOS.h. */
#ifndef OTA_TEST_FREERTOS_TIMERS_H
#define OTA_TEST_FREERTOS_TIMERS_H

#include "FreeRTOS.h"

typedef struct double_timer *TimerHandle_t;
typedef void (*TimerCallbackFunction_t)(TimerHandle_t timer);

TimerHandle_t xTimerCreateStatic(const char *name, TickType_t period, UBaseType_t is_repeating,
                                 void *id, TimerCallbackFunction_t call, StaticTimer_t *memory);
BaseType_t xTimerStart(TimerHandle_t timer, TickType_t ticks);
BaseType_t xTimerStop(TimerHandle_t timer, TickType_t ticks);
BaseType_t xTimerDelete(TimerHandle_t timer, TickType_t ticks);
void *pvTimerGetTimerID(TimerHandle_t timer);

#endif
