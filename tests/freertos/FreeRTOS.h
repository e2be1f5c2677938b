/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of FreeRTOS that ports/freertos uses, declared for tests on a host, where double.c has
 * them over threads. Firmware compiles the port with the kernel's own headers of these names.
 */
#ifndef OTA_TEST_FREERTOS_FREERTOS_H
#define OTA_TEST_FREERTOS_FREERTOS_H

#include <stdint.h>

typedef long BaseType_t;
typedef unsigned long UBaseType_t;
typedef uint32_t TickType_t;
typedef uint32_t StackType_t;

#define pdFALSE ((BaseType_t)0)
#define pdTRUE ((BaseType_t)1)
#define pdPASS pdTRUE
#define pdFAIL pdFALSE
#define configTICK_RATE_HZ ((TickType_t)1000)
#define configMAX_PRIORITIES 8
#define portMAX_DELAY ((TickType_t)0xffffffffu)
#define pdMS_TO_TICKS(ms) ((TickType_t)(((uint64_t)(ms)*configTICK_RATE_HZ) / 1000u))

/* Memory of the double's objects; double.c checks that they fit. */
typedef struct {
    uint64_t memory[40];
} StaticTask_t, StaticSemaphore_t, StaticEventGroup_t, StaticTimer_t;

/* Of the Cortex-M ports. */
BaseType_t xPortIsInsideInterrupt(void);
void portYIELD_FROM_ISR(BaseType_t is_switch);

#endif
