/* SPDX-License-Identifier: Apache-2.0 */
/* See FreeRTOS.h. */
#ifndef OTA_TEST_FREERTOS_SEMPHR_H
#define OTA_TEST_FREERTOS_SEMPHR_H

#include "FreeRTOS.h"

typedef struct double_semaphore *SemaphoreHandle_t;

SemaphoreHandle_t xSemaphoreCreateBinaryStatic(StaticSemaphore_t *memory);
SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory);
BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks);
BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore);
BaseType_t xSemaphoreGiveFromISR(SemaphoreHandle_t semaphore, BaseType_t *is_switch);
void vSemaphoreDelete(SemaphoreHandle_t semaphore);

#endif
