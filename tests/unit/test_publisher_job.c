/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ota-publisher/job.h"

#define MESSAGES OTA_TEST_VECTORS "/anycloud/messages/"
#define DEVICE_TOPIC "anycloud/CY8CPROTO_062_4343W/OTAImage/54321"

static void expect_vector(const char *job_file, const char *message, const char *vector)
{
    char err[256];
    char wanted[2048];
    json_t *job = job_load(job_file, err, sizeof err);
    FILE *f = fopen(vector, "rb");
    size_t len;
    char *text;

    assert_non_null(job);
    assert_non_null(f);
    len = fread(wanted, 1, sizeof wanted, f);
    (void)fclose(f);
    text = job_text(job, &(const struct job_fill){message, DEVICE_TOPIC, NULL});
    assert_non_null(text);
    assert_int_equal(strlen(text), len);
    assert_memory_equal(text, wanted, len);
    free(text);
    json_decref(job);
}

static void test_job_files_become_the_bytes_of_the_original_publisher(void **state)
{
    (void)state;
    expect_vector(MESSAGES "job-file-mqtt.json", "Update Available",
                  MESSAGES "publisher-job-mqtt.json");
    expect_vector(MESSAGES "job-file-http.json", "Update Available",
                  MESSAGES "publisher-job-http.json");
}

static void test_results_are_confirmed_with_the_bytes_of_the_original_publisher(void **state)
{
    (void)state;
    expect_vector(MESSAGES "job-file-mqtt.json", "Result Received",
                  MESSAGES "publisher-result-received.json");
}

static void test_a_job_is_made_for_an_image(void **state)
{
    const struct ota_version version = {1, 6, 0, 77};
    json_t *job = job_build("KIT", &version, 8883);
    char *text = job_text(job, &(const struct job_fill){"Update Available", "a/KIT/x", NULL});

    (void)state;
    assert_string_equal(text, "{\"Message\": \"Update Available\", \"Board\": \"KIT\", "
                              "\"Version\": \"1.6.0\", \"Connection\": \"MQTT\", \"Broker\": \"\", "
                              "\"Port\": \"8883\", \"UniqueTopicName\": \"a/KIT/x\", "
                              "\"Count\": \"16\"}");
    free(text);
    json_decref(job);
}

static void test_no_update_names_the_topic_and_nothing_that_looks_like_a_job(void **state)
{
    char *text = job_text(NULL, &(const struct job_fill){"No Update Available", "a/KIT/x", NULL});

    (void)state;
    assert_string_equal(text, "{\"Message\": \"No Update Available\", "
                              "\"UniqueTopicName\": \"a/KIT/x\"}");
    free(text);
}

static void test_a_text_is_made_without_changing_the_job(void **state)
{
    const struct ota_version version = {1, 0, 0, 0};
    json_t *job = job_build("KIT", &version, 1);
    char *first = job_text(job, &(const struct job_fill){"Update Available", "t1", NULL});
    char *second = job_text(job, &(const struct job_fill){"Result Received", "t2", NULL});
    char *third = job_text(job, &(const struct job_fill){"Update Available", "t1", NULL});

    (void)state;
    assert_non_null(strstr(second, "t2"));
    assert_string_equal(first, third);
    free(first);
    free(second);
    free(third);
    json_decref(job);
}

static void test_a_place_replaces_what_the_job_says_about_its_data(void **state)
{
    struct job_url url;
    json_t *job = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "Version", "1.0.0", "connection",
                            "MQTT", "broker", "b", "PORT", "1883", "File", "/old", "Count", "16");
    char *text;

    (void)state;
    assert_int_equal(job_url_parse(&url, "https://web.local:8443/fw?x=1", "/default"), 0);
    text = job_text(job, &(const struct job_fill){"Update Available", NULL, &url.place});
    assert_string_equal(text, "{\"Version\": \"1.0.0\", \"Count\": \"16\", "
                              "\"Message\": \"Update Available\", \"Connection\": \"HTTPS\", "
                              "\"Server\": \"web.local\", \"Port\": \"8443\", "
                              "\"File\": \"/fw?x=1\"}");
    free(text);
    json_decref(job);
}

static void test_urls_that_lead_nowhere_are_refused(void **state)
{
    static const char *const texts[] = {"",           "web.local",    "ftp://web.local/x",
                                        "http://",    "http://a:0/x", "http://a:99999/x",
                                        "http://a b", "http://u@a/x"};
    struct job_url url;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(job_url_parse(&url, texts[i], "/default"), -1);
    }
    assert_int_equal(job_url_parse(&url, "http://a", "/default"), 0);
    assert_string_equal(url.place.file, "/default");
    assert_int_equal(url.place.port, 80);
}

static json_t *load_text(const char *text, char *err, size_t cap)
{
    char path[] = "/tmp/test_publisher_job.XXXXXX";
    int fd = mkstemp(path);
    json_t *job;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    job = job_load(path, err, cap);
    (void)unlink(path);
    return job;
}

static void test_bad_job_files_are_refused_with_the_place(void **state)
{
    char err[256];

    (void)state;
    assert_null(load_text("{\n \"Version\": \"1.0.0\"\n \"Board\": \"x\"}", err, sizeof err));
    assert_non_null(strstr(err, "line 3"));
    assert_null(load_text("[]", err, sizeof err));
    assert_null(load_text("{\"Version\": \"one\"}", err, sizeof err));
    assert_null(load_text("{\"Version\": 1}", err, sizeof err));
    assert_null(load_text("{\"Version\": \"1.0.0\", \"Version\": \"2.0.0\"}", err, sizeof err));
    assert_null(job_load("/nonexistent/job.json", err, sizeof err));
    assert_non_null(strstr(err, "/nonexistent/job.json"));
}

static void test_fields_of_a_job_are_found_without_regard_to_case(void **state)
{
    char err[256];
    struct ota_version v;
    json_t *job = load_text("{\"version\": \"3.2.1\", \"CONNECTION\": \"http\"}", err, sizeof err);

    (void)state;
    assert_int_equal(job_version(job, &v), 1);
    assert_int_equal(v.minor, 2);
    assert_false(job_is_mqtt(job));
    json_decref(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_job_files_become_the_bytes_of_the_original_publisher),
        cmocka_unit_test(test_results_are_confirmed_with_the_bytes_of_the_original_publisher),
        cmocka_unit_test(test_a_job_is_made_for_an_image),
        cmocka_unit_test(test_no_update_names_the_topic_and_nothing_that_looks_like_a_job),
        cmocka_unit_test(test_a_place_replaces_what_the_job_says_about_its_data),
        cmocka_unit_test(test_urls_that_lead_nowhere_are_refused),
        cmocka_unit_test(test_a_text_is_made_without_changing_the_job),
        cmocka_unit_test(test_bad_job_files_are_refused_with_the_place),
        cmocka_unit_test(test_fields_of_a_job_are_found_without_regard_to_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
