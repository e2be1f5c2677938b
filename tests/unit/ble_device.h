/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device with a Bluetooth side in memory, and what it says to its peer. Time is virtual. Used by
 * unit tests, the fuzz target and the benchmark; cryptography is the caller's.
 */
#ifndef OTA_TEST_UNIT_BLE_DEVICE_H
#define OTA_TEST_UNIT_BLE_DEVICE_H

#include <stdio.h>
#include <string.h>

#include "ota/gatt.h"
#include "unit/ram_flash.h"

#define BLE_BOARD "CY8CPROTO_062_4343W"
#define BLE_SLOT 32768u
#define BLE_JOURNAL 8192u

/* What the device has sent: one line for each value, "N 00" or "I 01". */
struct ble_said {
    char text[512];
    size_t len;
    bool is_deaf; /* the stack refuses to send */
};

struct ble_device {
    struct ram_flash flash;
    struct ota_slot primary, secondary;
    struct ota_area journal;
    struct ota_config config;
    struct ota_ble_config ble_config;
    struct ota_agent agent;
    struct ota_ble ble;
    struct ble_said said;
    uint64_t work[OTA_WORK_LEN(8) / 8];
    uint64_t now_ms;
    int n_resets;
};

static inline uint64_t ble_device_now(void *ctx)
{
    const struct ble_device *d = ctx;

    return d->now_ms;
}

static inline int ble_device_random(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    memset(buf, 0x5a, len);
    return 0;
}

static inline void ble_device_reset(void *ctx)
{
    struct ble_device *d = ctx;

    d->n_resets++;
}

static inline int ble_device_say(struct ble_said *s, char how, const uint8_t *value, size_t len)
{
    if (s->is_deaf) {
        return OTA_EDROPPED;
    }
    if (sizeof s->text - s->len < 2 * len + 4) {
        s->len = 0; /* nobody looks at that much */
    }
    s->text[s->len++] = how;
    s->text[s->len++] = ' ';
    for (size_t i = 0; i < len; i++) {
        (void)snprintf(s->text + s->len, 3, "%02x", value[i]);
        s->len += 2;
    }
    s->text[s->len++] = '\n';
    s->text[s->len] = '\0';
    return 0;
}

static inline int ble_device_notify(void *ctx, const void *value, size_t len)
{
    return ble_device_say(ctx, 'N', value, len);
}

static inline int ble_device_indicate(void *ctx, const void *value, size_t len)
{
    return ble_device_say(ctx, 'I', value, len);
}

/* Bytes of what surrounds the payload of an image: header, and hash or board and hash. */
#define BLE_IMAGE_EXTRA (32u + 40u)

/* An image of exactly len bytes, made for board (NULL: does not say). */
static inline void ble_image(const struct ota_crypto *c, uint8_t *out, uint32_t len, uint8_t minor,
                             const char *board)
{
    static const uint8_t info[8] = {0x07, 0x69, 40, 0, OTA_TLV_SHA256, 0, 32, 0};
    size_t board_len = board == NULL ? 0 : strlen(board);
    uint16_t prot = board == NULL ? 0 : (uint16_t)(8 + board_len);
    struct ota_image_header h = {.header_size = 32,
                                 .protected_size = prot,
                                 .payload_size = len - BLE_IMAGE_EXTRA - prot,
                                 .version = {.major = 1, .minor = minor}};
    uint8_t *tlv = out + len - 40;

    ota_image_header_encode(&h, out);
    for (uint32_t i = 32; i < len - 40; i++) {
        out[i] = (uint8_t)(i * 7 + 1 + minor);
    }
    if (board != NULL) {
        const uint8_t head[8] = {0x08,          0x69, (uint8_t)prot,      0,
                                 OTA_TLV_BOARD, 0,    (uint8_t)board_len, 0};

        memcpy(tlv - prot, head, sizeof head);
        memcpy(tlv - prot + 8, board, board_len);
    }
    memcpy(tlv, info, sizeof info);
    (void)c->ops->sha256(c->ctx, OTA_HASH_INIT, NULL, 0, NULL);
    (void)c->ops->sha256(c->ctx, OTA_HASH_UPDATE, out, len - 40, NULL);
    (void)c->ops->sha256(c->ctx, OTA_HASH_FINISH, NULL, 0, tlv + 8);
}

/* Power on: what is in RAM is gone. */
static inline int ble_device_boot(struct ble_device *d)
{
    int rc = ota_init(&d->agent, &d->config);

    d->said.len = 0;
    d->said.text[0] = '\0';
    return rc != 0 ? rc : ota_ble_init(&d->ble, &d->agent, &d->ble_config);
}

/* A device that runs version 1.0.0, without a network. Set more of config before booting. */
static inline void ble_device_init(struct ble_device *d, const struct ota_crypto *crypto)
{
    static const struct ota_system_ops system_ops = {
        .now_ms = ble_device_now, .random = ble_device_random, .reset = ble_device_reset};
    static const struct ota_gatt_ops gatt_ops = {ble_device_notify, ble_device_indicate};

    memset(d, 0, sizeof *d);
    ram_flash_init(&d->flash, 2 * BLE_SLOT + BLE_JOURNAL, 4096, 8, 0xff);
    d->primary.area = (struct ota_area){&d->flash.flash, 0, BLE_SLOT};
    d->secondary.area = (struct ota_area){&d->flash.flash, BLE_SLOT, BLE_SLOT};
    d->journal = (struct ota_area){&d->flash.flash, 2 * BLE_SLOT, BLE_JOURNAL};
    ble_image(crypto, d->flash.mem, 200, 0, NULL);
    d->config.board = BLE_BOARD;
    d->config.primary = &d->primary;
    d->config.secondary = &d->secondary;
    d->config.journal = &d->journal;
    d->config.trust.crypto = crypto;
    d->config.system.ops = &system_ops;
    d->config.system.ctx = d;
    d->config.transport = OTA_TRANSPORT_BLE;
    d->config.work = d->work;
    d->config.work_len = sizeof d->work;
    d->ble_config.gatt.ops = &gatt_ops;
    d->ble_config.gatt.ctx = &d->said;
}

/* A peer comes, and asks for notifications and indications. */
static inline void ble_device_connect(struct ble_device *d, uint16_t mtu)
{
    ota_ble_connected(&d->ble, mtu);
    (void)ota_ble_write(&d->ble, OTA_GATT_CCCD, "\x03", 2);
}

/* Polls until there is nothing more to do at once. */
static inline void ble_device_settle(struct ble_device *d)
{
    while (ota_ble_poll(&d->ble) == 0) {
    }
}

static inline enum ota_att ble_device_command(struct ble_device *d, uint8_t op, uint32_t arg)
{
    const uint8_t raw[5] = {op, (uint8_t)arg, (uint8_t)(arg >> 8), (uint8_t)(arg >> 16),
                            (uint8_t)(arg >> 24)};
    size_t len = op == 2 || op == 3 || op == 0x20 ? 5 : 1;
    enum ota_att att = ota_ble_write(&d->ble, OTA_GATT_CONTROL, raw, len);

    ble_device_settle(d);
    return att;
}

/* Writes data in blocks until one is refused. */
static inline enum ota_att ble_device_data(struct ble_device *d, const uint8_t *data, size_t len,
                                           size_t block)
{
    enum ota_att att = OTA_ATT_OK;

    for (size_t off = 0; att == OTA_ATT_OK && off < len; off += block) {
        att = ota_ble_write(&d->ble, OTA_GATT_DATA, data + off,
                            len - off < block ? len - off : block);
    }
    return att;
}

static inline bool ble_device_is_pending(const struct ble_device *d)
{
    struct ota_trailer t;

    return ota_slot_read_trailer(&d->secondary, &t) == 0 && t.magic == OTA_FIELD_SET;
}

#endif
