/* SPDX-License-Identifier: Apache-2.0 */
/* The agent as a task, over a double of the kernel: real threads, no clock in any assertion. */
#include "freertos/ota_freertos.h"

#include <sched.h>
#include <string.h>

#include "../freertos/double.h"
#include "template/conformance.h"
#include "unit/agent_world.h"
#include "unit/test.h"

#define STACK_DEPTH 256u
#define LONG_MS 60000u /* more than any wait here takes */
#define MOMENTS_MAX 1000

static struct {
    struct ota_freertos os;
    StackType_t stack[STACK_DEPTH];
    StaticSemaphore_t memory;
    SemaphoreHandle_t done; /* a session has ended, or the device was reset */
    int moments;            /* of the hook, so far */
    int stop_at;            /* and this one asks to shut down */
    bool is_from_interrupt; /* as an interrupt does */
    bool is_stopped;        /* it has come to that */
    struct ota_mqtt client;
    struct ota_mqtt_ops ops; /* of client: the fake peer's, but for the one that wakes */
} t;

static int chip_random(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    memset(buf, 0x5a, len);
    return 0;
}

static void chip_reset(void *ctx)
{
    (void)ctx;
    (void)xSemaphoreGive(t.done);
}

static const struct ota_freertos_chip chip = {.random = chip_random, .reset = chip_reset};
static const struct ota_freertos_task task = {.stack = t.stack, .stack_depth = STACK_DEPTH};

static void shut_down(void *arg)
{
    ota_shutdown(arg);
}

static void check_now(void *arg)
{
    ota_check(arg);
}

static enum ota_answer on_hook(void *arg, struct ota_hook_info *info)
{
    (void)arg;
    (void)info;
    if (t.moments++ == t.stop_at) {
        t.is_stopped = true;
        if (t.is_from_interrupt) {
            double_interrupt(shut_down, &w.agent);
        } else {
            ota_shutdown(&w.agent);
        }
    }
    if (info->moment == OTA_MOMENT_BEFORE && info->state == OTA_STATE_AGENT_WAITING &&
        ota_sessions(&w.agent) > 0) {
        (void)xSemaphoreGive(t.done);
        if (t.stop_at >= 0) { /* that moment does not come any more */
            ota_shutdown(&w.agent);
        }
    }
    return OTA_ANSWER_CONTINUE;
}

/* The network's task would wake the agent when an answer has come. Here it comes at once. */
static int poll_and_wake(void *ctx)
{
    ota_freertos_wake(&t.os);
    return w.peer.client.ops->poll(ctx);
}

static void wake_on_answers(void)
{
    t.ops = *w.peer.client.ops;
    t.ops.poll = poll_and_wake;
    t.client = (struct ota_mqtt){&t.ops, w.peer.client.ctx};
    w.config.mqtt.client = &t.client;
}

static int begin(void **state)
{
    memset(&t, 0, sizeof t);
    t.stop_at = -1;
    assert_int_equal(set_up(state), 0);
    assert_int_equal(double_live(), 0);
    t.done = xSemaphoreCreateBinaryStatic(&t.memory);
    assert_int_equal(ota_freertos_open(&t.os, &chip, &w.config.system), 0);
    w.config.hook = on_hook;
    wake_on_answers();
    start();
    return 0;
}

static int end(void **state)
{
    (void)state;
    if (ota_freertos_close(&t.os) != 0) {
        return -1;
    }
    vSemaphoreDelete(t.done);
    return double_live();
}

static void join(void)
{
    ota_shutdown(&w.agent);
    assert_int_equal(ota_freertos_join(&t.os, LONG_MS, NULL), 0);
    assert_int_equal(ota_state(&w.agent), OTA_STATE_EXITING);
}

static void wait_done(void)
{
    assert_int_equal(xSemaphoreTake(t.done, pdMS_TO_TICKS(LONG_MS)), pdTRUE);
}

/* ---- The agent in a task -----------------------------------------------------------------------
 */

static void test_check_from_a_task_updates(void **state)
{
    (void)state;
    assert_int_equal(ota_freertos_start(&t.os, &w.agent, &task), 0);
    ota_check(&w.agent);
    wait_done();
    join();
    expect_installed();
}

static void test_check_from_an_interrupt_updates(void **state)
{
    (void)state;
    assert_int_equal(ota_freertos_start(&t.os, &w.agent, &task), 0);
    double_interrupt(check_now, &w.agent);
    wait_done();
    join();
    expect_installed();
}

static void test_update_ends_in_a_reset_of_the_chip(void **state)
{
    (void)state;
    w.config.reboot = true;
    w.config.hook = NULL;
    start();
    assert_int_equal(ota_freertos_start(&t.os, &w.agent, &task), 0);
    ota_check(&w.agent);
    wait_done();
    join();
    assert_true(is_pending());
}

/* At the first moment, the second, and so on, until a session comes to its end before. */
static void test_shutdown_at_any_moment_ends_the_task(void **state)
{
    int at = 0;

    do {
        assert_int_equal(end(state), 0);
        assert_int_equal(begin(state), 0);
        t.stop_at = at;
        t.is_from_interrupt = at % 2 == 1;
        assert_int_equal(ota_freertos_start(&t.os, &w.agent, &task), 0);
        ota_check(&w.agent);
        assert_int_equal(ota_freertos_join(&t.os, LONG_MS, NULL), 0);
        assert_int_equal(ota_state(&w.agent), OTA_STATE_EXITING);
    } while (t.is_stopped && ++at < MOMENTS_MAX);
    assert_true(at > 10 && at < MOMENTS_MAX);
    expect_installed();
}

static void test_a_task_starts_again_after_it_was_joined(void **state)
{
    int result = -1;

    (void)state;
    assert_int_equal(ota_freertos_join(&t.os, 0, NULL), OTA_ESTATE);
    assert_int_equal(ota_freertos_start(&t.os, &w.agent, &task), 0);
    assert_int_equal(ota_freertos_start(&t.os, &w.agent, &task), OTA_EBUSY);
    assert_int_equal(ota_freertos_join(&t.os, 1, NULL), OTA_ETIMEOUT);
    assert_int_equal(ota_freertos_close(&t.os), OTA_EBUSY);
    ota_shutdown(&w.agent);
    assert_int_equal(ota_freertos_join(&t.os, LONG_MS, &result), 0);
    assert_int_equal(result, 0);
    start();
    assert_int_equal(ota_freertos_start(&t.os, &w.agent, &task), 0);
    join();
}

static void test_what_is_missing_is_refused(void **state)
{
    struct ota_freertos other;
    struct ota_system sys;
    struct ota_freertos_chip bad_chip = chip;
    struct ota_freertos_task bad_task = task;

    (void)state;
    bad_chip.random = NULL;
    assert_int_equal(ota_freertos_open(&other, &bad_chip, &sys), OTA_EARG);
    bad_task.stack = NULL;
    assert_int_equal(ota_freertos_start(&t.os, &w.agent, &bad_task), OTA_EARG);
    bad_task = task;
    bad_task.stack_depth = 0;
    assert_int_equal(ota_freertos_start(&t.os, &w.agent, &bad_task), OTA_EARG);
    assert_int_equal(ota_freertos_start(&t.os, NULL, &task), OTA_EARG);
}

static void test_clock_goes_on_where_ticks_begin_again(void **state)
{
    const struct ota_system *sys = &w.config.system;
    uint64_t before, after;

    (void)state;
    double_set_ticks(UINT32_MAX - 100000u);
    before = sys->ops->now_ms(sys->ctx);
    double_set_ticks(5);
    after = sys->ops->now_ms(sys->ctx);
    assert_true(before >= UINT32_MAX - 100000u && before <= UINT32_MAX);
    assert_true(after > UINT32_MAX);
}

static void test_wake_is_kept_for_the_next_wait(void **state)
{
    const struct ota_system *sys = &w.config.system;

    (void)state;
    sys->ops->wake(sys->ctx);
    sys->ops->wake(sys->ctx);
    sys->ops->wait(sys->ctx, UINT32_MAX); /* at once, or the test's time limit ends it */
}

/* ---- Shared flash ------------------------------------------------------------------------------
 */

static void on_violation(void *arg, enum ota_conform_rule rule, uint32_t off, int rc)
{
    (void)arg;
    fail_msg("%s at 0x%x, %d", ota_conform_name(rule), off, rc);
}

static void test_shared_flash_conforms(void **state)
{
    static uint8_t work[OTA_CONFORM_WORK_LEN(8)];
    struct ota_freertos_flash shared;
    struct ota_flash flash;
    struct ota_area area = {.flash = &flash, .size = 4 * 4096};
    const struct ota_conformance test = {
        .area = &area, .work = work, .work_len = sizeof work, .tell = on_violation};

    (void)state;
    ota_freertos_flash_open(&shared, &w.flash.flash, &flash);
    assert_int_equal(ota_conform_run(&test), 0);
    ota_freertos_flash_close(&shared);
}

static struct {
    struct ota_freertos_flash shared;
    struct ota_flash flash;
    struct ota_flash_ops ops;
    const struct ota_flash_ops *good;
    int inside, n_overlaps;
} f;

static int slow_read(const struct ota_flash *flash, uint32_t off, void *buf, size_t len)
{
    int rc;

    f.n_overlaps += __atomic_add_fetch(&f.inside, 1, __ATOMIC_SEQ_CST) > 1;
    (void)sched_yield(); /* the other task's turn, were it allowed in */
    rc = f.good->read(flash, off, buf, len);
    (void)__atomic_sub_fetch(&f.inside, 1, __ATOMIC_SEQ_CST);
    return rc;
}

static void read_often(void *arg)
{
    uint8_t buf[64];

    for (int i = 0; i < 5000; i++) {
        (void)f.flash.ops->read(&f.flash, 0, buf, sizeof buf);
    }
    (void)xSemaphoreGive(arg);
    vTaskSuspend(NULL);
}

static void test_shared_flash_does_one_operation_at_a_time(void **state)
{
    static StackType_t stack[STACK_DEPTH];
    StaticTask_t memory;
    TaskHandle_t other;
    uint8_t buf[64];

    (void)state;
    memset(&f, 0, sizeof f);
    f.good = w.flash.flash.ops;
    f.ops = *f.good;
    f.ops.read = slow_read;
    w.flash.flash.ops = &f.ops;
    ota_freertos_flash_open(&f.shared, &w.flash.flash, &f.flash);
    other = xTaskCreateStatic(read_often, "reader", STACK_DEPTH, t.done, 1, stack, &memory);
    for (int i = 0; i < 5000; i++) {
        (void)f.flash.ops->read(&f.flash, 0, buf, sizeof buf);
    }
    wait_done();
    vTaskDelete(other);
    ota_freertos_flash_close(&f.shared);
    assert_int_equal(f.n_overlaps, 0);
}

/* ---- Deadline ----------------------------------------------------------------------------------
 */

static void test_deadline_resets(void **state)
{
    struct ota_freertos_deadline d;

    (void)state;
    assert_int_equal(ota_freertos_deadline_start(&d, &w.config.system, 1), 0);
    wait_done();
    ota_freertos_deadline_stop(&d);
}

static void test_deadline_that_is_met_does_nothing(void **state)
{
    struct ota_freertos_deadline d;

    (void)state;
    assert_int_equal(ota_freertos_deadline_start(&d, &w.config.system, 3600000), 0);
    ota_freertos_deadline_stop(&d);
    assert_int_equal(xSemaphoreTake(t.done, 0), pdFALSE);
    double_block_timers(1);
    assert_int_equal(ota_freertos_deadline_start(&d, &w.config.system, 1), OTA_EBUSY);
    double_block_timers(0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(test_check_from_a_task_updates),
        TEST(test_check_from_an_interrupt_updates),
        TEST(test_update_ends_in_a_reset_of_the_chip),
        TEST(test_shutdown_at_any_moment_ends_the_task),
        TEST(test_a_task_starts_again_after_it_was_joined),
        TEST(test_what_is_missing_is_refused),
        TEST(test_clock_goes_on_where_ticks_begin_again),
        TEST(test_wake_is_kept_for_the_next_wait),
        TEST(test_shared_flash_conforms),
        TEST(test_shared_flash_does_one_operation_at_a_time),
        TEST(test_deadline_resets),
        TEST(test_deadline_that_is_met_does_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
