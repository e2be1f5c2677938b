/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A few calls of FreeRTOS over threads. One lock and one condition for everything: a double is to
 * be plainly right, not fast. It ends the test where the kernel would assert.
 */
#include "double.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "event_groups.h"
#include "semphr.h"
#include "task.h"
#include "timers.h"

#define NS_PER_MS 1000000u
#define MS_PER_S 1000u

struct double_task {
    pthread_t thread;
    TaskFunction_t code;
    void *arg;
    bool is_deleted;
};

struct double_semaphore {
    bool is_mutex;
    bool is_given;
    pthread_t holder;
};

struct double_events {
    EventBits_t bits;
};

struct double_timer {
    pthread_t thread;
    TickType_t period;
    void *id;
    TimerCallbackFunction_t call;
    bool is_started, is_stopped;
};

_Static_assert(sizeof(struct double_task) <= sizeof(StaticTask_t), "room of a task");
_Static_assert(sizeof(struct double_semaphore) <= sizeof(StaticSemaphore_t), "room of a semaphore");
_Static_assert(sizeof(struct double_events) <= sizeof(StaticEventGroup_t), "room of a group");
_Static_assert(sizeof(struct double_timer) <= sizeof(StaticTimer_t), "room of a timer");

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int n_live;
    bool is_blocked;
    TickType_t offset;
} the = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static _Thread_local bool is_interrupt;
static _Thread_local struct double_task *self;

static void demand(bool is_right, const char *what)
{
    if (!is_right) {
        (void)fprintf(stderr, "kernel: %s\n", what);
        abort();
    }
}

static void enter(void)
{
    demand(!is_interrupt, "a call for tasks, from an interrupt");
    (void)pthread_mutex_lock(&the.lock);
}

static void leave(void)
{
    (void)pthread_cond_broadcast(&the.changed);
    (void)pthread_mutex_unlock(&the.lock);
}

static void born(void)
{
    enter();
    the.n_live++;
    leave();
}

static void died(void)
{
    enter();
    the.n_live--;
    demand(the.n_live >= 0, "deleted twice");
    leave();
}

static struct timespec in_ticks(TickType_t ticks)
{
    struct timespec t;
    uint64_t ns;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    ns = (uint64_t)t.tv_nsec + (uint64_t)ticks % MS_PER_S * NS_PER_MS;
    t.tv_sec += (time_t)(ticks / MS_PER_S) + (time_t)(ns / (MS_PER_S * NS_PER_MS));
    t.tv_nsec = (long)(ns % (MS_PER_S * NS_PER_MS));
    return t;
}

/* Waits, under the lock, until something changes; false at the end. */
static bool wait_until(const struct timespec *end, TickType_t ticks)
{
    if (ticks == portMAX_DELAY) {
        return pthread_cond_wait(&the.changed, &the.lock) == 0;
    }
    return ticks > 0 && pthread_cond_timedwait(&the.changed, &the.lock, end) == 0;
}

/* ---- What tests see ---------------------------------------------------------------------------
 */

struct interrupt {
    void (*handler)(void *arg);
    void *arg;
};

static void *run_interrupt(void *arg)
{
    const struct interrupt *i = arg;

    is_interrupt = true;
    i->handler(i->arg);
    return NULL;
}

void double_interrupt(void (*handler)(void *arg), void *arg)
{
    struct interrupt i = {handler, arg};
    pthread_t thread;

    demand(pthread_create(&thread, NULL, run_interrupt, &i) == 0, "no thread");
    (void)pthread_join(thread, NULL);
}

int double_live(void)
{
    int n;

    enter();
    n = the.n_live;
    leave();
    return n;
}

void double_block_timers(int is_blocked)
{
    enter();
    the.is_blocked = is_blocked != 0;
    leave();
}

static TickType_t real_ticks(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (TickType_t)((uint64_t)t.tv_sec * MS_PER_S + (uint64_t)t.tv_nsec / NS_PER_MS);
}

void double_set_ticks(unsigned ticks)
{
    enter();
    the.offset = ticks - real_ticks();
    leave();
}

/* ---- Tasks --------------------------------------------------------------------------------------
 */

static void *run_task(void *arg)
{
    self = arg;
    self->code(self->arg);
    demand(false, "a task returned");
    return NULL;
}

TaskHandle_t xTaskCreateStatic(TaskFunction_t code, const char *name, uint32_t stack_depth,
                               void *arg, UBaseType_t priority, StackType_t *stack,
                               StaticTask_t *memory)
{
    struct double_task *t = (void *)memory;

    (void)name;
    if (stack == NULL || memory == NULL || stack_depth == 0) {
        return NULL;
    }
    demand(priority < configMAX_PRIORITIES, "no such priority");
    *t = (struct double_task){.code = code, .arg = arg};
    born();
    demand(pthread_create(&t->thread, NULL, run_task, t) == 0, "no thread");
    return t;
}

void vTaskSuspend(TaskHandle_t task)
{
    demand(task == NULL && self != NULL, "the double suspends the calling task only");
    enter();
    while (!self->is_deleted) {
        (void)pthread_cond_wait(&the.changed, &the.lock);
    }
    leave();
    pthread_exit(NULL);
}

/* The kernel takes a task away wherever it is; the double only one that suspends itself. */
void vTaskDelete(TaskHandle_t task)
{
    demand(task != NULL && task != self, "the double deletes other tasks only");
    enter();
    task->is_deleted = true;
    leave();
    (void)pthread_join(task->thread, NULL);
    died();
}

TickType_t xTaskGetTickCount(void)
{
    TickType_t ticks;

    enter();
    ticks = real_ticks() + the.offset;
    leave();
    return ticks;
}

BaseType_t xPortIsInsideInterrupt(void)
{
    return is_interrupt ? pdTRUE : pdFALSE;
}

void portYIELD_FROM_ISR(BaseType_t is_switch)
{
    (void)is_switch;
    demand(is_interrupt, "portYIELD_FROM_ISR from a task");
}

/* ---- Semaphores
 * ---------------------------------------------------------------------------------- */

static SemaphoreHandle_t create(StaticSemaphore_t *memory, bool is_mutex)
{
    struct double_semaphore *s = (void *)memory;

    *s = (struct double_semaphore){.is_mutex = is_mutex, .is_given = is_mutex};
    born();
    return s;
}

SemaphoreHandle_t xSemaphoreCreateBinaryStatic(StaticSemaphore_t *memory)
{
    return create(memory, false);
}

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory)
{
    return create(memory, true);
}

BaseType_t xSemaphoreTake(SemaphoreHandle_t semaphore, TickType_t ticks)
{
    struct timespec end = in_ticks(ticks);
    BaseType_t is_taken;

    enter();
    demand(!semaphore->is_mutex || semaphore->is_given ||
               pthread_equal(semaphore->holder, pthread_self()) == 0,
           "a mutex is taken twice by one task");
    while (!semaphore->is_given && wait_until(&end, ticks)) {
    }
    is_taken = semaphore->is_given ? pdTRUE : pdFALSE;
    semaphore->is_given = false;
    if (is_taken != pdFALSE) {
        semaphore->holder = pthread_self();
    }
    leave();
    return is_taken;
}

static BaseType_t give(SemaphoreHandle_t semaphore)
{
    BaseType_t is_new = semaphore->is_given ? pdFALSE : pdTRUE;

    semaphore->is_given = true;
    return is_new;
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t semaphore)
{
    BaseType_t is_new;

    enter();
    demand(!semaphore->is_mutex || pthread_equal(semaphore->holder, pthread_self()) != 0,
           "a mutex is given by another task");
    is_new = give(semaphore);
    leave();
    return is_new;
}

BaseType_t xSemaphoreGiveFromISR(SemaphoreHandle_t semaphore, BaseType_t *is_switch)
{
    demand(is_interrupt, "a call for interrupts, from a task");
    demand(!semaphore->is_mutex, "a mutex in an interrupt");
    (void)pthread_mutex_lock(&the.lock);
    *is_switch = give(semaphore);
    leave();
    return *is_switch;
}

void vSemaphoreDelete(SemaphoreHandle_t semaphore)
{
    demand(!semaphore->is_mutex || semaphore->is_given, "a mutex is deleted while it is held");
    died();
}

/* ---- Event groups
 * -------------------------------------------------------------------------------- */

EventGroupHandle_t xEventGroupCreateStatic(StaticEventGroup_t *memory)
{
    struct double_events *e = (void *)memory;

    e->bits = 0;
    born();
    return e;
}

EventBits_t xEventGroupSetBits(EventGroupHandle_t group, EventBits_t bits)
{
    EventBits_t now;

    enter();
    group->bits |= bits;
    now = group->bits;
    leave();
    return now;
}

EventBits_t xEventGroupClearBits(EventGroupHandle_t group, EventBits_t bits)
{
    EventBits_t before;

    enter();
    before = group->bits;
    group->bits &= ~bits;
    leave();
    return before;
}

EventBits_t xEventGroupWaitBits(EventGroupHandle_t group, EventBits_t bits, BaseType_t is_clearing,
                                BaseType_t is_all, TickType_t ticks)
{
    struct timespec end = in_ticks(ticks);
    EventBits_t now;

    demand(is_all != pdFALSE && is_clearing == pdFALSE, "the double waits for all bits");
    enter();
    while ((group->bits & bits) != bits && wait_until(&end, ticks)) {
    }
    now = group->bits;
    leave();
    return now;
}

void vEventGroupDelete(EventGroupHandle_t group)
{
    (void)group;
    died();
}

/* ---- Timers: each has a thread
 * ------------------------------------------------------------------- */

TimerHandle_t xTimerCreateStatic(const char *name, TickType_t period, UBaseType_t is_repeating,
                                 void *id, TimerCallbackFunction_t call, StaticTimer_t *memory)
{
    struct double_timer *t = (void *)memory;

    (void)name;
    demand(period > 0 && is_repeating == 0, "the double has timers that go off once");
    *t = (struct double_timer){.period = period, .id = id, .call = call};
    born();
    return t;
}

static void *run_timer(void *arg)
{
    struct double_timer *t = arg;
    struct timespec end = in_ticks(t->period);
    bool is_due;

    enter();
    while (!t->is_stopped && wait_until(&end, t->period)) {
    }
    is_due = !t->is_stopped;
    leave();
    if (is_due) {
        t->call(t);
    }
    return NULL;
}

BaseType_t xTimerStart(TimerHandle_t timer, TickType_t ticks)
{
    bool is_blocked;

    enter();
    is_blocked = the.is_blocked && ticks == 0;
    timer->is_started = !is_blocked;
    leave();
    if (is_blocked) {
        return pdFAIL;
    }
    demand(pthread_create(&timer->thread, NULL, run_timer, timer) == 0, "no thread");
    return pdPASS;
}

BaseType_t xTimerStop(TimerHandle_t timer, TickType_t ticks)
{
    (void)ticks;
    enter();
    timer->is_stopped = true;
    leave();
    return pdPASS;
}

BaseType_t xTimerDelete(TimerHandle_t timer, TickType_t ticks)
{
    (void)ticks;
    if (timer->is_started) {
        (void)xTimerStop(timer, 0);
        (void)pthread_join(timer->thread, NULL);
    }
    died();
    return pdPASS;
}

void *pvTimerGetTimerID(TimerHandle_t timer)
{
    return timer->id;
}
