/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ota-publisher/request.h"
#include "unit/guard.h"

#define DEVICE_TOPIC "anycloud/CY8CPROTO_062_4343W/OTAImage/54321"

static int parse(const char *text, struct request *q)
{
    const char *why = NULL;
    int rc = request_parse(text, strlen(text), q, &why);

    assert_true((rc != 0) == (why != NULL));
    return rc;
}

static size_t load(const char *name, char *buf, size_t cap)
{
    char path[512];
    FILE *f;
    size_t len;

    (void)snprintf(path, sizeof path, "%s/anycloud/messages/%s.json", OTA_TEST_VECTORS, name);
    f = fopen(path, "rb");
    assert_non_null(f);
    len = fread(buf, 1, cap - 1, f);
    (void)fclose(f);
    buf[len] = '\0';
    return len;
}

static void take_vector(const char *name, struct request *q)
{
    char text[2048];

    (void)load(name, text, sizeof text);
    assert_int_equal(parse(text, q), 0);
}

static void test_job_request_of_a_device_is_read(void **state)
{
    struct request q;

    (void)state;
    take_vector("device-update-availability", &q);
    assert_int_equal(q.kind, REQUEST_JOB);
    assert_string_equal(q.topic, DEVICE_TOPIC);
    assert_string_equal(q.board, "CY8CPROTO_062_4343W");
    assert_string_equal(q.serial, "ABC213450001");
    assert_true(q.has_version);
    assert_int_equal(q.version.major, 1);
}

static void test_image_requests_of_both_templates_and_the_subscriber_are_read(void **state)
{
    struct request q;

    (void)state;
    take_vector("device-request-update.config-template", &q);
    assert_int_equal(q.kind, REQUEST_IMAGE);
    take_vector("device-request-update.defaults-template", &q);
    assert_int_equal(q.kind, REQUEST_IMAGE);
    assert_string_equal(q.topic, DEVICE_TOPIC);
    take_vector("subscriber-request-update", &q);
    assert_int_equal(q.kind, REQUEST_IMAGE);
    assert_string_equal(q.board, "CY8CPROTO_062_4343W"); /* spelled Board here */
}

static void test_chunk_requests_tell_their_range(void **state)
{
    struct request q;

    (void)state;
    take_vector("device-request-chunk-second", &q);
    assert_int_equal(q.kind, REQUEST_CHUNK);
    assert_int_equal(q.offset, 4096);
    assert_int_equal(q.size, 4096);
    take_vector("device-request-chunk-last", &q);
    assert_int_equal(q.offset, 8192);
    assert_int_equal(q.size, -1);
}

static void test_ranges_may_be_numbers_and_size_called_length_or_left_out(void **state)
{
    struct request q;

    (void)state;
    assert_int_equal(parse("{\"Message\":\"Request Data Chunk\",\"Offset\":7,\"Length\":9}", &q),
                     0);
    assert_int_equal(q.offset, 7);
    assert_int_equal(q.size, 9);
    assert_int_equal(parse("{\"Message\":\"Request Data Chunk\",\"Offset\":\"7\"}", &q), 0);
    assert_int_equal(q.size, -1);
}

static void test_ranges_that_are_no_numbers_are_refused(void **state)
{
    static const char *const BAD[] = {"\"\"",
                                      "\"x\"",
                                      "\"1x\"",
                                      "\" 1\"",
                                      "null",
                                      "true",
                                      "[1]",
                                      "{\"a\":1}",
                                      "1.5",
                                      "\"-\"",
                                      "\"0x10\"",
                                      "\"+1\"",
                                      "\"99999999999999999999\""};
    struct request q;
    char text[128];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        (void)snprintf(text, sizeof text, "{\"Message\":\"Request Data Chunk\",\"Offset\":%s}",
                       BAD[i]);
        if (parse(text, &q) == 0) {
            fail_msg("Offset %s was accepted", BAD[i]);
        }
        (void)snprintf(text, sizeof text,
                       "{\"Message\":\"Request Data Chunk\",\"Offset\":0,\"Size\":%s}", BAD[i]);
        if (parse(text, &q) == 0) {
            fail_msg("Size %s was accepted", BAD[i]);
        }
    }
    assert_int_equal(parse("{\"Message\":\"Request Data Chunk\"}", &q), -1);
}

static void test_results_carry_their_reason(void **state)
{
    struct request q;

    (void)state;
    take_vector("device-result-success", &q);
    assert_int_equal(q.kind, REQUEST_RESULT);
    assert_true(q.success);
    take_vector("device-result-failure", &q);
    assert_false(q.success);
    assert_string_equal(q.reason, "");
    assert_int_equal(parse("{\"Message\":\"Failure\",\"Reason\":14,\"Detail\":\"a\\u001bb\"}", &q),
                     0);
    assert_string_equal(q.reason, "14");
    assert_string_equal(q.detail, "a?b");
}

static void test_direct_requests_need_no_topic(void **state)
{
    struct request q;

    (void)state;
    assert_int_equal(parse(" {\"Message\": \"Send Direct Update\"} ", &q), 0);
    assert_int_equal(q.kind, REQUEST_DIRECT);
    assert_string_equal(q.topic, "");
}

static void test_fields_of_wrong_type_count_as_absent(void **state)
{
    struct request q;

    (void)state;
    assert_int_equal(parse("{\"Message\":\"Update Availability\",\"UniqueTopicName\":[],"
                           "\"BoardName\":5,\"Version\":{},\"SerialNumber\":null}",
                           &q),
                     0);
    assert_string_equal(q.topic, "");
    assert_string_equal(q.board, "");
    assert_false(q.has_version);
}

static void test_a_topic_that_is_too_long_is_not_cut_to_a_valid_one(void **state)
{
    struct request q;
    char text[600];
    int n =
        snprintf(text, sizeof text, "{\"Message\":\"Update Availability\",\"UniqueTopicName\":\"");

    (void)state;
    memset(text + n, 'x', 300);
    (void)snprintf(text + n + 300, sizeof text - (size_t)n - 300, "\"}");
    assert_int_equal(parse(text, &q), 0);
    assert_int_equal(strlen(q.topic), TOPIC_LEN_MAX + 1);
}

static void test_results_are_told_in_one_line(void **state)
{
    static const char *const texts[][2] = {
        {"{\"Message\": \"Success\"}", "Success"},
        {"{\"Message\": \"Failure\", \"Reason\": 14, \"Detail\": \"a\\nb\"}",
         "Failure, reason 14, a?b"},
        {"{\"Message\": \"Failure\", \"Version\": \"2.0.0\", \"Outcome\": \"reverted\", "
         "\"Reason\": \"41\"}",
         "Failure, version 2.0.0 reverted, reason 41"},
        {"{\"Message\": \"Success\", \"Outcome\": \"confirmed\"}",
         "Success, version not told confirmed"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char line[REQUEST_RESULT_MAX];
        struct request q;
        const char *why;

        assert_int_equal(request_parse(texts[i][0], strlen(texts[i][0]), &q, &why), 0);
        assert_string_equal(request_result(&q, line), texts[i][1]);
    }
}

static void test_what_is_no_request_is_refused(void **state)
{
    static const char *const BAD[] = {
        "",
        " ",
        "{",
        "[]",
        "null",
        "\"Update Availability\"",
        "{}",
        "{\"Message\":5}",
        "{\"Message\":null}",
        "{\"Message\":[\"Success\"]}",
        "{\"Message\":\"success\"}",
        "{\"Message\":\"Update Available\"}",
        "{\"Message\":\"Result Received\"}",
        "{\"Message\":\"Success\"} x",
        "{\"Message\":\"Success\"}{}",
        "{\"Message\":\"Success\",\"Message\":\"Failure\"}",
        "{\"Message\":\"Success\",\"a\":\"\\u0000\"}",
        "{\"Message\":\"Success\",\"a\":\"\xff\xfe\"}",
        "OTAImage",
    };
    struct request q;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        if (parse(BAD[i], &q) == 0) {
            fail_msg("'%s' was accepted", BAD[i]);
        }
    }
}

static void test_deep_and_long_documents_are_refused(void **state)
{
    static char deep[REQUEST_LEN_MAX];
    static char big[REQUEST_LEN_MAX + 1];
    const char *why;
    struct request q;

    (void)state;
    memset(deep, '[', sizeof deep);
    memcpy(deep, "{\"a\":", 5);
    assert_int_equal(request_parse(deep, sizeof deep, &q, &why), -1);
    memset(big, ' ', sizeof big);
    memcpy(big, "{\"Message\":\"Success\"}", 21);
    assert_int_equal(request_parse(big, sizeof big - 1, &q, &why), 0);
    assert_int_equal(request_parse(big, sizeof big, &q, &why), -1);
}

static void test_no_byte_behind_the_message_is_read(void **state)
{
    struct request q;
    struct guard g;
    const char *why;
    char text[2048];
    size_t len = load("device-request-chunk-first", text, sizeof text);
    size_t n;

    (void)state;
    guard_init(&g, len);
    for (n = 0; n <= len; n++) {
        memcpy(g.end - n, text, n);
        assert_int_equal(request_parse(g.end - n, n, &q, &why), n == len ? 0 : -1);
    }
    guard_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_job_request_of_a_device_is_read),
        cmocka_unit_test(test_image_requests_of_both_templates_and_the_subscriber_are_read),
        cmocka_unit_test(test_chunk_requests_tell_their_range),
        cmocka_unit_test(test_ranges_may_be_numbers_and_size_called_length_or_left_out),
        cmocka_unit_test(test_ranges_that_are_no_numbers_are_refused),
        cmocka_unit_test(test_results_carry_their_reason),
        cmocka_unit_test(test_direct_requests_need_no_topic),
        cmocka_unit_test(test_fields_of_wrong_type_count_as_absent),
        cmocka_unit_test(test_a_topic_that_is_too_long_is_not_cut_to_a_valid_one),
        cmocka_unit_test(test_results_are_told_in_one_line),
        cmocka_unit_test(test_what_is_no_request_is_refused),
        cmocka_unit_test(test_deep_and_long_documents_are_refused),
        cmocka_unit_test(test_no_byte_behind_the_message_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
