/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#include "ota/err.h"
#include "ota/job.h"

#define BOARD "CY8CPROTO_062_4343W"

static const struct ota_endpoint broker = {
    .transport = OTA_TRANSPORT_MQTT, .port = 1883, .host = "broker.local"};

static int parse(const char *text, struct ota_job *job)
{
    return ota_job_parse(text, strlen(text), &broker, job);
}

/*
 * What this library makes of the original's observed documents. Where it differs from what the
 * original did, the reason stands beside it.
 */
static const struct verdict {
    const char *name;
    int rc;
} verdicts[] = {
    {"ok-mqtt", 0},
    {"minimal", 0},
    {"numeric-port", 0},
    {"numeric-other-port", 0}, /* a number is taken, the original ignored it */
    {"port-0", 0},
    {"port-99999", OTA_EJOB},      /* no port; the original took its low 16 bits */
    {"unknown-conn", OTA_EJOB},    /* the original kept the old connection */
    {"empty-conn", OTA_EJOB},      /* compared by prefix there */
    {"prefix-conn-M", OTA_EJOB},   /* likewise */
    {"prefix-conn-HTT", OTA_EJOB}, /* likewise */
    {"lower-conn", 0},
    {"no-board", OTA_EJOB},
    {"lower-board", OTA_EBOARD},
    {"boardname", 0}, /* the spelling of the device's own messages is taken, too */
    {"dash-board", OTA_EBOARD},
    {"no-version", OTA_EJOB},
    {"ver-2part", 0},
    {"ver-1part", 0},
    {"ver-4part", OTA_EJOB}, /* cut to three parts there */
    {"ver-v", OTA_EJOB},
    {"ver-equal", OTA_EVERSION},
    {"ver-65537", OTA_EJOB},
    {"ver-number", OTA_EJOB},
    {"ver-long", OTA_EJOB}, /* longer than any version */
    {"names-upper", 0},
    {"no-update-msg", OTA_ENOUPDATE}, /* the message counts; ignored there */
    {"broker-change", 0},
    {"port-change", 0},
    {"http-no-server", 0},
    {"http-no-file", OTA_EJOB}, /* nothing to get */
    {"http-filename", 0},       /* a spelling of the original's publisher */
    {"https", 0},
    {"unknown-field", 0},
    {"nested", OTA_EJOB},    /* only the document's own members count */
    {"dup-board", OTA_EJOB}, /* which one is meant, nobody knows */
    {"dup-board-longer-first", OTA_EJOB},
    {"truncated", OTA_EJOB},
    {"trailing", OTA_EJOB},
    {"array", OTA_EJOB},
    {"empty-object", OTA_EJOB},
    {"board-32", OTA_EBOARD},
    {"board-40", OTA_EBOARD},
    {"esc-quote", 0},
};

static const struct verdict *verdict_of(const char *name)
{
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        if (strcmp(verdicts[i].name, name) == 0) {
            return &verdicts[i];
        }
    }
    fail_msg("no verdict for %s", name);
    return NULL;
}

/* What the agent makes of a document: parse, board, version newer than 1.0.0. */
static int judge(const char *text)
{
    static const struct ota_version running = {1, 0, 0, 0};
    struct ota_job job;
    int rc = parse(text, &job);

    if (rc == 0 && strcmp(job.board, BOARD) != 0) {
        rc = OTA_EBOARD;
    }
    return rc == 0 && ota_version_compare(&job.version, &running) <= 0 ? OTA_EVERSION : rc;
}

static void test_documents_of_the_original_get_their_verdict(void **state)
{
    FILE *f = fopen(OTA_TEST_VECTORS "/anycloud/jobs/jobs.tsv", "r");
    char line[1024];
    size_t rows = 0;

    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        char *text = strrchr(line, '\t');

        if (line[0] == '#' || text == NULL) {
            continue;
        }
        text[strcspn(text, "\n")] = '\0';
        *strchr(line, '\t') = '\0';
        if (judge(text + 1) != verdict_of(line)->rc) {
            fail_msg("%s: %s", line, ota_err_name(judge(text + 1)));
        }
        rows++;
    }
    (void)fclose(f);
    assert_int_equal(rows, sizeof verdicts / sizeof verdicts[0]);
}

static void test_what_is_left_out_comes_from_the_job_server(void **state)
{
    struct ota_job job;

    (void)state;
    assert_int_equal(parse("{\"Board\":\"b\",\"Version\":\"1.6.0\",\"Broker\":\"\"}", &job), 0);
    assert_false(job.is_redirected);
    assert_string_equal(job.data.host, "broker.local");
    assert_int_equal(job.data.port, 1883);
    assert_int_equal(job.version.minor, 6);
}

static void test_redirection_to_another_transport(void **state)
{
    struct ota_job job;

    (void)state;
    assert_int_equal(parse("{\"Board\":\"b\",\"Version\":\"2\",\"Connection\":\"HTTPS\","
                           "\"Server\":\"web.local\",\"File\":\"/x.bin\"}",
                           &job),
                     0);
    assert_true(job.is_redirected);
    assert_int_equal(job.data.transport, OTA_TRANSPORT_HTTPS);
    assert_int_equal(job.data.port, 443);
    assert_true(job.data.tls);
    assert_string_equal(job.file, "/x.bin");
}

static void test_hosts_that_are_none_are_refused(void **state)
{
    static const char *const bad[] = {"http://x", "a b", "a/b", "user@x", "a\\u0001", "caf\\u00e9"};
    struct ota_job job;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[128];

        (void)snprintf(text, sizeof text, "{\"Board\":\"b\",\"Version\":\"2\",\"Server\":\"%s\"}",
                       bad[i]);
        assert_int_equal(parse(text, &job), OTA_EJOB);
    }
}

static void test_values_that_do_not_fit_are_refused(void **state)
{
    char text[600];
    struct ota_job job;

    (void)state;
    (void)snprintf(text, sizeof text, "{\"Version\":\"2\",\"Board\":\"%048d\"}", 0);
    assert_int_equal(parse(text, &job), OTA_EJOB);
    (void)snprintf(text, sizeof text, "{\"Version\":\"2\",\"Board\":\"%047d\"}", 0);
    assert_int_equal(parse(text, &job), 0);
    (void)snprintf(text, sizeof text, "{\"Version\":\"2\",\"Board\":\"b\",\"File\":\"%0256d\"}", 0);
    assert_int_equal(parse(text, &job), OTA_EJOB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents_of_the_original_get_their_verdict),
        cmocka_unit_test(test_what_is_left_out_comes_from_the_job_server),
        cmocka_unit_test(test_redirection_to_another_transport),
        cmocka_unit_test(test_hosts_that_are_none_are_refused),
        cmocka_unit_test(test_values_that_do_not_fit_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
