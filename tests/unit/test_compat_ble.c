/* SPDX-License-Identifier: Apache-2.0 */
/* The original's Bluetooth functions: results, states and answers of its table, and what its own
 * left unchecked. */
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#include "base/crc32.h"
#include "cycfg_gatt_db.h"
#include "unit/compat_world.h"
#include "unit/fake_bt.h"

#define CONN 7u
#define BOTH 3u /* what the original's peers write into the descriptor */
#define BLOCK 500u

static int set_up(void **state)
{
    (void)state;
    compat_world_init();
    memset(&fake_bt, 0, sizeof fake_bt);
    world.network.initial_connection = CY_OTA_CONNECTION_BLE;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (world.ota != NULL) {
        assert_int_equal(cy_ota_agent_stop(&world.ota), CY_RSLT_SUCCESS);
    }
    return 0;
}

static void start(void)
{
    assert_int_equal(cy_ota_agent_start(&world.network, &world.params, &world.ota),
                     CY_RSLT_SUCCESS);
}

static void expect_state(cy_ota_agent_state_t want)
{
    cy_ota_agent_state_t have;

    assert_int_equal(cy_ota_get_state(world.ota, &have), CY_RSLT_SUCCESS);
    assert_int_equal(have, want);
}

/* ---- A peer ------------------------------------------------------------------------------------
 */

static cy_rslt_t prepare(void)
{
    return cy_ota_ble_download_prepare(world.ota, CONN, BOTH);
}

static wiced_bt_gatt_event_data_t *command(uint8_t op, uint32_t number)
{
    const uint8_t raw[5] = {op, (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                            (uint8_t)(number >> 24)};

    return fake_bt_write(raw, sizeof raw);
}

static cy_rslt_t download(uint32_t size)
{
    return cy_ota_ble_download(world.ota, command(2, size), CONN, BOTH);
}

static cy_rslt_t write_block(uint32_t off)
{
    uint32_t left = WORLD_IMAGE_LEN - off;

    return cy_ota_ble_download_write(world.ota,
                                     fake_bt_write(world.image + off, left < BLOCK ? left : BLOCK));
}

static cy_rslt_t write_all(void)
{
    cy_rslt_t result = CY_RSLT_SUCCESS;

    for (uint32_t off = 0; off < WORLD_IMAGE_LEN && result == CY_RSLT_SUCCESS; off += BLOCK) {
        result = write_block(off);
    }
    return result;
}

static cy_rslt_t verify(uint32_t wrong)
{
    uint32_t crc = ota_crc32(OTA_CRC32_POLY, 0, world.image, WORLD_IMAGE_LEN);

    return cy_ota_ble_download_verify(world.ota, command(3, crc ^ wrong), CONN);
}

static void load(void)
{
    assert_int_equal(prepare(), CY_RSLT_SUCCESS);
    assert_int_equal(download(WORLD_IMAGE_LEN), CY_RSLT_SUCCESS);
    assert_int_equal(write_all(), CY_RSLT_SUCCESS);
}

/* ---- What goes well ----------------------------------------------------------------------------
 */

static void test_push_has_the_states_and_answers_of_the_original(void **state)
{
    (void)state;
    start();
    expect_state(CY_OTA_STATE_INITIALIZING);
    assert_int_equal(prepare(), CY_RSLT_SUCCESS);
    expect_state(CY_OTA_STATE_AGENT_WAITING);
    assert_int_equal(download(WORLD_IMAGE_LEN), CY_RSLT_SUCCESS);
    expect_state(CY_OTA_STATE_START_UPDATE);
    assert_int_equal(write_block(0), CY_RSLT_SUCCESS);
    expect_state(CY_OTA_STATE_DATA_DOWNLOAD);
    for (uint32_t off = BLOCK; off < WORLD_IMAGE_LEN; off += BLOCK) {
        assert_int_equal(write_block(off), CY_RSLT_SUCCESS);
    }
    assert_false(compat_world_is_pending());
    assert_int_equal(verify(0), CY_RSLT_SUCCESS);
    expect_state(CY_OTA_STATE_OTA_COMPLETE);
    assert_true(compat_world_is_pending());
    assert_string_equal(fake_bt.sent, "N00 N00 I00 ");
    assert_int_equal(fake_bt.conn_id, CONN);
    assert_int_equal(fake_bt.handle, HDLC_OTA_FW_UPGRADE_SERVICE_OTA_UPGRADE_CONTROL_POINT_VALUE);
    assert_int_equal(cy_ota_get_last_error(), CY_RSLT_SUCCESS);
    assert_int_equal(world.n_resets, 0); /* the application's to do, when the peer knows */
    assert_memory_equal(world.flash.mem + WORLD_SLOT, world.image, WORLD_IMAGE_LEN);
}

static void test_callback_is_told_of_every_step(void **state)
{
    static const cy_ota_agent_state_t order[] = {
        CY_OTA_STATE_STORAGE_OPEN, CY_OTA_STATE_START_UPDATE, CY_OTA_STATE_DATA_DOWNLOAD,
        CY_OTA_STATE_VERIFY, CY_OTA_STATE_OTA_COMPLETE};
    size_t n = 0;

    (void)state;
    start();
    load();
    assert_int_equal(verify(0), CY_RSLT_SUCCESS);
    for (size_t i = 0; i < world.n_calls; i++) {
        assert_int_not_equal(world.calls[i].reason, CY_OTA_REASON_FAILURE);
        assert_int_equal(world.calls[i].connection, CY_OTA_CONNECTION_BLE);
        if (world.calls[i].reason == CY_OTA_REASON_STATE_CHANGE &&
            world.calls[i].state != CY_OTA_STATE_STORAGE_WRITE) {
            assert_true(n < sizeof order / sizeof order[0]);
            assert_int_equal(world.calls[i].state, order[n++]);
        }
    }
    assert_int_equal(n, sizeof order / sizeof order[0]);
}

static void test_answers_go_the_way_that_the_peer_has_asked_for(void **state)
{
    (void)state;
    start();
    assert_int_equal(cy_ota_ble_download_prepare(world.ota, CONN, GATT_CLIENT_CONFIG_NOTIFICATION),
                     CY_RSLT_SUCCESS);
    assert_int_equal(cy_ota_ble_download_prepare(world.ota, 9, GATT_CLIENT_CONFIG_INDICATION),
                     CY_RSLT_SUCCESS);
    assert_string_equal(fake_bt.sent, "N00 I00 ");
    assert_int_equal(fake_bt.conn_id, 9);
    assert_int_equal(cy_ota_ble_download_prepare(world.ota, CONN, GATT_CLIENT_CONFIG_NONE),
                     CY_RSLT_OTA_ERROR_BLE_GATT);
    fake_bt.is_deaf = true;
    assert_int_equal(prepare(), CY_RSLT_OTA_ERROR_BLE_GATT);
    expect_state(CY_OTA_STATE_AGENT_WAITING);
}

static cy_ota_callback_results_t store_blocks(cy_ota_cb_struct_t *cb)
{
    if (cb->state == CY_OTA_STATE_STORAGE_WRITE && cb->reason == CY_OTA_REASON_STATE_CHANGE) {
        return cy_ota_write_incoming_data_block(world.ota, cb->storage) == CY_RSLT_SUCCESS
                   ? CY_OTA_CB_RSLT_APP_SUCCESS
                   : CY_OTA_CB_RSLT_APP_FAILED;
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_application_can_store_what_is_pushed(void **state)
{
    (void)state;
    world.answer = store_blocks;
    start();
    load();
    assert_int_equal(verify(0), CY_RSLT_SUCCESS);
    assert_true(compat_world_is_pending());
}

/* ---- What goes wrong ---------------------------------------------------------------------------
 */

static void test_commands_out_of_order_are_refused_with_bad(void **state)
{
    (void)state;
    start();
    assert_int_equal(prepare(), CY_RSLT_SUCCESS);
    fake_bt.sent[0] = '\0';
    assert_int_equal(verify(0), CY_RSLT_OTA_ERROR_BLE_VERIFY);
    assert_int_equal(download(WORLD_IMAGE_LEN), CY_RSLT_OTA_ERROR_BLE_GATT);
    assert_int_equal(prepare(), CY_RSLT_SUCCESS);
    assert_int_equal(write_block(0), CY_RSLT_OTA_ERROR_BLE_GATT);
    assert_string_equal(fake_bt.sent, "N01 N01 N00 N01 ");
    expect_state(CY_OTA_STATE_AGENT_WAITING);
    assert_false(compat_world_is_pending());
}

static void test_sizes_that_cannot_be_are_refused(void **state)
{
    (void)state;
    start();
    assert_int_equal(prepare(), CY_RSLT_SUCCESS);
    assert_int_equal(download(0), CY_RSLT_OTA_ERROR_BLE_GATT);
    assert_int_equal(prepare(), CY_RSLT_SUCCESS);
    assert_int_equal(download(UINT32_MAX), CY_RSLT_OTA_ERROR_BLE_GATT);
    assert_int_equal(prepare(), CY_RSLT_SUCCESS);
    assert_int_equal(cy_ota_ble_download(world.ota, fake_bt_write("\x02\x10", 2), CONN, BOTH),
                     CY_RSLT_OTA_ERROR_BLE_GATT);
    assert_int_equal(prepare(), CY_RSLT_SUCCESS);
    assert_int_equal(
        cy_ota_ble_download(world.ota, fake_bt_write("\x02\x10\x27\0\0\0\0", 7), CONN, BOTH),
        CY_RSLT_OTA_ERROR_BLE_GATT);
    assert_int_equal(prepare(), CY_RSLT_SUCCESS);
    assert_int_equal(download(400), CY_RSLT_SUCCESS);
    assert_int_equal(write_block(0), CY_RSLT_OTA_ERROR_BLE_GATT); /* 500 bytes */
}

static void test_wrong_checksum_is_no_success(void **state)
{
    (void)state;
    start();
    load();
    fake_bt.sent[0] = '\0';
    assert_int_equal(verify(1), CY_RSLT_OTA_ERROR_BLE_VERIFY);
    assert_string_equal(fake_bt.sent, "I01 ");
    expect_state(CY_OTA_STATE_AGENT_WAITING);
    assert_int_equal(cy_ota_get_last_error(), CY_RSLT_OTA_ERROR_VERIFY);
    assert_false(compat_world_is_pending());
}

static void test_half_an_image_is_no_success(void **state)
{
    (void)state;
    start();
    assert_int_equal(prepare(), CY_RSLT_SUCCESS);
    assert_int_equal(download(WORLD_IMAGE_LEN), CY_RSLT_SUCCESS);
    assert_int_equal(write_block(0), CY_RSLT_SUCCESS);
    assert_int_equal(verify(0), CY_RSLT_OTA_ERROR_BLE_VERIFY);
    assert_false(compat_world_is_pending());
}

static void test_old_version_has_its_own_error(void **state)
{
    (void)state;
    world.image[22] = 0; /* revision */
    world.image[20] = 0; /* major: 0.6.0 */
    start();
    assert_int_equal(prepare(), CY_RSLT_SUCCESS);
    assert_int_equal(download(WORLD_IMAGE_LEN), CY_RSLT_SUCCESS);
    assert_int_equal(write_block(0), CY_RSLT_OTA_ERROR_BLE_GATT);
    assert_int_equal(cy_ota_get_last_error(), CY_RSLT_OTA_ERROR_INVALID_VERSION);
}

static cy_ota_callback_results_t stop_session(cy_ota_cb_struct_t *cb)
{
    return cb->state == CY_OTA_STATE_STORAGE_WRITE ? CY_OTA_CB_RSLT_OTA_STOP
                                                   : CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_callback_can_stop_a_push(void **state)
{
    (void)state;
    world.answer = stop_session;
    start();
    assert_int_equal(prepare(), CY_RSLT_SUCCESS);
    assert_int_equal(download(WORLD_IMAGE_LEN), CY_RSLT_SUCCESS);
    assert_int_equal(write_all(), CY_RSLT_OTA_ERROR_BLE_GATT);
    assert_int_equal(cy_ota_get_last_error(), CY_RSLT_OTA_ERROR_APP_RETURNED_STOP);
    world.answer = NULL;
    load();
    assert_int_equal(verify(0), CY_RSLT_SUCCESS);
}

static void test_abort_forgets_all_but_what_is_complete(void **state)
{
    (void)state;
    start();
    assert_int_equal(cy_ota_ble_download_abort(world.ota), CY_RSLT_SUCCESS);
    assert_int_equal(write_block(0), CY_RSLT_OTA_ERROR_BLE_GATT);
    load();
    assert_int_equal(cy_ota_ble_download_abort(world.ota), CY_RSLT_SUCCESS);
    expect_state(CY_OTA_STATE_AGENT_WAITING);
    assert_int_equal(verify(0), CY_RSLT_OTA_ERROR_BLE_VERIFY);
    load();
    assert_int_equal(verify(0), CY_RSLT_SUCCESS);
    assert_int_equal(write_block(0), CY_RSLT_OTA_ERROR_BLE_GATT);
    assert_int_equal(cy_ota_ble_download_abort(world.ota), CY_RSLT_SUCCESS);
    expect_state(CY_OTA_STATE_OTA_COMPLETE);
    assert_true(compat_world_is_pending());
}

/* ---- Arguments, start and stop -----------------------------------------------------------------
 */

static void test_functions_check_their_arguments(void **state)
{
    wiced_bt_gatt_event_data_t *w = fake_bt_write("\x01", 1);
    cy_ota_context_ptr other = &world;

    (void)state;
    assert_int_equal(cy_ota_ble_download_prepare(NULL, 1, 1), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_ble_download_prepare(other, 1, 1), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_ble_download(NULL, w, 1, 1), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_ble_download_write(NULL, w), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_ble_download_verify(NULL, w, 1), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_ble_download_abort(NULL), CY_RSLT_OTA_ERROR_BADARG);
    start();
    assert_int_equal(cy_ota_ble_download(world.ota, NULL, 1, 1), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_ble_download_write(world.ota, NULL), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_ble_download_verify(world.ota, NULL, 1), CY_RSLT_OTA_ERROR_BADARG);
    w->attribute_request.data.write_req.p_val = NULL;
    assert_int_equal(cy_ota_ble_download_write(world.ota, w), CY_RSLT_OTA_ERROR_BADARG);
    assert_int_equal(cy_ota_get_update_now(world.ota), CY_RSLT_OTA_ERROR_UNSUPPORTED);
    assert_int_equal(cy_ota_agent_start(&world.network, &world.params, &other),
                     CY_RSLT_OTA_ERROR_ALREADY_STARTED);
}

static void test_agent_of_a_network_is_not_pushed_to(void **state)
{
    (void)state;
    world.network.initial_connection = CY_OTA_CONNECTION_MQTT;
    world.last_session = UINT32_MAX;
    start();
    assert_int_equal(prepare(), CY_RSLT_OTA_ERROR_UNSUPPORTED);
    assert_int_equal(download(100), CY_RSLT_OTA_ERROR_UNSUPPORTED);
    assert_int_equal(write_block(0), CY_RSLT_OTA_ERROR_UNSUPPORTED);
    assert_int_equal(verify(0), CY_RSLT_OTA_ERROR_UNSUPPORTED);
    assert_int_equal(cy_ota_ble_download_abort(world.ota), CY_RSLT_OTA_ERROR_UNSUPPORTED);
}

static void test_stop_after_every_step_leaves_nothing(void **state)
{
    for (unsigned i = 0; i < 300; i++) {
        unsigned steps = i % 25;

        (void)set_up(state);
        start();
        for (unsigned k = 0; k < steps; k++) {
            cy_rslt_t result = k == 0   ? prepare()
                               : k == 1 ? download(WORLD_IMAGE_LEN)
                               : k < 22 ? write_block((k - 2) * BLOCK)
                               : k < 23 ? verify(0)
                                        : cy_ota_ble_download_abort(world.ota);

            assert_int_equal(result, CY_RSLT_SUCCESS);
        }
        assert_int_equal(cy_ota_agent_stop(&world.ota), CY_RSLT_SUCCESS);
        assert_null(world.ota);
        assert_int_equal(cy_ota_agent_stop(&world.ota), CY_RSLT_OTA_ERROR_BADARG);
        assert_int_equal(compat_world_is_pending(), steps >= 23);
    }
}

static cy_ota_callback_results_t stop_agent(cy_ota_cb_struct_t *cb)
{
    if (cb->state == CY_OTA_STATE_STORAGE_WRITE && world.ota != NULL) {
        cy_ota_context_ptr same = world.ota;

        assert_int_equal(prepare(), CY_RSLT_OTA_ERROR_BLE_GATT); /* not from in here */
        assert_int_equal(cy_ota_agent_stop(&world.ota), CY_RSLT_SUCCESS);
        assert_int_equal(cy_ota_agent_stop(&same), CY_RSLT_OTA_ERROR_BADARG);
        assert_int_equal(cy_ota_agent_start(&world.network, &world.params, &same),
                         CY_RSLT_OTA_ERROR_ALREADY_STARTED);
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_callback_may_stop_the_agent(void **state)
{
    (void)state;
    world.answer = stop_agent;
    start();
    assert_int_equal(prepare(), CY_RSLT_SUCCESS);
    assert_int_equal(download(WORLD_IMAGE_LEN), CY_RSLT_SUCCESS);
    (void)write_block(0);
    assert_null(world.ota);
    world.answer = NULL;
    start();
    load();
    assert_int_equal(verify(0), CY_RSLT_SUCCESS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_push_has_the_states_and_answers_of_the_original),
        TEST(test_callback_is_told_of_every_step),
        TEST(test_answers_go_the_way_that_the_peer_has_asked_for),
        TEST(test_application_can_store_what_is_pushed),
        TEST(test_commands_out_of_order_are_refused_with_bad),
        TEST(test_sizes_that_cannot_be_are_refused),
        TEST(test_wrong_checksum_is_no_success),
        TEST(test_half_an_image_is_no_success),
        TEST(test_old_version_has_its_own_error),
        TEST(test_callback_can_stop_a_push),
        TEST(test_abort_forgets_all_but_what_is_complete),
        TEST(test_functions_check_their_arguments),
        TEST(test_agent_of_a_network_is_not_pushed_to),
        TEST(test_stop_after_every_step_leaves_nothing),
        TEST(test_callback_may_stop_the_agent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
