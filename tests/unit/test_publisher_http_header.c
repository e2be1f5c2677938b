/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "ota-publisher/http_header.h"

static void expect_part(const char *text, uint64_t size, uint64_t first, uint64_t len)
{
    struct http_range r;

    assert_int_equal(http_range_parse(text, size, &r), HTTP_RANGE_PART);
    assert_int_equal(r.first, first);
    assert_int_equal(r.len, len);
}

static void expect_whole(const char *text)
{
    struct http_range r;

    assert_int_equal(http_range_parse(text, 100, &r), HTTP_RANGE_WHOLE);
    assert_int_equal(r.first, 0);
    assert_int_equal(r.len, 100);
}

static void expect_none(const char *text, uint64_t size)
{
    struct http_range r;

    assert_int_equal(http_range_parse(text, size, &r), HTTP_RANGE_NONE);
}

static void test_ranges_within_a_file_are_parts_of_it(void **state)
{
    (void)state;
    expect_part("bytes=0-0", 100, 0, 1);
    expect_part("bytes=0-99", 100, 0, 100);
    expect_part("bytes=10-19", 100, 10, 10);
    expect_part("bytes=99-99", 100, 99, 1);
    expect_part("Bytes= 10-19 ", 100, 10, 10);
}

static void test_ranges_over_the_end_stop_there(void **state)
{
    (void)state;
    expect_part("bytes=0-", 100, 0, 100);
    expect_part("bytes=99-", 100, 99, 1);
    expect_part("bytes=50-4095", 100, 50, 50);
    expect_part("bytes=50-99999999999999999999999999", 100, 50, 50);
    expect_part("bytes=0-18446744073709551615", UINT64_MAX, 0, UINT64_MAX);
}

static void test_suffixes_are_counted_from_the_end(void **state)
{
    (void)state;
    expect_part("bytes=-1", 100, 99, 1);
    expect_part("bytes=-100", 100, 0, 100);
    expect_part("bytes=-101", 100, 0, 100);
    expect_part("bytes=-99999999999999999999999999", 100, 0, 100);
}

static void test_ranges_outside_of_the_file_are_told_apart(void **state)
{
    (void)state;
    expect_none("bytes=100-", 100);
    expect_none("bytes=100-200", 100);
    expect_none("bytes=99999999999999999999999999-", 100);
    expect_none("bytes=-0", 100);
    expect_none("bytes=0-", 0);
    expect_none("bytes=-5", 0);
}

static void test_what_is_no_single_range_of_bytes_is_ignored(void **state)
{
    static const char *const texts[] = {
        "",           "bytes",      "bytes=",       "bytes=-",       "bytes=a-b", "bytes=1",
        "bytes=5-4",  "bytes=1-2x", "bytes=1-2,4-", "bytes=0-0,-1",  "lines=1-2", "bytes 1-2",
        "bytes=--5",  "bytes=+1-2", "bytes=1 -2",   "bytes=0x1-0x2", "bytes=1--", "bytes=-5-",
        "bytes=-5,6-"};
    size_t i;

    (void)state;
    expect_whole(NULL);
    for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        expect_whole(texts[i]);
    }
}

static void test_etags_are_found_in_lists(void **state)
{
    (void)state;
    assert_true(http_etag_is_listed("\"a\"", "\"a\""));
    assert_true(http_etag_is_listed("\"b\", \"a\"", "\"a\""));
    assert_true(http_etag_is_listed("\"b\",W/\"a\"", "\"a\""));
    assert_true(http_etag_is_listed(" * ", "\"a\""));
    assert_true(http_etag_is_listed("\"x,y\", \"a\"", "\"a\""));
}

static void test_other_etags_are_not_found(void **state)
{
    (void)state;
    assert_false(http_etag_is_listed(NULL, "\"a\""));
    assert_false(http_etag_is_listed("", "\"a\""));
    assert_false(http_etag_is_listed("\"ab\"", "\"a\""));
    assert_false(http_etag_is_listed("a", "\"a\""));
    assert_false(http_etag_is_listed("\"a", "\"a\""));
    assert_false(http_etag_is_listed("*, \"a\"", "\"a\""));
    assert_false(http_etag_is_listed("W/", "\"a\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges_within_a_file_are_parts_of_it),
        cmocka_unit_test(test_ranges_over_the_end_stop_there),
        cmocka_unit_test(test_suffixes_are_counted_from_the_end),
        cmocka_unit_test(test_ranges_outside_of_the_file_are_told_apart),
        cmocka_unit_test(test_what_is_no_single_range_of_bytes_is_ignored),
        cmocka_unit_test(test_etags_are_found_in_lists),
        cmocka_unit_test(test_other_etags_are_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
