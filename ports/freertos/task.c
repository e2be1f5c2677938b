/* SPDX-License-Identifier: Apache-2.0 */
#include "freertos/ota_freertos.h"

#include <string.h>

#define ENDED ((EventBits_t)1)

/* Up to a week in one go: longer waits come back early, which every caller allows. */
#define WAIT_MAX_MS 604800000u

static TickType_t ticks_of(uint32_t ms)
{
    uint64_t t = (uint64_t)(ms < WAIT_MAX_MS ? ms : WAIT_MAX_MS) * configTICK_RATE_HZ;

    /* Up: a wait of no tick is none, and the agent would spin. */
    t = (t + 999u) / 1000u;
    return t < (uint64_t)portMAX_DELAY ? (TickType_t)t : portMAX_DELAY - 1u;
}

/* The agent's task asks at least every second, so no wrap goes unseen. */
static uint64_t now_ms(void *ctx)
{
    struct ota_freertos *f = ctx;
    TickType_t ticks = xTaskGetTickCount();
    uint64_t all;

    if (ticks < f->last_ticks) {
        f->wraps++;
    }
    f->last_ticks = ticks;
    all = (uint64_t)f->wraps * ((uint64_t)(TickType_t) ~(TickType_t)0 + 1u) + ticks;
    return all / configTICK_RATE_HZ * 1000u + all % configTICK_RATE_HZ * 1000u / configTICK_RATE_HZ;
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
    const struct ota_freertos *f = ctx;

    return f->chip.random(f->chip.ctx, buf, len);
}

static void reset(void *ctx)
{
    const struct ota_freertos *f = ctx;

    f->chip.reset(f->chip.ctx);
}

static void wait_ms(void *ctx, uint32_t ms)
{
    const struct ota_freertos *f = ctx;

    (void)xSemaphoreTake(f->wake, ticks_of(ms)); /* woken or not: the agent looks */
}

void ota_freertos_wake(struct ota_freertos *f)
{
    BaseType_t is_switch = pdFALSE;

    /* Giving fails if it is given already, which is as good. */
    if (xPortIsInsideInterrupt() != pdFALSE) {
        (void)xSemaphoreGiveFromISR(f->wake, &is_switch);
        portYIELD_FROM_ISR(is_switch);
    } else {
        (void)xSemaphoreGive(f->wake);
    }
}

static void wake(void *ctx)
{
    ota_freertos_wake(ctx);
}

int ota_freertos_open(struct ota_freertos *f, const struct ota_freertos_chip *chip,
                      struct ota_system *out)
{
    static const struct ota_system_ops ops = {
        .now_ms = now_ms,
        .random = random_bytes,
        .reset = reset,
        .wait = wait_ms,
        .wake = wake,
    };

    if (chip->random == NULL || chip->reset == NULL) {
        return OTA_EARG;
    }
    memset(f, 0, sizeof *f);
    f->chip = *chip;
    f->wake = xSemaphoreCreateBinaryStatic(&f->wake_memory);
    f->events = xEventGroupCreateStatic(&f->events_memory);
    out->ops = &ops;
    out->ctx = f;
    return 0;
}

/* A task that deleted itself would leave its memory to the idle task for an unknown time: it stops,
 * and who joins deletes it. */
static void run(void *arg)
{
    struct ota_freertos *f = arg;

    f->result = ota_run(f->agent);
    (void)xEventGroupSetBits(f->events, ENDED);
    for (;;) {
        vTaskSuspend(NULL);
    }
}

int ota_freertos_start(struct ota_freertos *f, struct ota_agent *agent,
                       const struct ota_freertos_task *task)
{
    if (agent == NULL || task->stack == NULL || task->stack_depth == 0) {
        return OTA_EARG;
    }
    if (f->task != NULL) {
        return OTA_EBUSY;
    }
    f->agent = agent;
    (void)xEventGroupClearBits(f->events, ENDED);
    f->task = xTaskCreateStatic(run, task->name != NULL ? task->name : "ota", task->stack_depth, f,
                                task->priority, task->stack, &f->task_memory);
    return f->task != NULL ? 0 : OTA_EARG;
}

int ota_freertos_join(struct ota_freertos *f, uint32_t ms, int *result)
{
    if (f->task == NULL) {
        return OTA_ESTATE;
    }
    if ((xEventGroupWaitBits(f->events, ENDED, pdFALSE, pdTRUE, ticks_of(ms)) & ENDED) == 0) {
        return OTA_ETIMEOUT;
    }
    vTaskDelete(f->task);
    f->task = NULL;
    if (result != NULL) {
        *result = f->result;
    }
    return 0;
}

int ota_freertos_close(struct ota_freertos *f)
{
    if (f->task != NULL) {
        return OTA_EBUSY;
    }
    vEventGroupDelete(f->events);
    vSemaphoreDelete(f->wake);
    return 0;
}
