/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Updates of two images in one archive: all or none of it, whenever the power goes. The device's
 * bootloader is a model of MCUboot's for two images, without dependencies.
 */
#include "unit/test.h"

#include <string.h>

#include "ota/agent.h"
#include "ota_psa.h"
#include "unit/fake_peer.h"
#include "unit/ram_flash.h"
#include "unit/tar_build.h"

#define BOARD "KIT"
#define N_IMAGES 2
#define APP_LEN 9000u
#define TFM_LEN 3000u
#define END_MAGIC "\x77\xc2\x95\xf3\x60\xd2\xef\x7f\x35\x52\x50\x0f\x2c\xb6\x79\x80"
#define LIST(n, version, files)                                                                    \
    "{\"numberOfComponents\":\"" n "\",\"version\":\"" version "\",\"files\":[\n"                  \
    "{\"fileName\":\"components.json\",\"fileType\": \"component_list\"}," files "]}\n"
#define APP "{\"fileName\":\"app.bin\",\"fileType\": \"NSPE\",\"fileSize\":\"9000\"}"
#define TFM "{\"fileName\":\"tfm.bin\",\"fileType\": \"SPE\",\"fileSize\":\"3000\"}"

static const uint32_t slot_size[N_IMAGES] = {16384, 8192};
static const uint32_t primary_off[N_IMAGES] = {0, 32768};

/* Everything of one device and its peer. */
static struct world {
    struct ram_flash flash;
    struct ota_slot primary[N_IMAGES], secondary[N_IMAGES];
    struct ota_area journal;
    struct fake_peer peer;
    struct ota_psa psa;
    struct ota_crypto crypto;
    struct ota_config config;
    struct ota_agent agent;
    struct ota_archive_memory archive;
    uint64_t work[OTA_WORK_LEN(8) / 8];
    struct tar_build tar;
    uint8_t app[APP_LEN], tfm[TFM_LEN];
    uint64_t now_ms;
} w;

/* ---- Device ---------------------------------------------------------------------------------- */

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return w.now_ms;
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    memset(buf, 0x5a, len);
    return 0;
}

static void reset(void *ctx)
{
    (void)ctx;
}

static uint8_t *slot_end(int image, bool is_secondary)
{
    return w.flash.mem + primary_off[image] + slot_size[image] * (is_secondary ? 2 : 1);
}

static bool has_magic(int image, bool is_secondary)
{
    return memcmp(slot_end(image, is_secondary) - 16, END_MAGIC, 16) == 0;
}

static bool is_on_trial(int image)
{
    const uint8_t *end = slot_end(image, false);

    return has_magic(image, false) && end[-32] == 1 && end[-24] == 0xff;
}

static void exchange(int image, bool is_confirmed)
{
    static uint8_t old[16384];
    uint32_t size = slot_size[image];
    uint8_t *primary = w.flash.mem + primary_off[image];
    uint8_t *end = slot_end(image, false);

    memcpy(old, primary, size);
    memcpy(primary, primary + size, size);
    memcpy(primary + size, old, size);
    memset(slot_end(image, true) - 64, 0xff, 64);
    memset(end - 64, 0xff, 64);
    memcpy(end - 16, END_MAGIC, 16);
    end[-32] = 1;
    if (is_confirmed) {
        end[-24] = 1;
    }
}

/* A revert waits while a later image is still to be installed. */
static void boot(void)
{
    bool waits = false;

    for (int i = N_IMAGES - 1; i >= 0; i--) {
        if (has_magic(i, true)) {
            exchange(i, false);
            waits = true;
        } else if (is_on_trial(i) && !waits) {
            exchange(i, true);
        }
    }
}

static void hash(const void *data, size_t len, uint8_t digest[32])
{
    assert_int_equal(w.crypto.ops->sha256(w.crypto.ctx, OTA_HASH_INIT, NULL, 0, NULL), 0);
    assert_int_equal(w.crypto.ops->sha256(w.crypto.ctx, OTA_HASH_UPDATE, data, len, NULL), 0);
    assert_int_equal(w.crypto.ops->sha256(w.crypto.ctx, OTA_HASH_FINISH, NULL, 0, digest), 0);
}

/* An image of exactly len bytes with a hash and nothing else. */
static void make_image(uint8_t *image, uint32_t len, uint8_t minor)
{
    struct ota_image_header h = {
        .header_size = 32, .payload_size = len - 32 - 40, .version = {.major = 1, .minor = minor}};
    static const uint8_t info[8] = {0x07, 0x69, 40, 0, OTA_TLV_SHA256, 0, 32, 0};

    for (uint32_t i = 32; i < len - 40; i++) {
        image[i] = (uint8_t)(i * 7 + minor);
    }
    ota_image_header_encode(&h, image);
    memcpy(image + len - 40, info, sizeof info);
    hash(image, len - 40, image + len - 32);
}

static void offer(const char *list, bool with_app, bool with_tfm)
{
    w.tar.len = 0;
    tar_add(&w.tar, "components.json", list, strlen(list));
    if (with_tfm) {
        tar_add(&w.tar, "tfm.bin", w.tfm, TFM_LEN);
    }
    if (with_app) {
        tar_add(&w.tar, "app.bin", w.app, APP_LEN);
    }
    tar_end(&w.tar);
    w.peer.image = w.tar.data;
    w.peer.image_len = (uint32_t)w.tar.len;
}

static void set_config(void)
{
    static const struct ota_system_ops system_ops = {
        .now_ms = now_ms, .random = random_bytes, .reset = reset};
    struct ota_config *c = &w.config;

    c->board = BOARD;
    c->primary = &w.primary[0];
    c->secondary = &w.secondary[0];
    c->primary2 = &w.primary[1];
    c->secondary2 = &w.secondary[1];
    c->archive = &w.archive;
    c->journal = &w.journal;
    c->trust.crypto = &w.crypto;
    c->system.ops = &system_ops;
    c->transport = OTA_TRANSPORT_MQTT;
    c->mqtt.client = &w.peer.client;
    c->mqtt.host = "broker.local";
    c->work = w.work;
    c->work_len = sizeof w.work;
}

/* A device with images 1.0.0 and a publisher that offers both as 1.6.0. */
static int set_up(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    assert_int_equal(ota_psa_init(&w.psa, &w.crypto), 0);
    ram_flash_init(&w.flash, 49152 + 8192, 4096, 8, 0xff);
    w.journal = (struct ota_area){&w.flash.flash, 49152, 8192};
    for (int i = 0; i < N_IMAGES; i++) {
        w.primary[i].area = (struct ota_area){&w.flash.flash, primary_off[i], slot_size[i]};
        w.secondary[i].area =
            (struct ota_area){&w.flash.flash, primary_off[i] + slot_size[i], slot_size[i]};
        make_image(w.flash.mem + primary_off[i], 400, 0);
    }
    make_image(w.app, APP_LEN, 6);
    make_image(w.tfm, TFM_LEN, 6);
    fake_peer_init(&w.peer);
    w.peer.job = "{\"Message\":\"Update Available\",\"Board\":\"" BOARD
                 "\",\"Version\":\"1.6.0\",\"Connection\":\"MQTT\",\"Port\":\"1883\"}";
    offer(LIST("3", "1.6.0", APP "," TFM), true, true);
    set_config();
    return 0;
}

static void start(void)
{
    assert_int_equal(ota_init(&w.agent, &w.config), 0);
}

static void run_sessions(uint32_t n)
{
    int steps = 0;

    while (ota_sessions(&w.agent) < n) {
        w.now_ms += ota_poll(&w.agent);
        assert_true(++steps < 200000);
    }
}

static int run_once(void)
{
    start();
    run_sessions(1);
    return ota_last_error(&w.agent);
}

static bool holds(int image, bool is_secondary)
{
    const uint8_t *at = w.flash.mem + primary_off[image] + (is_secondary ? slot_size[image] : 0);

    return image == 0 ? memcmp(at, w.app, APP_LEN) == 0 : memcmp(at, w.tfm, TFM_LEN) == 0;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void test_both_images_are_stored_and_marked(void **state)
{
    (void)state;
    assert_int_equal(run_once(), 0);
    for (int i = 0; i < N_IMAGES; i++) {
        assert_true(holds(i, true));
        assert_true(has_magic(i, true));
    }
}

static void test_an_archive_of_one_image_leaves_the_second_alone(void **state)
{
    uint8_t before[8192];

    (void)state;
    memset(w.flash.mem + 40960, 0x77, 8192);
    memcpy(before, w.flash.mem + 40960, 8192);
    offer(LIST("2", "1.6.0", APP), true, false);
    assert_int_equal(run_once(), 0);
    assert_true(holds(0, true) && has_magic(0, true));
    assert_memory_equal(w.flash.mem + 40960, before, 8192);
}

static void test_a_plain_image_is_still_taken(void **state)
{
    (void)state;
    w.peer.image = w.app;
    w.peer.image_len = APP_LEN;
    assert_int_equal(run_once(), 0);
    assert_true(holds(0, true) && has_magic(0, true));
    assert_false(has_magic(1, true));
}

static void expect_refused(int err)
{
    assert_int_equal(run_once(), err);
    assert_false(has_magic(0, true));
    assert_false(has_magic(1, true));
}

static void test_one_bad_image_leaves_none_marked(void **state)
{
    (void)state;
    w.tfm[2000] ^= 1;
    offer(LIST("3", "1.6.0", APP "," TFM), true, true);
    expect_refused(OTA_EHASH);
    (void)set_up(state);
    w.app[2000] ^= 1;
    offer(LIST("3", "1.6.0", APP "," TFM), true, true);
    expect_refused(OTA_EHASH);
}

static void test_incomplete_archives_are_refused(void **state)
{
    (void)state;
    offer(LIST("3", "1.6.0", APP "," TFM), true, false);
    expect_refused(OTA_EINCOMPLETE);
    (void)set_up(state);
    w.peer.image_len = (uint32_t)w.tar.len - 1024 - 512;
    expect_refused(OTA_EINCOMPLETE);
    (void)set_up(state);
    w.peer.image_len = 300;
    expect_refused(OTA_EINCOMPLETE);
}

static void test_old_versions_are_refused_before_anything_is_erased(void **state)
{
    unsigned erases = 0;

    (void)state;
    offer(LIST("3", "1.0.0", APP "," TFM), true, true);
    expect_refused(OTA_EVERSION);
    assert_int_equal(w.flash.n_erases, erases);
    (void)set_up(state);
    make_image(w.app, APP_LEN, 0);
    offer(LIST("2", "1.6.0", APP), true, false);
    expect_refused(OTA_EVERSION);
    assert_int_equal(w.flash.n_erases, erases);
}

static void test_the_second_image_may_stay_but_not_sink(void **state)
{
    (void)state;
    make_image(w.tfm, TFM_LEN, 0); /* as the running one */
    offer(LIST("3", "1.6.0", APP "," TFM), true, true);
    assert_int_equal(run_once(), 0);
    (void)set_up(state);
    make_image(w.flash.mem + primary_off[1], 400, 7);
    expect_refused(OTA_EVERSION);
    (void)set_up(state);
    memset(w.flash.mem + primary_off[1], 0xff, 400); /* none yet */
    assert_int_equal(run_once(), 0);
}

static void test_devices_without_room_for_it_refuse_an_archive(void **state)
{
    (void)state;
    w.config.primary2 = w.config.secondary2 = NULL;
    expect_refused(OTA_ENOTSUP);
    offer(LIST("2", "1.6.0", APP), true, false);
    assert_int_equal(run_once(), 0);
    (void)set_up(state);
    w.config.primary2 = w.config.secondary2 = NULL;
    w.config.archive = NULL;
    expect_refused(OTA_ENOTSUP);
    (void)set_up(state);
    w.config.image2_max = TFM_LEN - 1;
    expect_refused(OTA_ESIZE);
}

static void test_configurations_with_half_a_pair_are_refused(void **state)
{
    (void)state;
    w.config.primary2 = NULL;
    assert_int_equal(ota_init(&w.agent, &w.config), OTA_EARG);
    (void)set_up(state);
    w.config.archive = NULL;
    assert_int_equal(ota_init(&w.agent, &w.config), OTA_EARG);
    (void)set_up(state);
    w.config.journal = NULL;
    assert_int_equal(ota_init(&w.agent, &w.config), OTA_EARG);
    (void)set_up(state);
    w.config.image2_max = slot_size[1] + 1;
    assert_int_equal(ota_init(&w.agent, &w.config), OTA_EARG);
}

static void test_a_stopped_session_leaves_none_marked(void **state)
{
    (void)state;
    start();
    while (!has_magic(1, true)) {
        w.now_ms += ota_poll(&w.agent);
    }
    ota_stop(&w.agent);
    run_sessions(1);
    assert_false(has_magic(0, true));
    assert_false(has_magic(1, true));
}

static void test_both_images_are_confirmed(void **state)
{
    (void)state;
    assert_int_equal(run_once(), 0);
    boot();
    start();
    assert_true(is_on_trial(0) && is_on_trial(1));
    assert_int_equal(ota_confirm(&w.agent), 0);
    boot();
    assert_true(holds(0, false) && holds(1, false));
}

static void test_both_images_go_back(void **state)
{
    (void)state;
    assert_int_equal(run_once(), 0);
    boot();
    assert_true(holds(0, false) && holds(1, false));
    start();
    boot();
    assert_false(holds(0, false) || holds(1, false));
    start();
    boot();
    assert_false(holds(0, false) || holds(1, false));
}

static void test_no_session_begins_while_the_second_image_is_on_trial(void **state)
{
    uint8_t *end = slot_end(1, false);

    (void)state;
    memcpy(end - 16, END_MAGIC, 16);
    end[-32] = 1;
    assert_int_equal(run_once(), OTA_ESTATE);
}

/* ---- Power cuts ------------------------------------------------------------------------------ */

/* A mark promises that the image behind it is whole. */
static void expect_marks_are_kept(void)
{
    for (int i = 0; i < N_IMAGES; i++) {
        assert_true(!has_magic(i, true) || holds(i, true));
    }
    /* Image 1 is never marked before image 0. */
    assert_true(!has_magic(1, true) || has_magic(0, true) || holds(0, false));
}

/* From power-on until the power goes or the update is in place and confirmed. */
static void live(void)
{
    for (int boots = 0; boots < 8 && w.flash.n_failed == 0; boots++) {
        boot();
        if (ota_init(&w.agent, &w.config) != 0) {
            continue; /* the power went */
        }
        if (holds(0, false)) {
            /* The application confirms what runs; a reset follows for what is still to come. */
            (void)ota_confirm(&w.agent);
            if (holds(1, false) && !is_on_trial(0) && !is_on_trial(1)) {
                return;
            }
            continue;
        }
        while (ota_sessions(&w.agent) == 0 && w.flash.n_failed == 0) {
            w.now_ms += ota_poll(&w.agent);
        }
    }
}

static void test_power_cut_at_any_operation_ends_with_both_images(void **state)
{
    int cut = 0;

    for (;; cut++) {
        (void)set_up(state);
        w.flash.fail_after = cut;
        live();
        if (w.flash.n_failed == 0) {
            break; /* the whole story has fewer operations */
        }
        expect_marks_are_kept();
        w.flash.fail_after = -1;
        w.flash.n_failed = 0;
        live();
        for (int i = 0; i < N_IMAGES; i++) {
            assert_true(holds(i, false));
            assert_false(is_on_trial(i));
            assert_false(has_magic(i, true));
        }
    }
    assert_true(cut > 20);
    print_message("power cuts: %d\n", cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_both_images_are_stored_and_marked, set_up),
        cmocka_unit_test_setup(test_an_archive_of_one_image_leaves_the_second_alone, set_up),
        cmocka_unit_test_setup(test_a_plain_image_is_still_taken, set_up),
        cmocka_unit_test_setup(test_one_bad_image_leaves_none_marked, set_up),
        cmocka_unit_test_setup(test_incomplete_archives_are_refused, set_up),
        cmocka_unit_test_setup(test_old_versions_are_refused_before_anything_is_erased, set_up),
        cmocka_unit_test_setup(test_the_second_image_may_stay_but_not_sink, set_up),
        cmocka_unit_test_setup(test_devices_without_room_for_it_refuse_an_archive, set_up),
        cmocka_unit_test_setup(test_configurations_with_half_a_pair_are_refused, set_up),
        cmocka_unit_test_setup(test_a_stopped_session_leaves_none_marked, set_up),
        cmocka_unit_test_setup(test_both_images_are_confirmed, set_up),
        cmocka_unit_test_setup(test_both_images_go_back, set_up),
        cmocka_unit_test_setup(test_no_session_begins_while_the_second_image_is_on_trial, set_up),
        cmocka_unit_test_setup(test_power_cut_at_any_operation_ends_with_both_images, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
