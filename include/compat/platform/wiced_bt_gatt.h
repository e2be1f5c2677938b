/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: what the Bluetooth functions are given. */
#ifndef WICED_BT_GATT_H
#define WICED_BT_GATT_H

#include "cy_result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    WICED_BT_GATT_SUCCESS = 0x00,
    WICED_BT_GATT_REQ_NOT_SUPPORTED = 0x06,
    WICED_BT_GATT_ERROR = 0x8787,
} wiced_bt_gatt_status_t;

#define GATT_CLIENT_CONFIG_NONE 0u
#define GATT_CLIENT_CONFIG_NOTIFICATION 1u
#define GATT_CLIENT_CONFIG_INDICATION 2u

typedef struct {
    uint16_t handle;
    uint16_t offset;
    uint16_t val_len;
    uint8_t *p_val;
} wiced_bt_gatt_write_req_t;

typedef struct {
    uint16_t conn_id;
    uint16_t len_requested;
    uint8_t opcode;
    union {
        wiced_bt_gatt_write_req_t write_req;
    } data;
} wiced_bt_gatt_attribute_request_t;

typedef union {
    wiced_bt_gatt_attribute_request_t attribute_request;
} wiced_bt_gatt_event_data_t;

#ifdef __cplusplus
}
#endif
#endif
