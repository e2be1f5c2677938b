/* SPDX-License-Identifier: Apache-2.0 */
/* The example application's Bluetooth side: the agent's update service in BlueZ. */
#ifndef EXAMPLE_BLE_H
#define EXAMPLE_BLE_H

#include "bluez/peripheral.h"

struct ble {
    struct ota_bluez *bluez; /* NULL: not used */
    struct ota_ble service;
    int fd; /* readable when a peer wants something; -1: not used */
    bool is_told;
};

/* Offers the service under a name. key NULL: the plain service. 0, or an error that it has told. */
int ble_open(struct ble *b, struct ota_agent *agent, const char *name, const struct ota_key *key);

/* Call before each wait. Milliseconds until the next call at the latest. */
uint32_t ble_poll(struct ble *b);

void ble_close(struct ble *b);

#endif
