/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "engine/backoff.h"
#include "engine/xfer.h"
#include "ota/err.h"
#include "ota/session.h"

static const struct ota_xfer_config config = {
    .chunk = 4096, .stall_ms = 5000, .give_up_ms = 60000, .window = 4};

static void expect_ask(struct ota_xfer *x, uint64_t now_ms, uint32_t offset, uint32_t size)
{
    struct ota_xfer_ask a;

    assert_int_equal(ota_xfer_ask(x, now_ms, &a), 1);
    assert_false(a.is_whole);
    assert_int_equal(a.offset, offset);
    assert_int_equal(a.size, size);
}

static void expect_no_ask(struct ota_xfer *x, uint64_t now_ms)
{
    struct ota_xfer_ask a;

    assert_int_equal(ota_xfer_ask(x, now_ms, &a), 0);
}

static void take(struct ota_xfer *x, uint32_t total, uint32_t off, uint32_t len, uint64_t now_ms)
{
    uint32_t skip = 99;

    assert_int_equal(ota_xfer_offer(x, total, off, len, &skip), OTA_XFER_TAKE);
    assert_int_equal(skip, 0);
    ota_xfer_advance(x, len, now_ms);
}

static void test_window_opens_once_the_size_is_known(void **state)
{
    struct ota_xfer x;

    (void)state;
    ota_xfer_init(&x, &config, 0, 0, 0);
    expect_ask(&x, 0, 0, 4096);
    expect_no_ask(&x, 0);
    take(&x, 20000, 0, 4096, 10);
    expect_ask(&x, 10, 4096, 4096);
    expect_ask(&x, 10, 8192, 4096);
    expect_ask(&x, 10, 12288, 4096);
    expect_ask(&x, 10, 16384, 3616);
    expect_no_ask(&x, 10);
}

static void test_runs_halve_the_window_and_end_with_the_image(void **state)
{
    struct ota_xfer_config runs = config;
    struct ota_xfer x;
    struct ota_xfer_ask a;

    (void)state;
    runs.window = 8;
    runs.run = 16;
    ota_xfer_init(&x, &runs, 4096, 4096 * 11 + 5, 0);
    assert_int_equal(ota_xfer_ask(&x, 0, &a), 1);
    assert_int_equal(a.offset, 4096);
    assert_int_equal(a.size, 4096);
    assert_int_equal(a.count, 4);
    assert_int_equal(ota_xfer_ask(&x, 0, &a), 1);
    assert_int_equal(a.offset, 5 * 4096);
    assert_int_equal(a.count, 4);
    assert_int_equal(ota_xfer_ask(&x, 0, &a), 0);
    for (uint32_t i = 1; i < 3; i++) {
        take(&x, 4096 * 11 + 5, i * 4096, 4096, 1);
    }
    assert_int_equal(ota_xfer_ask(&x, 1, &a), 0);
    take(&x, 4096 * 11 + 5, 3 * 4096, 4096, 1);
    assert_int_equal(ota_xfer_ask(&x, 1, &a), 1);
    assert_int_equal(a.offset, 9 * 4096);
    assert_int_equal(a.count, 3);
    assert_int_equal(x.asked, 4096 * 11 + 5);
}

static void test_last_request_asks_for_the_rest_and_none_follows(void **state)
{
    struct ota_xfer x;

    (void)state;
    ota_xfer_init(&x, &config, 8192, 8193, 0);
    expect_ask(&x, 0, 8192, 1);
    take(&x, 8193, 8192, 1, 1);
    assert_true(ota_xfer_is_done(&x));
    expect_no_ask(&x, 100000);
}

static void test_image_smaller_than_a_chunk(void **state)
{
    struct ota_xfer x;

    (void)state;
    ota_xfer_init(&x, &config, 0, 0, 0);
    expect_ask(&x, 0, 0, 4096);
    take(&x, 100, 0, 100, 1);
    assert_true(ota_xfer_is_done(&x));
}

static void test_duplicates_are_dropped_and_overlap_is_trimmed(void **state)
{
    struct ota_xfer x;
    uint32_t skip;

    (void)state;
    ota_xfer_init(&x, &config, 4096, 12288, 0);
    assert_int_equal(ota_xfer_offer(&x, 12288, 0, 4096, &skip), OTA_XFER_DUPLICATE);
    assert_int_equal(ota_xfer_offer(&x, 12288, 0, 8192, &skip), OTA_XFER_TAKE);
    assert_int_equal(skip, 4096);
}

static void test_gap_is_requested_again(void **state)
{
    struct ota_xfer x;
    uint32_t skip;

    (void)state;
    ota_xfer_init(&x, &config, 0, 20000, 0);
    expect_ask(&x, 0, 0, 4096);
    expect_ask(&x, 0, 4096, 4096);
    expect_ask(&x, 0, 8192, 4096);
    expect_ask(&x, 0, 12288, 4096);
    assert_int_equal(ota_xfer_offer(&x, 20000, 4096, 4096, &skip), OTA_XFER_GAP);
    expect_no_ask(&x, 4999);
    expect_ask(&x, 5000, 0, 4096);
    expect_no_ask(&x, 5000); /* one at a time until the order is kept again */
}

static void test_window_widens_again(void **state)
{
    struct ota_xfer x;
    uint32_t skip;
    uint32_t total = 4096 * 100;

    (void)state;
    ota_xfer_init(&x, &config, 0, total, 0);
    assert_int_equal(ota_xfer_offer(&x, total, 8192, 4096, &skip), OTA_XFER_GAP);
    for (uint32_t i = 0; i < 16; i++) {
        expect_ask(&x, 1, i * 4096, 4096);
        expect_no_ask(&x, 1);
        take(&x, total, i * 4096, 4096, 1);
    }
    expect_ask(&x, 1, 16 * 4096, 4096);
    expect_ask(&x, 1, 17 * 4096, 4096);
    expect_no_ask(&x, 1);
}

static void test_whole_request_falls_back_to_chunks_for_what_is_lost(void **state)
{
    struct ota_xfer_config whole = config;
    struct ota_xfer x;
    struct ota_xfer_ask a;
    uint32_t skip;

    (void)state;
    whole.is_whole = true;
    ota_xfer_init(&x, &whole, 0, 0, 0);
    assert_int_equal(ota_xfer_ask(&x, 0, &a), 1);
    assert_true(a.is_whole);
    expect_no_ask(&x, 0);
    take(&x, 20000, 0, 4096, 1);
    assert_int_equal(ota_xfer_offer(&x, 20000, 8192, 4096, &skip), OTA_XFER_GAP);
    expect_ask(&x, 1, 4096, 4096);
    expect_no_ask(&x, 1);
    assert_int_equal(ota_xfer_offer(&x, 20000, 12288, 4096, &skip), OTA_XFER_GAP);
    expect_no_ask(&x, 1);
}

static void test_peer_that_knows_no_chunks_is_asked_for_the_whole_again(void **state)
{
    struct ota_xfer_config whole = config;
    struct ota_xfer x;
    struct ota_xfer_ask a;

    (void)state;
    whole.is_whole = true;
    ota_xfer_init(&x, &whole, 4096, 20000, 0);
    assert_int_equal(ota_xfer_ask(&x, 0, &a), 1);
    assert_true(a.is_whole);
    expect_ask(&x, 5000, 4096, 4096);
    assert_int_equal(ota_xfer_ask(&x, 10000, &a), 1);
    assert_true(a.is_whole);
}

static void test_silence_ends_the_download(void **state)
{
    struct ota_xfer x;
    struct ota_xfer_ask a;

    (void)state;
    ota_xfer_init(&x, &config, 0, 0, 1000);
    assert_int_equal(ota_xfer_ask(&x, 60999, &a), 1);
    assert_int_equal(ota_xfer_ask(&x, 61000, &a), OTA_ETIMEOUT);
}
static void test_contradictions_are_refused(void **state)
{
    struct ota_xfer x;
    uint32_t skip;

    (void)state;
    ota_xfer_init(&x, &config, 0, 1000, 0);
    assert_int_equal(ota_xfer_offer(&x, 1001, 0, 10, &skip), OTA_EPROTO);
    assert_int_equal(ota_xfer_offer(&x, 0, 0, 0, &skip), OTA_EPROTO);
    assert_int_equal(ota_xfer_offer(&x, 1000, 1001, 0, &skip), OTA_EPROTO);
    assert_int_equal(ota_xfer_offer(&x, 1000, 999, 2, &skip), OTA_EPROTO);
    assert_int_equal(ota_xfer_offer(&x, 1000, 0xffffffffu, 2, &skip), OTA_EPROTO);
}

/* The size of a download need not be known when it begins; the one that is told later must fit. */
static void test_total_below_what_is_here_is_refused(void **state)
{
    struct ota_xfer x;
    uint32_t skip;

    (void)state;
    ota_xfer_init(&x, &config, 0, 0, 0);
    assert_int_equal(ota_xfer_offer(&x, OTA_TOTAL_UNKNOWN, 0, 4096, &skip), OTA_XFER_TAKE);
    ota_xfer_advance(&x, 4096, 1);
    assert_int_equal(ota_xfer_offer(&x, 16, 0, 16, &skip), OTA_EPROTO);
    assert_int_equal(x.total, 0);
    assert_int_equal(ota_xfer_offer(&x, 4096, 0, 16, &skip), OTA_XFER_DUPLICATE);
    assert_true(ota_xfer_is_done(&x));
}

static void test_backoff_doubles_to_the_cap_and_spreads_below_it(void **state)
{
    (void)state;
    assert_int_equal(ota_backoff_ms(5000, 86400000, 0, 0), 5000);
    assert_int_equal(ota_backoff_ms(5000, 86400000, 3, 0), 40000);
    assert_int_equal(ota_backoff_ms(5000, 86400000, 200, 0), 86400000);
    assert_int_equal(ota_backoff_ms(5000, 86400000, 200, 43200000), 43200000);
    assert_int_equal(ota_backoff_ms(0, 0, 3, 12345), 0);
    for (uint32_t r = 0; r < 10000; r += 7) {
        uint32_t ms = ota_backoff_ms(5000, 20000, 9, r);

        assert_true(ms >= 10000 && ms <= 20000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_opens_once_the_size_is_known),
        cmocka_unit_test(test_runs_halve_the_window_and_end_with_the_image),
        cmocka_unit_test(test_last_request_asks_for_the_rest_and_none_follows),
        cmocka_unit_test(test_image_smaller_than_a_chunk),
        cmocka_unit_test(test_duplicates_are_dropped_and_overlap_is_trimmed),
        cmocka_unit_test(test_gap_is_requested_again),
        cmocka_unit_test(test_window_widens_again),
        cmocka_unit_test(test_whole_request_falls_back_to_chunks_for_what_is_lost),
        cmocka_unit_test(test_peer_that_knows_no_chunks_is_asked_for_the_whole_again),
        cmocka_unit_test(test_silence_ends_the_download),
        cmocka_unit_test(test_contradictions_are_refused),
        cmocka_unit_test(test_total_below_what_is_here_is_refused),
        cmocka_unit_test(test_backoff_doubles_to_the_cap_and_spreads_below_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
