/* SPDX-License-Identifier: Apache-2.0 */
/* Result values, messages and layouts of the original's interface. Everything that has a name:
 * compat_constants.py. */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cy_ota_api.h"

/* ---- Result values ----------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    cy_rslt_t value;
} codes[] = {
#define CODE(name)                                                                                 \
    {                                                                                              \
#name, name                                                                                \
    }
    CODE(CY_RSLT_SUCCESS),
    CODE(CY_RSLT_OTA_ERROR_BASE),
    CODE(CY_RSLT_OTA_ERROR_UNSUPPORTED),
    CODE(CY_RSLT_OTA_ERROR_GENERAL),
    CODE(CY_RSLT_OTA_ERROR_BADARG),
    CODE(CY_RSLT_OTA_ERROR_OUT_OF_MEMORY),
    CODE(CY_RSLT_OTA_ERROR_ALREADY_STARTED),
    CODE(CY_RSLT_OTA_ERROR_MQTT_INIT),
    CODE(CY_RSLT_OTA_ERROR_OPEN_STORAGE),
    CODE(CY_RSLT_OTA_ERROR_READ_STORAGE),
    CODE(CY_RSLT_OTA_ERROR_WRITE_STORAGE),
    CODE(CY_RSLT_OTA_ERROR_CLOSE_STORAGE),
    CODE(CY_RSLT_OTA_ERROR_CONNECT),
    CODE(CY_RSLT_OTA_ERROR_DISCONNECT),
    CODE(CY_RSLT_OTA_ERROR_REDIRECT),
    CODE(CY_RSLT_OTA_ERROR_SERVER_DROPPED),
    CODE(CY_RSLT_OTA_ERROR_MQTT_SUBSCRIBE),
    CODE(CY_RSLT_OTA_ERROR_MQTT_PUBLISH),
    CODE(CY_RSLT_OTA_ERROR_GET_JOB),
    CODE(CY_RSLT_OTA_ERROR_GET_DATA),
    CODE(CY_RSLT_OTA_ERROR_NOT_A_HEADER),
    CODE(CY_RSLT_OTA_ERROR_NOT_A_JOB_DOC),
    CODE(CY_RSLT_OTA_ERROR_MALFORMED_JOB_DOC),
    CODE(CY_RSLT_OTA_ERROR_WRONG_BOARD),
    CODE(CY_RSLT_OTA_ERROR_INVALID_VERSION),
    CODE(CY_RSLT_OTA_ERROR_VERIFY),
    CODE(CY_RSLT_OTA_ERROR_SENDING_RESULT),
    CODE(CY_RSLT_OTA_ERROR_APP_RETURNED_STOP),
    CODE(CY_RSLT_OTA_ERROR_APP_EXCEEDED_RETRIES),
    CODE(CY_RSLT_OTA_ERROR_TRANSPORT_UNSUPPORTED),
    CODE(CY_RSLT_OTA_ERROR_BLE_GENERAL),
    CODE(CY_RSLT_OTA_ERROR_BLE_VERIFY),
    CODE(CY_RSLT_OTA_ERROR_BLE_GATT),
    CODE(CY_RSLT_OTA_INFO_BASE),
    CODE(CY_RSLT_OTA_EXITING),
    CODE(CY_RSLT_OTA_ALREADY_CONNECTED),
    CODE(CY_RSLT_OTA_CHANGING_SERVER),
    CODE(CY_RSLT_OTA_USE_JOB_FLOW),
    CODE(CY_RSLT_OTA_USE_DIRECT_FLOW),
    CODE(CY_RSLT_OTA_NO_UPDATE_AVAILABLE),
#undef CODE
};

static void expect_code(const char *name, unsigned long value)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (strcmp(codes[i].name, name) == 0) {
            assert_int_equal(codes[i].value, value);
            return;
        }
    }
    fail_msg("%s is not there", name);
}

static void test_result_values_are_those_of_the_table(void **state)
{
    FILE *f = fopen(OTA_TEST_VECTORS "/anycloud/result-codes.tsv", "r");
    char line[128];
    size_t n = 0;

    (void)state;
    assert_non_null(f);
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        char *tab = strchr(line, '\t');

        assert_non_null(tab);
        *tab = '\0';
        expect_code(line, strtoul(tab + 1, NULL, 16));
        n++;
    }
    (void)fclose(f);
    assert_int_equal(n, sizeof codes / sizeof codes[0]);
}

static void test_every_result_value_has_a_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        bool is_base = strstr(codes[i].name, "_BASE") != NULL;

        assert_int_equal(strcmp(cy_ota_get_error_string(codes[i].value), "INVALID_ARGUMENT") == 0,
                         is_base);
    }
}

/* ---- Messages ---------------------------------------------------------------------------------
 */

static void expect_file(const char *name, const char *text)
{
    char path[256];
    char want[1024];
    size_t len;
    FILE *f;

    (void)snprintf(path, sizeof path, OTA_TEST_VECTORS "/anycloud/messages/%s.json", name);
    f = fopen(path, "r");
    assert_non_null(f);
    if (f == NULL) {
        return;
    }
    len = fread(want, 1, sizeof want - 1, f);
    (void)fclose(f);
    want[len] = '\0';
    assert_string_equal(text, want);
}

static void test_templates_give_the_messages_of_the_original(void **state)
{
    static const char topic[] = "anycloud/CY8CPROTO_062_4343W/OTAImage/54321";
    char text[1024];

    (void)state;
    (void)snprintf(text, sizeof text, CY_OTA_SUBSCRIBE_UPDATES_AVAIL, 1, 0, 0, topic);
    expect_file("device-update-availability", text);
    (void)snprintf(text, sizeof text, CY_OTA_DOWNLOAD_REQUEST, 1, 0, 0, topic);
    expect_file("device-request-update.defaults-template", text);
    (void)snprintf(text, sizeof text, CY_OTA_DOWNLOAD_CHUNK_REQUEST, 1, 0, 0, topic,
                   "/anycloud-ota.bin", 4096L, 4096L);
    expect_file("device-request-chunk-second", text);
    (void)snprintf(text, sizeof text, CY_OTA_MQTT_RESULT_JSON, CY_OTA_RESULT_SUCCESS, topic);
    expect_file("device-result-success", text);
    (void)snprintf(text, sizeof text, CY_OTA_MQTT_RESULT_JSON, CY_OTA_RESULT_FAILURE, topic);
    expect_file("device-result-failure", text);
    (void)snprintf(text, sizeof text, CY_OTA_HTTP_RESULT_JSON, CY_OTA_RESULT_SUCCESS,
                   CY_OTA_HTTP_DATA_FILE);
    expect_file("http-result-success", text);
}

static void test_templates_show_the_requests_of_the_original(void **state)
{
    char text[256];

    (void)state;
    (void)snprintf(text, sizeof text, CY_OTA_HTTP_GET_TEMPLATE, "/job", "host", 80);
    assert_string_equal(text, "GET /job HTTP/1.1\r\nHost: host:80 \r\n\r\n");
    (void)snprintf(text, sizeof text, CY_OTA_HTTP_GET_RANGE_TEMPLATE, "/app", "host", 80, 0L,
                   4095L);
    assert_string_equal(text,
                        "GET /app HTTP/1.1\r\nHost: host:80 \r\nRange: bytes=0-4095 \r\n\r\n");
    (void)snprintf(text, sizeof text, CY_OTA_HTTP_POST_TEMPLATE, "Success", 2L, "{}");
    assert_string_equal(text, "POST Success HTTP/1.1\r\nContent-Length:2 \r\n\r\n{}");
}

/* ---- Structures -------------------------------------------------------------------------------
 */

/* Fields in the order of the original: each begins behind the one before. */
#define AFTER(type, first, second)                                                                 \
    assert_true(offsetof(type, second) >=                                                          \
                offsetof(type, first) + sizeof(((const type *)NULL)->first))

static void test_parameters_have_the_fields_in_order(void **state)
{
    (void)state;
    AFTER(cy_ota_storage_write_info_t, total_size, offset);
    AFTER(cy_ota_storage_write_info_t, offset, buffer);
    AFTER(cy_ota_storage_write_info_t, buffer, size);
    AFTER(cy_ota_storage_write_info_t, size, packet_number);
    AFTER(cy_ota_storage_write_info_t, packet_number, total_packets);
    AFTER(cy_ota_http_params_t, server, file);
    AFTER(cy_ota_http_params_t, file, credentials);
    AFTER(cy_ota_mqtt_params_t, awsIotMqttMode, pIdentifier);
    AFTER(cy_ota_mqtt_params_t, pIdentifier, numTopicFilters);
    AFTER(cy_ota_mqtt_params_t, numTopicFilters, pTopicFilters);
    AFTER(cy_ota_mqtt_params_t, pTopicFilters, session_type);
    AFTER(cy_ota_mqtt_params_t, session_type, broker);
    AFTER(cy_ota_mqtt_params_t, broker, credentials);
    AFTER(cy_ota_network_params_t, initial_connection, mqtt);
    AFTER(cy_ota_network_params_t, mqtt, http);
    AFTER(cy_ota_network_params_t, http, use_get_job_flow);
    AFTER(cy_ota_agent_params_t, reboot_upon_completion, validate_after_reboot);
    AFTER(cy_ota_agent_params_t, validate_after_reboot, do_not_send_result);
    AFTER(cy_ota_agent_params_t, do_not_send_result, cb_func);
    AFTER(cy_ota_agent_params_t, cb_func, cb_arg);
}

static void test_callback_data_has_the_fields_in_order(void **state)
{
    (void)state;
    AFTER(cy_ota_cb_struct_t, reason, cb_arg);
    AFTER(cy_ota_cb_struct_t, cb_arg, state);
    AFTER(cy_ota_cb_struct_t, state, error);
    AFTER(cy_ota_cb_struct_t, error, storage);
    AFTER(cy_ota_cb_struct_t, storage, total_size);
    AFTER(cy_ota_cb_struct_t, total_size, bytes_written);
    AFTER(cy_ota_cb_struct_t, bytes_written, percentage);
    AFTER(cy_ota_cb_struct_t, percentage, connection_type);
    AFTER(cy_ota_cb_struct_t, connection_type, broker_server);
    AFTER(cy_ota_cb_struct_t, broker_server, credentials);
    AFTER(cy_ota_cb_struct_t, credentials, mqtt_connection);
    AFTER(cy_ota_cb_struct_t, mqtt_connection, unique_topic);
    AFTER(cy_ota_cb_struct_t, unique_topic, http_connection);
    AFTER(cy_ota_cb_struct_t, http_connection, file);
    AFTER(cy_ota_cb_struct_t, file, json_doc);
    assert_int_equal(sizeof(((cy_ota_cb_struct_t *)NULL)->unique_topic), 256);
    assert_int_equal(sizeof(((cy_ota_cb_struct_t *)NULL)->file), 256);
    assert_int_equal(sizeof(((cy_ota_cb_struct_t *)NULL)->json_doc), 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_result_values_are_those_of_the_table),
        cmocka_unit_test(test_every_result_value_has_a_text),
        cmocka_unit_test(test_templates_give_the_messages_of_the_original),
        cmocka_unit_test(test_templates_show_the_requests_of_the_original),
        cmocka_unit_test(test_parameters_have_the_fields_in_order),
        cmocka_unit_test(test_callback_data_has_the_fields_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
