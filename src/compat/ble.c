/* SPDX-License-Identifier: Apache-2.0 */
/* The original's Bluetooth functions: each command to the library's link, its answers to the
 * vendor's stack. */
#include <string.h>

#include "compat.h"
#include "ota/err.h"

#ifdef COMPONENT_OTA_BLUETOOTH

#include "cycfg_gatt_db.h"

#define CONTROL_HANDLE HDLC_OTA_FW_UPGRADE_SERVICE_OTA_UPGRADE_CONTROL_POINT_VALUE
#define COMMAND_MAX 5u

/* ---- Answers to the peer ----------------------------------------------------------------------
 */

/* The stack reads the value when it sends it. */
static uint8_t *keep(struct compat *c, const void *value, size_t len)
{
    if (len > sizeof c->answer) {
        return NULL;
    }
    memcpy(c->answer, value, len);
    return c->answer;
}

static int notify(void *ctx, const void *value, size_t len)
{
    struct compat *c = ctx;
    uint8_t *kept = keep(c, value, len);

    return kept != NULL &&
                   wiced_bt_gatt_server_send_notification(c->conn_id, CONTROL_HANDLE, (uint16_t)len,
                                                          kept, NULL) == WICED_BT_GATT_SUCCESS
               ? 0
               : OTA_EDROPPED;
}

static int indicate(void *ctx, const void *value, size_t len)
{
    struct compat *c = ctx;
    uint8_t *kept = keep(c, value, len);

    return kept != NULL &&
                   wiced_bt_gatt_server_send_indication(c->conn_id, CONTROL_HANDLE, (uint16_t)len,
                                                        kept, NULL) == WICED_BT_GATT_SUCCESS
               ? 0
               : OTA_EDROPPED;
}

/* ---- The key of signed pushes ------------------------------------------------------------------
 */

#if defined(CY_OTA_BLE_SECURE_SUPPORT) && CY_OTA_BLE_SECURE_SUPPORT
/* Eight words, the least significant first, as 32 bytes, the most significant first. */
static void put_coordinate(uint8_t *to, const uint32_t words[KEY_LENGTH_DWORDS_P256])
{
    for (size_t i = 0; i < 32; i++) {
        to[31 - i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
    }
}

/* SubjectPublicKeyInfo of an uncompressed P-256 point (RFC 5480). */
static const struct ota_key *push_key(struct compat *c)
{
    static const uint8_t head[27] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

    memcpy(c->key_der, head, sizeof head);
    put_coordinate(c->key_der + sizeof head, ecdsa256_public_key.x);
    put_coordinate(c->key_der + sizeof head + 32, ecdsa256_public_key.y);
    c->key.type = OTA_SIG_ECDSA_P256;
    c->key.der = c->key_der;
    c->key.der_len = sizeof c->key_der;
    return &c->key;
}
#else
static const struct ota_key *push_key(struct compat *c)
{
    (void)c;
    return NULL;
}
#endif

/* ---- One call at a time ------------------------------------------------------------------------
 */

/* Enters a Bluetooth function. SUCCESS, and *c is this call's until leave. */
static cy_rslt_t enter(cy_ota_context_ptr ota_ptr, struct compat **c)
{
    *c = ota_compat_of(ota_ptr);
    if (*c == NULL) {
        return CY_RSLT_OTA_ERROR_BADARG;
    }
    if (!ota_compat_is_pushed(*c)) {
        return CY_RSLT_OTA_ERROR_UNSUPPORTED;
    }
    return __atomic_exchange_n(&(*c)->is_in_call, 1, __ATOMIC_ACQ_REL) == 0
               ? CY_RSLT_SUCCESS
               : CY_RSLT_OTA_ERROR_BLE_GATT; /* from within the callback */
}

static cy_ota_agent_state_t state_of(const struct compat *c)
{
    return (cy_ota_agent_state_t)__atomic_load_n(&c->state, __ATOMIC_ACQUIRE);
}

/* The agent ends here if it was stopped meanwhile: whoever gets hold of it last ends it. */
static cy_rslt_t leave(struct compat *c, cy_ota_agent_state_t state, cy_rslt_t result)
{
    __atomic_store_n(&c->state, (uint8_t)state, __ATOMIC_RELEASE);
    __atomic_store_n(&c->is_in_call, 0, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&c->phase, __ATOMIC_SEQ_CST) == COMPAT_ENDING && ota_compat_ble_stop(c)) {
        ota_compat_release(c);
    }
    return result;
}

/* An image that is marked is not the peer's to spoil; a new one begins with PREPARE. */
static bool is_complete(const struct compat *c)
{
    return state_of(c) == CY_OTA_STATE_OTA_COMPLETE;
}

static cy_rslt_t finish(struct compat *c, cy_ota_agent_state_t state, cy_rslt_t failure)
{
    int err = ota_last_error(&c->agent);

    if (err == 0) {
        return leave(c, state, CY_RSLT_SUCCESS);
    }
    ota_compat_set_last_error(ota_compat_code(err, state_of(c)));
    (void)cy_log_msg(CYLF_OTA, CY_LOG_ERR, "push has failed: %s (%s)\n", ota_err_text(err),
                     ota_err_name(err));
    return leave(c, CY_OTA_STATE_AGENT_WAITING, failure);
}

int ota_compat_ble_init(struct compat *c)
{
    static const struct ota_gatt_ops ops = {.notify = notify, .indicate = indicate};
    const struct ota_ble_config config = {.gatt = {.ops = &ops, .ctx = c}, .key = push_key(c)};

    return ota_ble_init(&c->ble, &c->agent, &config);
}

bool ota_compat_ble_stop(struct compat *c)
{
    if (__atomic_exchange_n(&c->is_in_call, 1, __ATOMIC_ACQ_REL) != 0) {
        return false;
    }
    ota_ble_disconnected(&c->ble);
    return true;
}

/* ---- Commands ---------------------------------------------------------------------------------
 */

static const wiced_bt_gatt_write_req_t *write_of(const wiced_bt_gatt_event_data_t *p_req)
{
    const wiced_bt_gatt_write_req_t *w =
        p_req != NULL ? &p_req->attribute_request.data.write_req : NULL;

    return w != NULL && (w->p_val != NULL || w->val_len == 0) ? w : NULL;
}

static void set_answers(struct compat *c, uint16_t conn_id, uint16_t descriptor)
{
    const uint8_t cccd[2] = {(uint8_t)descriptor, (uint8_t)(descriptor >> 8)};

    c->conn_id = conn_id;
    (void)ota_ble_write(&c->ble, OTA_GATT_CCCD, cccd, sizeof cccd); /* two bytes: accepted */
}

/* The functions of the original take the command for granted, whatever its first byte is. False:
 * the peer was not to be answered. */
static bool command(struct compat *c, uint8_t op, const wiced_bt_gatt_write_req_t *w)
{
    uint8_t raw[COMMAND_MAX + 1] = {0};
    size_t len = w == NULL ? 1 : w->val_len;

    if (len > sizeof raw) {
        len = sizeof raw; /* too long in any case */
    }
    if (w != NULL && len > 0) {
        memcpy(raw, w->p_val, len);
    }
    raw[0] = op;
    return ota_ble_write(&c->ble, OTA_GATT_CONTROL, raw, len == 0 ? 1 : len) == OTA_ATT_OK;
}

cy_rslt_t cy_ota_ble_download_prepare(cy_ota_context_ptr ota_ptr, uint16_t bt_conn_id,
                                      uint16_t bt_config_descriptor)
{
    struct compat *c;
    cy_rslt_t result = enter(ota_ptr, &c);

    if (result != CY_RSLT_SUCCESS) {
        return result;
    }
    ota_ble_connected(&c->ble, OTA_GATT_MTU_MIN);
    set_answers(c, bt_conn_id, bt_config_descriptor);
    if (!command(c, CY_OTA_UPGRADE_COMMAND_PREPARE_DOWNLOAD, NULL)) {
        return leave(c, CY_OTA_STATE_AGENT_WAITING, CY_RSLT_OTA_ERROR_BLE_GATT);
    }
    return finish(c, CY_OTA_STATE_AGENT_WAITING, CY_RSLT_OTA_ERROR_BLE_GATT);
}

cy_rslt_t cy_ota_ble_download(cy_ota_context_ptr ota_ptr, wiced_bt_gatt_event_data_t *p_req,
                              uint16_t bt_conn_id, uint16_t bt_config_descriptor)
{
    const wiced_bt_gatt_write_req_t *w = write_of(p_req);
    struct compat *c;
    cy_rslt_t result = w == NULL ? CY_RSLT_OTA_ERROR_BADARG : enter(ota_ptr, &c);

    if (result != CY_RSLT_SUCCESS) {
        return result;
    }
    if (is_complete(c)) {
        return leave(c, CY_OTA_STATE_OTA_COMPLETE, CY_RSLT_OTA_ERROR_BLE_GATT);
    }
    set_answers(c, bt_conn_id, bt_config_descriptor);
    if (!command(c, CY_OTA_UPGRADE_COMMAND_DOWNLOAD, w)) {
        return leave(c, CY_OTA_STATE_AGENT_WAITING, CY_RSLT_OTA_ERROR_BLE_GATT);
    }
    return finish(c, CY_OTA_STATE_START_UPDATE, CY_RSLT_OTA_ERROR_BLE_GATT);
}

cy_rslt_t cy_ota_ble_download_write(cy_ota_context_ptr ota_ptr, wiced_bt_gatt_event_data_t *p_req)
{
    const wiced_bt_gatt_write_req_t *w = write_of(p_req);
    struct compat *c;
    cy_rslt_t result = w == NULL ? CY_RSLT_OTA_ERROR_BADARG : enter(ota_ptr, &c);

    if (result != CY_RSLT_SUCCESS) {
        return result;
    }
    if (is_complete(c)) {
        return leave(c, CY_OTA_STATE_OTA_COMPLETE, CY_RSLT_OTA_ERROR_BLE_GATT);
    }
    if (ota_ble_write(&c->ble, OTA_GATT_DATA, w->p_val, w->val_len) != OTA_ATT_OK &&
        ota_last_error(&c->agent) == 0) {
        return leave(c, CY_OTA_STATE_AGENT_WAITING, CY_RSLT_OTA_ERROR_BLE_GATT); /* after ABORT */
    }
    return finish(c, CY_OTA_STATE_DATA_DOWNLOAD, CY_RSLT_OTA_ERROR_BLE_GATT);
}

cy_rslt_t cy_ota_ble_download_verify(cy_ota_context_ptr ota_ptr, wiced_bt_gatt_event_data_t *p_req,
                                     uint16_t bt_conn_id)
{
    const wiced_bt_gatt_write_req_t *w = write_of(p_req);
    struct compat *c;
    cy_rslt_t result = w == NULL ? CY_RSLT_OTA_ERROR_BADARG : enter(ota_ptr, &c);

    if (result != CY_RSLT_SUCCESS) {
        return result;
    }
    if (is_complete(c)) {
        return leave(c, CY_OTA_STATE_OTA_COMPLETE, CY_RSLT_OTA_ERROR_BLE_VERIFY);
    }
    c->conn_id = bt_conn_id;
    __atomic_store_n(&c->state, (uint8_t)CY_OTA_STATE_VERIFY, __ATOMIC_RELEASE);
    if (!command(c, CY_OTA_UPGRADE_COMMAND_VERIFY, w)) {
        return leave(c, CY_OTA_STATE_AGENT_WAITING, CY_RSLT_OTA_ERROR_BLE_VERIFY);
    }
    /* The peer's confirmation is the application's to wait for. */
    while (ota_ble_is_busy(&c->ble)) {
        ota_ble_confirmed(&c->ble);
        (void)ota_ble_poll(&c->ble);
    }
    return finish(c, CY_OTA_STATE_OTA_COMPLETE, CY_RSLT_OTA_ERROR_BLE_VERIFY);
}

cy_rslt_t cy_ota_ble_download_abort(cy_ota_context_ptr ota_ptr)
{
    struct compat *c;
    cy_rslt_t result = enter(ota_ptr, &c);

    if (result != CY_RSLT_SUCCESS) {
        return result;
    }
    if (is_complete(c)) {
        return leave(c, CY_OTA_STATE_OTA_COMPLETE, CY_RSLT_SUCCESS);
    }
    (void)command(c, CY_OTA_UPGRADE_COMMAND_ABORT, NULL);
    return leave(c, CY_OTA_STATE_AGENT_WAITING, CY_RSLT_SUCCESS);
}

#endif
