/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The update service on Linux: a GATT application and an advertisement in BlueZ (5.56 or later),
 * over the system's D-Bus. Host code: uses the heap; everything runs on the agent's thread.
 *
 *     ota_bluez_open, ota_ble_init with ota_bluez_gatt, ota_bluez_serve, then in the main loop
 *     ota_bluez_poll before ota_ble_poll; input on ota_bluez_fd ends a wait.
 */
#ifndef OTA_BLUEZ_PERIPHERAL_H
#define OTA_BLUEZ_PERIPHERAL_H

#include "ota/gatt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The service in BlueZ. */
struct ota_bluez;

/* How the device shows itself. */
struct ota_bluez_options {
    const char *adapter; /* NULL: "hci0" */
    const char *name;    /* in the advertisement; NULL: the adapter's */
    bool is_secure;      /* ota_ble_config.key is set */
};

/* Connects to D-Bus. 0; OTA_ENOSPC; OTA_ECONNECT, with a sentence for people in why. */
int ota_bluez_open(struct ota_bluez **out, const struct ota_bluez_options *options, char *why,
                   size_t why_cap);

/* Disconnects and releases. NULL is fine. */
void ota_bluez_close(struct ota_bluez *b);

/* How to notify, for ota_ble_config. BlueZ sends a notification or an indication by what the peer
 * has asked for. Valid as long as b. */
void ota_bluez_gatt(struct ota_bluez *b, struct ota_gatt *out);

/*
 * Offers the service to peers, and passes their events to ble from now on; again by itself when
 * bluetoothd restarts. 0, or OTA_ECONNECT if D-Bus is gone.
 */
int ota_bluez_serve(struct ota_bluez *b, struct ota_ble *ble);

/* Somebody other than an ota_ble who takes a peer's events: the functions of ota/gatt.h with a
 * context. All are required, and are called from ota_bluez_poll. */
struct ota_bluez_server {
    void (*connected)(void *ctx, uint16_t mtu); /* a peer is there */
    void (*mtu)(void *ctx, uint16_t mtu);       /* of its connection */
    void (*disconnected)(void *ctx);            /* it is gone; also when none was there */
    /* It has written a value. */
    enum ota_att (*write)(void *ctx, enum ota_gatt_value value, const void *data, size_t len);
    /* It reads a value. */
    enum ota_att (*read)(void *ctx, enum ota_gatt_value value, void *buf, size_t cap, size_t *len);
    void (*confirmed)(void *ctx); /* it has confirmed an indication */
};

/* As ota_bluez_serve, for such a server. It and ctx stay valid. */
int ota_bluez_serve_with(struct ota_bluez *b, const struct ota_bluez_server *server, void *ctx);

/* Handles what has come; never waits. 0, or OTA_ECONNECT if D-Bus is gone. */
int ota_bluez_poll(struct ota_bluez *b);

/* Readable when there is something to handle. */
int ota_bluez_fd(const struct ota_bluez *b);

/* True while BlueZ offers the service; else *why says why not, or that it was not answered yet.
 * Static until the next poll. */
bool ota_bluez_is_served(const struct ota_bluez *b, const char **why);

#ifdef __cplusplus
}
#endif
#endif
