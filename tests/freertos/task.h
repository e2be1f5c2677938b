/* SPDX-License-Identifier: Apache-2.0 */
/* See FreeRTOS.h. */
#ifndef OTA_TEST_FREERTOS_TASK_H
#define OTA_TEST_FREERTOS_TASK_H

#include "FreeRTOS.h"

typedef struct double_task *TaskHandle_t;
typedef void (*TaskFunction_t)(void *arg);

TaskHandle_t xTaskCreateStatic(TaskFunction_t code, const char *name, uint32_t stack_depth,
                               void *arg, UBaseType_t priority, StackType_t *stack,
                               StaticTask_t *memory);
void vTaskDelete(TaskHandle_t task);
void vTaskSuspend(TaskHandle_t task);
TickType_t xTaskGetTickCount(void);

#endif
