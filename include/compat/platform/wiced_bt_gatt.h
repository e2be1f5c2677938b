/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stand-in for the platform's header: GATT server. On a host the radio has the update service and
 * nothing else: its writes come as GATT_REQ_WRITE, with the handles of cycfg_gatt_db.h; reads do
 * not come.
 */
#ifndef WICED_BT_GATT_H
#define WICED_BT_GATT_H

#include "wiced_bt_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The attribute protocol's error codes, and the stack's own. */
typedef enum wiced_bt_gatt_status_e {
    WICED_BT_GATT_SUCCESS = 0x00,
    WICED_BT_GATT_INVALID_HANDLE = 0x01,
    WICED_BT_GATT_READ_NOT_PERMIT = 0x02,
    WICED_BT_GATT_WRITE_NOT_PERMIT = 0x03,
    WICED_BT_GATT_INVALID_PDU = 0x04,
    WICED_BT_GATT_INSUF_AUTHENTICATION = 0x05,
    WICED_BT_GATT_REQ_NOT_SUPPORTED = 0x06,
    WICED_BT_GATT_INVALID_OFFSET = 0x07,
    WICED_BT_GATT_INSUF_AUTHORIZATION = 0x08,
    WICED_BT_GATT_PREPARE_Q_FULL = 0x09,
    WICED_BT_GATT_ATTRIBUTE_NOT_FOUND = 0x0a,
    WICED_BT_GATT_NOT_LONG = 0x0b,
    WICED_BT_GATT_INSUF_KEY_SIZE = 0x0c,
    WICED_BT_GATT_INVALID_ATTR_LEN = 0x0d,
    WICED_BT_GATT_ERR_UNLIKELY = 0x0e,
    WICED_BT_GATT_INSUF_ENCRYPTION = 0x0f,
    WICED_BT_GATT_UNSUPPORT_GRP_TYPE = 0x10,
    WICED_BT_GATT_INSUF_RESOURCE = 0x11,
    WICED_BT_GATT_DATABASE_OUT_OF_SYNC = 0x12,
    WICED_BT_GATT_VALUE_NOT_ALLOWED = 0x13,
    WICED_BT_GATT_NO_RESOURCES = 0x80,
    WICED_BT_GATT_INTERNAL_ERROR = 0x81,
    WICED_BT_GATT_WRONG_STATE = 0x82,
    WICED_BT_GATT_DB_FULL = 0x83,
    WICED_BT_GATT_BUSY = 0x84,
    WICED_BT_GATT_CMD_STARTED = 0x86,
    WICED_BT_GATT_ILLEGAL_PARAMETER = 0x87,
    WICED_BT_GATT_PENDING = 0x88,
    WICED_BT_GATT_AUTH_FAIL = 0x89,
    WICED_BT_GATT_MORE = 0x8a,
    WICED_BT_GATT_INVALID_CFG = 0x8b,
    WICED_BT_GATT_SERVICE_STARTED = 0x8c,
    WICED_BT_GATT_ENCRYPTED_NO_MITM = 0x8d,
    WICED_BT_GATT_NOT_ENCRYPTED = 0x8e,
    WICED_BT_GATT_CONGESTED = 0x8f,
    WICED_BT_GATT_WRITE_REQ_REJECTED = 0xfc,
    WICED_BT_GATT_CCC_CFG_ERR = 0xfd,
    WICED_BT_GATT_PRC_IN_PROGRESS = 0xfe,
    WICED_BT_GATT_OUT_OF_RANGE = 0xff,
    WICED_BT_GATT_BAD_OPCODE = 0x8785,
    WICED_BT_GATT_ERROR = 0x8787,
} wiced_bt_gatt_status_t;

/* Opcodes of the attribute protocol. */
enum {
    GATT_REQ_MTU = 0x02,
    GATT_REQ_READ_BY_TYPE = 0x08,
    GATT_REQ_READ = 0x0a,
    GATT_REQ_READ_BLOB = 0x0c,
    GATT_REQ_READ_MULTI = 0x0e,
    GATT_REQ_WRITE = 0x12,
    GATT_REQ_PREPARE_WRITE = 0x16,
    GATT_REQ_EXECUTE_WRITE = 0x18,
    GATT_HANDLE_VALUE_NOTIF = 0x1b,
    GATT_HANDLE_VALUE_CONF = 0x1e,
    GATT_REQ_READ_MULTI_VAR_LENGTH = 0x20,
    GATT_CMD_WRITE = 0x52,
    GATT_CMD_SIGNED_WRITE = 0xd2,
};
typedef uint8_t wiced_bt_gatt_opcode_t;

#define GATT_CLIENT_CONFIG_NONE 0u
#define GATT_CLIENT_CONFIG_NOTIFICATION 1u
#define GATT_CLIENT_CONFIG_INDICATION 2u

typedef enum wiced_bt_gatt_disconn_reason_e {
    GATT_CONN_UNKNOWN = 0,
    GATT_CONN_L2C_FAILURE = 1,
    GATT_CONN_TIMEOUT = 0x08,
    GATT_CONN_TERMINATE_PEER_USER = 0x13,
    GATT_CONN_TERMINATE_LOCAL_HOST = 0x16,
    GATT_CONN_LMP_TIMEOUT = 0x22,
    GATT_CONN_FAIL_ESTABLISH = 0x3e,
    GATT_CONN_CANCEL = 0x100,
} wiced_bt_gatt_disconn_reason_t;

typedef struct {
    uint16_t handle;
    uint16_t offset;
    uint16_t val_len;
    uint8_t *p_val;
} wiced_bt_gatt_write_req_t;

typedef struct {
    uint16_t handle;
    uint16_t offset;
} wiced_bt_gatt_read_t;

typedef struct {
    uint16_t s_handle;
    uint16_t e_handle;
    wiced_bt_uuid_t uuid;
} wiced_bt_gatt_read_by_type_t;

typedef struct {
    uint8_t *p_handle_stream;
    uint16_t num_handles;
} wiced_bt_gatt_read_multiple_req_t;

typedef struct {
    uint16_t conn_id;
    uint16_t len_requested;
    wiced_bt_gatt_opcode_t opcode;
    union {
        wiced_bt_gatt_read_t read_req;
        wiced_bt_gatt_read_by_type_t read_by_type;
        wiced_bt_gatt_read_multiple_req_t read_multiple_req;
        wiced_bt_gatt_write_req_t write_req;
        uint16_t remote_mtu;
    } data;
} wiced_bt_gatt_attribute_request_t;

typedef struct {
    uint8_t *bd_addr;
    uint8_t addr_type; /* BLE_ADDR_PUBLIC: BlueZ does not tell */
    uint16_t conn_id;
    wiced_bool_t connected;
    wiced_bt_gatt_disconn_reason_t reason;
} wiced_bt_gatt_connection_status_t;

typedef void *wiced_bt_gatt_app_context_t;

typedef struct {
    uint16_t len_requested;
    struct {
        uint8_t *p_app_rsp_buffer;
        wiced_bt_gatt_app_context_t p_app_ctxt;
    } buffer;
} wiced_bt_gatt_buffer_request_t;

typedef struct {
    uint8_t *p_app_data;
    wiced_bt_gatt_app_context_t p_app_ctxt;
} wiced_bt_gatt_buffer_transmitted_t;

typedef enum wiced_bt_gatt_evt_e {
    GATT_CONNECTION_STATUS_EVT = 0,
    GATT_ATTRIBUTE_REQUEST_EVT = 3,
    GATT_GET_RESPONSE_BUFFER_EVT = 5,
    GATT_APP_BUFFER_TRANSMITTED_EVT = 6,
} wiced_bt_gatt_evt_t;

typedef union {
    wiced_bt_gatt_connection_status_t connection_status;
    wiced_bt_gatt_attribute_request_t attribute_request;
    wiced_bt_gatt_buffer_request_t buffer_request;
    wiced_bt_gatt_buffer_transmitted_t buffer_xmitted;
} wiced_bt_gatt_event_data_t;

typedef wiced_bt_gatt_status_t (*wiced_bt_gatt_cback_t)(wiced_bt_gatt_evt_t event,
                                                        wiced_bt_gatt_event_data_t *data);

wiced_bt_gatt_status_t wiced_bt_gatt_register(wiced_bt_gatt_cback_t callback);
/* The database is not looked at. */
wiced_bt_gatt_status_t wiced_bt_gatt_db_init(const uint8_t *database, uint16_t size, void *hash);

/* Sends the control point's value; values of other handles go nowhere. */
wiced_bt_gatt_status_t wiced_bt_gatt_server_send_notification(uint16_t conn_id, uint16_t handle,
                                                              uint16_t len, uint8_t *value,
                                                              wiced_bt_gatt_app_context_t context);
wiced_bt_gatt_status_t wiced_bt_gatt_server_send_indication(uint16_t conn_id, uint16_t handle,
                                                            uint16_t len, uint8_t *value,
                                                            wiced_bt_gatt_app_context_t context);

/* Answers to requests: BlueZ answers a write by what the event's callback returns. */
wiced_bt_gatt_status_t wiced_bt_gatt_server_send_write_rsp(uint16_t conn_id,
                                                           wiced_bt_gatt_opcode_t opcode,
                                                           uint16_t handle);
wiced_bt_gatt_status_t wiced_bt_gatt_server_send_execute_write_rsp(uint16_t conn_id,
                                                                   wiced_bt_gatt_opcode_t opcode);
wiced_bt_gatt_status_t wiced_bt_gatt_server_send_mtu_rsp(uint16_t conn_id, uint16_t remote_mtu,
                                                         uint16_t mtu);
wiced_bt_gatt_status_t wiced_bt_gatt_server_send_error_rsp(uint16_t conn_id,
                                                           wiced_bt_gatt_opcode_t opcode,
                                                           uint16_t handle,
                                                           wiced_bt_gatt_status_t status);

/* Answers to reads, which do not come: nothing is found, and nothing sent. */
wiced_bt_gatt_status_t
wiced_bt_gatt_server_send_read_handle_rsp(uint16_t conn_id, wiced_bt_gatt_opcode_t opcode,
                                          uint16_t len, uint8_t *value,
                                          wiced_bt_gatt_app_context_t context);
wiced_bt_gatt_status_t
wiced_bt_gatt_server_send_read_by_type_rsp(uint16_t conn_id, wiced_bt_gatt_opcode_t opcode,
                                           uint8_t pair_len, uint16_t len, uint8_t *value,
                                           wiced_bt_gatt_app_context_t context);
wiced_bt_gatt_status_t
wiced_bt_gatt_server_send_read_multiple_rsp(uint16_t conn_id, wiced_bt_gatt_opcode_t opcode,
                                            uint16_t len, uint8_t *value,
                                            wiced_bt_gatt_app_context_t context);
uint16_t wiced_bt_gatt_find_handle_by_type(uint16_t first, uint16_t last, wiced_bt_uuid_t *uuid);
int wiced_bt_gatt_put_read_by_type_rsp_in_stream(uint8_t *stream, int room, uint8_t *pair_len,
                                                 uint16_t handle, uint16_t len,
                                                 const uint8_t *value);
int wiced_bt_gatt_put_read_multi_rsp_in_stream(wiced_bt_gatt_opcode_t opcode, uint8_t *stream,
                                               int room, uint16_t handle, uint16_t len,
                                               const uint8_t *value);
/* Of handles in a request, little-endian. */
uint16_t wiced_bt_gatt_get_handle_from_stream(const uint8_t *stream, uint16_t index);

#ifdef __cplusplus
}
#endif
#endif
