/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: the types of tasks on a host. A tick is a millisecond. */
#ifndef INC_FREERTOS_H
#define INC_FREERTOS_H

#include <stddef.h>
#include <stdint.h>

#define configTICK_RATE_HZ 1000u
#define configMINIMAL_STACK_SIZE 128u
#define configMAX_PRIORITIES 7

typedef uint32_t TickType_t;
typedef long BaseType_t;
typedef unsigned long UBaseType_t;
typedef uint32_t configSTACK_DEPTH_TYPE;

#define pdFALSE ((BaseType_t)0)
#define pdTRUE ((BaseType_t)1)
#define pdFAIL pdFALSE
#define pdPASS pdTRUE
#define portMAX_DELAY ((TickType_t)0xffffffffu)
#define portTICK_PERIOD_MS ((TickType_t)1u)
#define pdMS_TO_TICKS(ms) ((TickType_t)(ms))

#endif
