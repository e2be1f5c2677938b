/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Bluetooth LE central over BlueZ's D-Bus interfaces, with just what the update service needs.
 * Calls wait, within limits; all but scan fail with OTA_EDROPPED once the connection is gone.
 */
#ifndef OTA_BLE_CENTRAL_H
#define OTA_BLE_CENTRAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sd_bus;

#define CENTRAL_PATH 192u
#define CENTRAL_DEVICES 32u
#define CENTRAL_NOTES 8u

struct central_device {
    char path[CENTRAL_PATH];
    char address[24];
    char name[64];
    int16_t rssi;   /* dBm; 0: not known */
    bool is_ours;   /* offers the update service, plain or secure */
    bool is_secure; /* the secure one */
    bool is_connected;
    bool is_resolved; /* its services are known */
};

/* A value that the control point has sent. */
struct central_note {
    uint8_t value[16];
    uint8_t len;
};

struct central {
    struct sd_bus *bus;
    char adapter[CENTRAL_PATH];
    struct central_device devices[CENTRAL_DEVICES];
    unsigned n_devices;
    struct central_device device; /* that is connected */
    char control[CENTRAL_PATH];   /* its characteristics; "": it lacks it */
    char data[CENTRAL_PATH];
    char info[CENTRAL_PATH];
    struct central_note notes[CENTRAL_NOTES];
    unsigned n_notes;
    uint16_t mtu;  /* 0: not known */
    int data_fd;   /* for writes without response; -1: with response, through calls */
    bool is_stale; /* devices and characteristics have changed */
    char why[256]; /* of the last failure, for people */
};

/* Connects to D-Bus and looks for the adapter ("hci0"). 0 or OTA_ECONNECT. */
int central_open(struct central *c, const char *adapter);
void central_close(struct central *c);

/* Listens for up to ms and fills devices; ends early when a device named so (NULL: none) shows
 * up. */
int central_scan(struct central *c, const char *name, unsigned ms);

/* The device with this address or name, or without a name the only one that offers the service;
 * NULL, with the reason in why. */
const struct central_device *central_find(struct central *c, const char *name);

/* Connects and finds the service. OTA_ECONNECT; OTA_ENOTSUP if it has none. */
int central_connect(struct central *c, const struct central_device *device, unsigned ms);
void central_disconnect(struct central *c);

/* Switches notifications of the control point on. */
int central_subscribe(struct central *c);

/* Prepares writes to the data characteristic: without response where possible, if wanted. */
int central_open_data(struct central *c, bool without_response);

/* Writes a command and waits for the write's response. OTA_EREFUSED if the device says no. */
int central_command(struct central *c, const void *data, size_t len);

/* Writes data: without response it waits until there is room for it. OTA_EREFUSED likewise. */
int central_data(struct central *c, const void *data, size_t len);

/* Waits until all data has been taken over by BlueZ. */
int central_drain(struct central *c);

/* Reads the information characteristic. Length, or OTA_ENOTSUP if the device has none. */
int central_info(struct central *c, void *buf, size_t cap);

/* Takes the oldest value that the control point has sent, waiting up to ms. OTA_ETIMEOUT. */
int central_note(struct central *c, struct central_note *out, unsigned ms);

#endif
