/* SPDX-License-Identifier: Apache-2.0 */
/* See FreeRTOS.h. */
#ifndef OTA_TEST_FREERTOS_EVENT_GROUPS_H
#define OTA_TEST_FREERTOS_EVENT_GROUPS_H

#include "FreeRTOS.h"

typedef struct double_events *EventGroupHandle_t;
typedef TickType_t EventBits_t;

EventGroupHandle_t xEventGroupCreateStatic(StaticEventGroup_t *memory);
EventBits_t xEventGroupSetBits(EventGroupHandle_t group, EventBits_t bits);
EventBits_t xEventGroupClearBits(EventGroupHandle_t group, EventBits_t bits);
EventBits_t xEventGroupWaitBits(EventGroupHandle_t group, EventBits_t bits, BaseType_t is_clearing,
                                BaseType_t is_all, TickType_t ticks);
void vEventGroupDelete(EventGroupHandle_t group);

#endif
