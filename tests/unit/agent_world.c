/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/agent_world.h"

#include <stdio.h>
#include <string.h>

#include "unit/test.h"

static const char *const moment_name[] = {"STATE_CHANGE", "SUCCESS", "FAILURE"};

struct world w;

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return w.now_ms;
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        ((uint8_t *)buf)[i] = (uint8_t)(w.n_random++ * 89u);
    }
    return 0;
}

static void reset(void *ctx)
{
    (void)ctx;
    w.n_resets++;
}

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

static enum ota_answer on_hook(void *arg, struct ota_hook_info *info)
{
    (void)arg;
    assert_true(w.n_trace < sizeof w.trace / sizeof w.trace[0]);
    (void)snprintf(w.trace[w.n_trace++], sizeof w.trace[0], "%s %s", moment_name[info->moment],
                   name_of(info->state));
    if (info->moment == OTA_MOMENT_FAILED) {
        w.failed_with = info->err;
    }
    if (w.n_answers > 0 && info->moment == w.at_moment && info->state == w.at_state) {
        w.n_answers--;
        return w.answer;
    }
    return OTA_ANSWER_CONTINUE;
}

static void hash(const void *data, size_t len, uint8_t digest[32])
{
    assert_int_equal(w.crypto.ops->sha256(w.crypto.ctx, OTA_HASH_INIT, NULL, 0, NULL), 0);
    assert_int_equal(w.crypto.ops->sha256(w.crypto.ctx, OTA_HASH_UPDATE, data, len, NULL), 0);
    assert_int_equal(w.crypto.ops->sha256(w.crypto.ctx, OTA_HASH_FINISH, NULL, 0, digest), 0);
}

void make_image(uint8_t *image, uint32_t len, uint8_t minor)
{
    const struct ota_version version = {.major = 1, .minor = minor};

    make_image_of(image, len, &version);
}

void make_image_of(uint8_t *image, uint32_t len, const struct ota_version *version)
{
    struct ota_image_header h = {
        .header_size = 32, .payload_size = len - 32 - 40, .version = *version};
    uint8_t *tlv = image + len - 40;
    static const uint8_t info[8] = {0x07, 0x69, 40, 0, OTA_TLV_SHA256, 0, 32, 0};

    for (uint32_t i = 32; i < len - 40; i++) {
        image[i] = (uint8_t)(i * 7 + 1);
    }
    ota_image_header_encode(&h, image);
    memcpy(tlv, info, sizeof info);
    hash(image, len - 40, tlv + 8);
}

static void set_config(void)
{
    static const struct ota_system_ops system_ops = {
        .now_ms = now_ms, .random = random_bytes, .reset = reset};
    struct ota_config *c = &w.config;

    c->board = BOARD;
    c->primary = &w.primary;
    c->secondary = &w.secondary;
    c->trust.crypto = &w.crypto;
    c->system.ops = &system_ops;
    c->transport = OTA_TRANSPORT_MQTT;
    c->mqtt.client = &w.peer.client;
    c->mqtt.host = "broker.local";
    c->mqtt.identifier = "CY_IOT_DEVICE";
    c->hook = on_hook;
    c->work = w.work;
    c->work_len = OTA_WORK_LEN(8);
}

int set_up(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    assert_int_equal(ota_psa_init(&w.psa, &w.crypto), 0);
    ram_flash_init(&w.flash, 2 * SLOT + 8192, 4096, 8, 0xff);
    w.journal = (struct ota_area){&w.flash.flash, 2 * SLOT, 8192};
    w.primary.area = (struct ota_area){&w.flash.flash, 0, SLOT};
    w.secondary.area = (struct ota_area){&w.flash.flash, SLOT, SLOT};
    make_image(w.image, 200, 0);
    memcpy(w.flash.mem, w.image, 200);
    make_image(w.image, IMAGE_LEN, 6);
    fake_peer_init(&w.peer);
    w.peer.image = w.image;
    w.peer.image_len = IMAGE_LEN;
    w.peer.job = JOB("1.6.0");
    fake_web_init(&w.web);
    w.web.image = w.image;
    w.web.image_len = IMAGE_LEN;
    w.web.validator = "\"v1\"";
    set_config();
    return 0;
}

void start(void)
{
    assert_int_equal(ota_init(&w.agent, &w.config), 0);
}

void run_sessions(uint32_t n)
{
    int steps = 0;

    while (ota_sessions(&w.agent) < n) {
        w.now_ms += ota_poll(&w.agent);
        assert_true(++steps < 200000);
    }
}

bool is_pending(void)
{
    struct ota_trailer t;

    assert_int_equal(ota_slot_read_trailer(&w.secondary, &t), 0);
    return t.magic == OTA_FIELD_SET;
}

void expect_installed(void)
{
    assert_int_equal(ota_last_error(&w.agent), 0);
    assert_true(is_pending());
    assert_memory_equal(w.flash.mem + SLOT, w.image, IMAGE_LEN);
}

/* ---- Traces of the original ---------------------------------------------------------------------
 */

/* Callbacks that this library makes and the original does not (docs/compat.md). */
static bool is_addition(const char *entry)
{
    return (w.config.transport == OTA_TRANSPORT_MQTT &&
            strcmp(entry, "STATE_CHANGE JOB_DOWNLOAD") == 0) ||
           (w.config.flow == OTA_FLOW_DIRECT && strcmp(entry, "SUCCESS START_UPDATE") == 0) ||
           ((w.config.flow == OTA_FLOW_DIRECT || w.config.do_not_send_result) &&
            strcmp(entry, "SUCCESS RESULT_REDIRECT") == 0);
}

static size_t read_trace(const char *name, char out[200][48])
{
    char path[256];
    char line[512];
    size_t n = 0;
    FILE *f;

    (void)snprintf(path, sizeof path, OTA_TEST_VECTORS "/anycloud/traces/%s.txt", name);
    f = fopen(path, "r");
    if (f == NULL) {
        fail_msg("no trace %s", path);
        return 0;
    }
    while (fgets(line, sizeof line, f) != NULL) {
        char reason[24];
        char state[24];

        if (sscanf(line, "CB %23s %23s", reason, state) == 2) {
            assert_true(n < 200);
            (void)snprintf(out[n++], sizeof out[0], "%s %s", reason, state);
        }
    }
    (void)fclose(f);
    return n;
}

void expect_trace(const char *name)
{
    static char want[200][48];
    size_t n_want = read_trace(name, want);
    size_t i = 0;

    for (size_t k = 0; k < w.n_trace && i < n_want; k++) {
        if (is_addition(w.trace[k])) {
            continue;
        }
        if (strcmp(w.trace[k], want[i]) != 0) {
            fail_msg("%s: callback %zu is %s, in the trace %s", name, k, w.trace[k], want[i]);
        }
        i++;
    }
    /* The last callback of a trace is the next AGENT_WAITING, made after the session ended. */
    assert_true(n_want - i <= 1);
}

void answer_once(enum ota_moment moment, enum ota_state state, enum ota_answer answer)
{
    w.at_moment = moment;
    w.at_state = state;
    w.answer = answer;
    w.n_answers = 1;
}
