/* SPDX-License-Identifier: Apache-2.0 */
/* The original's functions and its callback, against recorded traces of the original. */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ota/err.h"
#include "unit/compat_world.h"

static int set_up(void **state)
{
    (void)state;
    compat_world_init();
    return 0;
}

/* ---- One answer to give ------------------------------------------------------------------------
 */

static struct {
    cy_ota_cb_reason_t reason;
    cy_ota_agent_state_t state;
    cy_ota_callback_results_t result;
    int n;
} once;

static cy_ota_callback_results_t answer(cy_ota_cb_struct_t *cb)
{
    if (once.n > 0 && cb->reason == once.reason && cb->state == once.state) {
        once.n--;
        return once.result;
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void answer_once(cy_ota_cb_reason_t reason, cy_ota_agent_state_t state,
                        cy_ota_callback_results_t result)
{
    once.reason = reason;
    once.state = state;
    once.result = result;
    once.n = 1;
    world.answer = answer;
}

/* ---- Traces ------------------------------------------------------------------------------------
 */

static const char *const reason_name[] = {"STATE_CHANGE", "SUCCESS", "FAILURE"};

static const char *state_name(cy_ota_agent_state_t state)
{
    switch ((int)state) {
#define NAME(name, number, text)                                                                   \
    case number:                                                                                   \
        return #name;
        OTA_STATE_MAP(NAME)
#undef NAME
    default:
        return "?";
    }
}

/* Callbacks that are made here and not in the original (docs/compat.md). */
static bool is_addition(const struct world_call *c)
{
    bool is_direct = world.network.use_get_job_flow == CY_OTA_DIRECT_FLOW;

    if (c->reason == CY_OTA_REASON_STATE_CHANGE) {
        return c->state == CY_OTA_STATE_JOB_DOWNLOAD && c->connection == CY_OTA_CONNECTION_MQTT;
    }
    return c->reason == CY_OTA_REASON_SUCCESS &&
           ((c->state == CY_OTA_STATE_START_UPDATE && is_direct) ||
            (c->state == CY_OTA_STATE_RESULT_REDIRECT &&
             (is_direct || world.params.do_not_send_result)));
}

static void write_call(const struct world_call *c, char *text, size_t cap)
{
    (void)snprintf(text, cap, "%s %s err=0x%08X conn=%d %s:%u written=%u/%u",
                   reason_name[c->reason], state_name(c->state), (unsigned)c->error,
                   (int)c->connection, c->host, (unsigned)c->port, (unsigned)c->written,
                   (unsigned)c->total);
}

/* A trace's line without its padding and remarks; false for lines of another kind. */
static bool read_call(const char *line, char *text, size_t cap)
{
    char reason[24], state[24], err[24], conn[24], server[64], written[40];

    if (sscanf(line, "CB %23s %23s %23s %23s %63s %39s", reason, state, err, conn, server,
               written) != 6) {
        return false;
    }
    (void)snprintf(text, cap, "%s %s %s %s %s %s", reason, state, err, conn, server, written);
    return true;
}

/* Reason and state. */
static bool is_same_order(const char *have, const char *want)
{
    size_t len = (size_t)(strstr(want, " err=") - want);

    return strncmp(have, want, len + 1) == 0;
}

enum trace_match {
    WHOLE,         /* with errors, servers and bytes */
    ORDER,         /* reasons and states */
    UNTIL_FAILURE, /* these, to the first failure: what differs comes after it */
};

static void compare_trace(const char *name, enum trace_match match)
{
    char path[256], line[512], want[256], have[256];
    size_t i = 0;
    FILE *f;

    (void)snprintf(path, sizeof path, OTA_TEST_VECTORS "/anycloud/traces/%s.txt", name);
    f = fopen(path, "r");
    if (f == NULL) {
        fail_msg("no trace %s", path);
        return;
    }
    while (fgets(line, sizeof line, f) != NULL) {
        if (!read_call(line, want, sizeof want)) {
            continue;
        }
        while (i < world.n_calls && is_addition(&world.calls[i])) {
            i++;
        }
        if (i == world.n_calls) {
            fail_msg("%s: nothing instead of %s", name, want);
            break;
        }
        write_call(&world.calls[i++], have, sizeof have);
        if (match == WHOLE ? strcmp(have, want) != 0 : !is_same_order(have, want)) {
            fail_msg("%s, callback %zu:\n  %s, in the trace\n  %s", name, i - 1, have, want);
        }
        if (match == UNTIL_FAILURE && strncmp(want, "FAILURE", 7) == 0) {
            break;
        }
    }
    (void)fclose(f);
}

static void expect_trace(const char *name)
{
    compare_trace(name, WHOLE);
}

/* A second try: the original forgets the error in between, and counts bytes of both tries. */
static void expect_order(const char *name)
{
    compare_trace(name, ORDER);
}

static void test_job_flow_is_told_as_the_original_tells_it(void **state)
{
    (void)state;
    compat_world_run(1);
    expect_trace("mqtt-job");
    assert_true(compat_world_is_pending());
    assert_int_equal(world.peer.n_whole_requests, 1);
    assert_int_equal(cy_ota_get_last_error(), CY_RSLT_SUCCESS);
}

static void test_direct_flow_is_told_as_the_original_tells_it(void **state)
{
    (void)state;
    world.network.use_get_job_flow = CY_OTA_DIRECT_FLOW;
    compat_world_run(1);
    expect_trace("mqtt-direct");
    assert_true(compat_world_is_pending());
}

static void test_flow_without_result_is_told_as_the_original_tells_it(void **state)
{
    (void)state;
    world.params.do_not_send_result = true;
    compat_world_run(1);
    expect_trace("mqtt-nores");
    assert_int_equal(world.peer.n_results, 0);
}

static void test_device_restarts_when_asked_to(void **state)
{
    (void)state;
    world.params.reboot_upon_completion = 1;
    compat_world_run(1);
    expect_trace("mqtt-reboot");
    assert_int_equal(world.n_resets, 1);
}

static void test_answers_lead_where_they_lead_in_the_original(void **state)
{
    static const struct {
        const char *trace;
        cy_ota_cb_reason_t reason;
        cy_ota_agent_state_t state;
        cy_ota_callback_results_t result;
    } cases[] = {
        {"ov-start-stop", 0, CY_OTA_STATE_START_UPDATE, CY_OTA_CB_RSLT_OTA_STOP},
        {"ov-jobconnect-stop", 0, CY_OTA_STATE_JOB_CONNECT, CY_OTA_CB_RSLT_OTA_STOP},
        {"ov-parse-stop", 0, CY_OTA_STATE_JOB_PARSE, CY_OTA_CB_RSLT_OTA_STOP},
        {"ov-parse-succ-stop", 1, CY_OTA_STATE_JOB_PARSE, CY_OTA_CB_RSLT_OTA_STOP},
        {"ov-open-stop", 0, CY_OTA_STATE_STORAGE_OPEN, CY_OTA_CB_RSLT_OTA_STOP},
        {"ov-dataconnect-stop", 0, CY_OTA_STATE_DATA_CONNECT, CY_OTA_CB_RSLT_OTA_STOP},
        {"ov-download-stop", 0, CY_OTA_STATE_DATA_DOWNLOAD, CY_OTA_CB_RSLT_OTA_STOP},
        {"ov-write-stop", 0, CY_OTA_STATE_STORAGE_WRITE, CY_OTA_CB_RSLT_OTA_STOP},
        {"ov-write-failed", 0, CY_OTA_STATE_STORAGE_WRITE, CY_OTA_CB_RSLT_APP_FAILED},
        {"ov-download-failed", 0, CY_OTA_STATE_DATA_DOWNLOAD, CY_OTA_CB_RSLT_APP_FAILED},
        {"ov-verify-stop", 0, CY_OTA_STATE_VERIFY, CY_OTA_CB_RSLT_OTA_STOP},
        {"ov-verify-success", 0, CY_OTA_STATE_VERIFY, CY_OTA_CB_RSLT_APP_SUCCESS},
        {"ov-resredir-stop", 0, CY_OTA_STATE_RESULT_REDIRECT, CY_OTA_CB_RSLT_OTA_STOP},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)set_up(state);
        answer_once(cases[i].reason, cases[i].state, cases[i].result);
        compat_world_run(1);
        compare_trace(cases[i].trace, cases[i].result != CY_OTA_CB_RSLT_APP_FAILED ? WHOLE : ORDER);
    }
}

/* ---- HTTP --------------------------------------------------------------------------------------
 */

static void refuse_posts(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    (void)web;
    if (req->is_post) {
        a->status = 405;
    }
}

static void test_http_is_told_as_the_original_tells_it(void **state)
{
    (void)state;
    world.network.initial_connection = CY_OTA_CONNECTION_HTTP;
    world.web.twist = refuse_posts;
    compat_world_run(1);
    expect_order("http-job"); /* a failed result is no failed update here */
    assert_true(compat_world_is_pending());
    (void)set_up(state);
    world.network.initial_connection = CY_OTA_CONNECTION_HTTP;
    world.network.use_get_job_flow = CY_OTA_DIRECT_FLOW;
    compat_world_run(1);
    expect_trace("http-direct");
    assert_true(compat_world_is_pending());
}

static cy_ota_callback_results_t change_files(cy_ota_cb_struct_t *cb)
{
    if (cb->reason != CY_OTA_REASON_STATE_CHANGE) {
        return CY_OTA_CB_RSLT_OTA_CONTINUE;
    }
    if (cb->state == CY_OTA_STATE_START_UPDATE || cb->state == CY_OTA_STATE_JOB_CONNECT) {
        assert_string_equal(cb->file, "/ota_update.json"); /* the original's example looks */
    } else if (cb->state == CY_OTA_STATE_JOB_DOWNLOAD) {
        assert_string_equal(cb->file, "/ota_update.json");
        assert_string_equal(cb->json_doc,
                            "GET /ota_update.json HTTP/1.1\r\nHost: web.local:80 \r\n\r\n");
        (void)snprintf(cb->file, sizeof cb->file, "/other.json");
    } else if (cb->state == CY_OTA_STATE_DATA_CONNECT) {
        assert_string_equal(cb->file, "/anycloud-ota.bin");
        (void)snprintf(cb->file, sizeof cb->file, "/other.bin");
    } else if (cb->state == CY_OTA_STATE_DATA_DOWNLOAD) {
        assert_string_equal(cb->json_doc, "GET /other.bin HTTP/1.1\r\nHost: web.local:80 \r\n"
                                          "Range: bytes=0-4095 \r\n\r\n");
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static char urls[512];

static void note_url(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    size_t len = strlen(urls);

    (void)web;
    (void)a;
    (void)snprintf(urls + len, sizeof urls - len, "%.200s\n", req->url);
}

static void test_files_of_http_can_be_changed(void **state)
{
    (void)state;
    urls[0] = '\0';
    world.network.initial_connection = CY_OTA_CONNECTION_HTTP;
    world.answer = change_files;
    world.web.twist = note_url;
    compat_world_run(1);
    assert_non_null(strstr(urls, "http://web.local:80/other.json\n"));
    assert_non_null(strstr(urls, "http://web.local:80/other.bin\n"));
}

static void test_job_over_mqtt_may_lead_to_http(void **state)
{
    (void)state;
    world.peer.job = world.web.job;
    compat_world_run(1);
    assert_true(compat_world_is_pending());
    assert_int_equal(world.web.n_images, 1);
    assert_int_equal(world.peer.n_results, 1); /* where the original sends none */
}

/* ---- Errors -------------------------------------------------------------------------------------
 */

#define JOB(board, version)                                                                        \
    "{\"Message\":\"Update Available\",\"Board\":\"" board "\",\"Version\":\"" version             \
    "\",\"Connection\":\"MQTT\",\"Port\":\"1883\"}"
#define BOARD "CY8CPROTO_062_4343W"

static void test_jobs_that_are_no_good_have_the_codes_of_the_original(void **state)
{
    static const struct {
        const char *job;
        cy_ota_agent_state_t state;
        cy_rslt_t code;
    } cases[] = {
        {JOB("OTHER", "1.6.0"), CY_OTA_STATE_JOB_PARSE, CY_RSLT_OTA_ERROR_WRONG_BOARD},
        {JOB(BOARD, "0.9.0"), CY_OTA_STATE_JOB_PARSE, CY_RSLT_OTA_ERROR_INVALID_VERSION},
        {JOB(BOARD, "1.0.0"), CY_OTA_STATE_JOB_PARSE, CY_RSLT_OTA_ERROR_INVALID_VERSION},
        {"no JSON", CY_OTA_STATE_JOB_PARSE, CY_RSLT_OTA_ERROR_MALFORMED_JOB_DOC},
        {"{\"Message\":\"No Update Available\"}", CY_OTA_STATE_JOB_PARSE,
         CY_RSLT_OTA_NO_UPDATE_AVAILABLE},
        {NULL, CY_OTA_STATE_JOB_DOWNLOAD, CY_RSLT_OTA_ERROR_GET_JOB},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n_failed = 0;

        (void)set_up(state);
        world.peer.job = cases[i].job;
        compat_world_run(1);
        for (size_t k = 0; k < world.n_calls; k++) {
            if (world.calls[k].reason == CY_OTA_REASON_FAILURE &&
                world.calls[k].state != CY_OTA_STATE_EXITING) {
                assert_int_equal(world.calls[k].state, cases[i].state);
                assert_int_equal(world.calls[k].error, cases[i].code);
                n_failed++;
            }
        }
        assert_int_equal(n_failed, 1);
        assert_int_equal(cy_ota_get_last_error(), cases[i].code);
        assert_false(compat_world_is_pending());
    }
}

static void test_failures_come_where_they_come_in_the_original(void **state)
{
    static const struct {
        const char *trace;
        const char *job;
        uint8_t chunk_minor;
    } cases[] = {
        {"mqtt-wrong-board", JOB("OTHER", "1.6.0"), 6},
        {"mqtt-low-version", JOB(BOARD, "0.9.0"), 6},
        {"mqtt-equal-version", JOB(BOARD, "1.0.0"), 6},
        {"mqtt-notjson", "no JSON", 6},
        {"mqtt-no-update", "{\"Message\":\"No Update Available\"}", 6},
        {"mqtt-job-none", NULL, 6},
        {"mqtt-eqver-chunk", JOB(BOARD, "1.6.0"), 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)set_up(state);
        world.peer.job = cases[i].job;
        world.peer.chunk_version.minor = cases[i].chunk_minor;
        compat_world_run(1);
        compare_trace(cases[i].trace, UNTIL_FAILURE);
        assert_false(compat_world_is_pending());
    }
}

static void test_refusals_come_where_they_come_in_the_original(void **state)
{
    static const struct {
        const char *trace;
        cy_ota_cb_reason_t reason;
        cy_ota_agent_state_t state;
        cy_ota_callback_results_t result;
    } cases[] = {
        {"ov-jobconnect-failed", 0, CY_OTA_STATE_JOB_CONNECT, CY_OTA_CB_RSLT_APP_FAILED},
        {"ov-parse-failed", 0, CY_OTA_STATE_JOB_PARSE, CY_OTA_CB_RSLT_APP_FAILED},
        {"ov-parse-succ-failed", 1, CY_OTA_STATE_JOB_PARSE, CY_OTA_CB_RSLT_APP_FAILED},
        {"ov-resconnect-failed", 0, CY_OTA_STATE_RESULT_CONNECT, CY_OTA_CB_RSLT_APP_FAILED},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)set_up(state);
        answer_once(cases[i].reason, cases[i].state, cases[i].result);
        compat_world_run(1);
        compare_trace(cases[i].trace, UNTIL_FAILURE);
        assert_int_equal(once.n, 0); /* it was asked for */
    }
}

static void test_refused_connects_are_told_as_the_original_tells_them(void **state)
{
    (void)state;
    world.peer.fail_connects = 1;
    compat_world_run(2);
    expect_order("mqtt-cfail1");
}

static void test_app_failed_in_the_success_callback_is_the_states_failure(void **state)
{
    (void)state;
    answer_once(CY_OTA_REASON_SUCCESS, CY_OTA_STATE_STORAGE_CLOSE, CY_OTA_CB_RSLT_APP_FAILED);
    compat_world_run(1);
    assert_int_equal(cy_ota_get_last_error(), CY_RSLT_OTA_ERROR_CLOSE_STORAGE);
    assert_false(compat_world_is_pending());
}

/* ---- Start, stop, and what they refuse ----------------------------------------------------------
 */

static void test_start_checks_its_arguments(void **state)
{
    cy_ota_network_params_t *n = &world.network;
    cy_ota_agent_params_t *p = &world.params;
    cy_ota_context_ptr *o = &world.ota;

    (void)state;
    assert_int_equal(cy_ota_agent_start(n, p, NULL), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_agent_start(NULL, p, o), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_agent_start(n, NULL, o), CY_RSLT_OTA_ERROR_BADARG);
    n->mqtt.pIdentifier = NULL;
    assert_int_equal(cy_ota_agent_start(n, p, o), CY_RSLT_OTA_ERROR_BADARG);
    (void)set_up(state);
    n->mqtt.broker.host_name = NULL;
    assert_int_equal(cy_ota_agent_start(n, p, o), CY_RSLT_OTA_ERROR_BADARG);
    (void)set_up(state);
    n->mqtt.broker.port = 0;
    assert_int_equal(cy_ota_agent_start(n, p, o), CY_RSLT_OTA_ERROR_BADARG);
    (void)set_up(state);
    n->mqtt.numTopicFilters = 3;
    assert_int_equal(cy_ota_agent_start(n, p, o), CY_RSLT_OTA_ERROR_BADARG);
    (void)set_up(state);
    n->initial_connection = CY_OTA_CONNECTION_HTTP;
    n->http.file = NULL;
    assert_int_equal(cy_ota_agent_start(n, p, o), CY_RSLT_OTA_ERROR_BADARG);
    n->initial_connection = CY_OTA_CONNECTION_UNKNOWN;
    assert_int_equal(cy_ota_agent_start(n, p, o), CY_RSLT_OTA_ERROR_TRANSPORT_UNSUPPORTED);
    n->initial_connection = (cy_ota_connection_t)9;
    assert_int_equal(cy_ota_agent_start(n, p, o), CY_RSLT_OTA_ERROR_TRANSPORT_UNSUPPORTED);
    assert_null(world.ota);
}

static void test_start_tells_why_the_device_does_not_work(void **state)
{
    (void)state;
    world.device_rc = OTA_EKEY;
    assert_int_equal(cy_ota_agent_start(&world.network, &world.params, &world.ota),
                     CY_RSLT_OTA_ERROR_GENERAL);
    world.device_rc = 0;
    world.flash.mem[0] ^= 1; /* no running image */
    assert_int_equal(cy_ota_agent_start(&world.network, &world.params, &world.ota),
                     CY_RSLT_OTA_ERROR_GENERAL);
    assert_null(world.ota);
    world.flash.mem[0] ^= 1;
    compat_world_run(1);
}

static void test_functions_without_an_agent_say_so(void **state)
{
    cy_ota_agent_state_t s;

    (void)state;
    assert_int_equal(cy_ota_agent_stop(NULL), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_agent_stop(&world.ota), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_get_update_now(NULL), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_get_update_now(&world), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_get_state(NULL, &s), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_storage_open(NULL), CY_RSLT_OTA_ERROR_OPEN_STORAGE);
    assert_int_equal(cy_ota_storage_write(NULL, NULL), CY_RSLT_OTA_ERROR_WRITE_STORAGE);
    assert_int_equal(cy_ota_storage_close(NULL), CY_RSLT_OTA_ERROR_CLOSE_STORAGE);
    assert_int_equal(cy_ota_storage_verify(NULL), CY_RSLT_OTA_ERROR_VERIFY);
    assert_int_equal(cy_ota_storage_read(NULL, NULL), CY_RSLT_OTA_ERROR_READ_STORAGE);
}

static cy_ota_callback_results_t look_around(cy_ota_cb_struct_t *cb)
{
    cy_ota_context_ptr second;
    cy_ota_agent_state_t s;

    assert_ptr_equal(cb->cb_arg, &world);
    if (cb->state == CY_OTA_STATE_EXITING) {
        return CY_OTA_CB_RSLT_OTA_CONTINUE;
    }
    assert_int_equal(cy_ota_get_state(world.ota, &s), CY_RSLT_SUCCESS);
    assert_int_equal(s, cb->state == CY_OTA_STATE_STORAGE_WRITE ? CY_OTA_STATE_DATA_DOWNLOAD
                                                                : cb->state);
    assert_int_equal(cy_ota_get_state(world.ota, NULL), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_agent_start(&world.network, &world.params, &second),
                     CY_RSLT_OTA_ERROR_ALREADY_STARTED);
    if (cb->state > CY_OTA_STATE_AGENT_WAITING) {
        assert_int_equal(cy_ota_get_update_now(world.ota), CY_RSLT_OTA_ERROR_ALREADY_STARTED);
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_callback_can_ask_where_the_agent_is(void **state)
{
    (void)state;
    world.answer = look_around;
    compat_world_run(1);
    assert_true(world.n_calls > 30);
}

static cy_ota_callback_results_t update_now(cy_ota_cb_struct_t *cb)
{
    if (cb->state == CY_OTA_STATE_AGENT_WAITING && cb->reason == CY_OTA_REASON_STATE_CHANGE) {
        assert_int_equal(cy_ota_get_update_now(world.ota), CY_RSLT_SUCCESS);
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_update_now_starts_a_session_at_once(void **state)
{
    (void)state;
    world.answer = update_now;
    compat_world_run(1);
    assert_true(world.now_ms < 60000);
    expect_trace("mqtt-job");
}

static void test_stop_in_waiting_is_told_as_the_original_tells_it(void **state)
{
    (void)state;
    compat_world_run(0);
    expect_trace("stopat-waiting");
}

static cy_ota_callback_results_t stop_here(cy_ota_cb_struct_t *cb)
{
    if (cb->state == CY_OTA_STATE_STORAGE_WRITE && world.ota != NULL) {
        assert_int_equal(cy_ota_agent_stop(&world.ota), CY_RSLT_SUCCESS);
        assert_null(world.ota);
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

/* Without a thread that waits for the end, the next start shows that it has come. */
static void start_when_it_has_ended(void)
{
    const struct timespec t = {.tv_nsec = 1000000};

    while (cy_ota_agent_start(&world.network, &world.params, &world.ota) ==
           CY_RSLT_OTA_ERROR_ALREADY_STARTED) {
        (void)nanosleep(&t, NULL);
    }
    assert_non_null(world.ota);
    assert_int_equal(cy_ota_agent_stop(&world.ota), CY_RSLT_SUCCESS);
}

static void test_callback_may_stop_the_agent(void **state)
{
    (void)state;
    world.answer = stop_here;
    world.last_session = 1;
    assert_int_equal(cy_ota_agent_start(&world.network, &world.params, &world.ota),
                     CY_RSLT_SUCCESS);
    start_when_it_has_ended();
    assert_false(compat_world_is_pending());
}

/* ---- Stop at any moment ------------------------------------------------------------------------
 */

static unsigned stop_at;
static unsigned n_seen;

static cy_ota_callback_results_t count(cy_ota_cb_struct_t *cb)
{
    (void)cb;
    world.n_calls = 0;
    (void)pthread_mutex_lock(&world.lock);
    if (++n_seen == stop_at) {
        (void)pthread_cond_broadcast(&world.changed);
    }
    (void)pthread_mutex_unlock(&world.lock);
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_start_and_stop_at_any_moment_leave_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        (void)set_up(state);
        world.answer = count;
        world.last_session = UINT32_MAX;
        stop_at = i % 50;
        n_seen = 0;
        assert_int_equal(cy_ota_agent_start(&world.network, &world.params, &world.ota),
                         CY_RSLT_SUCCESS);
        (void)pthread_mutex_lock(&world.lock);
        while (n_seen < stop_at) {
            (void)pthread_cond_wait(&world.changed, &world.lock);
        }
        (void)pthread_mutex_unlock(&world.lock);
        assert_int_equal(cy_ota_agent_stop(&world.ota), CY_RSLT_SUCCESS);
        assert_false(world.peer.is_connected);
    }
}

/* ---- What the callback changes -----------------------------------------------------------------
 */

static cy_awsport_ssl_credentials_t other_credentials = {.root_ca = "other"};

static cy_ota_callback_results_t change_connect(cy_ota_cb_struct_t *cb)
{
    if (cb->reason == CY_OTA_REASON_STATE_CHANGE && cb->state == CY_OTA_STATE_DATA_CONNECT) {
        assert_ptr_not_equal(cb->credentials, NULL);
        cb->credentials = &other_credentials;
        cb->broker_server.host_name = "other.local";
        cb->broker_server.port = 1999;
        (void)snprintf(cb->unique_topic, sizeof cb->unique_topic, "my/topic");
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_server_topic_and_credentials_can_be_changed(void **state)
{
    (void)state;
    world.answer = change_connect;
    world.params.do_not_send_result = true;
    compat_world_run(1);
    assert_true(compat_world_is_pending());
    assert_string_equal(world.peer.topic, "my/topic");
    assert_string_equal(world.root_ca, "other");
    assert_int_equal(world.n_credentials, 2);
    for (size_t i = 0; i < world.n_calls; i++) {
        if (world.calls[i].state == CY_OTA_STATE_DATA_DOWNLOAD) {
            assert_string_equal(world.calls[i].host, "other.local");
            assert_int_equal(world.calls[i].port, 1999);
        }
    }
}

static cy_ota_callback_results_t change_too_much(cy_ota_cb_struct_t *cb)
{
    if (cb->state == CY_OTA_STATE_JOB_CONNECT) {
        memset(cb->unique_topic, 'x', sizeof cb->unique_topic); /* not even terminated */
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_topic_that_does_not_fit_fails_the_connect(void **state)
{
    (void)state;
    world.answer = change_too_much;
    compat_world_run(1);
    assert_int_equal(cy_ota_get_last_error(), CY_RSLT_OTA_ERROR_CONNECT);
    assert_int_equal(world.peer.n_connects, 0);
}

static cy_ota_callback_results_t bring_connection(cy_ota_cb_struct_t *cb)
{
    if (cb->state == CY_OTA_STATE_JOB_CONNECT) {
        cb->mqtt_connection = &world;
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_connection_of_the_application_is_refused(void **state)
{
    (void)state;
    world.answer = bring_connection;
    compat_world_run(1);
    assert_int_equal(cy_ota_get_last_error(), CY_RSLT_OTA_ERROR_CONNECT);
}

static cy_ota_callback_results_t change_job(cy_ota_cb_struct_t *cb)
{
    if (cb->reason == CY_OTA_REASON_STATE_CHANGE && cb->state == CY_OTA_STATE_JOB_PARSE) {
        assert_non_null(strstr(cb->json_doc, "OTHER"));
        (void)snprintf(cb->json_doc, sizeof cb->json_doc, JOB(BOARD, "1.6.0"));
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_job_document_can_be_replaced(void **state)
{
    (void)state;
    world.peer.job = JOB("OTHER", "1.6.0");
    world.answer = change_job;
    compat_world_run(1);
    assert_true(compat_world_is_pending());
}

static cy_ota_callback_results_t change_requests(cy_ota_cb_struct_t *cb)
{
    if (cb->reason != CY_OTA_REASON_STATE_CHANGE) {
        return CY_OTA_CB_RSLT_OTA_CONTINUE;
    }
    if (cb->state == CY_OTA_STATE_JOB_DOWNLOAD) {
        assert_non_null(strstr(cb->json_doc, "\"Update Availability\""));
        (void)snprintf(cb->json_doc, sizeof cb->json_doc, "{\"Message\":\"Result: none\"}");
    } else if (cb->state == CY_OTA_STATE_DATA_DOWNLOAD) {
        assert_non_null(strstr(cb->json_doc, "\"Request Update\""));
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_requests_can_be_worded_anew(void **state)
{
    (void)state;
    world.answer = change_requests;
    compat_world_run(1);
    assert_true(world.peer.n_results > 0); /* where the peer puts all that it does not know */
    assert_string_equal(world.peer.result, "{\"Message\":\"Result: none\"}");
}

static cy_ota_callback_results_t give_job(cy_ota_cb_struct_t *cb)
{
    if (cb->reason == CY_OTA_REASON_STATE_CHANGE && cb->state == CY_OTA_STATE_JOB_DOWNLOAD) {
        (void)snprintf(cb->json_doc, sizeof cb->json_doc, JOB(BOARD, "1.6.0"));
        return CY_OTA_CB_RSLT_APP_SUCCESS;
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_application_can_bring_the_job(void **state)
{
    (void)state;
    world.peer.job = NULL;
    world.answer = give_job;
    compat_world_run(1);
    assert_true(compat_world_is_pending());
}

/* ---- Storage -----------------------------------------------------------------------------------
 */

static cy_ota_callback_results_t store(cy_ota_cb_struct_t *cb)
{
    cy_ota_storage_write_info_t *b = cb->storage;

    if (cb->reason != CY_OTA_REASON_STATE_CHANGE) {
        return CY_OTA_CB_RSLT_OTA_CONTINUE;
    }
    switch (cb->state) {
    case CY_OTA_STATE_STORAGE_OPEN:
        assert_int_equal(cy_ota_storage_open(world.ota), CY_RSLT_SUCCESS);
        return CY_OTA_CB_RSLT_APP_SUCCESS;
    case CY_OTA_STATE_STORAGE_WRITE:
        assert_int_equal(b->offset, cb->bytes_written);
        assert_int_equal(b->total_size, WORLD_IMAGE_LEN);
        assert_int_equal(b->packet_number, b->offset / 4096);
        assert_int_equal(b->total_packets, 3);
        assert_int_equal(cy_ota_write_incoming_data_block(world.ota, b), CY_RSLT_SUCCESS);
        assert_int_equal(cy_ota_storage_write(world.ota, b), CY_RSLT_OTA_ERROR_WRITE_STORAGE);
        return CY_OTA_CB_RSLT_APP_SUCCESS;
    case CY_OTA_STATE_STORAGE_CLOSE:
        assert_null(b->buffer);
        assert_int_equal(cy_ota_storage_close(world.ota), CY_RSLT_SUCCESS);
        assert_int_equal(cy_ota_storage_close(world.ota), CY_RSLT_OTA_ERROR_CLOSE_STORAGE);
        return CY_OTA_CB_RSLT_APP_SUCCESS;
    case CY_OTA_STATE_VERIFY:
        assert_int_equal(cy_ota_storage_verify(world.ota), CY_RSLT_SUCCESS);
        return CY_OTA_CB_RSLT_APP_SUCCESS;
    default:
        return CY_OTA_CB_RSLT_OTA_CONTINUE;
    }
}

static void test_application_can_store_the_image_itself(void **state)
{
    (void)state;
    world.answer = store;
    compat_world_run(1);
    expect_trace("mqtt-job");
    assert_true(compat_world_is_pending());
    assert_memory_equal(world.flash.mem + WORLD_SLOT, world.image, WORLD_IMAGE_LEN);
}

static cy_ota_callback_results_t store_blocks(cy_ota_cb_struct_t *cb)
{
    if (cb->state == CY_OTA_STATE_STORAGE_WRITE) {
        return cy_ota_write_incoming_data_block(world.ota, cb->storage) == CY_RSLT_SUCCESS
                   ? CY_OTA_CB_RSLT_APP_SUCCESS
                   : CY_OTA_CB_RSLT_APP_FAILED;
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_blocks_that_the_application_stores_are_closed_and_verified(void **state)
{
    (void)state;
    world.answer = store_blocks;
    compat_world_run(1);
    assert_true(compat_world_is_pending());
    assert_memory_equal(world.flash.mem + WORLD_SLOT, world.image, WORLD_IMAGE_LEN);
}

static cy_ota_callback_results_t verify_damaged(cy_ota_cb_struct_t *cb)
{
    if (cb->reason == CY_OTA_REASON_STATE_CHANGE && cb->state == CY_OTA_STATE_VERIFY) {
        world.flash.mem[WORLD_SLOT + 500] ^= 1;
        assert_int_equal(cy_ota_storage_verify(world.ota), CY_RSLT_OTA_ERROR_VERIFY);
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_damaged_image_is_not_marked(void **state)
{
    (void)state;
    world.answer = verify_damaged;
    compat_world_run(1);
    assert_false(compat_world_is_pending());
    assert_int_equal(cy_ota_get_last_error(), CY_RSLT_OTA_ERROR_VERIFY);
}

static void test_reading_stays_inside_of_the_slot(void **state)
{
    uint8_t buf[8];
    cy_ota_storage_write_info_t b = {.offset = WORLD_SLOT - 8, .buffer = buf, .size = 8};

    (void)state;
    world.flash.mem[2 * WORLD_SLOT - 1] = 0x5a;
    assert_int_equal(cy_ota_storage_read(NULL, &b), CY_RSLT_SUCCESS);
    assert_int_equal(buf[7], 0x5a);
    b.offset++;
    assert_int_equal(cy_ota_storage_read(NULL, &b), CY_RSLT_OTA_ERROR_READ_STORAGE);
    b.offset = UINT32_MAX;
    assert_int_equal(cy_ota_storage_read(NULL, &b), CY_RSLT_OTA_ERROR_READ_STORAGE);
    b.buffer = NULL;
    assert_int_equal(cy_ota_storage_read(NULL, &b), CY_RSLT_OTA_ERROR_READ_STORAGE);
}

static void test_running_image_is_confirmed(void **state)
{
    (void)state;
    assert_int_equal(cy_ota_storage_validated(), CY_RSLT_SUCCESS);
    assert_int_equal(ota_slot_is_confirmed(&world.primary), 1);
    world.device_rc = OTA_EARG;
    assert_int_equal(cy_ota_storage_validated(), CY_RSLT_OTA_ERROR_GENERAL);
}

static void test_images_for_good_are_marked_for_good(void **state)
{
    struct ota_trailer t;

    (void)state;
    world.params.validate_after_reboot = 0;
    compat_world_run(1);
    assert_int_equal(ota_slot_read_trailer(&world.secondary, &t), 0);
    assert_int_equal(t.magic, OTA_FIELD_SET);
    assert_int_equal(t.image_ok, OTA_FIELD_SET);
}

/* ---- Log ---------------------------------------------------------------------------------------
 */

static char lines[4096];
static unsigned n_lines;

static int on_line(CY_LOG_FACILITY_T facility, CY_LOG_LEVEL_T level, char *message)
{
    size_t len = strlen(lines);

    assert_int_equal(facility, CYLF_OTA);
    assert_true(level <= CY_LOG_DEBUG);
    (void)snprintf(lines + len, sizeof lines - len, "%s", message);
    n_lines++;
    return 0;
}

static cy_rslt_t get_time(uint32_t *ms)
{
    *ms = 1234005;
    return CY_RSLT_SUCCESS;
}

static unsigned lines_at(CY_LOG_LEVEL_T level)
{
    compat_world_init();
    world.peer.job = JOB(BOARD, "0.9.0");
    lines[0] = '\0';
    n_lines = 0;
    assert_int_equal(cy_log_init(CY_LOG_OFF, on_line, get_time), CY_RSLT_SUCCESS);
    cy_ota_set_log_level(level);
    compat_world_run(1);
    (void)cy_log_shutdown();
    return n_lines;
}

static void test_log_follows_the_level(void **state)
{
    unsigned info, debug;

    (void)state;
    assert_int_equal(lines_at(CY_LOG_OFF), 0);
    assert_int_equal(lines_at(CY_LOG_ERR), 1);
    assert_string_equal(lines, "1234.005: agent: reading the job document: version is not newer "
                               "than the running one (OTA_EVERSION)\n");
    info = lines_at(CY_LOG_INFO);
    assert_non_null(strstr(lines, "1234.005: agent: connecting for the job document\n"));
    debug = lines_at(CY_LOG_DEBUG4);
    assert_true(info > 8 && debug > info);
    assert_int_equal(lines_at(CY_LOG_PRINTF), debug);
    cy_ota_set_log_level(CY_LOG_ERR);
}

static cy_ota_callback_results_t turn_up(cy_ota_cb_struct_t *cb)
{
    if (cb->state == CY_OTA_STATE_JOB_PARSE) {
        cy_ota_set_log_level(CY_LOG_INFO);
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_level_can_be_changed_during_a_session(void **state)
{
    (void)state;
    lines[0] = '\0';
    assert_int_equal(cy_log_init(CY_LOG_OFF, on_line, get_time), CY_RSLT_SUCCESS);
    cy_ota_set_log_level(CY_LOG_ERR);
    world.answer = turn_up;
    compat_world_run(1);
    (void)cy_log_shutdown();
    cy_ota_set_log_level(CY_LOG_ERR);
    assert_null(strstr(lines, "connecting for the job document"));
    assert_non_null(strstr(lines, "verifying the image"));
}

static void test_what_is_not_told_is_not_formatted(void **state)
{
    const char *nowhere = (const char *)(uintptr_t)1; /* whoever reads it crashes */

    (void)state;
    n_lines = 0;
    assert_int_equal(cy_log_init(CY_LOG_WARNING, on_line, get_time), CY_RSLT_SUCCESS);
    assert_int_equal(cy_log_msg(CYLF_OTA, CY_LOG_INFO, "%s", nowhere), CY_RSLT_SUCCESS);
    assert_int_equal(cy_log_set_facility_level(CYLF_OTA, CY_LOG_OFF), CY_RSLT_SUCCESS);
    assert_int_equal(cy_log_msg(CYLF_OTA, CY_LOG_ERR, "%s", nowhere), CY_RSLT_SUCCESS);
    assert_int_equal(n_lines, 0);
    assert_int_equal(cy_log_get_facility_level(CYLF_DEF), CY_LOG_WARNING);
    assert_int_not_equal(cy_log_set_facility_level(CYLF_MAX, CY_LOG_ERR), CY_RSLT_SUCCESS);
    assert_int_not_equal(cy_log_set_facility_level(CYLF_OTA, CY_LOG_MAX), CY_RSLT_SUCCESS);
    (void)cy_log_shutdown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_job_flow_is_told_as_the_original_tells_it, set_up),
        cmocka_unit_test_setup(test_direct_flow_is_told_as_the_original_tells_it, set_up),
        cmocka_unit_test_setup(test_flow_without_result_is_told_as_the_original_tells_it, set_up),
        cmocka_unit_test_setup(test_device_restarts_when_asked_to, set_up),
        cmocka_unit_test_setup(test_answers_lead_where_they_lead_in_the_original, set_up),
        cmocka_unit_test_setup(test_http_is_told_as_the_original_tells_it, set_up),
        cmocka_unit_test_setup(test_files_of_http_can_be_changed, set_up),
        cmocka_unit_test_setup(test_job_over_mqtt_may_lead_to_http, set_up),
        cmocka_unit_test_setup(test_jobs_that_are_no_good_have_the_codes_of_the_original, set_up),
        cmocka_unit_test_setup(test_failures_come_where_they_come_in_the_original, set_up),
        cmocka_unit_test_setup(test_refusals_come_where_they_come_in_the_original, set_up),
        cmocka_unit_test_setup(test_refused_connects_are_told_as_the_original_tells_them, set_up),
        cmocka_unit_test_setup(test_app_failed_in_the_success_callback_is_the_states_failure,
                               set_up),
        cmocka_unit_test_setup(test_start_checks_its_arguments, set_up),
        cmocka_unit_test_setup(test_start_tells_why_the_device_does_not_work, set_up),
        cmocka_unit_test_setup(test_functions_without_an_agent_say_so, set_up),
        cmocka_unit_test_setup(test_callback_can_ask_where_the_agent_is, set_up),
        cmocka_unit_test_setup(test_update_now_starts_a_session_at_once, set_up),
        cmocka_unit_test_setup(test_stop_in_waiting_is_told_as_the_original_tells_it, set_up),
        cmocka_unit_test_setup(test_callback_may_stop_the_agent, set_up),
        cmocka_unit_test_setup(test_start_and_stop_at_any_moment_leave_nothing, set_up),
        cmocka_unit_test_setup(test_server_topic_and_credentials_can_be_changed, set_up),
        cmocka_unit_test_setup(test_topic_that_does_not_fit_fails_the_connect, set_up),
        cmocka_unit_test_setup(test_connection_of_the_application_is_refused, set_up),
        cmocka_unit_test_setup(test_job_document_can_be_replaced, set_up),
        cmocka_unit_test_setup(test_requests_can_be_worded_anew, set_up),
        cmocka_unit_test_setup(test_application_can_bring_the_job, set_up),
        cmocka_unit_test_setup(test_application_can_store_the_image_itself, set_up),
        cmocka_unit_test_setup(test_blocks_that_the_application_stores_are_closed_and_verified,
                               set_up),
        cmocka_unit_test_setup(test_damaged_image_is_not_marked, set_up),
        cmocka_unit_test_setup(test_reading_stays_inside_of_the_slot, set_up),
        cmocka_unit_test_setup(test_running_image_is_confirmed, set_up),
        cmocka_unit_test_setup(test_images_for_good_are_marked_for_good, set_up),
        cmocka_unit_test_setup(test_log_follows_the_level, set_up),
        cmocka_unit_test_setup(test_level_can_be_changed_during_a_session, set_up),
        cmocka_unit_test_setup(test_what_is_not_told_is_not_formatted, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
