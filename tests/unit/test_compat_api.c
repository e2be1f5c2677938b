/* SPDX-License-Identifier: Apache-2.0 */
/* Names, numbers, layouts and texts of the original's interface. */
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
    assert_string_equal(cy_ota_get_error_string(0x12345678), "INVALID_ARGUMENT");
    assert_string_equal(cy_ota_get_error_string(CY_RSLT_SUCCESS), "OTA NO Errors");
    assert_string_equal(cy_ota_get_error_string(CY_RSLT_OTA_ERROR_UNSUPPORTED),
                        "OTA Unsupported feature.");
    assert_string_equal(cy_ota_get_error_string(CY_RSLT_OTA_ERROR_CONNECT), "OTA ERROR Connecting");
    assert_string_equal(cy_ota_get_error_string(CY_RSLT_OTA_NO_UPDATE_AVAILABLE),
                        "OTA ERROR No Update Available");
    assert_string_equal(cy_ota_get_error_string(CY_RSLT_OTA_ERROR_APP_RETURNED_STOP),
                        "OTA ERROR Application callback stopped OTA");
}

/* ---- Enumerations, constants ------------------------------------------------------------------
 */

static void test_enumerations_have_the_numbers_of_the_original(void **state)
{
    static const struct {
        int value;
        int number;
    } all[] = {
        {CY_OTA_JOB_FLOW, 0},
        {CY_OTA_DIRECT_FLOW, 1},
        {CY_OTA_CONNECTION_UNKNOWN, 0},
        {CY_OTA_CONNECTION_MQTT, 1},
        {CY_OTA_CONNECTION_HTTP, 2},
        {CY_OTA_CONNECTION_HTTPS, 3},
        {CY_OTA_CONNECTION_BLE, 4},
        {CY_OTA_MQTT_SESSION_CLEAN, 0},
        {CY_OTA_MQTT_SESSION_RESTART, 1},
        {CY_OTA_REASON_STATE_CHANGE, 0},
        {CY_OTA_REASON_SUCCESS, 1},
        {CY_OTA_REASON_FAILURE, 2},
        {CY_OTA_LAST_REASON, 3},
        {CY_OTA_CB_RSLT_OTA_CONTINUE, 0},
        {CY_OTA_CB_RSLT_OTA_STOP, 1},
        {CY_OTA_CB_RSLT_APP_SUCCESS, 2},
        {CY_OTA_CB_RSLT_APP_FAILED, 3},
        {CY_OTA_CB_NUM_RESULTS, 4},
        {CYLF_OTA, 5},
        {CY_LOG_DEBUG4, 9},
        {CY_OTA_UPGRADE_COMMAND_PREPARE_DOWNLOAD, 1},
        {CY_OTA_UPGRADE_COMMAND_DOWNLOAD, 2},
        {CY_OTA_UPGRADE_COMMAND_VERIFY, 3},
        {CY_OTA_UPGRADE_COMMAND_ABORT, 4},
        {CY_OTA_UPGRADE_STATUS_OK, 0},
        {CY_OTA_UPGRADE_STATUS_BAD, 1},
        {CRC32_INITIAL_VALUE, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        assert_int_equal(all[i].value, all[i].number);
    }
}

static void test_states_have_numbers_and_labels_of_the_original(void **state)
{
    static const struct {
        cy_ota_agent_state_t state;
        const char *label;
    } all[] = {
        {CY_OTA_STATE_NOT_INITIALIZED, "Not Initialized"},
        {CY_OTA_STATE_EXITING, "Exiting"},
        {CY_OTA_STATE_INITIALIZING, "Initializing"},
        {CY_OTA_STATE_AGENT_STARTED, "Started"},
        {CY_OTA_STATE_AGENT_WAITING, "Agent waiting"},
        {CY_OTA_STATE_STORAGE_OPEN, "Storage Open"},
        {CY_OTA_STATE_STORAGE_WRITE, "Storage Write"},
        {CY_OTA_STATE_STORAGE_CLOSE, "Storage Close"},
        {CY_OTA_STATE_START_UPDATE, "Start Update"},
        {CY_OTA_STATE_JOB_CONNECT, "Connecting for Job"},
        {CY_OTA_STATE_JOB_DOWNLOAD, "Download Job"},
        {CY_OTA_STATE_JOB_DISCONNECT, "Disconnect from Job server"},
        {CY_OTA_STATE_JOB_PARSE, "parse Job"},
        {CY_OTA_STATE_JOB_REDIRECT, "Job redirection"},
        {CY_OTA_STATE_DATA_CONNECT, "Connecting for Data"},
        {CY_OTA_STATE_DATA_DOWNLOAD, "Downloading Data"},
        {CY_OTA_STATE_DATA_DISCONNECT, "Disconnecting from Data server"},
        {CY_OTA_STATE_VERIFY, "Verifying"},
        {CY_OTA_STATE_RESULT_REDIRECT, "Result Redirect to initial connection."},
        {CY_OTA_STATE_RESULT_CONNECT, "Connecting to send Result"},
        {CY_OTA_STATE_RESULT_SEND, "Sending Result"},
        {CY_OTA_STATE_RESULT_RESPONSE, "wait for Result response"},
        {CY_OTA_STATE_RESULT_DISCONNECT, "Disconnect after Result response"},
        {CY_OTA_STATE_OTA_COMPLETE, "Session complete"},
    };

    (void)state;
    assert_int_equal(sizeof all / sizeof all[0], CY_OTA_NUM_STATES);
    for (int i = 0; i < CY_OTA_NUM_STATES; i++) {
        const char *label = cy_ota_get_state_string((cy_ota_agent_state_t)i);

        assert_int_equal(all[i].state, i);
        assert_memory_equal(label, "OTA STATE ", 10);
        assert_string_equal(label + 10, all[i].label);
    }
    assert_string_equal(cy_ota_get_state_string(CY_OTA_NUM_STATES), "INVALID STATE");
}

static void test_reasons_have_the_labels_of_the_original(void **state)
{
    (void)state;
    assert_string_equal(cy_ota_get_callback_reason_string(CY_OTA_REASON_STATE_CHANGE),
                        "OTA Agent State Change.   ");
    assert_string_equal(cy_ota_get_callback_reason_string(CY_OTA_REASON_SUCCESS),
                        "OTA Agent Function Success");
    assert_string_equal(cy_ota_get_callback_reason_string(CY_OTA_REASON_FAILURE),
                        "OTA Agent Function Failure");
    assert_string_equal(cy_ota_get_callback_reason_string(CY_OTA_LAST_REASON), "INVALID REASON");
}

static void test_constants_are_those_of_the_original(void **state)
{
    static const struct {
        long value;
        long number;
    } numbers[] = {
        {CY_OTA_MQTT_FILENAME_BUFF_SIZE, 256},
        {CY_OTA_MQTT_UNIQUE_TOPIC_BUFF_SIZE, 256},
        {CY_OTA_JSON_DOC_BUFF_SIZE, 1024},
        {CY_OTA_CHUNK_SIZE, 4096},
        {CY_OTA_HTTP_FILENAME_SIZE, 256},
        {CY_OTA_INTERVAL_SECS_MIN, 5},
        {CY_OTA_INTERVAL_SECS_MAX, 31536000},
        {CY_OTA_MQTT_BROKER_PORT, 1883},
        {CY_OTA_MQTT_BROKER_PORT_TLS, 8883},
        {CY_OTA_MQTT_BROKER_PORT_TLS_CERT, 8884},
        {CY_OTA_HTTP_SERVER_PORT, 80},
        {CY_OTA_HTTP_SERVER_PORT_TLS, 443},
        {CY_OTA_MESSAGE_LEN, 32},
        {CY_OTA_JOB_MANUF_LEN, 64},
        {CY_OTA_JOB_MANUF_ID_LEN, 16},
        {CY_OTA_JOB_PRODUCT_ID_LEN, 64},
        {CY_OTA_JOB_SERIAL_NUMBER_LEN, 32},
        {CY_OTA_JOB_VERSION_LEN, 16},
        {CY_OTA_JOB_BOARD_LEN, 32},
        {CY_OTA_JOB_URL_BROKER_LEN, 256},
        {CY_OTA_INITIAL_CHECK_SECS, 60},
        {CY_OTA_NEXT_CHECK_INTERVAL_SECS, 86400},
        {CY_OTA_RETRY_INTERVAL_SECS, 5},
        {CY_OTA_CHECK_TIME_SECS, 600},
        {CY_OTA_PACKET_INTERVAL_SECS, 60},
        {CY_OTA_JOB_CHECK_TIME_SECS, 30},
        {CY_OTA_DATA_CHECK_TIME_SECS, 1200},
        {CY_OTA_RETRIES, 5},
        {CY_OTA_CONNECT_RETRIES, 3},
        {CY_OTA_MAX_DOWNLOAD_TRIES, 3},
        {CY_OTA_HTTP_TIMEOUT_SEND, 3000},
        {CY_OTA_HTTP_TIMEOUT_RECEIVE, 3000},
        {CY_OTA_MQTT_KEEP_ALIVE_SECONDS, 60},
        {CY_OTA_MQTT_MAX_TOPICS, 2},
    };
    static const char *const texts[][2] = {
        {CY_TARGET_BOARD_STRING, "CY8CPROTO_062_4343W"},
        {NOTIFICATION_RESPONSE_NO_UPDATES, "No Update Available"},
        {NOTIFICATION_RESPONSE_UPDATES, "Update Available"},
        {NOTIFICATION_RESPONSE_RESULT_RECEIVED, "Result Received"},
        {SUBSCRIBER_PUBLISH_TOPIC, "anycloud/CY8CPROTO_062_4343W/publish_notify"},
        {CY_OTA_SUBSCRIBE_AVAIL_TOPIC, "anycloud/CY8CPROTO_062_4343W/OTAImage"},
        {CY_OTA_MQTT_STRING, "MQTT"},
        {CY_OTA_HTTP_STRING, "HTTP"},
        {CY_OTA_HTTPS_STRING, "HTTPS"},
        {CY_OTA_MESSAGE_FIELD, "Message"},
        {CY_OTA_MANUF_FIELD, "Manufacturer"},
        {CY_OTA_MANUF_ID_FIELD, "ManufacturerID"},
        {CY_OTA_PRODUCT_FIELD, "Product"},
        {CY_OTA_SERIAL_NUMBER_FIELD, "SerialNumber"},
        {CY_OTA_VERSION_FIELD, "Version"},
        {CY_OTA_BOARD_FIELD, "Board"},
        {CY_OTA_CONNECTION_FIELD, "Connection"},
        {CY_OTA_BROKER_FIELD, "Broker"},
        {CY_OTA_PORT_FIELD, "Port"},
        {CY_OTA_SERVER_FIELD, "Server"},
        {CY_OTA_FILE_FIELD, "File"},
        {CY_OTA_OFFSET_FIELD, "Offset"},
        {CY_OTA_SIZE_FIELD, "Size"},
        {CY_OTA_UNIQUE_TOPIC_FIELD, "UniqueTopicName"},
        {COMPANY_TOPIC_PREPEND, "anycloud"},
        {PUBLISHER_LISTEN_TOPIC, "publish_notify"},
        {PUBLISHER_DIRECT_TOPIC, "OTAImage"},
        {CY_OTA_MQTT_MAGIC, "OTAImage"},
        {CY_OTA_RESULT_SUCCESS, "Success"},
        {CY_OTA_RESULT_FAILURE, "Failure"},
        {CY_OTA_HTTP_JOB_FILE, "/ota_update.json"},
        {CY_OTA_HTTP_DATA_FILE, "/anycloud-ota.bin"},
        {CY_OTA_MQTT_TOPIC_PREFIX, "cy_ota_device"},
        {CY_OTA_MQTT_CLIENT_ID_PREFIX, "cy_device"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        assert_int_equal(numbers[i].value, numbers[i].number);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_string_equal(texts[i][0], texts[i][1]);
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
        cmocka_unit_test(test_enumerations_have_the_numbers_of_the_original),
        cmocka_unit_test(test_states_have_numbers_and_labels_of_the_original),
        cmocka_unit_test(test_reasons_have_the_labels_of_the_original),
        cmocka_unit_test(test_constants_are_those_of_the_original),
        cmocka_unit_test(test_templates_give_the_messages_of_the_original),
        cmocka_unit_test(test_parameters_have_the_fields_in_order),
        cmocka_unit_test(test_callback_data_has_the_fields_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
