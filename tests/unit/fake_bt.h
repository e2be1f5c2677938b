/* SPDX-License-Identifier: Apache-2.0 */
/* The vendor's Bluetooth stack as the compatibility functions use it: what they send is kept. */
#ifndef OTA_TEST_UNIT_FAKE_BT_H
#define OTA_TEST_UNIT_FAKE_BT_H

#include "wiced_bt_gatt.h"

struct fake_bt {
    char sent[64]; /* "N00 I01 ": kind and first byte of each value */
    uint16_t conn_id;
    uint16_t handle;
    bool is_deaf; /* nothing can be sent */
};

extern struct fake_bt fake_bt;

/* A write to a value, as the stack hands it in. */
wiced_bt_gatt_event_data_t *fake_bt_write(const void *value, size_t len);

#endif
