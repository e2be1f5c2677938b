/* SPDX-License-Identifier: Apache-2.0 */
/* One update of one device: what is sent, in which order, and what is made of the answers. */
#ifndef OTA_BLE_UPDATE_H
#define OTA_BLE_UPDATE_H

#include "codec/gatt.h"
#include "ota-ble/central.h"
#include "ota/image.h"

struct update_config {
    const uint8_t *data; /* image, for the secure variant with its signature */
    uint32_t len;
    bool is_secure;
    bool with_response; /* wait for the response of each write */
    bool from_start;    /* do not go on with an earlier transfer */
    uint16_t block;     /* bytes of a write; 0: as much as the connection takes */
    void (*progress)(void *arg, uint32_t done, uint32_t total);
    void *arg;
};

struct update_report {
    uint32_t resumed_at; /* bytes that were there already */
    uint32_t block;      /* bytes of a write */
    unsigned waits;      /* times that an answer was waited for */
    double seconds;      /* from the first command to the verdict */
    int device_err;      /* why the device says BAD; 0: it does not tell */
};

/* What the device tells about itself; OTA_ENOTSUP if it is one of the original's. board needs
 * OTA_BOARD_MAX bytes. */
int update_read_info(struct central *c, struct ota_gatt_info *out, char *board);

/*
 * Transfers and has it verified. 0; OTA_EREFUSED if the device says BAD, *report then says more;
 * OTA_EDROPPED, OTA_ETIMEOUT, OTA_ESTOPPED (the transfer is aborted then).
 */
int update_run(struct central *c, const struct update_config *config, struct update_report *report);

/* Aborts whatever the device is doing for its peer. */
int update_abort(struct central *c);

#endif
