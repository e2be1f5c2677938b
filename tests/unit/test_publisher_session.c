/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#include "ota-publisher/session.h"

static const struct order JOB = {.kind = ORDER_JOB};

static int make_table(void **state)
{
    *state = sessions_new(2);
    return *state != NULL ? 0 : -1;
}

static int free_table(void **state)
{
    sessions_free(*state);
    return 0;
}

static struct order data(uint32_t next, uint32_t end)
{
    return (struct order){.kind = ORDER_DATA, .next = next, .end = end, .step = 4096};
}

static void test_a_topic_has_one_session(void **state)
{
    struct sessions *t = *state;
    struct session *a = sessions_get(t, "a", 0);

    assert_non_null(a);
    assert_ptr_not_equal(sessions_get(t, "b", 0), a);
    assert_ptr_equal(sessions_get(t, "a", 0), a);
}

static void test_sessions_take_turns(void **state)
{
    struct sessions *t = *state;
    struct session *a = sessions_get(t, "a", 0);
    struct session *b = sessions_get(t, "b", 0);
    struct order o = data(0, 100000);

    assert_null(sessions_ready(t));
    assert_int_equal(session_push(t, a, &o), 0);
    assert_int_equal(session_push(t, b, &o), 0);
    assert_ptr_equal(sessions_ready(t), a);
    session_sent(t, a, 1, 10, false);
    assert_ptr_equal(sessions_ready(t), b);
    session_sent(t, b, 2, 10, false);
    assert_ptr_equal(sessions_ready(t), a);
}

static void test_a_full_window_waits_for_an_acknowledgement(void **state)
{
    struct sessions *t = *state;
    struct session *a = sessions_get(t, "a", 0);
    struct order o = data(0, 100000);

    assert_int_equal(session_push(t, a, &o), 0);
    session_sent(t, a, 1, 10, false);
    session_sent(t, a, 2, 10, false);
    assert_null(sessions_ready(t));
    sessions_acked(t, 99); /* of nobody */
    assert_null(sessions_ready(t));
    sessions_acked(t, 2);
    assert_ptr_equal(sessions_ready(t), a);
    sessions_acked(t, 2); /* twice is once */
    assert_int_equal(a->unacked, 1);
}

static void test_bytes_on_their_way_are_limited_for_all_together(void **state)
{
    struct sessions *t = *state;
    struct session *a = sessions_get(t, "a", 0);

    assert_int_equal(session_push(t, a, &JOB), 0);
    session_sent(t, a, 1, SESSIONS_UNACKED_MAX, false);
    assert_null(sessions_ready(t));
    sessions_acked(t, 1);
    assert_ptr_equal(sessions_ready(t), a);
}

static void test_the_same_order_is_not_queued_twice_and_the_queue_ends(void **state)
{
    struct sessions *t = *state;
    struct session *a = sessions_get(t, "a", 0);
    uint32_t i;

    for (i = 0; i < 100; i++) {
        assert_int_equal(session_push(t, a, &JOB), 0);
    }
    assert_int_equal(a->n_orders, 1);
    for (i = 1; i < SESSION_ORDERS_MAX; i++) {
        struct order o = data(i * 4096, i * 4096 + 4096);

        assert_int_equal(session_push(t, a, &o), 0);
    }
    assert_int_equal(session_push(t, a, &(struct order){.kind = ORDER_RECEIVED}), -1);
}

static void test_dropping_data_keeps_documents_in_order(void **state)
{
    struct sessions *t = *state;
    struct session *a = sessions_get(t, "a", 0);
    struct order o = data(0, 1);

    assert_int_equal(session_push(t, a, &o), 0);
    assert_int_equal(session_push(t, a, &JOB), 0);
    session_drop(t, a, false);
    assert_int_equal(a->n_orders, 1);
    assert_int_equal(session_order(a)->kind, ORDER_JOB);
    session_drop(t, a, true);
    assert_null(sessions_ready(t));
}

static void test_the_longest_idle_session_makes_room_and_busy_ones_do_not(void **state)
{
    struct sessions *t = *state;
    char topic[16];
    unsigned i;

    for (i = 0; i < SESSIONS_MAX; i++) {
        (void)snprintf(topic, sizeof topic, "t%u", i);
        assert_non_null(sessions_get(t, topic, i));
    }
    assert_int_equal(session_push(t, sessions_get(t, "t0", i), &JOB), 0);
    (void)sessions_get(t, "t1", i); /* used again */
    assert_non_null(sessions_get(t, "new", i));
    assert_string_equal(t->pool[0].topic, "t0");
    assert_string_equal(t->pool[1].topic, "t1");
    assert_string_equal(t->pool[2].topic, "new");
    for (i = 0; i < SESSIONS_MAX; i++) {
        assert_int_equal(session_push(t, &t->pool[i], &JOB), 0);
    }
    assert_null(sessions_get(t, "one more", i));
}

static void test_idle_sessions_are_forgotten_in_time(void **state)
{
    struct sessions *t = *state;
    struct session *a = sessions_get(t, "a", 1000);

    a->has_job = true;
    sessions_expire(t, 1000 + SESSION_IDLE_MS - 1);
    assert_true(sessions_get(t, "a", 1000)->has_job);
    sessions_expire(t, 1000 + SESSION_IDLE_MS);
    assert_false(sessions_get(t, "a", 1000)->has_job);
}

static void test_a_reset_forgets_orders_and_messages(void **state)
{
    struct sessions *t = *state;
    struct session *a = sessions_get(t, "a", 0);
    struct order o = data(0, 100000);

    assert_int_equal(session_push(t, a, &o), 0);
    session_sent(t, a, 1, 10, false);
    sessions_reset(t);
    assert_int_equal(a->unacked, 0);
    assert_int_equal(t->unacked_bytes, 0);
    assert_null(sessions_ready(t));
}

static void expect_chunk(int64_t offset, int64_t size, uint32_t end, uint32_t step)
{
    struct order o;

    assert_int_equal(order_chunk(&o, 10000, offset, size), 0);
    assert_int_equal(o.next, offset);
    assert_int_equal(o.end, end);
    assert_int_equal(o.step, step);
}

static void test_chunks_are_cut_at_the_end_of_the_image(void **state)
{
    (void)state;
    expect_chunk(0, 4096, 4096, 4096);
    expect_chunk(8192, 4096, 10000, 4096);
    expect_chunk(8192, 1808, 10000, 4096); /* the rest, in the grid of full chunks */
    expect_chunk(100, 10, 110, 10);
    expect_chunk(9000, 1000, 10000, 1000);
    expect_chunk(0, 65535, 10000, 65535);
}

static void test_a_size_that_is_none_means_to_the_end_and_at_most_a_chunk(void **state)
{
    static const int64_t SIZES[] = {-1, 0, -4096, 65536, INT64_MAX, INT64_MIN};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        expect_chunk(0, SIZES[i], 4096, 4096);
        expect_chunk(8192, SIZES[i], 10000, 4096);
    }
}

static void expect_run(int64_t offset, int64_t size, int64_t count, uint32_t end)
{
    struct order o;

    assert_int_equal(order_chunk(&o, 100000, offset, size), 0);
    order_run(&o, 100000, count);
    assert_int_equal(o.end, end);
}

static void test_runs_end_with_their_count_the_image_or_the_limit(void **state)
{
    (void)state;
    expect_run(4096, 4096, 2, 3 * 4096);
    expect_run(4096, 4096, 16, 17 * 4096);
    expect_run(0, 4096, INT64_MAX, 16 * 4096);
    expect_run(24 * 4096, 4096, 16, 100000);
    expect_run(0, 4096, 1, 4096);
    expect_run(0, 4096, 0, 4096);
    expect_run(0, 4096, INT64_MIN, 4096);
    expect_run(0, 1000, 4, 1000);
}

static void test_chunks_outside_of_the_image_do_not_exist(void **state)
{
    struct order o;

    (void)state;
    assert_int_equal(order_chunk(&o, 10000, 10000, -1), 1);
    assert_int_equal(order_chunk(&o, 10000, 10001, -1), -1);
    assert_int_equal(order_chunk(&o, 10000, -1, 4096), -1);
    assert_int_equal(order_chunk(&o, 10000, INT64_MAX, 4096), -1);
    assert_int_equal(order_chunk(&o, 10000, INT64_MIN, 4096), -1);
    assert_int_equal(order_chunk(&o, 65535, 0, 1), 0);
    assert_int_equal(order_chunk(&o, 65536, 0, 1), -1); /* 65536 chunks of 1 */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_table, free_table)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_topic_has_one_session),
        TEST(test_sessions_take_turns),
        TEST(test_a_full_window_waits_for_an_acknowledgement),
        TEST(test_bytes_on_their_way_are_limited_for_all_together),
        TEST(test_the_same_order_is_not_queued_twice_and_the_queue_ends),
        TEST(test_dropping_data_keeps_documents_in_order),
        TEST(test_the_longest_idle_session_makes_room_and_busy_ones_do_not),
        TEST(test_idle_sessions_are_forgotten_in_time),
        TEST(test_a_reset_forgets_orders_and_messages),
        cmocka_unit_test(test_chunks_are_cut_at_the_end_of_the_image),
        cmocka_unit_test(test_a_size_that_is_none_means_to_the_end_and_at_most_a_chunk),
        cmocka_unit_test(test_runs_end_with_their_count_the_image_or_the_limit),
        cmocka_unit_test(test_chunks_outside_of_the_image_do_not_exist),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
