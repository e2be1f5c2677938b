/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: advertising. BlueZ advertises the update service once the
 * stack is up; what is asked for here is acknowledged, and told as it would be. */
#ifndef WICED_BT_BLE_H
#define WICED_BT_BLE_H

#include "wiced_bt_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BLE_ADDR_PUBLIC 0

typedef uint8_t wiced_bt_ble_address_type_t;

typedef enum wiced_bt_ble_advert_mode_e {
    BTM_BLE_ADVERT_OFF,
    BTM_BLE_ADVERT_DIRECTED_HIGH,
    BTM_BLE_ADVERT_DIRECTED_LOW,
    BTM_BLE_ADVERT_UNDIRECTED_HIGH,
    BTM_BLE_ADVERT_UNDIRECTED_LOW,
    BTM_BLE_ADVERT_NONCONN_HIGH,
    BTM_BLE_ADVERT_NONCONN_LOW,
    BTM_BLE_ADVERT_DISCOVERABLE_HIGH,
    BTM_BLE_ADVERT_DISCOVERABLE_LOW,
} wiced_bt_ble_advert_mode_t;

typedef struct {
    uint16_t conn_interval;
    uint16_t conn_latency;
    uint16_t supervision_timeout;
} wiced_bt_ble_conn_params_t;

typedef struct {
    uint8_t *p_data;
    uint16_t len;
    uint8_t advert_type;
} wiced_bt_ble_advert_elem_t;

wiced_result_t wiced_bt_ble_set_raw_advertisement_data(uint8_t n, wiced_bt_ble_advert_elem_t *data);
wiced_result_t wiced_bt_start_advertisements(wiced_bt_ble_advert_mode_t mode,
                                             wiced_bt_ble_address_type_t directed_type,
                                             uint8_t *directed_address);
void wiced_bt_ble_security_grant(wiced_bt_device_address_t address, uint8_t result);

#ifdef __cplusplus
}
#endif
#endif
