/* SPDX-License-Identifier: Apache-2.0 */
/* Applications of 2.x: CY_OTA_API_VERSION=2, with its structures for servers and credentials. */
#include "unit/test.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cy_iot_network_secured_socket.h"
#include "unit/compat_world.h"

static struct IotNetworkCredentials credentials = {
    .pRootCa = "root", .rootCaSize = sizeof "root", .pUserName = "me", .pPassword = "secret"};

static int set_up(void **state)
{
    (void)state;
    compat_world_init();
    world.network.network_interface = (void *)IOT_NETWORK_INTERFACE_CY_SECURE_SOCKETS;
    return 0;
}

static void test_parameters_have_the_fields_of_2_x(void **state)
{
    (void)state;
    assert_true(offsetof(cy_ota_agent_params_t, cb_func) ==
                (offsetof(cy_ota_agent_params_t, validate_after_reboot) + sizeof(void *)) /
                    sizeof(void *) * sizeof(void *)); /* nothing in between */
    assert_true(offsetof(cy_ota_network_params_t, network_interface) >
                offsetof(cy_ota_network_params_t, use_get_job_flow));
    assert_int_equal(offsetof(cy_ota_cb_struct_t, unique_topic),
                     offsetof(cy_ota_cb_struct_t, credentials) + sizeof(void *));
}

static cy_ota_callback_results_t look(cy_ota_cb_struct_t *cb)
{
    if (cb->reason == CY_OTA_REASON_STATE_CHANGE && cb->state == CY_OTA_STATE_JOB_CONNECT) {
        assert_string_equal(cb->broker_server.pHostName, "broker.local");
        assert_int_equal(cb->broker_server.port, 1883);
        assert_true(cb->credentials == world.network.mqtt.credentials);
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_update_without_credentials(void **state)
{
    struct ota_trailer t;

    (void)state;
    world.answer = look;
    world.params.validate_after_reboot = 0; /* as these applications leave it */
    compat_world_run(1);
    assert_null(world.root_ca);
    assert_int_equal(world.peer.n_results, 1);
    assert_int_equal(ota_slot_read_trailer(&world.secondary, &t), 0);
    assert_int_equal(t.magic, OTA_FIELD_SET);
    assert_int_equal(t.image_ok, OTA_FIELD_SET); /* for good */
}

static void test_update_with_credentials(void **state)
{
    (void)state;
    world.answer = look;
    world.network.mqtt.credentials = &credentials;
    compat_world_run(1);
    assert_string_equal(world.root_ca, "root");
    assert_true(compat_world_is_pending());
}

static cy_ota_callback_results_t change(cy_ota_cb_struct_t *cb)
{
    if (cb->reason == CY_OTA_REASON_STATE_CHANGE && cb->state == CY_OTA_STATE_DATA_CONNECT) {
        assert_null(cb->credentials);
        cb->credentials = &credentials;
        cb->broker_server.pHostName = "other.local";
        cb->broker_server.port = 8080;
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_server_and_credentials_can_be_changed(void **state)
{
    (void)state;
    world.network.initial_connection = CY_OTA_CONNECTION_HTTP;
    world.answer = change;
    compat_world_run(1);
    assert_true(compat_world_is_pending());
    for (size_t i = 0; i < world.n_calls; i++) {
        if (world.calls[i].state == CY_OTA_STATE_DATA_DOWNLOAD) {
            assert_string_equal(world.calls[i].host, "other.local");
            assert_int_equal(world.calls[i].port, 8080);
        }
    }
    assert_int_equal(world.n_credentials, 3); /* job, image, result */
}

static void test_start_checks_its_arguments(void **state)
{
    (void)state;
    world.network.mqtt.broker.pHostName = NULL;
    assert_int_equal(cy_ota_agent_start(&world.network, &world.params, &world.ota),
                     CY_RSLT_OTA_ERROR_BADARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_parameters_have_the_fields_of_2_x, set_up),
        cmocka_unit_test_setup(test_update_without_credentials, set_up),
        cmocka_unit_test_setup(test_update_with_credentials, set_up),
        cmocka_unit_test_setup(test_server_and_credentials_can_be_changed, set_up),
        cmocka_unit_test_setup(test_start_checks_its_arguments, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
