/* SPDX-License-Identifier: Apache-2.0 */
#include "freertos/ota_freertos.h"

static void on_time(TimerHandle_t timer)
{
    const struct ota_freertos_deadline *d = pvTimerGetTimerID(timer);

    d->system.ops->reset(d->system.ctx);
}

int ota_freertos_deadline_start(struct ota_freertos_deadline *d, const struct ota_system *system,
                                uint32_t ms)
{
    TickType_t ticks = (TickType_t)((uint64_t)ms * configTICK_RATE_HZ / 1000u);

    d->system = *system;
    d->timer =
        xTimerCreateStatic("ota trial", ticks > 0 ? ticks : 1, pdFALSE, d, on_time, &d->memory);
    if (xTimerStart(d->timer, 0) != pdPASS) {
        (void)xTimerDelete(d->timer, portMAX_DELAY);
        return OTA_EBUSY;
    }
    return 0;
}

/* The commands wait for room in the queue: a deadline that goes on would undo the update. */
void ota_freertos_deadline_stop(struct ota_freertos_deadline *d)
{
    (void)xTimerStop(d->timer, portMAX_DELAY);
    (void)xTimerDelete(d->timer, portMAX_DELAY);
}
