/* SPDX-License-Identifier: Apache-2.0 */
#include "compat.h"

#ifdef COMPONENT_OTA_BLUETOOTH

cy_rslt_t cy_ota_ble_download_prepare(cy_ota_context_ptr ota_ptr, uint16_t bt_conn_id,
                                      uint16_t bt_config_descriptor)
{
    (void)ota_ptr;
    (void)bt_conn_id;
    (void)bt_config_descriptor;
    return CY_RSLT_OTA_ERROR_UNSUPPORTED;
}

cy_rslt_t cy_ota_ble_download(cy_ota_context_ptr ota_ptr, wiced_bt_gatt_event_data_t *p_req,
                              uint16_t bt_conn_id, uint16_t bt_config_descriptor)
{
    (void)ota_ptr;
    (void)p_req;
    (void)bt_conn_id;
    (void)bt_config_descriptor;
    return CY_RSLT_OTA_ERROR_UNSUPPORTED;
}

cy_rslt_t cy_ota_ble_download_write(cy_ota_context_ptr ota_ptr, wiced_bt_gatt_event_data_t *p_req)
{
    (void)ota_ptr;
    (void)p_req;
    return CY_RSLT_OTA_ERROR_UNSUPPORTED;
}

cy_rslt_t cy_ota_ble_download_verify(cy_ota_context_ptr ota_ptr, wiced_bt_gatt_event_data_t *p_req,
                                     uint16_t bt_conn_id)
{
    (void)ota_ptr;
    (void)p_req;
    (void)bt_conn_id;
    return CY_RSLT_OTA_ERROR_UNSUPPORTED;
}

cy_rslt_t cy_ota_ble_download_abort(cy_ota_context_ptr ota_ptr)
{
    (void)ota_ptr;
    return CY_RSLT_OTA_ERROR_UNSUPPORTED;
}

#endif
