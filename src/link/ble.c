/* SPDX-License-Identifier: Apache-2.0 */
#include "link/ble.h"

#include <string.h>

#include "base/crc32.h"
#include "base/le.h"
#include "ota/err.h"

#define CCCD_NOTIFY 0x0001u
#define CCCD_INDICATE 0x0002u

static struct ota_ble_link *link_of(struct ota_ble *ble)
{
    return (struct ota_ble_link *)(void *)ble->memory;
}

/* ---- Answers ----------------------------------------------------------------------------------*/

/* As the peer has asked for; without that there is no way to answer. */
static int answer(struct ota_ble_link *l, const void *value, size_t len)
{
    const struct ota_gatt *g = &l->config.gatt;

    if ((l->cccd & CCCD_NOTIFY) != 0) {
        return g->ops->notify(g->ctx, value, len);
    }
    if ((l->cccd & CCCD_INDICATE) != 0) {
        return g->ops->indicate(g->ctx, value, len);
    }
    return OTA_EPROTO;
}

static int answer_status(struct ota_ble_link *l, uint8_t status)
{
    return answer(l, &status, sizeof status);
}

/* The outcome of VERIFY is an indication, whatever was asked for. A peer that is gone or deaf
 * changes nothing about it. */
static void answer_outcome(struct ota_ble_link *l, uint8_t status)
{
    const struct ota_gatt *g = &l->config.gatt;

    l->is_confirmed = false;
    if (l->is_connected) {
        (void)g->ops->indicate(g->ctx, &status, sizeof status);
    }
}

/* ---- Ends -------------------------------------------------------------------------------------*/

static void end(struct ota_ble_link *l, int err)
{
    if (l->phase != OTA_BLE_IDLE) {
        l->phase = OTA_BLE_IDLE;
        l->host->close(l->arg, err);
    }
}

void ota_ble_link_fail(struct ota_ble_link *l, int err)
{
    bool is_outcome = l->phase == OTA_BLE_VERIFYING;

    if (l->phase == OTA_BLE_COMPLETE) {
        end(l, err); /* the peer has its answer */
        return;
    }
    end(l, err);
    if (is_outcome) {
        answer_outcome(l, OTA_GATT_BAD);
    } else {
        (void)answer_status(l, OTA_GATT_BAD); /* the error stands, heard or not */
    }
    l->is_told = true;
}

void ota_ble_link_finish(struct ota_ble_link *l)
{
    end(l, 0);
}

/* A command that went wrong. Where there is something to end it ends; an image that is being
 * checked or marked already is not the peer's to spoil. */
static enum ota_att refuse(struct ota_ble_link *l, int err)
{
    if (l->phase == OTA_BLE_VERIFYING || l->phase == OTA_BLE_COMPLETE) {
        return answer_status(l, OTA_GATT_BAD) == 0 ? OTA_ATT_OK : OTA_ATT_BAD_CCCD;
    }
    if (l->phase == OTA_BLE_IDLE) {
        l->host->refuse(l->arg, err);
    }
    end(l, err);
    return answer_status(l, OTA_GATT_BAD) == 0 ? OTA_ATT_OK : OTA_ATT_BAD_CCCD;
}

/* A success that the peer cannot hear of is none. */
static enum ota_att accept(struct ota_ble_link *l, const void *value, size_t len)
{
    int rc = answer(l, value, len);

    if (rc != 0) {
        end(l, rc);
    }
    return rc == 0 ? OTA_ATT_OK : OTA_ATT_BAD_CCCD;
}

static enum ota_att accept_status(struct ota_ble_link *l)
{
    const uint8_t ok = OTA_GATT_OK;

    return accept(l, &ok, sizeof ok);
}

/* ---- Commands ---------------------------------------------------------------------------------*/

/* Everything of an earlier transfer is forgotten. */
static int open(struct ota_ble_link *l)
{
    int rc;

    end(l, OTA_ESTOPPED);
    l->total = 0;
    l->off = 0;
    l->crc = 0;
    l->checked = 0;
    l->sig_len = 0;
    l->is_told = false;
    rc = l->host->open(l->arg);
    if (rc == 0) {
        l->phase = OTA_BLE_PREPARED;
    }
    return rc;
}

static int start(struct ota_ble_link *l, uint32_t size, bool go_on)
{
    uint32_t sig_len = l->config.key != NULL ? OTA_GATT_SIG_LEN : 0;

    if (size <= sig_len || size - sig_len > l->host->limit(l->arg)) {
        return OTA_ESIZE;
    }
    l->total = size - sig_len;
    return l->host->start(l->arg, l->total, go_on, &l->off);
}

static enum ota_att prepare(struct ota_ble_link *l)
{
    int rc = open(l);

    return rc == 0 ? accept_status(l) : refuse(l, rc);
}

static enum ota_att download(struct ota_ble_link *l, uint32_t size)
{
    int rc = l->phase == OTA_BLE_PREPARED ? start(l, size, false) : OTA_EPROTO;

    if (rc != 0) {
        return refuse(l, rc);
    }
    l->phase = OTA_BLE_LOADING;
    return accept_status(l);
}

static enum ota_att go_on(struct ota_ble_link *l, uint32_t size)
{
    int rc = open(l);

    if (rc == 0) {
        rc = start(l, size, true);
    }
    if (rc != 0) {
        return refuse(l, rc);
    }
    l->phase = OTA_BLE_RESUMING; /* the answer follows */
    return OTA_ATT_OK;
}

/* Where something is wrong with VERIFY, its own way to answer is kept to. */
static enum ota_att verify(struct ota_ble_link *l, uint32_t crc)
{
    bool is_secure = l->config.key != NULL;
    int rc = 0;

    if (l->phase != OTA_BLE_LOADING) {
        return refuse(l, OTA_EPROTO);
    }
    if (l->off != l->total || (is_secure && l->sig_len != OTA_GATT_SIG_LEN)) {
        rc = OTA_EINCOMPLETE;
    } else if (!is_secure && crc != l->crc) {
        rc = OTA_EHASH;
    }
    l->phase = OTA_BLE_VERIFYING;
    if (rc == 0) {
        rc = l->host->begin_verify(l->arg, is_secure ? l->sig : NULL);
    }
    if (rc != 0) {
        ota_ble_link_fail(l, rc);
    }
    return OTA_ATT_OK;
}

static enum ota_att abort_transfer(struct ota_ble_link *l)
{
    if (l->phase != OTA_BLE_COMPLETE) {
        end(l, OTA_ESTOPPED);
    }
    l->is_told = true; /* data still on its way is no news */
    return OTA_ATT_OK;
}

static enum ota_att take_command(struct ota_ble_link *l, const uint8_t *raw, size_t len)
{
    struct ota_gatt_command c;
    int rc = ota_gatt_command_decode(raw, len, &c);
    bool is_settling = l->phase == OTA_BLE_VERIFYING || l->phase == OTA_BLE_COMPLETE;

    if (rc == OTA_ENOTSUP) { /* harmless, such as a question of the older numbering */
        return answer_status(l, OTA_GATT_BAD) == 0 ? OTA_ATT_OK : OTA_ATT_BAD_CCCD;
    }
    if (rc != 0) {
        return refuse(l, rc);
    }
    if (c.op == OTA_GATT_ABORT) {
        return abort_transfer(l);
    }
    if (is_settling) {
        return refuse(l, OTA_EPROTO);
    }
    switch (c.op) {
    case OTA_GATT_PREPARE:
        return prepare(l);
    case OTA_GATT_DOWNLOAD:
        return download(l, c.arg);
    case OTA_GATT_RESUME:
        return go_on(l, c.arg);
    default:
        return verify(l, c.arg);
    }
}

/* ---- Data -------------------------------------------------------------------------------------*/

/* One BAD for all the data that follows a failure: a peer that does not wait has more under way. */
static enum ota_att refuse_data(struct ota_ble_link *l, int err)
{
    if (l->phase == OTA_BLE_VERIFYING || l->phase == OTA_BLE_COMPLETE ||
        (l->phase == OTA_BLE_IDLE && l->is_told)) {
        return OTA_ATT_REFUSED;
    }
    (void)refuse(l, err); /* the response of this write says it, too */
    l->is_told = true;
    return OTA_ATT_REFUSED;
}

static enum ota_att take_data(struct ota_ble_link *l, const uint8_t *data, size_t len)
{
    uint32_t image_left = l->total - l->off;
    uint32_t sig_left = l->config.key != NULL ? OTA_GATT_SIG_LEN - l->sig_len : 0;
    uint32_t n;
    int rc = 0;

    if (l->phase != OTA_BLE_LOADING) {
        return refuse_data(l, OTA_EPROTO);
    }
    if (len > OTA_GATT_VALUE_MAX || (len > image_left && len - image_left > sig_left)) {
        return refuse_data(l, OTA_ESIZE);
    }
    n = len < image_left ? (uint32_t)len : image_left;
    if (n > 0) {
        rc = l->host->data(l->arg, data, n);
    }
    if (rc != 0) {
        return refuse_data(l, rc);
    }
    l->crc = ota_crc32(OTA_CRC32_POLY, l->crc, data, len);
    l->off += n;
    memcpy(l->sig + l->sig_len, data + n, len - n);
    l->sig_len = (uint8_t)(l->sig_len + (len - n));
    return OTA_ATT_OK;
}

/* ---- What takes longer ------------------------------------------------------------------------*/

static bool step_resume(struct ota_ble_link *l)
{
    uint8_t raw[OTA_GATT_RESUME_ANSWER_LEN];
    int n;

    if (l->checked < l->off) {
        n = l->host->check_stored(l->arg, l->checked, l->off - l->checked, &l->crc);
        if (n < 0) {
            ota_ble_link_fail(l, n);
            return false;
        }
        l->checked += (uint32_t)n;
        return true;
    }
    l->phase = OTA_BLE_LOADING;
    ota_gatt_resume_encode(l->off, l->crc, raw);
    (void)accept(l, raw, sizeof raw); /* ends the transfer itself if nobody listens */
    return false;
}

bool ota_ble_link_step(struct ota_ble_link *l)
{
    int rc;

    if (l->phase == OTA_BLE_RESUMING) {
        return step_resume(l);
    }
    if (l->phase != OTA_BLE_VERIFYING) {
        return false;
    }
    rc = l->host->verify(l->arg);
    if (rc < 0) {
        ota_ble_link_fail(l, rc);
    } else if (rc == 0) {
        l->phase = OTA_BLE_COMPLETE;
        answer_outcome(l, OTA_GATT_OK);
    }
    return rc > 0;
}

/* ---- The application's side -------------------------------------------------------------------*/

void ota_ble_link_init(struct ota_ble_link *l, const struct ota_ble_config *config,
                       const struct ota_ble_host *host, void *arg)
{
    memset(l, 0, sizeof *l);
    l->config = *config;
    l->host = host;
    l->arg = arg;
    l->mtu = OTA_GATT_MTU_MIN;
}

void ota_ble_connected(struct ota_ble *ble, uint16_t mtu)
{
    struct ota_ble_link *l = link_of(ble);

    l->is_connected = true;
    l->is_told = false;
    l->cccd = 0;
    ota_ble_mtu(ble, mtu);
}

void ota_ble_mtu(struct ota_ble *ble, uint16_t mtu)
{
    link_of(ble)->mtu = mtu > OTA_GATT_MTU_MIN ? mtu : OTA_GATT_MTU_MIN;
}

void ota_ble_disconnected(struct ota_ble *ble)
{
    struct ota_ble_link *l = link_of(ble);

    l->is_connected = false;
    l->is_confirmed = true; /* there is nobody to wait for */
    l->cccd = 0;
    if (l->phase != OTA_BLE_VERIFYING && l->phase != OTA_BLE_COMPLETE) {
        end(l, OTA_EDROPPED);
    }
}

void ota_ble_confirmed(struct ota_ble *ble)
{
    link_of(ble)->is_confirmed = true;
}

enum ota_att ota_ble_write(struct ota_ble *ble, enum ota_gatt_value value, const void *data,
                           size_t len)
{
    struct ota_ble_link *l = link_of(ble);

    switch (value) {
    case OTA_GATT_CONTROL:
        return take_command(l, data, len);
    case OTA_GATT_DATA:
        return take_data(l, data, len);
    case OTA_GATT_CCCD:
        if (len != 2) {
            return OTA_ATT_INVALID_LENGTH;
        }
        l->cccd = ota_get_le16(data);
        return OTA_ATT_OK;
    default:
        return OTA_ATT_WRITE_NOT_PERMITTED;
    }
}

enum ota_att ota_ble_read(struct ota_ble *ble, enum ota_gatt_value value, void *buf, size_t cap,
                          size_t *len)
{
    struct ota_ble_link *l = link_of(ble);
    struct ota_gatt_info info;
    int n;

    if (value != OTA_GATT_INFO) {
        return OTA_ATT_READ_NOT_PERMITTED;
    }
    memset(&info, 0, sizeof info);
    l->host->info(l->arg, &info);
    info.mtu = l->mtu;
    info.flags = l->config.key != NULL ? OTA_GATT_INFO_SECURE : 0;
    n = ota_gatt_info_encode(&info, buf, cap);
    if (n < 0) {
        return OTA_ATT_INVALID_LENGTH;
    }
    *len = (size_t)n;
    return OTA_ATT_OK;
}

bool ota_ble_is_busy(const struct ota_ble *ble)
{
    const struct ota_ble_link *l = (const struct ota_ble_link *)(const void *)ble->memory;

    return l->phase != OTA_BLE_IDLE;
}
