/* SPDX-License-Identifier: Apache-2.0 */
/* The vendor's Bluetooth stack over BlueZ, as far as applications with the update service use it.
 * One peer; its connection has the number 1. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "bluez/peripheral.h"
#include "cyabs_rtos.h"
#include "cybt_platform_trace.h"
#include "cycfg_gatt_db.h"
#include "ota/err.h"
#include "wiced_bt_gatt.h"
#include "wiced_bt_stack.h"

#define CONN_ID 1u
#define POLL_MS 500
/* BlueZ tells of a confirmation only if it sent an indication; then this long after. */
#define CONFIRM_MS 5000u

const uint8_t gatt_database[] = {0};
const uint16_t gatt_database_len = 0;

static struct {
    pthread_mutex_t lock; /* recursive: callbacks send */
    struct ota_bluez *bluez;
    struct ota_gatt gatt;
    wiced_bt_management_cback_t on_management;
    wiced_bt_gatt_cback_t on_gatt;
    cy_thread_t thread;
    cy_time_t indicated_ms;
    bool is_connected;
    bool is_unconfirmed;
    bool is_advertised;
} the;

/* ---- Events to the application ----------------------------------------------------------------
 */

static wiced_bt_gatt_status_t tell(wiced_bt_gatt_evt_t event, wiced_bt_gatt_event_data_t *data)
{
    return the.on_gatt != NULL ? the.on_gatt(event, data) : WICED_BT_GATT_REQ_NOT_SUPPORTED;
}

static void tell_connection(bool connected)
{
    uint8_t address[BD_ADDR_LEN] = {0};
    wiced_bt_gatt_event_data_t data = {
        .connection_status = {.bd_addr = address,
                              .conn_id = CONN_ID,
                              .connected = connected,
                              .reason = GATT_CONN_TERMINATE_PEER_USER}};

    the.is_connected = connected;
    (void)tell(GATT_CONNECTION_STATUS_EVT, &data);
}

static void tell_request(wiced_bt_gatt_opcode_t opcode, uint16_t mtu)
{
    wiced_bt_gatt_event_data_t data;

    memset(&data, 0, sizeof data);
    data.attribute_request.conn_id = CONN_ID;
    data.attribute_request.opcode = opcode;
    data.attribute_request.data.remote_mtu = mtu;
    (void)tell(GATT_ATTRIBUTE_REQUEST_EVT, &data);
}

static void confirm(void)
{
    if (the.is_unconfirmed) {
        the.is_unconfirmed = false;
        tell_request(GATT_HANDLE_VALUE_CONF, 0);
    }
}

/* ---- Events from BlueZ ------------------------------------------------------------------------
 */

static void on_connected(void *ctx, uint16_t mtu)
{
    (void)ctx;
    (void)mtu;
    tell_connection(true);
}

static void on_mtu(void *ctx, uint16_t mtu)
{
    (void)ctx;
    tell_request(GATT_REQ_MTU, mtu);
}

static void on_disconnected(void *ctx)
{
    (void)ctx;
    confirm(); /* it has read what there was to read */
    if (the.is_connected) {
        tell_connection(false);
    }
}

static uint16_t handle_of(enum ota_gatt_value value)
{
    switch (value) {
    case OTA_GATT_CONTROL:
        return HDLC_OTA_FW_UPGRADE_SERVICE_OTA_UPGRADE_CONTROL_POINT_VALUE;
    case OTA_GATT_CCCD:
        return HDLD_OTA_FW_UPGRADE_SERVICE_OTA_UPGRADE_CONTROL_POINT_CLIENT_CHAR_CONFIG;
    default:
        return HDLC_OTA_FW_UPGRADE_SERVICE_OTA_UPGRADE_DATA_VALUE;
    }
}

static enum ota_att on_write(void *ctx, enum ota_gatt_value value, const void *bytes, size_t len)
{
    uint8_t copy[OTA_GATT_VALUE_MAX];
    wiced_bt_gatt_event_data_t data;
    wiced_bt_gatt_status_t status;

    (void)ctx;
    if (len > sizeof copy) {
        return OTA_ATT_INVALID_LENGTH;
    }
    memcpy(copy, bytes, len);
    memset(&data, 0, sizeof data);
    data.attribute_request.conn_id = CONN_ID;
    data.attribute_request.opcode = GATT_REQ_WRITE;
    data.attribute_request.data.write_req.handle = handle_of(value);
    data.attribute_request.data.write_req.val_len = (uint16_t)len;
    data.attribute_request.data.write_req.p_val = copy;
    status = tell(GATT_ATTRIBUTE_REQUEST_EVT, &data);
    return (unsigned)status <= 0xff ? (enum ota_att)status : OTA_ATT_REFUSED;
}

/* The information characteristic is libota's own; applications of the original have none. */
static enum ota_att on_read(void *ctx, enum ota_gatt_value value, void *buf, size_t cap,
                            size_t *len)
{
    (void)ctx;
    (void)value;
    (void)buf;
    (void)cap;
    (void)len;
    return OTA_ATT_READ_NOT_PERMITTED;
}

static void on_confirmed(void *ctx)
{
    (void)ctx;
    confirm();
}

/* ---- The stack's thread -----------------------------------------------------------------------
 */

static void note_advertising(void)
{
    const char *why;
    bool is_served = ota_bluez_is_served(the.bluez, &why);
    wiced_bt_management_evt_data_t data = {.ble_advert_state_changed =
                                               is_served ? BTM_BLE_ADVERT_UNDIRECTED_HIGH
                                                         : BTM_BLE_ADVERT_OFF};

    if (is_served != the.is_advertised) {
        the.is_advertised = is_served;
        (void)the.on_management(BTM_BLE_ADVERT_STATE_CHANGED_EVT, &data);
    }
}

static bool run_once(void)
{
    cy_time_t now = 0;
    bool is_alive;

    (void)pthread_mutex_lock(&the.lock);
    is_alive = ota_bluez_poll(the.bluez) == 0;
    if (is_alive) {
        note_advertising();
        (void)cy_rtos_get_time(&now);
        if (now - the.indicated_ms >= CONFIRM_MS) {
            confirm();
        }
    }
    (void)pthread_mutex_unlock(&the.lock);
    return is_alive;
}

static void run(cy_thread_arg_t arg)
{
    wiced_bt_management_evt_data_t data = {.enabled = {.status = WICED_BT_SUCCESS}};
    struct pollfd fd = {.fd = ota_bluez_fd(the.bluez), .events = POLLIN};

    (void)arg;
    (void)the.on_management(BTM_ENABLED_EVT, &data);
    while (run_once()) {
        (void)poll(&fd, 1, POLL_MS);
    }
    (void)fprintf(stderr, "Bluetooth is gone: D-Bus has closed the connection\n");
}

wiced_result_t wiced_bt_stack_init(wiced_bt_management_cback_t callback,
                                   const wiced_bt_cfg_settings_t *settings)
{
    const struct ota_bluez_options options = {
        .name = settings != NULL ? (const char *)settings->device_name : NULL};
    pthread_mutexattr_t attr;
    char why[256];

    if (callback == NULL || the.bluez != NULL) {
        return WICED_BT_ERROR;
    }
    if (ota_bluez_open(&the.bluez, &options, why, sizeof why) != 0) {
        (void)fprintf(stderr, "no Bluetooth: %s\n", why);
        return WICED_BT_ERROR;
    }
    (void)pthread_mutexattr_init(&attr);
    (void)pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    (void)pthread_mutex_init(&the.lock, &attr); /* does not fail with these attributes */
    (void)pthread_mutexattr_destroy(&attr);
    ota_bluez_gatt(the.bluez, &the.gatt);
    the.on_management = callback;
    return cy_rtos_create_thread(&the.thread, run, "BT", NULL, 0, CY_RTOS_PRIORITY_NORMAL, NULL) ==
                   CY_RSLT_SUCCESS
               ? WICED_BT_SUCCESS
               : WICED_BT_ERROR;
}

/* ---- Management -------------------------------------------------------------------------------
 */

const cybt_platform_config_t cybsp_bt_platform_cfg = {0};

void cybt_platform_config_init(const cybt_platform_config_t *config)
{
    (void)config;
}

wiced_result_t wiced_bt_set_local_bdaddr(wiced_bt_device_address_t address, uint8_t type)
{
    (void)address;
    (void)type;
    return WICED_BT_SUCCESS;
}

void wiced_bt_dev_read_local_addr(wiced_bt_device_address_t address)
{
    memset(address, 0, BD_ADDR_LEN);
}

void wiced_bt_dev_confirm_req_reply(wiced_result_t result, wiced_bt_device_address_t address)
{
    (void)result;
    (void)address;
}

void wiced_bt_set_pairable_mode(uint8_t is_allowed, uint8_t is_paired_only)
{
    (void)is_allowed;
    (void)is_paired_only;
}

void wiced_bt_ble_security_grant(wiced_bt_device_address_t address, uint8_t result)
{
    (void)address;
    (void)result;
}

wiced_result_t wiced_bt_ble_set_raw_advertisement_data(uint8_t n, wiced_bt_ble_advert_elem_t *data)
{
    (void)n;
    (void)data;
    return WICED_BT_SUCCESS;
}

/* BlueZ goes on advertising by itself. */
wiced_result_t wiced_bt_start_advertisements(wiced_bt_ble_advert_mode_t mode,
                                             wiced_bt_ble_address_type_t directed_type,
                                             uint8_t *directed_address)
{
    (void)mode;
    (void)directed_type;
    (void)directed_address;
    return WICED_BT_SUCCESS;
}

/* ---- GATT -------------------------------------------------------------------------------------
 */

wiced_bt_gatt_status_t wiced_bt_gatt_register(wiced_bt_gatt_cback_t callback)
{
    the.on_gatt = callback;
    return callback != NULL ? WICED_BT_GATT_SUCCESS : WICED_BT_GATT_ILLEGAL_PARAMETER;
}

wiced_bt_gatt_status_t wiced_bt_gatt_db_init(const uint8_t *database, uint16_t size, void *hash)
{
    static const struct ota_bluez_server server = {.connected = on_connected,
                                                   .mtu = on_mtu,
                                                   .disconnected = on_disconnected,
                                                   .write = on_write,
                                                   .read = on_read,
                                                   .confirmed = on_confirmed};

    (void)database;
    (void)size;
    (void)hash;
    return the.bluez != NULL && ota_bluez_serve_with(the.bluez, &server, NULL) == 0
               ? WICED_BT_GATT_SUCCESS
               : WICED_BT_GATT_ERROR;
}

typedef int (*send_fn)(void *ctx, const void *value, size_t len);

static wiced_bt_gatt_status_t send(send_fn to, uint16_t handle, const uint8_t *value, uint16_t len)
{
    int rc = 0;

    (void)pthread_mutex_lock(&the.lock);
    if (handle == HDLC_OTA_FW_UPGRADE_SERVICE_OTA_UPGRADE_CONTROL_POINT_VALUE) {
        rc = to(the.gatt.ctx, value, len);
    }
    (void)pthread_mutex_unlock(&the.lock);
    return rc == 0 ? WICED_BT_GATT_SUCCESS : WICED_BT_GATT_ERROR;
}

/* The value has been copied: it is the application's again. */
static void give_back(uint8_t *value, wiced_bt_gatt_app_context_t context)
{
    wiced_bt_gatt_event_data_t data = {
        .buffer_xmitted = {.p_app_data = value, .p_app_ctxt = context}};

    if (context != NULL) {
        (void)tell(GATT_APP_BUFFER_TRANSMITTED_EVT, &data);
    }
}

wiced_bt_gatt_status_t wiced_bt_gatt_server_send_notification(uint16_t conn_id, uint16_t handle,
                                                              uint16_t len, uint8_t *value,
                                                              wiced_bt_gatt_app_context_t context)
{
    wiced_bt_gatt_status_t status;

    (void)conn_id;
    status = send(the.gatt.ops->notify, handle, value, len);
    give_back(value, context);
    return status;
}

wiced_bt_gatt_status_t wiced_bt_gatt_server_send_indication(uint16_t conn_id, uint16_t handle,
                                                            uint16_t len, uint8_t *value,
                                                            wiced_bt_gatt_app_context_t context)
{
    wiced_bt_gatt_status_t status;

    (void)conn_id;
    status = send(the.gatt.ops->indicate, handle, value, len);
    if (status == WICED_BT_GATT_SUCCESS) {
        (void)cy_rtos_get_time(&the.indicated_ms);
        the.is_unconfirmed = true;
    }
    give_back(value, context);
    return status;
}

wiced_bt_gatt_status_t wiced_bt_gatt_server_send_write_rsp(uint16_t conn_id,
                                                           wiced_bt_gatt_opcode_t opcode,
                                                           uint16_t handle)
{
    (void)conn_id;
    (void)opcode;
    (void)handle;
    return WICED_BT_GATT_SUCCESS;
}

wiced_bt_gatt_status_t wiced_bt_gatt_server_send_execute_write_rsp(uint16_t conn_id,
                                                                   wiced_bt_gatt_opcode_t opcode)
{
    (void)conn_id;
    (void)opcode;
    return WICED_BT_GATT_SUCCESS;
}

wiced_bt_gatt_status_t wiced_bt_gatt_server_send_mtu_rsp(uint16_t conn_id, uint16_t remote_mtu,
                                                         uint16_t mtu)
{
    (void)conn_id;
    (void)remote_mtu;
    (void)mtu;
    return WICED_BT_GATT_SUCCESS;
}

wiced_bt_gatt_status_t wiced_bt_gatt_server_send_error_rsp(uint16_t conn_id,
                                                           wiced_bt_gatt_opcode_t opcode,
                                                           uint16_t handle,
                                                           wiced_bt_gatt_status_t status)
{
    (void)conn_id;
    (void)opcode;
    (void)handle;
    return status;
}

wiced_bt_gatt_status_t
wiced_bt_gatt_server_send_read_handle_rsp(uint16_t conn_id, wiced_bt_gatt_opcode_t opcode,
                                          uint16_t len, uint8_t *value,
                                          wiced_bt_gatt_app_context_t context)
{
    (void)conn_id;
    (void)opcode;
    (void)len;
    give_back(value, context);
    return WICED_BT_GATT_REQ_NOT_SUPPORTED;
}

wiced_bt_gatt_status_t
wiced_bt_gatt_server_send_read_by_type_rsp(uint16_t conn_id, wiced_bt_gatt_opcode_t opcode,
                                           uint8_t pair_len, uint16_t len, uint8_t *value,
                                           wiced_bt_gatt_app_context_t context)
{
    (void)pair_len;
    return wiced_bt_gatt_server_send_read_handle_rsp(conn_id, opcode, len, value, context);
}

wiced_bt_gatt_status_t
wiced_bt_gatt_server_send_read_multiple_rsp(uint16_t conn_id, wiced_bt_gatt_opcode_t opcode,
                                            uint16_t len, uint8_t *value,
                                            wiced_bt_gatt_app_context_t context)
{
    return wiced_bt_gatt_server_send_read_handle_rsp(conn_id, opcode, len, value, context);
}

uint16_t wiced_bt_gatt_find_handle_by_type(uint16_t first, uint16_t last, wiced_bt_uuid_t *uuid)
{
    (void)first;
    (void)last;
    (void)uuid;
    return 0;
}

int wiced_bt_gatt_put_read_by_type_rsp_in_stream(uint8_t *stream, int room, uint8_t *pair_len,
                                                 uint16_t handle, uint16_t len,
                                                 const uint8_t *value)
{
    (void)stream;
    (void)room;
    (void)pair_len;
    (void)handle;
    (void)len;
    (void)value;
    return 0;
}

int wiced_bt_gatt_put_read_multi_rsp_in_stream(wiced_bt_gatt_opcode_t opcode, uint8_t *stream,
                                               int room, uint16_t handle, uint16_t len,
                                               const uint8_t *value)
{
    (void)opcode;
    (void)stream;
    (void)room;
    (void)handle;
    (void)len;
    (void)value;
    return 0;
}

uint16_t wiced_bt_gatt_get_handle_from_stream(const uint8_t *stream, uint16_t index)
{
    return (uint16_t)(stream[2 * index] | stream[2 * index + 1] << 8);
}
