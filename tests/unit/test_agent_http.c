/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent over HTTP against a web server in the same process, in virtual time: order of callbacks
 * as in the original's traces, and whatever servers do with ranges.
 */
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#include "unit/agent_world.h"

#define WEB_JOB(members)                                                                           \
    "{\"Message\":\"Update Available\",\"Board\":\"" BOARD "\",\"Version\":\"1.6.0\"," members "}"
#define FILE_JOB WEB_JOB("\"Connection\":\"HTTP\",\"Port\":\"80\",\"File\":\"/anycloud-ota.bin\"")
#define SUCCESS "{\"Message\":\"Success\", \"File\":\"/anycloud-ota.bin\" }"

static uint8_t other_image[IMAGE_LEN + 4096];

/* The device of agent_world begins over HTTP. */
static int set_up_http(void **state)
{
    int rc = set_up(state);

    w.config.transport = OTA_TRANSPORT_HTTP;
    w.config.http.client = &w.web.client;
    w.config.http.host = "web.local";
    w.config.timing.download_tries = 3;
    w.web.job = FILE_JOB;
    return rc;
}

static void run_one(void)
{
    start();
    run_sessions(1);
}

static void expect_failed(int err)
{
    run_one();
    if (ota_last_error(&w.agent) != err) {
        fail_msg("%s instead of %s", ota_err_name(ota_last_error(&w.agent)), ota_err_name(err));
    }
    assert_false(is_pending());
}

/* ---- Order and bytes of the original -------------------------------------------------------- */

static void refuse_posts(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    (void)web;
    if (req->is_post) {
        a->status = 405;
    }
}

static void test_job_flow_calls_back_as_the_original(void **state)
{
    (void)state;
    w.config.http.range_size = 4096;
    w.web.twist = refuse_posts; /* as the original's posts without a body were */
    run_one();
    expect_installed();
    expect_trace("http-job");
    assert_int_equal(w.web.n_images, 3);
}

static void test_one_stream_calls_back_as_ranges_do(void **state)
{
    (void)state;
    w.web.twist = refuse_posts;
    run_one();
    expect_installed();
    expect_trace("http-job");
    assert_int_equal(w.web.n_images, 1);
    assert_int_equal(w.web.image_bytes, IMAGE_LEN);
}

static void test_direct_flow_calls_back_as_the_original(void **state)
{
    static const uint32_t sizes[] = {4096, 8192};
    static const char *const traces[] = {"http-direct-4096", "http-direct-8192"};

    w.config.flow = OTA_FLOW_DIRECT;
    run_one();
    expect_installed();
    expect_trace("http-direct");
    assert_string_equal(w.web.last.url, "http://web.local:80/anycloud-ota.bin");
    assert_int_equal(w.web.n_posts, 0);
    for (size_t i = 0; i < 2; i++) {
        (void)set_up_http(state);
        w.config.flow = OTA_FLOW_DIRECT;
        make_image(w.image, sizes[i], 6);
        w.web.image_len = sizes[i];
        run_one();
        assert_true(is_pending());
        expect_trace(traces[i]);
    }
}

static void test_device_resets_when_asked_to(void **state)
{
    (void)state;
    w.config.reboot = true;
    w.web.twist = refuse_posts;
    run_one();
    assert_int_equal(w.n_resets, 1);
    expect_trace("http-job-reboot");
}

static void test_result_is_posted_to_the_byte(void **state)
{
    run_one();
    expect_installed();
    assert_int_equal(w.web.n_posts, 1);
    assert_string_equal(w.web.result, SUCCESS);
    assert_string_equal(w.web.last.url, "http://web.local:80/anycloud-ota.bin");
    (void)set_up_http(state);
    w.config.http.result_path = "/results";
    w.image[5000] ^= 1;
    expect_failed(OTA_EHASH);
    assert_string_equal(w.web.result,
                        "{\"Message\":\"Failure\", \"File\":\"/anycloud-ota.bin\", "
                        "\"Reason\": \"14\", \"Detail\": \"image hash does not match\" }");
    assert_string_equal(w.web.last.url, "http://web.local:80/results");
}

/* The original never asks for a last range of one byte. */
static void test_images_of_every_size_complete(void **state)
{
    FILE *f = fopen(OTA_TEST_VECTORS "/anycloud/http/range-walk.tsv", "r");
    static const uint32_t ranges[] = {0, 4096, 1000, 1};
    char line[256];
    int rows = 0;

    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        unsigned size = 0;

        if (sscanf(line, "%u", &size) != 1 || size < 100) {
            continue;
        }
        for (size_t i = 0; i < (size == 4097 ? 4u : 3u); i++) {
            (void)set_up_http(state);
            make_image(other_image, size, 6);
            w.config.flow = OTA_FLOW_DIRECT;
            w.config.http.range_size = ranges[i];
            w.web.image = other_image;
            w.web.image_len = size;
            run_one();
            assert_int_equal(ota_last_error(&w.agent), 0);
            assert_memory_equal(w.flash.mem + SLOT, other_image, size);
            assert_int_equal(w.web.image_bytes, size);
        }
        rows++;
    }
    (void)fclose(f);
    assert_int_equal(rows, 10);
}

static void test_bodies_may_come_in_pieces_of_any_size(void **state)
{
    static const size_t pieces[] = {1, 3, 4095, 4096, 4097, 8192, 20000};

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        (void)set_up_http(state);
        w.web.piece = pieces[i];
        run_one();
        expect_installed();
        assert_int_equal(w.web.image_bytes, IMAGE_LEN);
    }
}

/* ---- Interruptions -------------------------------------------------------------------------- */

static int cuts_left;
static size_t cut_at;

static void cut_images(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    (void)web;
    if (req->is_range && cuts_left > 0) {
        cuts_left--;
        a->cut = cut_at;
    }
}

static void test_lost_connection_costs_no_byte(void **state)
{
    static const size_t cuts[] = {0, 1, 100, 4095, 4096, 4097, 9999};

    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        (void)set_up_http(state);
        w.web.twist = cut_images;
        cuts_left = 1;
        cut_at = cuts[i];
        run_one();
        expect_installed();
        assert_int_equal(w.web.image_bytes, IMAGE_LEN);
        assert_int_equal(w.web.n_images, 2);
        assert_string_equal(w.web.last.is_post ? "post" : "get", "post");
    }
}

static void test_download_proceeds_however_little_each_try_brings(void **state)
{
    (void)state;
    w.web.twist = cut_images;
    cuts_left = 1000000;
    cut_at = 100;
    w.config.hook = NULL; /* too many callbacks to note */
    run_one();
    expect_installed();
    assert_int_equal(w.web.image_bytes, IMAGE_LEN);
    assert_int_equal(w.web.n_images, IMAGE_LEN / 100);
}

static void test_server_that_always_fails_is_given_up(void **state)
{
    (void)state;
    w.web.twist = cut_images;
    cuts_left = 1000000;
    cut_at = 0;
    expect_failed(OTA_EDROPPED);
    assert_int_equal(w.web.n_images, 3);
}

static void refuse_connections(struct fake_web *web, const struct web_request *req,
                               struct web_answer *a)
{
    (void)web;
    if (req->is_range && cuts_left > 0) {
        cuts_left--;
        a->err = OTA_ECONNECT;
    }
}

static void test_server_that_restarts_is_waited_for(void **state)
{
    uint64_t begun;

    (void)state;
    w.web.twist = refuse_connections;
    cuts_left = 2;
    start();
    ota_check(&w.agent);
    begun = w.now_ms;
    run_sessions(1);
    expect_installed();
    assert_true(w.now_ms - begun >= 5000);
}

static void stall_images(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    (void)web;
    if (req->is_range && cuts_left > 0) {
        cuts_left--;
        a->stall = cut_at;
    }
}

static void test_stalling_server_is_asked_again_from_there(void **state)
{
    (void)state;
    w.web.twist = stall_images;
    cuts_left = 1;
    cut_at = 5000;
    run_one();
    expect_installed();
    assert_int_equal(w.web.image_bytes, IMAGE_LEN);
}

static void stall_jobs(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    (void)web;
    if (!req->is_range) {
        a->stall = 3;
    }
}

static void test_every_wait_has_a_bound(void **state)
{
    w.web.twist = stall_images;
    cuts_left = 1000;
    cut_at = 0;
    expect_failed(OTA_ETIMEOUT);
    assert_true(w.now_ms < 60000 + 4 * 60000 + 100000);
    (void)set_up_http(state);
    w.web.twist = stall_jobs;
    expect_failed(OTA_ETIMEOUT);
    assert_true(w.now_ms < 60000 + 31000);
}

/* ---- Other images under way ----------------------------------------------------------------- */

/* After the first answer was cut, the server has another file. */
static void change_image(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    if (req->is_range && cuts_left > 0) {
        cuts_left--;
        a->cut = cut_at;
        web->image = other_image;
        web->validator = "\"v2\"";
    }
}

static void expect_other_installed(uint32_t len)
{
    assert_int_equal(ota_last_error(&w.agent), 0);
    assert_true(is_pending());
    assert_memory_equal(w.flash.mem + SLOT, other_image, len);
}

static void test_image_that_changes_under_way_is_fetched_from_its_start(void **state)
{
    (void)state;
    make_image(other_image, IMAGE_LEN, 7);
    w.web.twist = change_image;
    cuts_left = 1;
    cut_at = 6000;
    run_one();
    expect_other_installed(IMAGE_LEN);
    assert_int_equal(w.web.n_images, 2); /* the 200 that told it was taken whole */
}

static void ignore_if_range(struct fake_web *web, const struct web_request *req,
                            struct web_answer *a)
{
    if (req->is_range && req->off > 0 && a->status == 200) {
        a->status = 206;
        a->body = web->image + req->off;
        a->len = web->image_len - req->off;
        a->content_length = (int64_t)a->len;
        (void)snprintf(a->content_range, sizeof a->content_range, "bytes %u-%u/%u", req->off,
                       web->image_len - 1, web->image_len);
    }
    change_image(web, req, a);
}

static void test_server_that_ignores_if_range_mixes_nothing(void **state)
{
    (void)state;
    make_image(other_image, IMAGE_LEN, 7);
    w.web.twist = ignore_if_range;
    cuts_left = 1;
    cut_at = 6000;
    run_one();
    expect_other_installed(IMAGE_LEN);
    assert_int_equal(w.web.n_images, 3);
}

/* The server says nothing of tags or dates; only the length tells. */
static void change_length(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    if (req->is_range && cuts_left > 0) {
        web->image_len = IMAGE_LEN + 4096;
    }
    change_image(web, req, a);
    web->validator = NULL;
}

static void test_other_length_is_another_image(void **state)
{
    (void)state;
    make_image(other_image, IMAGE_LEN + 4096, 7);
    w.web.validator = NULL;
    w.web.twist = change_length;
    cuts_left = 1;
    cut_at = 6000;
    run_one();
    expect_other_installed(IMAGE_LEN + 4096);
}

static void shorten(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    if (req->is_range && cuts_left > 0) {
        web->image_len = 5000;
    }
    change_image(web, req, a);
    web->validator = NULL;
}

static void test_image_that_became_shorter_is_fetched_from_its_start(void **state)
{
    (void)state;
    make_image(other_image, 5000, 7);
    w.web.validator = NULL;
    w.web.twist = shorten;
    cuts_left = 1;
    cut_at = 6000;
    run_one();
    expect_other_installed(5000);
}

/* Every answer is of another file. */
static void change_always(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    static char tag[16];

    (void)web;
    if (req->is_range) {
        (void)snprintf(tag, sizeof tag, "\"%d\"", w.web.n_images);
        a->validator = tag;
        if (req->off > 0) {
            a->status = 206;
            (void)snprintf(a->content_range, sizeof a->content_range, "bytes %u-%u/%u", req->off,
                           IMAGE_LEN - 1, IMAGE_LEN);
        }
        a->cut = 1000;
    }
}

static void test_image_that_never_stays_the_same_is_given_up(void **state)
{
    (void)state;
    w.web.twist = change_always;
    w.config.hook = NULL;
    run_one();
    assert_int_not_equal(ota_last_error(&w.agent), 0);
    assert_true(w.web.n_images < 100);
}

/* ---- Servers --------------------------------------------------------------------------------- */

static void test_server_without_ranges_serves_a_download_that_goes_on(void **state)
{
    (void)state;
    w.web.has_no_ranges = true;
    w.web.twist = cut_images;
    cuts_left = 1;
    cut_at = 6000;
    run_one();
    expect_installed();
    assert_int_equal(w.web.image_bytes, IMAGE_LEN + 6000);
    assert_true(w.flash.n_erases <= 5); /* what is there is not stored again */
}

static void hide_length(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    if (req->is_range) {
        a->content_length = -1;
    }
    cut_images(web, req, a);
}

static void test_body_without_length_is_taken(void **state)
{
    w.web.twist = hide_length;
    cuts_left = 0;
    run_one();
    expect_installed();
    (void)set_up_http(state);
    w.web.has_no_ranges = true;
    w.web.twist = hide_length;
    cuts_left = 1;
    cut_at = 6000;
    run_one();
    expect_installed();
}

static void test_body_without_length_has_a_limit(void **state)
{
    static const uint32_t lens[] = {SLOT + 4096, IMAGE_LEN};

    for (size_t i = 0; i < 2; i++) {
        static uint8_t large[SLOT + 4096];

        (void)set_up_http(state);
        w.config.image_max = IMAGE_LEN - 1;
        make_image(large, lens[i], 6);
        w.web.image = large;
        w.web.image_len = lens[i];
        w.web.has_no_ranges = true;
        w.web.twist = hide_length;
        cuts_left = 0;
        expect_failed(OTA_ESIZE);
    }
}

/* What one answer for the image says, and what becomes of the session. */
static const struct odd_answer {
    uint16_t status;
    const char *content_range; /* NULL: as it should be */
    int64_t lie;               /* added to the body's length */
    int err;
} odd_answers[] = {
    {206, "bytes 1-10000/10001", 0, OTA_EPROTO},
    {206, "bytes 0-9999/9999", 0, OTA_EPROTO},
    {206, "bytes 9999-0/10000", 0, OTA_EPROTO},
    {206, "bytes */10000", 0, OTA_EPROTO},
    {206, "pages 0-9999/10000", 0, OTA_EPROTO},
    {206, "", 0, OTA_EPROTO},
    {206, "bytes 0-9998/10000", 0, OTA_EPROTO}, /* one byte too many */
    {206, "bytes 0-99999999999/100000000000", 0, OTA_ESIZE},
    {200, NULL, -(int64_t)IMAGE_LEN, OTA_ESIZE},
    {200, NULL, INT64_MAX / 2, OTA_ESIZE},
    {204, NULL, 0, OTA_EDATA},
    {400, NULL, 0, OTA_EDATA},
    {401, NULL, 0, OTA_EAUTH},
    {403, NULL, 0, OTA_EGONE},
    {404, NULL, 0, OTA_EGONE},
    {407, NULL, 0, OTA_EAUTH},
    {410, NULL, 0, OTA_EGONE},
    {416, NULL, 0, OTA_ESIZE},
    {500, NULL, 0, OTA_EDATA},
};
static const struct odd_answer *odd;

static void answer_oddly(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    (void)web;
    if (!req->is_range) {
        return;
    }
    a->status = odd->status;
    a->content_length += odd->lie;
    if (odd->content_range != NULL) {
        (void)snprintf(a->content_range, sizeof a->content_range, "%s", odd->content_range);
    }
}

static void test_odd_answers_get_their_own_error(void **state)
{
    for (size_t i = 0; i < sizeof odd_answers / sizeof odd_answers[0]; i++) {
        (void)set_up_http(state);
        odd = &odd_answers[i];
        w.config.flow = OTA_FLOW_DIRECT;
        w.web.twist = answer_oddly;
        expect_failed(odd->err);
        assert_true(w.web.n_images <= 4);
    }
}

static void shorten_bodies(struct fake_web *web, const struct web_request *req,
                           struct web_answer *a)
{
    (void)web;
    if (req->is_range && cuts_left > 0) {
        cuts_left--;
        a->len -= 1000; /* and the connection stays */
    }
}

static void test_body_shorter_than_its_head_says_goes_on(void **state)
{
    (void)state;
    w.web.twist = shorten_bodies;
    cuts_left = 2;
    run_one();
    expect_installed();
    assert_int_equal(w.web.image_bytes, IMAGE_LEN);
}

static void overload(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    (void)web;
    (void)req;
    if (cuts_left > 0) {
        cuts_left--;
        a->status = cuts_left % 2 == 0 ? 503 : 429;
        a->retry_after_s = (uint32_t)cut_at;
    }
}

static void test_overloaded_server_is_given_the_time_it_asks_for(void **state)
{
    uint64_t begun;

    (void)state;
    w.web.twist = overload;
    cuts_left = 3;
    cut_at = 7;
    start();
    ota_check(&w.agent);
    begun = w.now_ms;
    run_sessions(1);
    expect_installed();
    assert_true(w.now_ms - begun >= 21000 && w.now_ms - begun < 23000);
}

static void test_server_that_wants_more_time_than_there_is_ends_the_session(void **state)
{
    (void)state;
    w.web.twist = overload;
    cuts_left = 1;
    cut_at = 3600;
    expect_failed(OTA_ELATER);
    assert_int_equal(w.web.n_jobs, 1);
}

/* ---- Job ------------------------------------------------------------------------------------- */

static void test_missing_job_document_is_told(void **state)
{
    (void)state;
    w.web.job = NULL;
    expect_failed(OTA_EGONE);
    assert_int_equal(w.web.n_posts, 0);
}

static void test_document_that_offers_the_running_version_is_no_fault(void **state)
{
    (void)state;
    w.web.job = "{\"Board\":\"" BOARD "\",\"Version\":\"1.0.0\",\"File\":\"/x\"}";
    expect_failed(OTA_ENOUPDATE);
    assert_int_equal(w.web.n_posts, 0);
}

static void test_job_document_has_a_limit(void **state)
{
    static char text[OTA_JOB_MAX + 1];
    int len = snprintf(text, sizeof text, "%s", FILE_JOB);

    memset(text + len, ' ', OTA_JOB_MAX - 1 - (size_t)len);
    w.web.job = text;
    run_one();
    expect_installed();
    (void)set_up_http(state);
    text[OTA_JOB_MAX - 1] = ' ';
    w.web.job = text;
    expect_failed(OTA_EJOB);
}

/* The address in the first job is good for one answer only. */
static void expire(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    if (!req->is_range) {
        return;
    }
    if (strstr(req->url, "sig=1") != NULL && web->n_images > 1) {
        a->status = (uint16_t)cut_at;
        web->job = WEB_JOB("\"File\":\"http://cdn.local/image?sig=2\"");
    } else if (web->n_images == 1) {
        a->cut = 6000;
    }
}

static void test_expired_address_is_replaced_and_the_download_goes_on(void **state)
{
    static const size_t statuses[] = {403, 404, 410};

    for (size_t i = 0; i < 3; i++) {
        (void)set_up_http(state);
        w.web.job = WEB_JOB("\"File\":\"http://cdn.local/image?sig=1\"");
        w.web.twist = expire;
        cut_at = statuses[i];
        run_one();
        expect_installed();
        assert_int_equal(w.web.n_jobs, 2);
        assert_int_equal(w.web.n_images, 3);
        assert_int_equal(w.web.image_bytes, IMAGE_LEN);
        assert_string_equal(w.web.last.url, "http://web.local:80/image?sig=2");
    }
}

static void expire_for_good(struct fake_web *web, const struct web_request *req,
                            struct web_answer *a)
{
    expire(web, req, a);
    if (a->status == 403) {
        web->job = "{\"Board\":\"" BOARD "\",\"Version\":\"1.7.0\",\"File\":\"/b\"}";
        web->image = other_image;
    }
}

static void test_job_for_another_version_starts_the_download_anew(void **state)
{
    (void)state;
    make_image(other_image, IMAGE_LEN, 7);
    w.web.job = WEB_JOB("\"File\":\"http://cdn.local/image?sig=1\"");
    w.web.twist = expire_for_good;
    cut_at = 403;
    run_one();
    expect_other_installed(IMAGE_LEN);
    assert_int_equal(w.web.image_bytes, 6000 + IMAGE_LEN);
}

static void test_signed_url_of_2_kib_is_asked_for_whole(void **state)
{
    static char job[OTA_JOB_MAX];
    static char url[2600];

    (void)state;
    (void)snprintf(job, sizeof job, WEB_JOB("\"File\":\"https://cdn.local/i?s=%02040d\""), 7);
    (void)snprintf(url, sizeof url, "https://cdn.local:443/i?s=%02040d", 7);
    w.web.job = job;
    w.config.http.result_path = "/results";
    w.config.do_not_send_result = true;
    w.config.work_len = OTA_WORK_LEN(8) + 2048;
    run_one();
    expect_installed();
    assert_string_equal(w.web.last.url, url);
}

static char asked[2][64];

static void note_paths(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    (void)web;
    (void)a;
    if (!req->is_post) {
        (void)snprintf(asked[req->is_range], sizeof asked[0], "%.60s", req->url);
    }
}

static void test_paths_of_the_configuration_are_asked_for(void **state)
{
    w.config.http.job_file = "/fleet/7.json";
    w.config.http.port = 8080;
    w.web.twist = note_paths;
    run_one();
    expect_installed();
    assert_string_equal(asked[0], "http://web.local:8080/fleet/7.json");
    (void)set_up_http(state);
    w.config.transport = OTA_TRANSPORT_HTTPS;
    w.config.http.file = "/images/7.bin";
    w.config.flow = OTA_FLOW_DIRECT;
    w.web.twist = note_paths;
    run_one();
    expect_installed();
    assert_string_equal(asked[1], "https://web.local:443/images/7.bin");
}

static enum ota_answer change_paths(void *arg, struct ota_hook_info *info)
{
    (void)arg;
    if (info->moment == OTA_MOMENT_BEFORE && info->state == OTA_STATE_JOB_DOWNLOAD) {
        assert_string_equal(info->message, "/ota_update.json");
        (void)snprintf(info->message, info->message_cap, "/mine.json");
    } else if (info->moment == OTA_MOMENT_BEFORE && info->state == OTA_STATE_DATA_CONNECT) {
        assert_string_equal(info->file, "/anycloud-ota.bin");
        (void)snprintf(info->file, info->file_cap, "/mine.bin");
    }
    return OTA_ANSWER_CONTINUE;
}

static void test_hook_may_change_paths(void **state)
{
    (void)state;
    w.config.hook = change_paths;
    w.web.twist = note_paths;
    run_one();
    expect_installed();
    assert_string_equal(asked[0], "http://web.local:80/mine.json");
    assert_string_equal(asked[1], "http://web.local:80/mine.bin");
}

/* ---- Result ---------------------------------------------------------------------------------- */

static void lose_posts(struct fake_web *web, const struct web_request *req, struct web_answer *a)
{
    (void)web;
    if (req->is_post && cuts_left > 0) {
        cuts_left--;
        a->err = OTA_ECONNECT;
    }
}

static void test_result_is_tried_again_while_there_is_time(void **state)
{
    w.web.twist = lose_posts;
    cuts_left = 3;
    run_one();
    expect_installed();
    assert_int_equal(w.web.n_posts, 4);
    (void)set_up_http(state);
    w.web.twist = lose_posts;
    cuts_left = 1000;
    run_one();
    expect_installed(); /* a lost report changes nothing */
    assert_true(w.web.n_posts <= 7);
}

/* ---- Redirections by jobs -------------------------------------------------------------------- */

static void test_job_by_mqtt_leads_to_http(void **state)
{
    (void)state;
    w.config.transport = OTA_TRANSPORT_MQTT;
    w.config.http.host = NULL;
    w.peer.job = WEB_JOB("\"Connection\":\"HTTP\",\"Server\":\"web.local\",\"Port\":\"80\","
                         "\"File\":\"/anycloud-ota.bin\"");
    run_one();
    expect_installed();
    assert_int_equal(w.peer.n_chunk_requests, 0);
    assert_int_equal(w.peer.n_results, 1); /* back where the job came from */
    assert_int_equal(w.web.n_posts, 0);
    assert_string_equal(w.web.last.url, "http://web.local:80/anycloud-ota.bin");
    assert_non_null(strstr(w.peer.result, "\"Success\""));
}

static void test_job_by_mqtt_leads_to_https(void **state)
{
    (void)state;
    w.config.transport = OTA_TRANSPORT_MQTT;
    w.peer.job = WEB_JOB("\"Connection\":\"HTTPS\",\"Server\":\"web.local\",\"File\":\"/i\"");
    run_one();
    expect_installed();
    assert_string_equal(w.web.last.url, "https://web.local:443/i");
}

static void test_job_by_http_leads_to_mqtt(void **state)
{
    (void)state;
    w.web.job = WEB_JOB("\"Connection\":\"MQTT\",\"Broker\":\"broker.local\",\"Port\":\"1883\"");
    run_one();
    expect_installed();
    assert_int_equal(w.peer.n_chunk_requests, 3);
    assert_int_equal(w.peer.n_results, 0);
    assert_int_equal(w.web.n_images, 0);
    assert_string_equal(w.web.result, "{\"Message\":\"Success\", \"File\":\"\" }");
    assert_string_equal(w.web.last.url, "http://web.local:80/ota_update.json");
}

static void test_job_by_http_leads_to_another_server(void **state)
{
    static const char *const jobs[] = {
        WEB_JOB("\"Connection\":\"HTTP\",\"Server\":\"cdn.local\",\"Port\":8080,\"File\":\"/i\""),
        WEB_JOB("\"Connection\":\"HTTPS\",\"Server\":\"cdn.local\",\"File\":\"/i\""),
    };
    static const char *const urls[] = {"http://cdn.local:8080/i", "https://cdn.local:443/i"};

    for (size_t i = 0; i < 2; i++) {
        (void)set_up_http(state);
        w.web.job = jobs[i];
        w.config.flow = OTA_FLOW_JOB;
        start();
        ota_check(&w.agent);
        while (w.web.n_images == 0) {
            w.now_ms += ota_poll(&w.agent);
        }
        assert_string_equal(w.web.last.url, urls[i]);
        run_sessions(1);
        expect_installed();
        assert_string_equal(w.web.last.url, "http://web.local:80/i");
        assert_string_equal(w.web.result, "{\"Message\":\"Success\", \"File\":\"/i\" }");
    }
}

static void test_transport_that_is_not_there_is_told(void **state)
{
    (void)state;
    w.config.transport = OTA_TRANSPORT_MQTT;
    w.config.http.client = NULL;
    w.peer.job = WEB_JOB("\"Connection\":\"HTTP\",\"Server\":\"web.local\",\"File\":\"/i\"");
    expect_failed(OTA_ETRANSPORT);
    assert_non_null(strstr(w.peer.result, "\"32\""));
}

/* ---- Application ----------------------------------------------------------------------------- */

static void test_stop_at_any_step_is_clean(void **state)
{
    for (int steps = 1;; steps++) {
        int taken = 0;

        (void)set_up_http(state);
        w.config.http.range_size = 4096;
        start();
        ota_check(&w.agent);
        while (taken < steps && ota_sessions(&w.agent) == 0) {
            w.now_ms += ota_poll(&w.agent);
            taken++;
        }
        if (ota_sessions(&w.agent) > 0) {
            assert_true(steps > 20);
            break;
        }
        ota_stop(&w.agent);
        while (ota_state(&w.agent) != OTA_STATE_AGENT_WAITING) {
            w.now_ms += ota_poll(&w.agent);
            assert_true(++taken < 10000);
        }
        assert_false(w.web.is_open);
        assert_null(w.web.sink);
        assert_false(is_pending());
        ota_check(&w.agent);
        run_sessions(ota_sessions(&w.agent) + 1);
        expect_installed();
    }
}

static void test_block_that_the_application_refuses_ends_the_try(void **state)
{
    answer_once(OTA_MOMENT_BEFORE, OTA_STATE_STORAGE_WRITE, OTA_ANSWER_STOP);
    run_one();
    assert_int_equal(ota_last_error(&w.agent), OTA_ESTOPPED);
    (void)set_up_http(state);
    answer_once(OTA_MOMENT_BEFORE, OTA_STATE_STORAGE_WRITE, OTA_ANSWER_REFUSE);
    run_one();
    expect_installed();
}

static void test_one_poll_takes_a_bounded_part(void **state)
{
    static uint8_t large[60000];
    uint32_t most = 0;

    (void)state;
    ram_flash_init(&w.flash, RAM_FLASH_MAX, 4096, 8, 0xff);
    make_image(large, sizeof large, 0);
    memcpy(w.flash.mem, w.image, 32);
    w.config.version = (struct ota_version){.major = 1};
    w.secondary.area = (struct ota_area){&w.flash.flash, 4096, 61440};
    make_image(large, sizeof large, 6);
    w.web.image = large;
    w.web.image_len = sizeof large;
    w.config.image_max = sizeof large;
    start();
    ota_check(&w.agent);
    while (ota_sessions(&w.agent) == 0) {
        uint64_t before = w.web.image_bytes;

        w.now_ms += ota_poll(&w.agent);
        if (w.web.image_bytes - before > most) {
            most = (uint32_t)(w.web.image_bytes - before);
        }
    }
    assert_int_equal(ota_last_error(&w.agent), 0);
    assert_true(most > 0 && most < 32768 + 1000);
    assert_true(w.now_ms < 1000); /* and nobody sleeps while there is more */
}

static void test_configurations_that_cannot_work_are_refused(void **state)
{
    (void)state;
    w.config.http.host = "";
    assert_int_equal(ota_init(&w.agent, &w.config), OTA_EARG);
    (void)set_up_http(state);
    w.config.http.client = NULL;
    assert_int_equal(ota_init(&w.agent, &w.config), OTA_EARG);
    (void)set_up_http(state);
    w.config.http.file = "no-slash";
    assert_int_equal(ota_init(&w.agent, &w.config), OTA_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_job_flow_calls_back_as_the_original, set_up_http),
        cmocka_unit_test_setup(test_one_stream_calls_back_as_ranges_do, set_up_http),
        cmocka_unit_test_setup(test_direct_flow_calls_back_as_the_original, set_up_http),
        cmocka_unit_test_setup(test_device_resets_when_asked_to, set_up_http),
        cmocka_unit_test_setup(test_result_is_posted_to_the_byte, set_up_http),
        cmocka_unit_test_setup(test_images_of_every_size_complete, set_up_http),
        cmocka_unit_test_setup(test_bodies_may_come_in_pieces_of_any_size, set_up_http),
        cmocka_unit_test_setup(test_lost_connection_costs_no_byte, set_up_http),
        cmocka_unit_test_setup(test_download_proceeds_however_little_each_try_brings, set_up_http),
        cmocka_unit_test_setup(test_server_that_always_fails_is_given_up, set_up_http),
        cmocka_unit_test_setup(test_server_that_restarts_is_waited_for, set_up_http),
        cmocka_unit_test_setup(test_stalling_server_is_asked_again_from_there, set_up_http),
        cmocka_unit_test_setup(test_every_wait_has_a_bound, set_up_http),
        cmocka_unit_test_setup(test_image_that_changes_under_way_is_fetched_from_its_start,
                               set_up_http),
        cmocka_unit_test_setup(test_server_that_ignores_if_range_mixes_nothing, set_up_http),
        cmocka_unit_test_setup(test_other_length_is_another_image, set_up_http),
        cmocka_unit_test_setup(test_image_that_became_shorter_is_fetched_from_its_start,
                               set_up_http),
        cmocka_unit_test_setup(test_image_that_never_stays_the_same_is_given_up, set_up_http),
        cmocka_unit_test_setup(test_server_without_ranges_serves_a_download_that_goes_on,
                               set_up_http),
        cmocka_unit_test_setup(test_body_without_length_is_taken, set_up_http),
        cmocka_unit_test_setup(test_body_without_length_has_a_limit, set_up_http),
        cmocka_unit_test_setup(test_odd_answers_get_their_own_error, set_up_http),
        cmocka_unit_test_setup(test_body_shorter_than_its_head_says_goes_on, set_up_http),
        cmocka_unit_test_setup(test_overloaded_server_is_given_the_time_it_asks_for, set_up_http),
        cmocka_unit_test_setup(test_server_that_wants_more_time_than_there_is_ends_the_session,
                               set_up_http),
        cmocka_unit_test_setup(test_missing_job_document_is_told, set_up_http),
        cmocka_unit_test_setup(test_document_that_offers_the_running_version_is_no_fault,
                               set_up_http),
        cmocka_unit_test_setup(test_job_document_has_a_limit, set_up_http),
        cmocka_unit_test_setup(test_expired_address_is_replaced_and_the_download_goes_on,
                               set_up_http),
        cmocka_unit_test_setup(test_job_for_another_version_starts_the_download_anew, set_up_http),
        cmocka_unit_test_setup(test_signed_url_of_2_kib_is_asked_for_whole, set_up_http),
        cmocka_unit_test_setup(test_paths_of_the_configuration_are_asked_for, set_up_http),
        cmocka_unit_test_setup(test_hook_may_change_paths, set_up_http),
        cmocka_unit_test_setup(test_result_is_tried_again_while_there_is_time, set_up_http),
        cmocka_unit_test_setup(test_job_by_mqtt_leads_to_http, set_up_http),
        cmocka_unit_test_setup(test_job_by_mqtt_leads_to_https, set_up_http),
        cmocka_unit_test_setup(test_job_by_http_leads_to_mqtt, set_up_http),
        cmocka_unit_test_setup(test_job_by_http_leads_to_another_server, set_up_http),
        cmocka_unit_test_setup(test_transport_that_is_not_there_is_told, set_up_http),
        cmocka_unit_test_setup(test_stop_at_any_step_is_clean, set_up_http),
        cmocka_unit_test_setup(test_block_that_the_application_refuses_ends_the_try, set_up_http),
        cmocka_unit_test_setup(test_one_poll_takes_a_bounded_part, set_up_http),
        cmocka_unit_test_setup(test_configurations_that_cannot_work_are_refused, set_up_http),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
