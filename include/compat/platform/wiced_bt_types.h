/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: types of the Bluetooth stack. */
#ifndef WICED_BT_TYPES_H
#define WICED_BT_TYPES_H

#include <inttypes.h> /* applications rely on it */

#include "cy_result.h"

#define BD_ADDR_LEN 6

#ifndef MIN
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#endif

typedef uint8_t wiced_bt_device_address_t[BD_ADDR_LEN];
typedef bool wiced_bool_t;

#define WICED_TRUE true
#define WICED_FALSE false

typedef enum {
    WICED_BT_SUCCESS = 0,
    WICED_BT_ERROR = 8,
} wiced_result_t;

typedef wiced_result_t wiced_bt_dev_status_t;

typedef struct {
    uint16_t len;
    union {
        uint16_t uuid16;
        uint32_t uuid32;
        uint8_t uuid128[16];
    } uu;
} wiced_bt_uuid_t;

#endif
