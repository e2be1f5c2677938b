/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#include "codec/message.h"
#include "ota/err.h"

#define MESSAGES OTA_TEST_VECTORS "/anycloud/messages/"
#define TOPIC "anycloud/CY8CPROTO_062_4343W/OTAImage/54321"

/* The rest is the sample's. */
static const struct ota_identity identity = {
    .text = {[OTA_WHO_PRODUCT] = "Easy Widgit", [OTA_WHO_BOARD] = "CY8CPROTO_062_4343W"}};
static const struct ota_version version = {1, 0, 0, 77};

static void expect_file(const char *path, const char *text, int len)
{
    FILE *f = fopen(path, "rb");
    char want[1024];
    size_t n;

    assert_non_null(f);
    n = fread(want, 1, sizeof want, f);
    (void)fclose(f);
    assert_int_equal(len, n);
    assert_memory_equal(text, want, n);
}

static int request(enum ota_request kind, uint32_t offset, uint32_t size, char *buf, size_t cap)
{
    struct ota_message m = {
        .request = kind,
        .identity = &identity,
        .version = &version,
        .topic = TOPIC,
        .file = "/anycloud-ota.bin",
        .offset = offset,
        .size = size,
    };

    return ota_message_request(&m, buf, cap);
}

static void test_requests_are_the_original_ones_to_the_byte(void **state)
{
    char buf[1024];

    (void)state;
    expect_file(MESSAGES "device-update-availability.json", buf,
                request(OTA_REQUEST_JOB, 0, 0, buf, sizeof buf));
    expect_file(MESSAGES "device-request-update.defaults-template.json", buf,
                request(OTA_REQUEST_IMAGE, 0, 0, buf, sizeof buf));
    expect_file(MESSAGES "device-request-chunk-first.json", buf,
                request(OTA_REQUEST_CHUNK, 0, 4096, buf, sizeof buf));
    expect_file(MESSAGES "device-request-chunk-second.json", buf,
                request(OTA_REQUEST_CHUNK, 4096, 4096, buf, sizeof buf));
}

static void test_success_is_the_original_one_to_the_byte(void **state)
{
    char buf[1024];

    (void)state;
    expect_file(MESSAGES "device-result-success.json", buf,
                ota_message_result(&(struct ota_result){.topic = TOPIC}, buf, sizeof buf));
}

static void test_failure_says_why(void **state)
{
    char buf[256];

    (void)state;
    struct ota_result r = {.err = OTA_ESIG, .topic = "t"};

    assert_true(ota_message_result(&r, buf, sizeof buf) > 0);
    assert_string_equal(buf,
                        "{\"Message\":\"Failure\", \"UniqueTopicName\": \"t\", \"Reason\": \"16\", "
                        "\"Detail\": \"image signature is wrong\"}");
}

static void test_outcome_after_the_reset_names_the_image(void **state)
{
    const struct ota_version v = {2, 1, 0, 5};
    struct ota_result r = {.topic = "t", .installed = &v};
    char buf[256];

    (void)state;
    assert_true(ota_message_result(&r, buf, sizeof buf) > 0);
    assert_string_equal(buf, "{\"Message\":\"Success\", \"UniqueTopicName\": \"t\", "
                             "\"Version\": \"2.1.0\", \"Outcome\": \"confirmed\"}");
    r.err = OTA_EREVERTED;
    assert_true(ota_message_result(&r, buf, sizeof buf) > 0);
    assert_non_null(strstr(buf, "\"Reason\": \"41\""));
    assert_non_null(strstr(buf, "\"Outcome\": \"reverted\""));
}

static void test_no_room_is_an_error_not_half_a_message(void **state)
{
    char buf[1024];
    int len = request(OTA_REQUEST_CHUNK, 0, 4096, buf, sizeof buf);

    (void)state;
    assert_int_equal(request(OTA_REQUEST_CHUNK, 0, 4096, buf, (size_t)len), OTA_ENOSPC);
    assert_int_equal(request(OTA_REQUEST_CHUNK, 0, 4096, buf, (size_t)len + 1), len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_are_the_original_ones_to_the_byte),
        cmocka_unit_test(test_success_is_the_original_one_to_the_byte),
        cmocka_unit_test(test_failure_says_why),
        cmocka_unit_test(test_outcome_after_the_reset_names_the_image),
        cmocka_unit_test(test_no_room_is_an_error_not_half_a_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
