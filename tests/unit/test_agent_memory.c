/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent knows after a reset, wherever the power went. */
#include <string.h>

#include "unit/agent_world.h"
#include "unit/test.h"

#define CHUNKS ((IMAGE_LEN + OTA_CHUNK_LEN - 1) / OTA_CHUNK_LEN)

/* A device with a log, offered an image whose version has a build number; jobs have none. */
static int set_up_build(void **state)
{
    static const struct ota_version version = {.major = 1, .minor = 6, .build = 7};

    (void)set_up(state);
    w.config.journal = &w.journal;
    w.config.mqtt.window = 1;
    make_image_of(w.image, IMAGE_LEN, &version);
    return 0;
}

/* One life of the device: until its session is over, or the power goes. */
static void live(void)
{
    uint32_t n;

    w.peer.is_connected = false;
    w.peer.head = w.peer.tail = 0;
    if (ota_init(&w.agent, &w.config) != 0) {
        return;
    }
    n = ota_sessions(&w.agent);
    ota_check(&w.agent);
    while (w.flash.n_failed == 0 && ota_sessions(&w.agent) == n) {
        w.now_ms += ota_poll(&w.agent);
    }
}

/* Power goes at the cut-th operation. False if there are not so many. */
static bool cut_at(int cut)
{
    w.flash.fail_after = cut;
    live();
    if (w.flash.n_failed == 0) {
        return false;
    }
    w.flash.fail_after = -1;
    w.flash.n_failed = 0;
    return true;
}

static void test_a_cut_at_any_operation_costs_one_chunk(void **state)
{
    int cut = 0;

    for (; set_up_build(state) == 0 && cut_at(cut); cut++) {
        if (!is_pending()) {
            live();
        }
        assert_true(is_pending());
        assert_memory_equal(w.flash.mem + SLOT, w.image, IMAGE_LEN);
        if (w.peer.n_chunk_requests > (int)CHUNKS + 1) {
            fail_msg("cut at operation %d: %d chunks were asked for, the image has %u", cut,
                     w.peer.n_chunk_requests, CHUNKS);
        }
    }
    assert_true(cut > 12); /* past the marking */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cut_at_any_operation_costs_one_chunk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
