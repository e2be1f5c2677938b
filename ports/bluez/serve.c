/* SPDX-License-Identifier: Apache-2.0 */
#include "bluez/peripheral.h"

/* The library's functions as a server: their first argument is the context. */
static void ble_connected(void *ctx, uint16_t mtu)
{
    ota_ble_connected(ctx, mtu);
}

static void ble_mtu(void *ctx, uint16_t mtu)
{
    ota_ble_mtu(ctx, mtu);
}

static void ble_disconnected(void *ctx)
{
    ota_ble_disconnected(ctx);
}

static enum ota_att ble_write(void *ctx, enum ota_gatt_value value, const void *data, size_t len)
{
    return ota_ble_write(ctx, value, data, len);
}

static enum ota_att ble_read(void *ctx, enum ota_gatt_value value, void *buf, size_t cap,
                             size_t *len)
{
    return ota_ble_read(ctx, value, buf, cap, len);
}

static void ble_confirmed(void *ctx)
{
    ota_ble_confirmed(ctx);
}

int ota_bluez_serve(struct ota_bluez *b, struct ota_ble *ble)
{
    static const struct ota_bluez_server server = {.connected = ble_connected,
                                                   .mtu = ble_mtu,
                                                   .disconnected = ble_disconnected,
                                                   .write = ble_write,
                                                   .read = ble_read,
                                                   .confirmed = ble_confirmed};

    return ota_bluez_serve_with(b, &server, ble);
}
