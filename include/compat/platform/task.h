/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: tasks are threads. */
#ifndef INC_TASK_H
#define INC_TASK_H

#include "FreeRTOS.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cy_posix_task *TaskHandle_t;
typedef void (*TaskFunction_t)(void *arg);

/* Tasks begin to run when the scheduler starts, or at once if it has. Stack and priority are not
 * used. At most 16 of them. */
BaseType_t xTaskCreate(TaskFunction_t code, const char *name, configSTACK_DEPTH_TYPE stack,
                       void *arg, UBaseType_t priority, TaskHandle_t *handle);
/* Lets the tasks run. Does not return. */
void vTaskStartScheduler(void);
void vTaskDelay(TickType_t ticks);
/* NULL: the calling task, for good. Other tasks cannot be suspended here. */
void vTaskSuspend(TaskHandle_t task);
/* NULL: ends the calling task; does not return. Other tasks cannot be deleted here. */
void vTaskDelete(TaskHandle_t task);
TickType_t xTaskGetTickCount(void);

#ifdef __cplusplus
}
#endif
#endif
