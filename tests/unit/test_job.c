/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#include "ota/err.h"
#include "ota/job.h"

#define BOARD "CY8CPROTO_062_4343W"

static const struct ota_endpoint broker = {
    .transport = OTA_TRANSPORT_MQTT, .port = 1883, .host = "broker.local"};

static char room[OTA_PATH_MAX];

static int parse_from(const struct ota_endpoint *from, const char *text, struct ota_job *job)
{
    job->file = room;
    job->file_cap = sizeof room;
    return ota_job_parse(text, strlen(text), from, job);
}

static int parse(const char *text, struct ota_job *job)
{
    return parse_from(&broker, text, job);
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
    static const char *const bad[] = {"http://x", "a b",  "a/b",    "x:0",      "x:70000",   "x:1x",
                                      "ftp://x",  "[::1", "user@x", "a\\u0001", "caf\\u00e9"};
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

/* Members behind Board and Version, and the address that they lead to from broker.local. */
static const struct address {
    const char *members;
    const char *url; /* transport, host, port, path; NULL: refused */
} addresses[] = {
    {"\"Server\":\"http://web\",\"File\":\"/x\"", "HTTP web 80 /x"},
    {"\"Server\":\"https://web\",\"File\":\"/x\"", "HTTPS web 443 /x"},
    {"\"Server\":\"HTTPS://web:8443/\",\"File\":\"x\"", "HTTPS web 8443 /x"},
    {"\"Server\":\"https://web/fw/a/\",\"File\":\"/x\"", "HTTPS web 443 /fw/a/x"},
    {"\"Server\":\"https://[fd00::1]:8443/fw\",\"File\":\"x?a=b\"", "HTTPS fd00::1 8443 /fw/x?a=b"},
    {"\"Server\":\"fd00::1\",\"Connection\":\"HTTP\",\"File\":\"/x\"", "HTTP fd00::1 80 /x"},
    {"\"Server\":\"web:8080\",\"Connection\":\"HTTP\",\"File\":\"x\"", "HTTP web 8080 /x"},
    {"\"Server\":\"web:8080\",\"Connection\":\"HTTP\",\"Port\":8080,\"File\":\"x\"",
     "HTTP web 8080 /x"},
    {"\"Server\":\"web:8080\",\"Connection\":\"HTTP\",\"Port\":81,\"File\":\"x\"", NULL},
    {"\"Server\":\"http://web\",\"Connection\":\"HTTP\",\"File\":\"x\"", "HTTP web 80 /x"},
    {"\"Server\":\"http://web\",\"Connection\":\"HTTPS\",\"File\":\"x\"", NULL},
    {"\"Server\":\"https://web\",\"Connection\":\"HTTP\",\"File\":\"x\"", NULL},
    {"\"Server\":\"https://web/?q\",\"File\":\"x\"", NULL},
    {"\"Server\":\"https://me:pw@web\",\"File\":\"x\"", NULL},
    {"\"File\":\"https://cdn/x?sig=1\"", "HTTPS cdn 443 /x?sig=1"},
    {"\"File\":\"https://cdn:8443?x\"", "HTTPS cdn 8443 /?x"},
    {"\"File\":\"https://cdn\"", "HTTPS cdn 443 /"},
    {"\"File\":\"https://cdn/x#part\"", "HTTPS cdn 443 /x"},
    {"\"File\":\"http://cdn/x\",\"Connection\":\"HTTPS\"", NULL},
    {"\"File\":\"ftp://cdn/x\"", NULL},
    {"\"File\":\"/x?u=http://y\",\"Connection\":\"HTTP\"", "HTTP broker.local 80 /x?u=http://y"},
    {"\"File\":\"/a b\",\"Connection\":\"HTTP\"", NULL},
    {"\"File\":\"/a\\r\\nX: y\",\"Connection\":\"HTTP\"", NULL},
    {"\"File\":\"a b\"", "MQTT broker.local 1883 a b"},
    {"\"Server\":\"mqtt://other\"", "MQTT other 1883 "},
    {"\"Server\":\"mqtts://other\"", "MQTT other 8883 "},
};

static void test_addresses_lead_where_they_say(void **state)
{
    static const char *const names[] = {"", "MQTT", "HTTP", "HTTPS"};

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        const struct address *a = &addresses[i];
        struct ota_job job;
        char text[512];
        char got[512] = "refused";

        (void)snprintf(text, sizeof text, "{\"Board\":\"b\",\"Version\":\"2\",%s}", a->members);
        if (parse(text, &job) == 0) {
            (void)snprintf(got, sizeof got, "%s %s %u %s", names[job.data.transport], job.data.host,
                           job.data.port, job.file);
            assert_int_equal(job.data.tls, job.data.transport == OTA_TRANSPORT_HTTPS ||
                                               strstr(a->members, "mqtts") != NULL);
        }
        if (strcmp(got, a->url != NULL ? a->url : "refused") != 0) {
            fail_msg("%s: %s", a->members, got);
        }
    }
}

static void test_job_of_a_safe_broker_does_not_lead_to_an_unsafe_one(void **state)
{
    const struct ota_endpoint safe = {
        .transport = OTA_TRANSPORT_MQTT, .port = 8883, .tls = true, .host = "broker.local"};
    struct ota_job job;

    (void)state;
    assert_int_equal(parse_from(&safe,
                                "{\"Board\":\"b\",\"Version\":\"2\",\"Server\":"
                                "\"mqtt://other\"}",
                                &job),
                     0);
    assert_true(job.data.tls);
}

static bool is_receipt(const char *text)
{
    return ota_job_is_receipt(text, strlen(text));
}

static void test_receipt_of_a_result_is_told_from_a_job(void **state)
{
    (void)state;
    assert_true(is_receipt("{\"Message\": \"Result Received\"}"));
    assert_true(
        is_receipt("{\"Version\":\"1.6.0\",\"Message\":\"Result Received\",\"Board\":\"B\"}"));
    assert_false(is_receipt("{\"Message\": \"Result Received.\"}"));
    assert_false(is_receipt("{\"Message\": \"Update Available\"}"));
    assert_false(is_receipt("{\"Note\": \"Result Received\"}"));
    assert_false(is_receipt("{\"Message\": \"Result Received\""));
    assert_false(is_receipt(""));
}

static void test_signed_url_of_2_kib_needs_its_room_and_no_more(void **state)
{
    static char large[2100];
    static char text[2200];
    struct ota_job job = {.file = large, .file_cap = 2049 + sizeof "https://cdn" - 1};

    (void)state;
    (void)snprintf(text, sizeof text,
                   "{\"Board\":\"b\",\"Version\":\"2\",\"File\":\"https://cdn/%02047d\"}", 0);
    assert_int_equal(ota_job_parse(text, strlen(text), &broker, &job), 0);
    assert_int_equal(strlen(job.file), 2048);
    job.file_cap--;
    assert_int_equal(ota_job_parse(text, strlen(text), &broker, &job), OTA_EJOB);
}

static void test_the_server_of_the_job_may_be_where_the_image_s_goes(void **state)
{
    static const struct {
        const char *more;
        bool is_redirected;
    } cases[] = {
        {"", false},
        {",\"Server\":\"broker.local\",\"Port\":\"1883\"", false},
        {",\"Server\":\"other.local\"", true},
        {",\"Server\":\"broker.loca\"", true},
        {",\"Port\":\"1884\"", true},
        {",\"Connection\":\"HTTP\",\"File\":\"a.bin\"", true},
        {",\"Server\":\"http://other/base\",\"File\":\"a.bin\"", true},
        {",\"File\":\"https://broker.local:8443/a.bin\"", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ota_job apart, same = {.data = broker};
        char text[256];

        (void)snprintf(text, sizeof text, "{\"Version\":\"2.0.0\",\"Board\":\"B\"%s}",
                       cases[i].more);
        memset(&apart, 0, sizeof apart);
        assert_int_equal(parse(text, &apart), 0);
        assert_int_equal(parse_from(&same.data, text, &same), 0);
        assert_int_equal(apart.is_redirected, cases[i].is_redirected);
        assert_int_equal(same.is_redirected, cases[i].is_redirected);
        assert_string_equal(same.data.host, apart.data.host);
        assert_int_equal(same.data.port, apart.data.port);
        assert_int_equal(same.data.tls, apart.data.tls);
        assert_int_equal(same.data.transport, apart.data.transport);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_server_of_the_job_may_be_where_the_image_s_goes),
        cmocka_unit_test(test_documents_of_the_original_get_their_verdict),
        cmocka_unit_test(test_what_is_left_out_comes_from_the_job_server),
        cmocka_unit_test(test_redirection_to_another_transport),
        cmocka_unit_test(test_hosts_that_are_none_are_refused),
        cmocka_unit_test(test_addresses_lead_where_they_say),
        cmocka_unit_test(test_job_of_a_safe_broker_does_not_lead_to_an_unsafe_one),
        cmocka_unit_test(test_receipt_of_a_result_is_told_from_a_job),
        cmocka_unit_test(test_signed_url_of_2_kib_needs_its_room_and_no_more),
        cmocka_unit_test(test_values_that_do_not_fit_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
