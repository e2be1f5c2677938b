/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent against a peer in the same process, in virtual time. The order of callbacks is
 * compared with traces of the original.
 */
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#include "unit/agent_world.h"

/* ---- Traces of the original ---------------------------------------------------------------------
 */

static void test_job_flow_calls_back_as_the_original(void **state)
{
    (void)state;
    start();
    run_sessions(1);
    expect_installed();
    expect_trace("mqtt-job");
    assert_string_equal(strrchr(w.peer.result, '}') - 1, "\"}");
    assert_non_null(
        strstr(w.peer.result, "{\"Message\":\"Success\", \"UniqueTopicName\": \"anycloud/"));
    assert_int_equal(w.peer.n_chunk_requests, 3);
}

static void test_direct_flow_calls_back_as_the_original(void **state)
{
    (void)state;
    w.config.flow = OTA_FLOW_DIRECT;
    start();
    run_sessions(1);
    expect_installed();
    expect_trace("mqtt-direct");
    assert_int_equal(w.peer.n_results, 0);
}

static void test_whole_image_comes_by_one_request(void **state)
{
    (void)state;
    w.config.mqtt.whole_image = true;
    start();
    run_sessions(1);
    expect_installed();
    expect_trace("mqtt-job");
    assert_int_equal(w.peer.n_whole_requests, 1);
    assert_int_equal(w.peer.n_chunk_requests, 0);
}

static void test_no_result_is_sent_when_none_is_wanted(void **state)
{
    (void)state;
    w.config.do_not_send_result = true;
    start();
    run_sessions(1);
    expect_installed();
    assert_int_equal(w.peer.n_results, 0);
    expect_trace("mqtt-nores");
}

static void test_device_resets_when_asked_to(void **state)
{
    (void)state;
    w.config.reboot = true;
    start();
    run_sessions(1);
    assert_int_equal(w.n_resets, 1);
    expect_trace("mqtt-reboot");
}

static void test_duplicates_change_nothing(void **state)
{
    (void)state;
    w.peer.is_duplicating = true;
    w.config.mqtt.whole_image = true;
    start();
    run_sessions(1);
    expect_installed();
    expect_trace("mqtt-dup");
}

static void test_answers_of_the_hook_lead_where_they_lead_in_the_original(void **state)
{
    static const struct {
        const char *trace;
        enum ota_moment moment;
        enum ota_state state;
        enum ota_answer answer;
    } cases[] = {
        {"ov-start-stop", OTA_MOMENT_BEFORE, OTA_STATE_START_UPDATE, OTA_ANSWER_STOP},
        {"ov-jobconnect-stop", OTA_MOMENT_BEFORE, OTA_STATE_JOB_CONNECT, OTA_ANSWER_STOP},
        {"ov-parse-stop", OTA_MOMENT_BEFORE, OTA_STATE_JOB_PARSE, OTA_ANSWER_STOP},
        {"ov-parse-succ-stop", OTA_MOMENT_DONE, OTA_STATE_JOB_PARSE, OTA_ANSWER_STOP},
        {"ov-open-stop", OTA_MOMENT_BEFORE, OTA_STATE_STORAGE_OPEN, OTA_ANSWER_STOP},
        {"ov-dataconnect-stop", OTA_MOMENT_BEFORE, OTA_STATE_DATA_CONNECT, OTA_ANSWER_STOP},
        {"ov-download-stop", OTA_MOMENT_BEFORE, OTA_STATE_DATA_DOWNLOAD, OTA_ANSWER_STOP},
        {"ov-write-stop", OTA_MOMENT_BEFORE, OTA_STATE_STORAGE_WRITE, OTA_ANSWER_STOP},
        {"ov-write-failed", OTA_MOMENT_BEFORE, OTA_STATE_STORAGE_WRITE, OTA_ANSWER_REFUSE},
        {"ov-download-failed", OTA_MOMENT_BEFORE, OTA_STATE_DATA_DOWNLOAD, OTA_ANSWER_REFUSE},
        {"ov-verify-stop", OTA_MOMENT_BEFORE, OTA_STATE_VERIFY, OTA_ANSWER_STOP},
        {"ov-verify-success", OTA_MOMENT_BEFORE, OTA_STATE_VERIFY, OTA_ANSWER_HANDLED},
        {"ov-resredir-stop", OTA_MOMENT_BEFORE, OTA_STATE_RESULT_REDIRECT, OTA_ANSWER_STOP},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)set_up(state);
        answer_once(cases[i].moment, cases[i].state, cases[i].answer);
        start();
        run_sessions(1);
        expect_trace(cases[i].trace);
        if (cases[i].answer == OTA_ANSWER_STOP) {
            assert_int_equal(ota_last_error(&w.agent),
                             cases[i].state >= OTA_STATE_RESULT_REDIRECT ? 0 : OTA_ESTOPPED);
            assert_false(is_pending());
        }
    }
}

static void test_application_may_store_the_image_itself(void **state)
{
    (void)state;
    memcpy(w.flash.mem + SLOT, w.image, IMAGE_LEN); /* as an application's own writes would */
    answer_once(OTA_MOMENT_BEFORE, OTA_STATE_STORAGE_WRITE, OTA_ANSWER_HANDLED);
    w.n_answers = 100;
    start();
    run_sessions(1);
    expect_installed();
    expect_trace("mqtt-job");
}

static void test_image_stored_by_two_is_not_mixed_up(void **state)
{
    (void)state;
    answer_once(OTA_MOMENT_BEFORE, OTA_STATE_STORAGE_WRITE, OTA_ANSWER_HANDLED);
    start();
    run_sessions(1);
    expect_installed(); /* the second block is refused, and the next try begins at the start */
}

/* ---- Faults -------------------------------------------------------------------------------------
 */

static void test_lost_connection_is_made_again_and_the_download_goes_on(void **state)
{
    (void)state;
    w.peer.lose_at_chunk = 1;
    start();
    run_sessions(1);
    expect_installed();
    assert_int_equal(w.peer.n_connects, 4);
    assert_true(w.peer.n_chunk_requests <= 5);
}

static void test_lost_chunk_is_asked_for_again(void **state)
{
    (void)state;
    w.peer.drop_chunk = 1;
    start();
    run_sessions(1);
    expect_installed();
}

static void test_reversed_image_arrives(void **state)
{
    (void)state;
    w.config.mqtt.whole_image = true;
    w.peer.is_reversing = true;
    start();
    run_sessions(1);
    expect_installed();
}

static void test_messages_in_pieces_are_put_together(void **state)
{
    static const size_t pieces[] = {1, 31, 32, 33, 1000, 4127};

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        (void)set_up(state);
        w.peer.piece = pieces[i];
        start();
        run_sessions(1);
        expect_installed();
    }
}

static void test_refused_connects_are_retried(void **state)
{
    (void)state;
    w.peer.fail_connects = 1;
    start();
    run_sessions(2);
    expect_installed();
    expect_trace("mqtt-cfail1");
}

static void expect_failure(int err, const char *reason)
{
    run_sessions(1);
    assert_int_equal(ota_last_error(&w.agent), err);
    assert_false(is_pending());
    if (reason != NULL) {
        assert_non_null(strstr(w.peer.result, "\"Failure\""));
        assert_non_null(strstr(w.peer.result, reason));
    } else {
        assert_int_equal(w.peer.n_results, 0);
    }
}

static void test_no_job_ends_with_a_timeout_and_no_result(void **state)
{
    (void)state;
    w.peer.job = NULL;
    start();
    expect_failure(OTA_ETIMEOUT, NULL);
}

static void test_no_update_is_not_a_failure_to_report(void **state)
{
    (void)state;
    w.peer.job = "{\"Message\": \"No Update Available\"}";
    start();
    expect_failure(OTA_ENOUPDATE, NULL);
}

static void test_refused_jobs_are_reported_with_the_reason(void **state)
{
    (void)state;
    w.peer.job = JOB("1.0.0");
    start();
    expect_failure(OTA_EVERSION, "\"Reason\": \"18\"");
    (void)set_up(state);
    w.peer.job = "{\"Board\":\"OTHER\",\"Version\":\"1.6.0\"}";
    start();
    expect_failure(OTA_EBOARD, "\"Reason\": \"19\"");
    (void)set_up(state);
    w.peer.job = "not json";
    start();
    expect_failure(OTA_EJOB, "\"Reason\": \"30\"");
    assert_int_equal(w.flash.n_erases, 0);
}

static void test_old_or_foreign_images_do_not_touch_the_slot(void **state)
{
    (void)state;
    w.peer.chunk_version.minor = 0;
    start();
    expect_failure(OTA_EVERSION, "\"18\"");
    assert_int_equal(w.flash.n_erases, 0);
    (void)set_up(state);
    make_image(w.image, IMAGE_LEN, 0); /* an old image behind a chunk header that lies */
    start();
    expect_failure(OTA_EVERSION, "\"18\"");
    assert_int_equal(w.flash.n_erases, 0);
    (void)set_up(state);
    w.image[0] ^= 1;
    start();
    expect_failure(OTA_EMAGIC, "\"11\"");
    assert_int_equal(w.flash.n_erases, 0);
}

static void test_damaged_image_is_never_marked(void **state)
{
    static const uint32_t at[] = {40, 4096, 5000, IMAGE_LEN - 41, IMAGE_LEN - 1};

    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        (void)set_up(state);
        w.image[at[i]] ^= 0x10;
        start();
        expect_failure(OTA_EHASH, "\"14\"");
    }
}

static void test_image_larger_than_the_slot_is_refused(void **state)
{
    (void)state;
    w.config.image_max = IMAGE_LEN - 1;
    start();
    expect_failure(OTA_ESIZE, "\"12\"");
    assert_int_equal(w.flash.n_erases, 0);
}

static void test_failing_flash_is_reported(void **state)
{
    (void)state;
    w.flash.fail_after = 3;
    start();
    expect_failure(OTA_EFLASH, "\"5\"");
}

static void test_silent_publisher_ends_the_download(void **state)
{
    (void)state;
    w.peer.is_mute = true;
    start();
    expect_failure(OTA_ETIMEOUT, "\"28\"");
}

/* ---- Resets -------------------------------------------------------------------------------------
 */

static void remember(void)
{
    w.config.journal = &w.journal;
}

/* The power goes now, and comes back: nothing but flash is left. */
static void power_cycle(void)
{
    w.flash.fail_after = -1;
    w.peer.is_connected = false;
    w.n_trace = 0;
    start();
}

static void test_download_goes_on_after_a_reset(void **state)
{
    for (uint32_t chunks = 1; chunks < 3; chunks++) {
        (void)set_up(state);
        remember();
        w.config.mqtt.window = 1;
        start();
        ota_check(&w.agent);
        while (w.peer.n_chunk_requests < (int)chunks + 1) {
            w.now_ms += ota_poll(&w.agent);
        }
        power_cycle();
        run_sessions(1);
        expect_installed();
        assert_int_equal(w.peer.n_chunk_requests, 4); /* the one under way was asked for twice */
    }
}

static void test_other_image_discards_what_is_there(void **state)
{
    static uint8_t other[IMAGE_LEN];

    (void)state;
    remember();
    w.config.mqtt.window = 1;
    start();
    ota_check(&w.agent);
    while (w.peer.n_chunk_requests < 3) {
        w.now_ms += ota_poll(&w.agent);
    }
    make_image(other, IMAGE_LEN, 7);
    w.peer.image = other;
    w.peer.job = JOB("1.7.0");
    w.peer.n_chunk_requests = 0;
    power_cycle();
    run_sessions(1);
    assert_int_equal(ota_last_error(&w.agent), 0);
    assert_memory_equal(w.flash.mem + SLOT, other, IMAGE_LEN);
    assert_int_equal(w.peer.n_chunk_requests, 3);
}

/* The same version with other bytes: found out at the end, and fetched from the start at once. */
static void test_damaged_part_costs_only_a_restart(void **state)
{
    (void)state;
    remember();
    w.config.mqtt.window = 1;
    start();
    ota_check(&w.agent);
    while (w.peer.n_chunk_requests < 3) {
        w.now_ms += ota_poll(&w.agent);
    }
    w.flash.mem[SLOT + 100] ^= 1;
    power_cycle();
    run_sessions(1);
    expect_installed();
}

static void test_power_cut_at_any_flash_operation_ends_installed(void **state)
{
    int worst = 0;

    for (int cut = 0;; cut++) {
        int sessions = 0;

        (void)set_up(state);
        remember();
        start();
        w.flash.fail_after = cut;
        while (w.flash.n_failed == 0 && ota_sessions(&w.agent) == 0) {
            w.now_ms += ota_poll(&w.agent);
        }
        if (w.flash.n_failed == 0) {
            break; /* the whole session has fewer operations */
        }
        power_cycle();
        while (!is_pending()) {
            run_sessions((uint32_t)++sessions);
            assert_true(sessions < 3);
        }
        assert_memory_equal(w.flash.mem + SLOT, w.image, IMAGE_LEN);
        worst = w.peer.n_chunk_requests > worst ? w.peer.n_chunk_requests : worst;
    }
    print_message("chunks fetched for an image of 3, at worst: %d\n", worst);
}

/* What the bootloader does to the slots of a swap. */
static void swap(bool is_revert)
{
    static uint8_t slot[SLOT];
    uint8_t *end = w.flash.mem + SLOT;

    memcpy(slot, w.flash.mem, SLOT);
    memcpy(w.flash.mem, w.flash.mem + SLOT, SLOT);
    memcpy(w.flash.mem + SLOT, slot, SLOT);
    memset(w.flash.mem + 2 * SLOT - 64, 0xff, 64);
    memset(end - 64, 0xff, 64);
    memcpy(end - 16, "\x77\xc2\x95\xf3\x60\xd2\xef\x7f\x35\x52\x50\x0f\x2c\xb6\x79\x80", 16);
    end[-32] = 1;
    if (is_revert) {
        end[-24] = 1;
    }
}

static void install(void)
{
    remember();
    start();
    run_sessions(1);
    expect_installed();
    w.peer.n_results = 0;
    swap(false);
    power_cycle();
}

static void test_confirmed_image_is_reported_after_the_reset(void **state)
{
    struct ota_outcome outcome;

    (void)state;
    install();
    assert_int_equal(ota_last_outcome(&w.agent, &outcome), 0);
    assert_int_equal(ota_confirm(&w.agent), 0);
    assert_int_equal(ota_last_outcome(&w.agent, &outcome), 1);
    assert_int_equal(outcome.err, 0);
    assert_false(outcome.is_reported);
    w.peer.job = "{\"Message\": \"No Update Available\"}";
    power_cycle(); /* even that does not lose it */
    run_sessions(1);
    assert_int_equal(ota_last_error(&w.agent), OTA_ENOUPDATE);
    assert_int_equal(w.peer.n_results, 1);
    assert_non_null(strstr(w.peer.result, "\"Outcome\": \"confirmed\""));
    assert_non_null(strstr(w.peer.result, "\"Version\": \"1.6.0\""));
    ota_check(&w.agent);
    run_sessions(2);
    assert_int_equal(w.peer.n_results, 1);
}

static void test_receipt_of_a_report_is_no_job(void **state)
{
    (void)state;
    install();
    assert_int_equal(ota_confirm(&w.agent), 0);
    w.peer.job = "{\"Message\": \"No Update Available\"}";
    w.peer.receipt = "{\"Message\": \"Result Received\", \"Version\": \"1.6.0\", \"Board\": \"B\"}";
    power_cycle();
    run_sessions(1);
    assert_int_equal(w.peer.n_results, 1);
    assert_int_equal(ota_last_error(&w.agent), OTA_ENOUPDATE);
}

static void test_reverted_image_is_reported_and_not_fetched_again(void **state)
{
    struct ota_outcome outcome;

    (void)state;
    install();
    assert_int_equal(ota_reject(&w.agent), 0);
    swap(true);
    power_cycle();
    assert_int_equal(ota_last_outcome(&w.agent, &outcome), 1);
    assert_int_equal(outcome.err, OTA_EREVERTED);
    w.peer.n_chunk_requests = 0;
    run_sessions(1);
    assert_int_equal(ota_last_error(&w.agent), OTA_EREVERTED);
    assert_int_equal(w.peer.n_results, 2); /* the outcome, and why the job is refused */
    assert_int_equal(w.peer.n_chunk_requests, 0);
    w.config.flow = OTA_FLOW_DIRECT;
    power_cycle();
    run_sessions(1);
    assert_int_equal(ota_last_error(&w.agent), OTA_EREVERTED);
    assert_memory_equal(w.flash.mem + SLOT, w.image, IMAGE_LEN);
}

/* A trial may end by a power cut: the same image gets another one, but not for ever. */
static void test_lost_trials_are_repeated_up_to_the_limit(void **state)
{
    (void)state;
    install();
    for (int trials = 1; trials < 3; trials++) {
        swap(true);
        power_cycle();
        run_sessions(1);
        expect_installed();
        swap(false);
        power_cycle();
    }
    swap(true);
    power_cycle();
    run_sessions(1);
    assert_int_equal(ota_last_error(&w.agent), OTA_EREVERTED);
}

static void test_image_that_never_reached_its_agent_counts_as_reverted(void **state)
{
    struct ota_outcome outcome;

    (void)state;
    remember();
    start();
    run_sessions(1);
    swap(false);
    swap(true);
    power_cycle();
    assert_int_equal(ota_last_outcome(&w.agent, &outcome), 1);
    assert_int_equal(outcome.err, OTA_EREVERTED);
}

static void test_image_that_the_bootloader_refuses_is_reported(void **state)
{
    struct ota_outcome outcome;

    (void)state;
    remember();
    start();
    run_sessions(1);
    memset(w.flash.mem + SLOT, 0xff, SLOT);
    power_cycle();
    assert_int_equal(ota_last_outcome(&w.agent, &outcome), 1);
    assert_int_equal(outcome.err, OTA_EBOOTREFUSED);
    w.peer.job = "{\"Message\": \"No Update Available\"}";
    run_sessions(1);
    assert_int_equal(w.peer.n_results, 2);
    assert_non_null(strstr(w.peer.result, "\"Outcome\": \"refused\""));
}

static void test_lost_report_is_sent_later_and_changes_nothing(void **state)
{
    struct ota_outcome outcome;

    (void)state;
    install();
    assert_int_equal(ota_confirm(&w.agent), 0);
    answer_once(OTA_MOMENT_BEFORE, OTA_STATE_RESULT_SEND, OTA_ANSWER_REFUSE);
    w.peer.job = "{\"Message\": \"No Update Available\"}";
    run_sessions(1);
    assert_int_equal(w.peer.n_results, 0);
    assert_int_equal(ota_last_error(&w.agent), OTA_ENOUPDATE);
    ota_check(&w.agent);
    run_sessions(2);
    assert_int_equal(w.peer.n_results, 1);
    assert_int_equal(ota_last_outcome(&w.agent, &outcome), 1);
    assert_true(outcome.is_reported);
}

static void test_limits_per_image_end_the_tries(void **state)
{
    (void)state;
    remember();
    w.config.job_sessions = 2;
    for (uint32_t i = 0; i < 2; i++) {
        w.peer.lose_at_chunk = 1;
        w.config.timing.download_tries = 1;
        start();
        run_sessions(1);
        assert_int_equal(ota_last_error(&w.agent), OTA_EDROPPED);
    }
    start();
    run_sessions(1);
    assert_int_equal(ota_last_error(&w.agent), OTA_ERETRIES);
    (void)set_up(state);
    remember();
    w.config.job_bytes = 5000;
    start();
    run_sessions(1);
    assert_int_equal(ota_last_error(&w.agent), OTA_ERETRIES);
}

/* ---- Requests of the application
 * ------------------------------------------------------------------ */

static void test_check_starts_at_once(void **state)
{
    (void)state;
    start();
    ota_check(&w.agent);
    run_sessions(1);
    expect_installed();
    assert_true(w.now_ms < 60000);
}

static void test_pending_image_is_not_fetched_again(void **state)
{
    (void)state;
    start();
    run_sessions(1);
    expect_installed();
    ota_check(&w.agent);
    run_sessions(2);
    assert_int_equal(ota_last_error(&w.agent), OTA_ENOUPDATE);
    assert_int_equal(w.peer.n_chunk_requests, 3);
}

static void test_unconfirmed_image_keeps_its_way_back(void **state)
{
    static const uint8_t trial[40] = {[8] = 1}; /* copy_done set, image_ok erased */

    (void)state;
    memset(w.flash.mem + SLOT - 24, 0xff, 8);
    memset(w.flash.mem + SLOT - 32, trial[8], 1);
    memcpy(w.flash.mem + SLOT - 16,
           "\x77\xc2\x95\xf3\x60\xd2\xef\x7f\x35\x52\x50\x0f\x2c\xb6\x79\x80", 16);
    start();
    run_sessions(1);
    assert_int_equal(ota_last_error(&w.agent), OTA_ESTATE);
    assert_int_equal(w.peer.n_connects, 0);
    assert_int_equal(ota_confirm(&w.agent), 0);
    run_sessions(2);
    expect_installed();
}

/* Stops after every possible number of steps: always a clean end, never a marked image, and the
 * next session installs. */
static void test_stop_at_any_step_is_clean(void **state)
{
    for (int steps = 1;; steps++) {
        int taken = 0;
        uint32_t n;

        (void)set_up(state);
        start();
        ota_check(&w.agent);
        while (taken < steps && ota_sessions(&w.agent) == 0) {
            w.now_ms += ota_poll(&w.agent);
            taken++;
        }
        if (ota_sessions(&w.agent) > 0) {
            assert_true(steps > 40);
            break;
        }
        ota_stop(&w.agent);
        while (ota_state(&w.agent) != OTA_STATE_AGENT_WAITING) {
            w.now_ms += ota_poll(&w.agent);
            assert_true(++taken < 10000);
        }
        assert_false(w.peer.is_connected);
        assert_false(is_pending());
        n = ota_sessions(&w.agent);
        ota_check(&w.agent);
        run_sessions(n + 1);
        expect_installed();
    }
}

static void test_shutdown_at_any_step_ends_the_agent(void **state)
{
    for (int steps = 0; steps < 60; steps++) {
        int taken = 0;

        (void)set_up(state);
        start();
        ota_check(&w.agent);
        for (int i = 0; i < steps; i++) {
            w.now_ms += ota_poll(&w.agent);
        }
        ota_shutdown(&w.agent);
        while (ota_state(&w.agent) != OTA_STATE_EXITING) {
            w.now_ms += ota_poll(&w.agent);
            assert_true(++taken < 10000);
        }
        assert_false(w.peer.is_connected);
    }
}

static void test_skipped_sessions_do_not_spin(void **state)
{
    (void)state;
    w.at_moment = OTA_MOMENT_BEFORE;
    w.at_state = OTA_STATE_AGENT_WAITING;
    w.answer = OTA_ANSWER_STOP;
    w.n_answers = 1000;
    start();
    for (int i = 0; i < 50; i++) {
        w.now_ms += ota_poll(&w.agent);
    }
    assert_int_equal(w.n_trace, 1);
    assert_int_equal(w.peer.n_connects, 0);
}

static enum ota_answer on_battery(void *arg, struct ota_hook_info *info)
{
    (void)arg;
    if (w.n_answers > 0 && info->moment == w.at_moment && info->state == w.at_state) {
        w.n_answers--;
        info->defer_s = 600;
        return OTA_ANSWER_STOP;
    }
    return OTA_ANSWER_CONTINUE;
}

/* Battery low, or in use: not now, but in ten minutes, wherever the application finds out. */
static void test_session_can_be_put_off(void **state)
{
    static const enum ota_state at[] = {OTA_STATE_START_UPDATE, OTA_STATE_STORAGE_OPEN,
                                        OTA_STATE_VERIFY, OTA_STATE_AGENT_WAITING};

    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        uint64_t then;

        (void)set_up(state);
        w.config.hook = on_battery;
        answer_once(at[i] == OTA_STATE_AGENT_WAITING ? OTA_MOMENT_DONE : OTA_MOMENT_BEFORE, at[i],
                    OTA_ANSWER_STOP);
        start();
        while (w.n_answers > 0) {
            w.now_ms += ota_poll(&w.agent);
        }
        then = w.now_ms;
        while (!is_pending()) {
            w.now_ms += ota_poll(&w.agent);
        }
        assert_true(w.now_ms - then >= 600000 && w.now_ms - then < 610000);
    }
}

static void test_client_ids_are_unique_and_keep_the_identifier(void **state)
{
    char first[64];

    (void)state;
    start();
    run_sessions(1);
    assert_int_equal(strlen(w.peer.login_id), 23);
    assert_memory_equal(w.peer.login_id, "CY_IOT_DEVICE", 13);
    memcpy(first, w.peer.login_id, sizeof first);
    ota_check(&w.agent);
    run_sessions(2);
    assert_string_not_equal(first, w.peer.login_id);
}

static void test_configurations_that_cannot_work_are_refused(void **state)
{
    (void)state;
    w.config.board = NULL;
    assert_int_equal(ota_init(&w.agent, &w.config), OTA_EARG);
    (void)set_up(state);
    w.config.mqtt.host = NULL;
    assert_int_equal(ota_init(&w.agent, &w.config), OTA_EARG);
    (void)set_up(state);
    w.config.work_len--;
    assert_int_equal(ota_init(&w.agent, &w.config), OTA_ENOSPC);
    (void)set_up(state);
    w.config.transport = OTA_TRANSPORT_NONE;
    assert_int_equal(ota_init(&w.agent, &w.config), OTA_ETRANSPORT);
    (void)set_up(state);
    w.flash.mem[0] ^= 1; /* no running image to read the version from */
    assert_int_equal(ota_init(&w.agent, &w.config), OTA_EMAGIC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_job_flow_calls_back_as_the_original, set_up),
        cmocka_unit_test_setup(test_direct_flow_calls_back_as_the_original, set_up),
        cmocka_unit_test_setup(test_whole_image_comes_by_one_request, set_up),
        cmocka_unit_test_setup(test_no_result_is_sent_when_none_is_wanted, set_up),
        cmocka_unit_test_setup(test_device_resets_when_asked_to, set_up),
        cmocka_unit_test_setup(test_duplicates_change_nothing, set_up),
        cmocka_unit_test_setup(test_answers_of_the_hook_lead_where_they_lead_in_the_original,
                               set_up),
        cmocka_unit_test_setup(test_application_may_store_the_image_itself, set_up),
        cmocka_unit_test_setup(test_image_stored_by_two_is_not_mixed_up, set_up),
        cmocka_unit_test_setup(test_lost_connection_is_made_again_and_the_download_goes_on, set_up),
        cmocka_unit_test_setup(test_lost_chunk_is_asked_for_again, set_up),
        cmocka_unit_test_setup(test_reversed_image_arrives, set_up),
        cmocka_unit_test_setup(test_messages_in_pieces_are_put_together, set_up),
        cmocka_unit_test_setup(test_refused_connects_are_retried, set_up),
        cmocka_unit_test_setup(test_no_job_ends_with_a_timeout_and_no_result, set_up),
        cmocka_unit_test_setup(test_no_update_is_not_a_failure_to_report, set_up),
        cmocka_unit_test_setup(test_refused_jobs_are_reported_with_the_reason, set_up),
        cmocka_unit_test_setup(test_old_or_foreign_images_do_not_touch_the_slot, set_up),
        cmocka_unit_test_setup(test_damaged_image_is_never_marked, set_up),
        cmocka_unit_test_setup(test_image_larger_than_the_slot_is_refused, set_up),
        cmocka_unit_test_setup(test_failing_flash_is_reported, set_up),
        cmocka_unit_test_setup(test_silent_publisher_ends_the_download, set_up),
        cmocka_unit_test_setup(test_download_goes_on_after_a_reset, set_up),
        cmocka_unit_test_setup(test_other_image_discards_what_is_there, set_up),
        cmocka_unit_test_setup(test_damaged_part_costs_only_a_restart, set_up),
        cmocka_unit_test_setup(test_power_cut_at_any_flash_operation_ends_installed, set_up),
        cmocka_unit_test_setup(test_confirmed_image_is_reported_after_the_reset, set_up),
        cmocka_unit_test_setup(test_receipt_of_a_report_is_no_job, set_up),
        cmocka_unit_test_setup(test_reverted_image_is_reported_and_not_fetched_again, set_up),
        cmocka_unit_test_setup(test_lost_trials_are_repeated_up_to_the_limit, set_up),
        cmocka_unit_test_setup(test_image_that_never_reached_its_agent_counts_as_reverted, set_up),
        cmocka_unit_test_setup(test_image_that_the_bootloader_refuses_is_reported, set_up),
        cmocka_unit_test_setup(test_lost_report_is_sent_later_and_changes_nothing, set_up),
        cmocka_unit_test_setup(test_limits_per_image_end_the_tries, set_up),
        cmocka_unit_test_setup(test_check_starts_at_once, set_up),
        cmocka_unit_test_setup(test_pending_image_is_not_fetched_again, set_up),
        cmocka_unit_test_setup(test_unconfirmed_image_keeps_its_way_back, set_up),
        cmocka_unit_test_setup(test_stop_at_any_step_is_clean, set_up),
        cmocka_unit_test_setup(test_shutdown_at_any_step_ends_the_agent, set_up),
        cmocka_unit_test_setup(test_skipped_sessions_do_not_spin, set_up),
        cmocka_unit_test_setup(test_session_can_be_put_off, set_up),
        cmocka_unit_test_setup(test_client_ids_are_unique_and_keep_the_identifier, set_up),
        cmocka_unit_test_setup(test_configurations_that_cannot_work_are_refused, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
