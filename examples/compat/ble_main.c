/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application as one writes it for the original's Bluetooth transport: it owns the stack and the
 * GATT database, decodes the commands of the update service, and hands them to the library. It
 * restarts when the peer has confirmed that the update is complete. The signature of pushes is
 * checked in a build with CY_OTA_BLE_SECURE_SUPPORT.
 */
#include <inttypes.h>
#include <stdio.h>

#include "FreeRTOS.h"
#include "cy_log.h"
#include "cy_ota_api.h"
#include "cy_retarget_io.h"
#include "cybsp.h"
#include "cycfg_gatt_db.h"
#include "cyhal.h"
#include "task.h"
#include "wiced_bt_gatt.h"
#include "wiced_bt_stack.h"

static struct {
    cy_ota_context_ptr agent;
    uint16_t conn_id;
    uint16_t descriptor; /* of the control point */
} app;

/* ---- Updates -----------------------------------------------------------------------------------
 */

static cy_ota_callback_results_t on_update(cy_ota_cb_struct_t *cb)
{
    if (cb->reason == CY_OTA_REASON_FAILURE) {
        printf("%s: %s\n", cy_ota_get_state_string(cb->state), cy_ota_get_error_string(cb->error));
    } else if (cb->reason == CY_OTA_REASON_STATE_CHANGE &&
               cb->state != CY_OTA_STATE_STORAGE_WRITE) {
        printf("%s, %" PRIu32 " bytes\n", cy_ota_get_state_string(cb->state), cb->bytes_written);
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static cy_rslt_t start_agent(void)
{
    static cy_ota_network_params_t network;
    static cy_ota_agent_params_t params;

    if (app.agent != NULL) {
        (void)cy_ota_agent_stop(&app.agent); /* of a push that its peer has left */
    }
    network.initial_connection = CY_OTA_CONNECTION_BLE;
    params.validate_after_reboot = 1;
    params.cb_func = on_update;
    return cy_ota_agent_start(&network, &params, &app.agent);
}

static cy_rslt_t on_command(wiced_bt_gatt_event_data_t *data)
{
    const wiced_bt_gatt_write_req_t *write = &data->attribute_request.data.write_req;
    cy_rslt_t result;

    switch (write->val_len > 0 ? write->p_val[0] : 0) {
    case CY_OTA_UPGRADE_COMMAND_PREPARE_DOWNLOAD:
        result = start_agent();
        return result != CY_RSLT_SUCCESS
                   ? result
                   : cy_ota_ble_download_prepare(app.agent, app.conn_id, app.descriptor);
    case CY_OTA_UPGRADE_COMMAND_DOWNLOAD:
        return cy_ota_ble_download(app.agent, data, app.conn_id, app.descriptor);
    case CY_OTA_UPGRADE_COMMAND_VERIFY:
        return cy_ota_ble_download_verify(app.agent, data, app.conn_id);
    case CY_OTA_UPGRADE_COMMAND_ABORT:
        return cy_ota_ble_download_abort(app.agent);
    default:
        return CY_RSLT_OTA_ERROR_UNSUPPORTED;
    }
}

/* The peer knows how it went. */
static void on_confirmation(void)
{
    cy_ota_agent_state_t state;

    if (cy_ota_get_state(app.agent, &state) != CY_RSLT_SUCCESS) {
        return;
    }
    if (state == CY_OTA_STATE_OTA_COMPLETE) {
        printf("update complete: restarting\n");
        NVIC_SystemReset();
    }
}

/* ---- Bluetooth ---------------------------------------------------------------------------------
 */

static wiced_bt_gatt_status_t on_write(wiced_bt_gatt_event_data_t *data)
{
    const wiced_bt_gatt_write_req_t *write = &data->attribute_request.data.write_req;
    cy_rslt_t result;

    switch (write->handle) {
    case HDLD_OTA_FW_UPGRADE_SERVICE_OTA_UPGRADE_CONTROL_POINT_CLIENT_CHAR_CONFIG:
        app.descriptor = write->val_len > 0 ? write->p_val[0] : GATT_CLIENT_CONFIG_NONE;
        return WICED_BT_GATT_SUCCESS;
    case HDLC_OTA_FW_UPGRADE_SERVICE_OTA_UPGRADE_CONTROL_POINT_VALUE:
        result = on_command(data);
        break;
    case HDLC_OTA_FW_UPGRADE_SERVICE_OTA_UPGRADE_DATA_VALUE:
        result = cy_ota_ble_download_write(app.agent, data);
        break;
    default:
        return WICED_BT_GATT_INVALID_HANDLE;
    }
    return result == CY_RSLT_SUCCESS ? WICED_BT_GATT_SUCCESS : WICED_BT_GATT_ERROR;
}

static wiced_bt_gatt_status_t on_request(wiced_bt_gatt_event_data_t *data)
{
    wiced_bt_gatt_attribute_request_t *request = &data->attribute_request;
    wiced_bt_gatt_status_t status;

    switch (request->opcode) {
    case GATT_REQ_WRITE:
    case GATT_CMD_WRITE:
        status = on_write(data);
        if (request->opcode == GATT_REQ_WRITE && status == WICED_BT_GATT_SUCCESS) {
            (void)wiced_bt_gatt_server_send_write_rsp(request->conn_id, request->opcode,
                                                      request->data.write_req.handle);
        }
        return status;
    case GATT_REQ_MTU:
        return wiced_bt_gatt_server_send_mtu_rsp(request->conn_id, request->data.remote_mtu, 517);
    case GATT_HANDLE_VALUE_CONF:
        on_confirmation();
        return WICED_BT_GATT_SUCCESS;
    default:
        return WICED_BT_GATT_REQ_NOT_SUPPORTED;
    }
}

static wiced_bt_gatt_status_t on_gatt(wiced_bt_gatt_evt_t event, wiced_bt_gatt_event_data_t *data)
{
    switch (event) {
    case GATT_CONNECTION_STATUS_EVT:
        app.conn_id = data->connection_status.connected ? data->connection_status.conn_id : 0;
        printf("peer is %s\n", data->connection_status.connected ? "there" : "gone");
        return WICED_BT_GATT_SUCCESS;
    case GATT_ATTRIBUTE_REQUEST_EVT:
        return on_request(data);
    default:
        return WICED_BT_GATT_SUCCESS;
    }
}

static void start_service(void)
{
    if (wiced_bt_gatt_register(on_gatt) != WICED_BT_GATT_SUCCESS ||
        wiced_bt_gatt_db_init(gatt_database, gatt_database_len, NULL) != WICED_BT_GATT_SUCCESS ||
        wiced_bt_start_advertisements(BTM_BLE_ADVERT_UNDIRECTED_HIGH, 0, NULL) !=
            WICED_BT_SUCCESS) {
        printf("the update service does not start\n");
    }
}

static wiced_result_t on_management(wiced_bt_management_evt_t event,
                                    wiced_bt_management_evt_data_t *data)
{
    if (event == BTM_ENABLED_EVT && data->enabled.status == WICED_BT_SUCCESS) {
        start_service();
    } else if (event == BTM_BLE_ADVERT_STATE_CHANGED_EVT &&
               data->ble_advert_state_changed != BTM_BLE_ADVERT_OFF) {
        printf("ble: waiting for a peer\n");
    }
    return WICED_BT_SUCCESS;
}

int main(void)
{
    static uint8_t name[] = "test board";
    static const wiced_bt_cfg_settings_t settings = {.device_name = name};
    cyhal_wdt_t watchdog;

    /* The bootloader has started it; this application does without. */
    (void)cyhal_wdt_init(&watchdog, cyhal_wdt_get_max_timeout_ms());
    cyhal_wdt_free(&watchdog);
    if (cybsp_init() != CY_RSLT_SUCCESS) {
        return 1;
    }
    __enable_irq();
    (void)cy_retarget_io_init(CYBSP_DEBUG_UART_TX, CYBSP_DEBUG_UART_RX, CY_RETARGET_IO_BAUDRATE);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)cy_log_init(CY_LOG_WARNING, NULL, NULL);
    cy_ota_set_log_level(CY_LOG_NOTICE);
    if (cy_ota_storage_validated() == CY_RSLT_SUCCESS) {
        printf("self-test passed on " CY_TARGET_BOARD_STRING "\n");
    }
    if (wiced_bt_stack_init(on_management, &settings) != WICED_BT_SUCCESS) {
        printf("no Bluetooth\n");
        return 1;
    }
    vTaskStartScheduler();
    return 0;
}
