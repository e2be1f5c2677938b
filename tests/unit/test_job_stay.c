/* SPDX-License-Identifier: Apache-2.0 */
/* The job document in a build with OTA_CONFIG_REDIRECT 0. */
#include "unit/test.h"

#include <string.h>

#include "ota/err.h"
#include "ota/job.h"

#define BEGIN "{\"Version\":\"2.0.0\",\"Board\":\"B\""

static const struct ota_endpoint broker = {
    .transport = OTA_TRANSPORT_MQTT, .port = 8883, .tls = true, .host = "broker.local"};

static int parse(const char *text, struct ota_job *job)
{
    static char room[OTA_PATH_MAX];

    job->data = broker;
    job->file = room;
    job->file_cap = sizeof room;
    return ota_job_parse(text, strlen(text), &job->data, job);
}

static void test_the_job_s_own_server_may_be_named(void **state)
{
    static const char *const good[] = {
        BEGIN "}",
        BEGIN ",\"Broker\":\"broker.local\",\"Port\":\"8883\",\"Connection\":\"MQTT\"}",
        BEGIN ",\"Server\":\"broker.local\",\"Port\":8883,\"File\":\"v2.bin\"}",
        BEGIN ",\"Port\":\"0\",\"Server\":\"\"}",
    };
    struct ota_job job;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(parse(good[i], &job), 0);
        assert_false(job.is_redirected);
        assert_memory_equal(&job.data, &broker, sizeof broker);
    }
}

static void test_a_job_that_leads_elsewhere_is_refused(void **state)
{
    static const char *const bad[] = {
        BEGIN ",\"Broker\":\"broker.locall\"}",
        BEGIN ",\"Broker\":\"Broker.local\"}",
        BEGIN ",\"Server\":\"mqtts://broker.local\"}",
        BEGIN ",\"Port\":\"1883\"}",
        BEGIN ",\"Connection\":\"HTTPS\"}",
        BEGIN ",\"File\":\"https://server/v2.bin\"}",
    };
    struct ota_job job;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(bad[i], &job), OTA_ETRANSPORT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_job_s_own_server_may_be_named),
        cmocka_unit_test(test_a_job_that_leads_elsewhere_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
