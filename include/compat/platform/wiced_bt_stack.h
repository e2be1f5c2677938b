/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: the start of the Bluetooth stack. */
#ifndef WICED_BT_STACK_H
#define WICED_BT_STACK_H

#include "wiced_bt_dev.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint16_t ble_max_rx_pdu_size;
} wiced_bt_cfg_ble_t;

/* Of the configurator's settings, the ones that applications look at. */
typedef struct wiced_bt_cfg_settings {
    uint8_t *device_name; /* in the advertisement; NULL: "libota" */
    const wiced_bt_cfg_ble_t *p_ble_cfg;
} wiced_bt_cfg_settings_t;

/* Connects to BlueZ and begins to call back, on a thread of its own: BTM_ENABLED_EVT first. */
wiced_result_t wiced_bt_stack_init(wiced_bt_management_cback_t callback,
                                   const wiced_bt_cfg_settings_t *settings);

#ifdef __cplusplus
}
#endif
#endif
