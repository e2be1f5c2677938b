/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/fake_bt.h"

#include <stdio.h>
#include <string.h>

#include "unit/test.h"

struct fake_bt fake_bt;

static wiced_bt_gatt_status_t keep(char kind, uint16_t conn_id, uint16_t handle,
                                   const uint8_t *value)
{
    size_t len = strlen(fake_bt.sent);

    if (fake_bt.is_deaf) {
        return WICED_BT_GATT_ERROR;
    }
    (void)snprintf(fake_bt.sent + len, sizeof fake_bt.sent - len, "%c%02x ", kind, value[0]);
    fake_bt.conn_id = conn_id;
    fake_bt.handle = handle;
    return WICED_BT_GATT_SUCCESS;
}

wiced_bt_gatt_status_t wiced_bt_gatt_server_send_notification(uint16_t conn_id, uint16_t handle,
                                                              uint16_t len, uint8_t *value,
                                                              wiced_bt_gatt_app_context_t context)
{
    assert_int_equal(len, 1);
    assert_null(context);
    return keep('N', conn_id, handle, value);
}

wiced_bt_gatt_status_t wiced_bt_gatt_server_send_indication(uint16_t conn_id, uint16_t handle,
                                                            uint16_t len, uint8_t *value,
                                                            wiced_bt_gatt_app_context_t context)
{
    assert_int_equal(len, 1);
    assert_null(context);
    return keep('I', conn_id, handle, value);
}

wiced_bt_gatt_event_data_t *fake_bt_write(const void *value, size_t len)
{
    static uint8_t bytes[1024];
    static wiced_bt_gatt_event_data_t data;

    assert_true(len <= sizeof bytes);
    memcpy(bytes, value, len);
    memset(&data, 0, sizeof data);
    data.attribute_request.conn_id = 7;
    data.attribute_request.opcode = GATT_REQ_WRITE;
    data.attribute_request.data.write_req.val_len = (uint16_t)len;
    data.attribute_request.data.write_req.p_val = bytes;
    return &data;
}
