/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session's table, explored exhaustively: every configuration that events can lead to, and
 * every event in each. "test_session --table" prints docs/states.md.
 */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ota/err.h"
#include "ota/session.h"

static const struct ota_session_config job_config = {
    .flow = OTA_FLOW_JOB,
    .send_result = true,
    .initial_ms = 60000,
    .next_ms = 86400000,
    .retry_ms = 5000,
    .limit_ms = {OTA_NEVER, 30000, 30000, 1200000, 30000},
    .connect_retries = 3,
    .download_tries = 3,
};

/* One error of each kind that the session tells apart. */
static const int errors[] = {OTA_ECONNECT, OTA_EDROPPED,  OTA_EVERSION,
                             OTA_EHASH,    OTA_ENOUPDATE, OTA_EGONE};

#define N_ERRORS (sizeof errors / sizeof errors[0])
/* OK without and with a report, STOP, EXIT, and FAIL with each error, without and with progress or
 * resumed bytes. */
#define N_EVENTS (4 + 2 * N_ERRORS)

static struct ota_event event_number(size_t i)
{
    struct ota_event ev = {.now_ms = 1000};

    if (i < 2) {
        ev.kind = OTA_EVENT_OK;
        ev.has_report = i == 1;
    } else if (i == 2) {
        ev.kind = OTA_EVENT_STOP;
    } else if (i == 3) {
        ev.kind = OTA_EVENT_EXIT;
    } else {
        ev.kind = OTA_EVENT_FAIL;
        ev.err = errors[(i - 4) % N_ERRORS];
        ev.has_progress = i - 4 >= N_ERRORS;
        ev.is_resumed = ev.has_progress;
    }
    return ev;
}

/* What the next state can depend on, without the times. */
struct key {
    int state, err, report_err, stopped, exiting, failures, connects, downloads, report, job_due;
};

static struct key key_of(const struct ota_session *s)
{
    struct key k = {(int)s->state,   s->err,      s->report_err, s->is_stopped, s->is_exiting,
                    s->failures > 0, s->connects, s->downloads,  s->has_report, s->is_job_due};

    return k;
}

#define MAX_CONFIGURATIONS 20000
#define BUCKETS 65536u

struct exploration {
    struct ota_session list[MAX_CONFIGURATIONS];
    size_t n;
    uint16_t bucket[BUCKETS]; /* by hash: index into list + 1; the next free one on a clash */
};

/* Adds a configuration unless it is known. */
static void add(struct exploration *x, const struct ota_session *s)
{
    struct key k = key_of(s);
    const uint8_t *p = (const uint8_t *)&k;
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < sizeof k; i++) {
        hash = (hash ^ p[i]) * 16777619u;
    }
    for (hash %= BUCKETS; x->bucket[hash] != 0; hash = (hash + 1) % BUCKETS) {
        struct key other = key_of(&x->list[x->bucket[hash] - 1]);

        if (memcmp(&k, &other, sizeof k) == 0) {
            return;
        }
    }
    assert_true(x->n < MAX_CONFIGURATIONS);
    x->list[x->n++] = *s;
    x->bucket[hash] = (uint16_t)x->n;
}

/* Rules that hold on every edge. */
static void check_edge(const struct ota_session *from, const struct ota_event *ev,
                       const struct ota_session *to)
{
    assert_true(to->state >= OTA_STATE_EXITING && to->state < OTA_STATE_COUNT);
    /* Only a whole, error-free download of a session that was not stopped is verified. */
    if (to->state == OTA_STATE_VERIFY) {
        assert_int_equal(to->err, 0);
        assert_false(to->is_stopped);
        assert_int_equal(from->state, OTA_STATE_STORAGE_CLOSE);
    }
    /* The first error stays. */
    if (from->err != 0 && to->state != OTA_STATE_START_UPDATE) {
        assert_int_equal(to->err, from->err);
    }
    /* A failing report never becomes the session's outcome. */
    if (from->state >= OTA_STATE_RESULT_REDIRECT && from->state <= OTA_STATE_RESULT_DISCONNECT) {
        assert_int_equal(to->err, from->err);
    }
    /* Stopped and exiting are not forgotten before the end. */
    if (from->is_stopped && to->state != OTA_STATE_AGENT_WAITING) {
        assert_true(to->is_stopped);
    }
    if (from->is_exiting) {
        assert_true(to->is_exiting);
        assert_int_not_equal(to->state, OTA_STATE_AGENT_WAITING);
    }
    /* Staying in a state is waiting for another try of it. */
    if (to->state == from->state && to->state != OTA_STATE_AGENT_WAITING &&
        to->state != OTA_STATE_EXITING) {
        assert_int_equal(ev->kind, OTA_EVENT_FAIL);
        assert_true(to->due_ms > ev->now_ms);
    }
    /* A stopped session sends nothing. */
    if (to->state == OTA_STATE_RESULT_CONNECT || to->state == OTA_STATE_RESULT_SEND) {
        assert_false(to->is_stopped);
    }
}

static void explore(const struct ota_session_config *config, struct exploration *x)
{
    struct ota_session first;

    memset(x, 0, sizeof *x);
    ota_session_init(&first, config, 0);
    add(x, &first);
    for (size_t i = 0; i < x->n; i++) {
        for (size_t e = 0; e < N_EVENTS; e++) {
            struct ota_event ev = event_number(e);
            struct ota_session s = x->list[i];

            (void)ota_session_step(&s, &ev);
            check_edge(&x->list[i], &ev, &s);
            add(x, &s);
        }
    }
}

static void test_every_configuration_and_event_keeps_the_rules(void **state)
{
    struct exploration *x = malloc(sizeof *x);
    size_t total = 0;

    (void)state;
    assert_non_null(x);
    for (int flow = 0; flow < 2; flow++) {
        for (int result = 0; result < 2; result++) {
            struct ota_session_config config = job_config;

            config.flow = flow == 0 ? OTA_FLOW_JOB : OTA_FLOW_DIRECT;
            config.send_result = result != 0;
            explore(&config, x);
            total += x->n;
        }
    }
    print_message("%zu configurations, %zu events in each\n", total, N_EVENTS);
    free(x);
}

/* From everywhere, any one event repeated leads back to waiting (or out): nothing loops. */
static void test_every_session_ends(void **state)
{
    struct exploration *x = malloc(sizeof *x);

    (void)state;
    assert_non_null(x);
    explore(&job_config, x);
    for (size_t i = 0; i < x->n; i++) {
        for (size_t e = 0; e < N_EVENTS; e++) {
            struct ota_event ev = event_number(e);
            struct ota_session s = x->list[i];
            int steps = 0;

            if (ev.has_progress) {
                continue; /* bounded by the image's size, not by the table */
            }
            do {
                (void)ota_session_step(&s, &ev);
                assert_true(++steps < 64);
            } while (s.state != OTA_STATE_AGENT_WAITING && s.state != OTA_STATE_EXITING);
        }
    }
    free(x);
}

static enum ota_state step(struct ota_session *s, enum ota_event_kind kind, int err)
{
    struct ota_event ev = {.kind = kind, .err = err, .now_ms = 5000};

    return ota_session_step(s, &ev);
}

/* OK until a state is reached. */
static void advance_to(struct ota_session *s, enum ota_state state)
{
    for (int i = 0; s->state != state; i++) {
        assert_true(i < 32);
        (void)step(s, OTA_EVENT_OK, 0);
    }
}

static void test_job_flow_visits_the_states_in_the_documented_order(void **state)
{
    static const enum ota_state order[] = {
        OTA_STATE_START_UPDATE,      OTA_STATE_JOB_CONNECT,    OTA_STATE_JOB_DOWNLOAD,
        OTA_STATE_JOB_DISCONNECT,    OTA_STATE_JOB_PARSE,      OTA_STATE_JOB_REDIRECT,
        OTA_STATE_STORAGE_OPEN,      OTA_STATE_DATA_CONNECT,   OTA_STATE_DATA_DOWNLOAD,
        OTA_STATE_DATA_DISCONNECT,   OTA_STATE_STORAGE_CLOSE,  OTA_STATE_VERIFY,
        OTA_STATE_RESULT_REDIRECT,   OTA_STATE_RESULT_CONNECT, OTA_STATE_RESULT_SEND,
        OTA_STATE_RESULT_DISCONNECT, OTA_STATE_OTA_COMPLETE,   OTA_STATE_AGENT_WAITING};
    struct ota_session s;

    (void)state;
    ota_session_init(&s, &job_config, 0);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        assert_int_equal(step(&s, OTA_EVENT_OK, 0), order[i]);
    }
    assert_int_equal(s.err, 0);
    assert_true(s.due_ms >= 5000 + 86400000 / 2);
}

static void test_direct_flow_skips_job_and_result(void **state)
{
    struct ota_session_config config = job_config;
    struct ota_session s;

    (void)state;
    config.flow = OTA_FLOW_DIRECT;
    ota_session_init(&s, &config, 0);
    advance_to(&s, OTA_STATE_START_UPDATE);
    assert_int_equal(step(&s, OTA_EVENT_OK, 0), OTA_STATE_STORAGE_OPEN);
    advance_to(&s, OTA_STATE_RESULT_REDIRECT);
    assert_int_equal(step(&s, OTA_EVENT_OK, 0), OTA_STATE_OTA_COMPLETE);
}

static void test_refused_connect_is_retried_later_and_later(void **state)
{
    struct ota_session s;
    uint64_t last = 0;

    (void)state;
    ota_session_init(&s, &job_config, 0);
    for (int i = 0; i < 6; i++) {
        advance_to(&s, OTA_STATE_JOB_CONNECT);
        assert_int_equal(step(&s, OTA_EVENT_FAIL, OTA_ECONNECT), OTA_STATE_AGENT_WAITING);
        assert_int_equal(s.err, OTA_ECONNECT);
        assert_true(s.due_ms - 5000 > last);
        last = s.due_ms - 5000;
    }
    assert_true(last >= 5000u << 4);
}

static void test_lost_download_goes_on_until_the_tries_are_used_up(void **state)
{
    struct ota_session s;

    (void)state;
    ota_session_init(&s, &job_config, 0);
    for (int try = 1; try < 3; try++) {
        advance_to(&s, OTA_STATE_DATA_DOWNLOAD);
        assert_int_equal(step(&s, OTA_EVENT_FAIL, OTA_EDROPPED), OTA_STATE_STORAGE_OPEN);
        assert_int_equal(s.err, 0);
    }
    advance_to(&s, OTA_STATE_DATA_DOWNLOAD);
    assert_int_equal(step(&s, OTA_EVENT_FAIL, OTA_EDROPPED), OTA_STATE_DATA_DISCONNECT);
    assert_int_equal(s.err, OTA_EDROPPED);
    assert_int_equal(step(&s, OTA_EVENT_OK, 0), OTA_STATE_STORAGE_CLOSE);
    assert_int_equal(step(&s, OTA_EVENT_OK, 0), OTA_STATE_RESULT_REDIRECT);
}

static void test_download_that_makes_progress_is_not_given_up(void **state)
{
    struct ota_session s;
    struct ota_event ev = {
        .kind = OTA_EVENT_FAIL, .err = OTA_EDROPPED, .has_progress = true, .now_ms = 5000};

    (void)state;
    ota_session_init(&s, &job_config, 0);
    for (int i = 0; i < 50; i++) {
        advance_to(&s, OTA_STATE_DATA_DOWNLOAD);
        assert_int_equal(ota_session_step(&s, &ev), OTA_STATE_STORAGE_OPEN);
    }
}

static void test_image_that_cannot_be_right_is_not_fetched_again(void **state)
{
    struct ota_session s;

    (void)state;
    ota_session_init(&s, &job_config, 0);
    advance_to(&s, OTA_STATE_DATA_DOWNLOAD);
    assert_int_equal(step(&s, OTA_EVENT_FAIL, OTA_EVERSION), OTA_STATE_DATA_DISCONNECT);
}

static void test_void_address_is_asked_for_again_and_the_download_goes_on(void **state)
{
    struct ota_session s;

    (void)state;
    ota_session_init(&s, &job_config, 0);
    advance_to(&s, OTA_STATE_DATA_DOWNLOAD);
    assert_int_equal(step(&s, OTA_EVENT_FAIL, OTA_EGONE), OTA_STATE_DATA_DISCONNECT);
    assert_int_equal(s.err, 0);
    assert_int_equal(step(&s, OTA_EVENT_OK, 0), OTA_STATE_JOB_CONNECT);
    advance_to(&s, OTA_STATE_DATA_DOWNLOAD);
    assert_int_equal(step(&s, OTA_EVENT_OK, 0), OTA_STATE_DATA_DISCONNECT);
    assert_int_equal(step(&s, OTA_EVENT_OK, 0), OTA_STATE_STORAGE_CLOSE);
}

static void test_address_that_stays_void_ends_the_session(void **state)
{
    struct ota_session_config direct = job_config;
    struct ota_session s;

    (void)state;
    ota_session_init(&s, &job_config, 0);
    for (int i = 0; i < 3; i++) {
        advance_to(&s, OTA_STATE_DATA_DOWNLOAD);
        assert_int_equal(step(&s, OTA_EVENT_FAIL, OTA_EGONE), OTA_STATE_DATA_DISCONNECT);
    }
    assert_int_equal(s.err, OTA_EGONE);
    assert_int_equal(step(&s, OTA_EVENT_OK, 0), OTA_STATE_STORAGE_CLOSE);
    direct.flow = OTA_FLOW_DIRECT; /* nobody to ask */
    ota_session_init(&s, &direct, 0);
    advance_to(&s, OTA_STATE_DATA_DOWNLOAD);
    assert_int_equal(step(&s, OTA_EVENT_FAIL, OTA_EGONE), OTA_STATE_DATA_DISCONNECT);
    assert_int_equal(s.err, OTA_EGONE);
    assert_int_equal(step(&s, OTA_EVENT_OK, 0), OTA_STATE_STORAGE_CLOSE);
}

static void test_failed_try_that_brought_nothing_is_followed_by_a_pause(void **state)
{
    struct ota_session s;

    (void)state;
    ota_session_init(&s, &job_config, 0);
    advance_to(&s, OTA_STATE_DATA_DOWNLOAD);
    assert_int_equal(step(&s, OTA_EVENT_FAIL, OTA_ECONNECT), OTA_STATE_STORAGE_OPEN);
    assert_true(s.due_ms > 5000);
}

static void test_lost_report_changes_no_outcome(void **state)
{
    struct ota_session s;

    (void)state;
    ota_session_init(&s, &job_config, 0);
    advance_to(&s, OTA_STATE_RESULT_SEND);
    assert_int_equal(step(&s, OTA_EVENT_FAIL, OTA_ETIMEOUT), OTA_STATE_RESULT_DISCONNECT);
    assert_int_equal(s.err, 0);
    assert_int_equal(s.report_err, OTA_ETIMEOUT);
}

static void test_no_update_is_not_reported(void **state)
{
    struct ota_session s;

    (void)state;
    ota_session_init(&s, &job_config, 0);
    advance_to(&s, OTA_STATE_JOB_PARSE);
    assert_int_equal(step(&s, OTA_EVENT_FAIL, OTA_ENOUPDATE), OTA_STATE_OTA_COMPLETE);
    advance_to(&s, OTA_STATE_JOB_PARSE);
    assert_int_equal(step(&s, OTA_EVENT_FAIL, OTA_EBOARD), OTA_STATE_RESULT_REDIRECT);
}

/* ---- The table as a page -------------------------------------------------------------------- */

static const char *name_of(enum ota_state state)
{
    switch (state) {
#define NAME(name, number, text)                                                                   \
    case OTA_STATE_##name:                                                                         \
        return #name;
        OTA_STATE_MAP(NAME)
#undef NAME
    }
    return "?";
}

/* The distinct states that an event can lead to from a state, over all configurations. */
static void print_targets(const struct exploration *x, enum ota_state from,
                          enum ota_event_kind kind)
{
    bool is_target[OTA_STATE_COUNT] = {false};
    const char *separator = "";

    for (size_t i = 0; i < x->n; i++) {
        for (size_t e = 0; e < N_EVENTS; e++) {
            struct ota_event ev = event_number(e);
            struct ota_session s = x->list[i];

            if (s.state == from && !s.is_stopped && !s.is_exiting && ev.kind == kind) {
                is_target[ota_session_step(&s, &ev)] = true;
            }
        }
    }
    for (size_t i = 0; i < OTA_STATE_COUNT; i++) {
        if (is_target[i]) {
            printf("%s%s", separator, name_of((enum ota_state)i));
            separator = " or ";
        }
    }
}

static int print_table(void)
{
    struct exploration *x = malloc(sizeof *x);

    if (x == NULL) {
        return 1;
    }
    explore(&job_config, x);
    printf("# States of a session\n\n"
           "Printed by `test_session --table` from the table in `src/engine/session.c` (job flow,\n"
           "result sent) by trying every event in every configuration that can be reached; a test\n"
           "keeps this page equal to it. After a stop, the stop column is followed until\n"
           "AGENT_WAITING.\n\n"
           "| state | what is done | done | failed | stopped |\n"
           "|---|---|---|---|---|\n");
    for (size_t i = 0; i < OTA_STATE_COUNT; i++) {
        enum ota_state state = (enum ota_state)i;
        bool is_reached = false;

        for (size_t k = 0; k < x->n; k++) {
            is_reached = is_reached || x->list[k].state == state;
        }
        if (!is_reached || state == OTA_STATE_EXITING) {
            continue;
        }
        printf("| %s | %s | ", name_of(state), ota_state_text(state));
        print_targets(x, state, OTA_EVENT_OK);
        printf(" | ");
        print_targets(x, state, OTA_EVENT_FAIL);
        printf(" | ");
        print_targets(x, state, OTA_EVENT_STOP);
        printf(" |\n");
    }
    free(x);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_configuration_and_event_keeps_the_rules),
        cmocka_unit_test(test_every_session_ends),
        cmocka_unit_test(test_job_flow_visits_the_states_in_the_documented_order),
        cmocka_unit_test(test_direct_flow_skips_job_and_result),
        cmocka_unit_test(test_refused_connect_is_retried_later_and_later),
        cmocka_unit_test(test_lost_download_goes_on_until_the_tries_are_used_up),
        cmocka_unit_test(test_download_that_makes_progress_is_not_given_up),
        cmocka_unit_test(test_image_that_cannot_be_right_is_not_fetched_again),
        cmocka_unit_test(test_void_address_is_asked_for_again_and_the_download_goes_on),
        cmocka_unit_test(test_address_that_stays_void_ends_the_session),
        cmocka_unit_test(test_failed_try_that_brought_nothing_is_followed_by_a_pause),
        cmocka_unit_test(test_lost_report_changes_no_outcome),
        cmocka_unit_test(test_no_update_is_not_reported),
    };

    if (argc > 1 && strcmp(argv[1], "--table") == 0) {
        return print_table();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
