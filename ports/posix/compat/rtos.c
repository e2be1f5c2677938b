/* SPDX-License-Identifier: Apache-2.0 */
/* cyabs_rtos.h, task.h and timers.h over POSIX threads. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "FreeRTOS.h"
#include "cyabs_rtos.h"
#include "ota_compat.h"
#include "task.h"
#include "timers.h"

/* ---- Threads ----------------------------------------------------------------------------------
 */

struct cy_posix_thread {
    pthread_t id;
    cy_thread_entry_fn_t entry;
    cy_thread_arg_t arg;
};

static _Thread_local const struct cy_posix_thread *self;

static void *run_thread(void *arg)
{
    struct cy_posix_thread *t = arg;

    self = t;
    t->entry(t->arg);
    return NULL;
}

cy_rslt_t cy_rtos_create_thread(cy_thread_t *thread, cy_thread_entry_fn_t entry, const char *name,
                                void *stack, uint32_t stack_size, cy_thread_priority_t priority,
                                cy_thread_arg_t arg)
{
    struct cy_posix_thread *t = calloc(1, sizeof *t);

    (void)name;
    (void)stack;
    (void)stack_size;
    (void)priority;
    if (t == NULL) {
        return CY_RTOS_NO_MEMORY;
    }
    t->entry = entry;
    t->arg = arg;
    *thread = t; /* before it runs */
    if (pthread_create(&t->id, NULL, run_thread, t) != 0) {
        *thread = NULL;
        free(t);
        return CY_RTOS_NO_MEMORY;
    }
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_rtos_join_thread(cy_thread_t *thread)
{
    if (pthread_join((*thread)->id, NULL) != 0) {
        return CY_RTOS_GENERAL_ERROR;
    }
    free(*thread);
    *thread = NULL;
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_rtos_exit_thread(void)
{
    pthread_exit(NULL);
}

bool ota_compat_is_thread(const cy_thread_t *thread)
{
    return self != NULL && self == *thread;
}

/* ---- Mutexes ----------------------------------------------------------------------------------
 */

struct cy_posix_mutex {
    pthread_mutex_t lock;
};

cy_rslt_t cy_rtos_init_mutex(cy_mutex_t *mutex)
{
    pthread_mutexattr_t attr;
    struct cy_posix_mutex *m = calloc(1, sizeof *m);

    if (m == NULL) {
        return CY_RTOS_NO_MEMORY;
    }
    (void)pthread_mutexattr_init(&attr);
    (void)pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    (void)pthread_mutex_init(&m->lock, &attr); /* does not fail with these attributes */
    (void)pthread_mutexattr_destroy(&attr);
    *mutex = m;
    return CY_RSLT_SUCCESS;
}

static struct timespec after_ms(clockid_t clock, uint32_t ms)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

cy_rslt_t cy_rtos_get_mutex(cy_mutex_t *mutex, cy_time_t timeout_ms)
{
    struct timespec end = after_ms(CLOCK_REALTIME, timeout_ms);
    int rc = timeout_ms == CY_RTOS_NEVER_TIMEOUT ? pthread_mutex_lock(&(*mutex)->lock)
                                                 : pthread_mutex_timedlock(&(*mutex)->lock, &end);

    if (rc == ETIMEDOUT) {
        return CY_RTOS_TIMEOUT;
    }
    return rc == 0 ? CY_RSLT_SUCCESS : CY_RTOS_GENERAL_ERROR;
}

cy_rslt_t cy_rtos_set_mutex(cy_mutex_t *mutex)
{
    return pthread_mutex_unlock(&(*mutex)->lock) == 0 ? CY_RSLT_SUCCESS : CY_RTOS_GENERAL_ERROR;
}

cy_rslt_t cy_rtos_deinit_mutex(cy_mutex_t *mutex)
{
    (void)pthread_mutex_destroy(&(*mutex)->lock);
    free(*mutex);
    *mutex = NULL;
    return CY_RSLT_SUCCESS;
}

/* ---- Time -------------------------------------------------------------------------------------
 */

cy_rslt_t cy_rtos_get_time(cy_time_t *now_ms)
{
    struct timespec t;

    if (now_ms == NULL) {
        return CY_RTOS_BAD_PARAM;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    *now_ms = (cy_time_t)((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_rtos_delay_milliseconds(cy_time_t ms)
{
    struct timespec end = after_ms(CLOCK_MONOTONIC, ms);

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR) {
    }
    return CY_RSLT_SUCCESS;
}

/* ---- Tasks ------------------------------------------------------------------------------------
 */

#define TASKS_MAX 16

struct cy_posix_task {
    TaskFunction_t code;
    void *arg;
    cy_thread_t thread;
};

static struct cy_posix_task tasks[TASKS_MAX];
static int n_tasks; /* under tasks_lock, like the next */
static bool is_scheduling;
static pthread_mutex_t tasks_lock = PTHREAD_MUTEX_INITIALIZER;

static bool run_task(struct cy_posix_task *t)
{
    return cy_rtos_create_thread(&t->thread, t->code, NULL, NULL, 0, CY_RTOS_PRIORITY_NORMAL,
                                 t->arg) == CY_RSLT_SUCCESS;
}

BaseType_t xTaskCreate(TaskFunction_t code, const char *name, configSTACK_DEPTH_TYPE stack,
                       void *arg, UBaseType_t priority, TaskHandle_t *handle)
{
    struct cy_posix_task *t = NULL;
    bool is_made;

    (void)name;
    (void)stack;
    (void)priority;
    (void)pthread_mutex_lock(&tasks_lock);
    if (n_tasks < TASKS_MAX) {
        t = &tasks[n_tasks++];
        t->code = code;
        t->arg = arg;
        if (handle != NULL) {
            *handle = t;
        }
    }
    is_made = t != NULL && (!is_scheduling || run_task(t));
    (void)pthread_mutex_unlock(&tasks_lock);
    return is_made ? pdPASS : pdFAIL;
}

void vTaskStartScheduler(void)
{
    (void)pthread_mutex_lock(&tasks_lock);
    is_scheduling = true;
    for (int i = 0; i < n_tasks; i++) {
        if (!run_task(&tasks[i])) {
            abort();
        }
    }
    (void)pthread_mutex_unlock(&tasks_lock);
    vTaskSuspend(NULL);
}

void vTaskDelay(TickType_t ticks)
{
    (void)cy_rtos_delay_milliseconds(ticks);
}

void vTaskSuspend(TaskHandle_t task)
{
    while (task == NULL) {
        (void)pause();
    }
}

void vTaskDelete(TaskHandle_t task)
{
    if (task == NULL) {
        (void)cy_rtos_exit_thread();
    }
}

TickType_t xTaskGetTickCount(void)
{
    cy_time_t now = 0;

    (void)cy_rtos_get_time(&now);
    return now;
}

/* ---- Timers -----------------------------------------------------------------------------------
 */

struct cy_posix_timer {
    TickType_t period;
    BaseType_t reload;
    TimerCallbackFunction_t callback;
    cy_thread_t thread;
};

static void run_timer(cy_thread_arg_t arg)
{
    struct cy_posix_timer *t = arg;

    do {
        (void)cy_rtos_delay_milliseconds(t->period);
        t->callback(t);
    } while (t->reload != pdFALSE);
}

TimerHandle_t xTimerCreate(const char *name, TickType_t period, BaseType_t reload, void *id,
                           TimerCallbackFunction_t callback)
{
    struct cy_posix_timer *t = calloc(1, sizeof *t);

    (void)name;
    (void)id;
    if (t != NULL) {
        t->period = period;
        t->reload = reload;
        t->callback = callback;
    }
    return t;
}

BaseType_t xTimerStart(TimerHandle_t timer, TickType_t wait)
{
    (void)wait;
    return timer->thread == NULL &&
                   cy_rtos_create_thread(&timer->thread, run_timer, NULL, NULL, 0,
                                         CY_RTOS_PRIORITY_NORMAL, timer) == CY_RSLT_SUCCESS
               ? pdPASS
               : pdFAIL;
}
