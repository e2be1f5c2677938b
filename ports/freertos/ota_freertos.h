/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FreeRTOS: the agent as a task, the clock, waiting and waking, a flash device that tasks share,
 * and a deadline for the self-test of a new image.
 *
 * All memory is the caller's: the kernel needs configSUPPORT_STATIC_ALLOCATION, configUSE_TIMERS
 * for the deadline, configUSE_MUTEXES for shared flash, INCLUDE_vTaskSuspend and
 * INCLUDE_vTaskDelete. One core. docs/integrating-freertos.md goes through it.
 *
 * Tested on a host over a double of the kernel; it has not run on a board.
 */
#ifndef OTA_FREERTOS_H
#define OTA_FREERTOS_H

#include "FreeRTOS.h"

#include "event_groups.h"
#include "semphr.h"
#include "task.h"
#include "timers.h"

#include "ota/agent.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- System and task --------------------------------------------------------------------------
 */

/* What the kernel cannot give: from the chip. Functions as in struct ota_system_ops. */
struct ota_freertos_chip {
    int (*random)(void *ctx, void *buf, size_t len);
    void (*reset)(void *ctx);
    void *ctx; /* goes to both */
};

/* Kernel objects of one agent. The caller's memory; must not move while it is open. */
struct ota_freertos {
    struct ota_freertos_chip chip; /* private, as all here */
    StaticSemaphore_t wake_memory;
    SemaphoreHandle_t wake;
    StaticEventGroup_t events_memory;
    EventGroupHandle_t events;
    StaticTask_t task_memory;
    TaskHandle_t task;
    struct ota_agent *agent;
    TickType_t last_ticks;
    uint32_t wraps;
    int result;
};

/*
 * Creates the kernel objects and fills out for ota_config.system: before ota_init. chip is copied.
 * 0, or OTA_EARG if one of its functions is missing.
 */
int ota_freertos_open(struct ota_freertos *f, const struct ota_freertos_chip *chip,
                      struct ota_system *out);

/* The task of an agent. */
struct ota_freertos_task {
    const char *name;     /* "ota" if NULL */
    UBaseType_t priority; /* below the network's tasks */
    StackType_t *stack;   /* the caller's; stays while the task lives */
    uint32_t stack_depth; /* in words of StackType_t; docs/size.md has what the library needs */
};

/*
 * Starts a task that does ota_run(agent); the agent has been set up with the system of
 * ota_freertos_open and belongs to that task from now on. 0; OTA_EARG; OTA_EBUSY if a task runs.
 */
int ota_freertos_start(struct ota_freertos *f, struct ota_agent *agent,
                       const struct ota_freertos_task *task);

/* Ends the task's sleep: the network has something for the agent. Any task, and interrupts whose
 * priority allows calls of the kernel. ota_check, ota_stop and ota_shutdown do it themselves. */
void ota_freertos_wake(struct ota_freertos *f);

/*
 * Waits until the task has ended, for which ota_shutdown asks, and takes it away: its stack and the
 * agent are the caller's again. Not from the agent's task. 0 and in *result (if not NULL) what
 * ota_run gave; OTA_ETIMEOUT after ms, then it still runs; OTA_ESTATE if none was started.
 */
int ota_freertos_join(struct ota_freertos *f, uint32_t ms, int *result);

/* Deletes the kernel objects. OTA_EBUSY, and nothing happens, while a task runs; else 0. */
int ota_freertos_close(struct ota_freertos *f);

/* ---- Flash that several tasks use
 * ---------------------------------------------------------------- */

/* A device behind a mutex. The caller's memory; must not move. */
struct ota_freertos_flash {
    const struct ota_flash *device; /* private, as all here */
    StaticSemaphore_t memory;
    SemaphoreHandle_t mutex;
};

/*
 * Makes *out, which does what device does, one operation at a time. Areas of the agent use out, and
 * so do other users of the device, or they hold it with ota_freertos_flash_lock.
 */
void ota_freertos_flash_open(struct ota_freertos_flash *f, const struct ota_flash *device,
                             struct ota_flash *out);

/* Holds the device for other uses. The agent waits meanwhile: give it back soon. Tasks only. */
void ota_freertos_flash_lock(struct ota_freertos_flash *f);
void ota_freertos_flash_unlock(struct ota_freertos_flash *f);

/* Deletes the mutex; nobody uses the device. */
void ota_freertos_flash_close(struct ota_freertos_flash *f);

/* ---- Deadline of the self-test
 * -------------------------------------------------------------------- */

/* A one-shot timer that resets the device. The caller's memory, for good: the timer task may look
 * at it a little later than ota_freertos_deadline_stop returns. */
struct ota_freertos_deadline {
    StaticTimer_t memory; /* private, as all here */
    TimerHandle_t timer;
    struct ota_system system;
};

/*
 * An image on trial has ms to show that it works: at the end the device resets, and the bootloader
 * goes back to the image before. It catches a self-test that waits for ever; a system that hangs is
 * the watchdog's. The reset is called from the timer task. 0, or OTA_EBUSY if the timer task's
 * queue is full.
 */
int ota_freertos_deadline_start(struct ota_freertos_deadline *d, const struct ota_system *system,
                                uint32_t ms);

/* The self-test has passed: after ota_confirm. Not from the timer task. */
void ota_freertos_deadline_stop(struct ota_freertos_deadline *d);

#ifdef __cplusplus
}
#endif
#endif
