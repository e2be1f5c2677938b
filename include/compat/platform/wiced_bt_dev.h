/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: management of the Bluetooth stack. Of its events a host sees
 * BTM_ENABLED_EVT and BTM_BLE_ADVERT_STATE_CHANGED_EVT; pairing is BlueZ's. */
#ifndef WICED_BT_DEV_H
#define WICED_BT_DEV_H

#include "wiced_bt_ble.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum wiced_bt_management_evt_e {
    BTM_ENABLED_EVT,
    BTM_DISABLED_EVT,
    BTM_POWER_MANAGEMENT_STATUS_EVT,
    BTM_PIN_REQUEST_EVT,
    BTM_USER_CONFIRMATION_REQUEST_EVT,
    BTM_PASSKEY_NOTIFICATION_EVT,
    BTM_PASSKEY_REQUEST_EVT,
    BTM_KEYPRESS_NOTIFICATION_EVT,
    BTM_PAIRING_IO_CAPABILITIES_BR_EDR_REQUEST_EVT,
    BTM_PAIRING_IO_CAPABILITIES_BR_EDR_RESPONSE_EVT,
    BTM_PAIRING_IO_CAPABILITIES_BLE_REQUEST_EVT,
    BTM_PAIRING_COMPLETE_EVT,
    BTM_ENCRYPTION_STATUS_EVT,
    BTM_SECURITY_REQUEST_EVT,
    BTM_SECURITY_FAILED_EVT,
    BTM_SECURITY_ABORTED_EVT,
    BTM_READ_LOCAL_OOB_DATA_COMPLETE_EVT,
    BTM_REMOTE_OOB_DATA_REQUEST_EVT,
    BTM_PAIRED_DEVICE_LINK_KEYS_UPDATE_EVT,
    BTM_PAIRED_DEVICE_LINK_KEYS_REQUEST_EVT,
    BTM_LOCAL_IDENTITY_KEYS_UPDATE_EVT,
    BTM_LOCAL_IDENTITY_KEYS_REQUEST_EVT,
    BTM_BLE_SCAN_STATE_CHANGED_EVT,
    BTM_BLE_ADVERT_STATE_CHANGED_EVT,
    BTM_SMP_REMOTE_OOB_DATA_REQUEST_EVT,
    BTM_SMP_SC_REMOTE_OOB_DATA_REQUEST_EVT,
    BTM_SMP_SC_LOCAL_OOB_DATA_NOTIFICATION_EVT,
    BTM_SCO_CONNECTED_EVT,
    BTM_SCO_DISCONNECTED_EVT,
    BTM_SCO_CONNECTION_REQUEST_EVT,
    BTM_SCO_CONNECTION_CHANGE_EVT,
    BTM_BLE_CONNECTION_PARAM_UPDATE,
} wiced_bt_management_evt_t;

enum wiced_bt_dev_io_cap_e { BTM_IO_CAPABILITIES_NONE = 3 };
enum wiced_bt_dev_oob_data_e { BTM_OOB_NONE = 0 };
enum wiced_bt_dev_le_auth_req_e { BTM_LE_AUTH_REQ_BOND = 0x01, BTM_LE_AUTH_REQ_MITM = 0x04 };
enum wiced_bt_dev_le_key_type_e { BTM_LE_KEY_PENC = 0x01, BTM_LE_KEY_PID = 0x02 };

typedef struct {
    wiced_result_t status;
} wiced_bt_dev_enabled_t;

typedef struct {
    wiced_bt_device_address_t bd_addr;
    uint32_t numeric_value;
} wiced_bt_dev_user_cfm_req_t;

typedef struct {
    wiced_bt_device_address_t bd_addr;
    uint32_t passkey;
} wiced_bt_dev_user_key_notif_t;

typedef struct {
    wiced_bt_device_address_t bd_addr;
    uint8_t local_io_cap;
    uint8_t oob_data;
    uint8_t auth_req;
    uint8_t max_key_size;
    uint8_t init_keys;
    uint8_t resp_keys;
} wiced_bt_dev_ble_io_caps_req_t;

typedef struct {
    wiced_bt_device_address_t bd_addr;
    union {
        struct {
            uint8_t reason;
        } ble;
    } pairing_complete_info;
} wiced_bt_dev_pairing_cplt_t;

typedef struct {
    wiced_bt_device_address_t bd_addr;
    wiced_result_t result;
} wiced_bt_dev_encryption_status_t;

typedef struct {
    wiced_bt_device_address_t bd_addr;
} wiced_bt_dev_security_request_t;

typedef struct {
    uint8_t status;
    wiced_bt_device_address_t bd_addr;
    uint16_t conn_interval;
    uint16_t conn_latency;
    uint16_t supervision_timeout;
} wiced_bt_ble_connection_param_update_t;

typedef union {
    wiced_bt_dev_enabled_t enabled;
    wiced_bt_dev_user_cfm_req_t user_confirmation_request;
    wiced_bt_dev_user_key_notif_t user_passkey_notification;
    wiced_bt_dev_ble_io_caps_req_t pairing_io_capabilities_ble_request;
    wiced_bt_dev_pairing_cplt_t pairing_complete;
    wiced_bt_dev_encryption_status_t encryption_status;
    wiced_bt_dev_security_request_t security_request;
    wiced_bt_ble_connection_param_update_t ble_connection_param_update;
    wiced_bt_ble_advert_mode_t ble_advert_state_changed;
} wiced_bt_management_evt_data_t;

typedef wiced_result_t (*wiced_bt_management_cback_t)(wiced_bt_management_evt_t event,
                                                      wiced_bt_management_evt_data_t *data);

/* The adapter's own address is used. */
wiced_result_t wiced_bt_set_local_bdaddr(wiced_bt_device_address_t address, uint8_t type);
/* Gives 0, which BlueZ does not tell either. */
void wiced_bt_dev_read_local_addr(wiced_bt_device_address_t address);
void wiced_bt_dev_confirm_req_reply(wiced_result_t result, wiced_bt_device_address_t address);
void wiced_bt_set_pairable_mode(uint8_t is_allowed, uint8_t is_paired_only);

#ifdef __cplusplus
}
#endif
#endif
