/* SPDX-License-Identifier: Apache-2.0 */
#include "ble.h"

#include <stdio.h>

#include "ota/err.h"

int ble_open(struct ble *b, struct ota_agent *agent, const char *name, const struct ota_key *key)
{
    const struct ota_bluez_options options = {.name = name, .is_secure = key != NULL};
    struct ota_ble_config config = {.key = key};
    char why[256];
    int rc = ota_bluez_open(&b->bluez, &options, why, sizeof why);

    if (rc != 0) {
        fprintf(stderr, "no Bluetooth: %s\n", why);
        return rc;
    }
    ota_bluez_gatt(b->bluez, &config.gatt);
    rc = ota_ble_init(&b->service, agent, &config);
    if (rc == 0) {
        rc = ota_bluez_serve(b->bluez, &b->service);
    }
    if (rc != 0) {
        fprintf(stderr, "no Bluetooth: %s (%s)\n", ota_err_text(rc), ota_err_name(rc));
        return rc;
    }
    b->fd = ota_bluez_fd(b->bluez);
    return 0;
}

uint32_t ble_poll(struct ble *b)
{
    const char *why;

    if (b->bluez == NULL) {
        return UINT32_MAX;
    }
    if (ota_bluez_poll(b->bluez) != 0) {
        fprintf(stderr, "Bluetooth is gone: D-Bus has closed the connection\n");
        ble_close(b);
        return UINT32_MAX;
    }
    if (!b->is_told && ota_bluez_is_served(b->bluez, &why)) {
        printf("ble: waiting for a peer\n");
        b->is_told = true;
    }
    return ota_ble_poll(&b->service);
}

void ble_close(struct ble *b)
{
    ota_bluez_close(b->bluez);
    b->bluez = NULL;
    b->fd = -1;
}
