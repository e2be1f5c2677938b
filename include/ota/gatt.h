/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Updates over Bluetooth LE: a peer (a phone, a PC, a web page) pushes an image.
 *
 * The library does not know the Bluetooth stack. The application registers the service below with
 * it, hands in what the peer writes, and sends what the library asks it to send. docs/ble.md shows
 * the sequence and every byte.
 *
 *     service          primary; the secure one instead if ota_ble_config.key is set
 *       control point  write, notify, indicate, with the descriptor 0x2902
 *       data           write, write without response
 *       information    read; an extension, peers of the original do not look for it
 *
 * All functions run on the agent's thread. A stack with a thread of its own queues its events.
 */
#ifndef OTA_GATT_H
#define OTA_GATT_H

#include "ota/agent.h"

#ifdef __cplusplus
extern "C" {
#endif

/* UUID of the plain service. The first four are the original's; on air the least significant byte
 * comes first. */
#define OTA_GATT_SERVICE_UUID "ae5d1e47-5c13-43a0-8635-82ad38a1381f"
/* UUID of the secure service. */
#define OTA_GATT_SECURE_SERVICE_UUID "c7261110-f425-447a-a1bd-9d7246768bd8"
/* UUID of the control point. */
#define OTA_GATT_CONTROL_UUID "a3dd50bf-f7a7-4e99-838e-570a086c661b"
/* UUID of the data characteristic. */
#define OTA_GATT_DATA_UUID "a2e86c7a-d961-4091-b74f-2409e72efe26"
/* UUID of the information characteristic. */
#define OTA_GATT_INFO_UUID "5b6f9e21-8f0a-4d3e-9a57-3c1d20c4b7e6"

/* The values that a peer can write or read. */
enum ota_gatt_value {
    OTA_GATT_CONTROL, /* value of the control point */
    OTA_GATT_CCCD,    /* its client characteristic configuration, 2 bytes */
    OTA_GATT_DATA,    /* value of the data characteristic */
    OTA_GATT_INFO,    /* value of the information characteristic */
};

/* What ota_ble_write and ota_ble_read answer with: the error codes of the attribute protocol. */
enum ota_att {
    OTA_ATT_OK = 0x00,
    OTA_ATT_READ_NOT_PERMITTED = 0x02,
    OTA_ATT_WRITE_NOT_PERMITTED = 0x03,
    OTA_ATT_INVALID_LENGTH = 0x0d,
    OTA_ATT_REFUSED = 0x80,  /* out of order, or the update has failed: see ota_last_error */
    OTA_ATT_BAD_CCCD = 0xfd, /* neither notifications nor indications are switched on */
};

#define OTA_GATT_VALUE_MAX 512u /* bytes of the longest value of an attribute */
#define OTA_GATT_MTU_MIN 23u    /* smallest MTU that a connection may have */

/* Longest value of the information characteristic. */
#define OTA_GATT_INFO_MAX (24u + OTA_BOARD_MAX)

/*
 * How the library sends the control point's value: at most 9 bytes, taken over before the function
 * returns. 0, or a negative ota_err if the stack refuses. A stack that chooses by what the peer has
 * switched on (BlueZ) does the same for both. Called from within ota_ble_write and ota_ble_poll.
 */
struct ota_gatt_ops {
    int (*notify)(void *ctx, const void *value, size_t len);   /* without confirmation */
    int (*indicate)(void *ctx, const void *value, size_t len); /* the peer confirms */
};

/* The Bluetooth stack as the library takes it. */
struct ota_gatt {
    const struct ota_gatt_ops *ops; /* the application's functions */
    void *ctx;                      /* goes to each of them */
};

/* Settings of the Bluetooth side. They and what they point to must stay. */
struct ota_ble_config {
    struct ota_gatt gatt; /* how to reach the peer; required */
    /*
     * NULL: the plain service. Else the secure one: the transfer ends with 64 bytes r | s, an
     * ECDSA-P256 signature over the SHA-256 of everything before, by this key (type
     * OTA_SIG_ECDSA_P256). The image's own signature is checked in both.
     */
    const struct ota_key *key;
};

#define OTA_BLE_LEN (128u + 16u * sizeof(void *)) /* bytes of its memory */

/* The Bluetooth side: the caller's memory, the library's from ota_ble_init on. It must not move. */
struct ota_ble {
    uint64_t memory[OTA_BLE_LEN / sizeof(uint64_t)]; /* private */
};

/*
 * Sets up the Bluetooth side of an agent that ota_init has set up. One peer at a time. The agent's
 * configuration says everything else: slots, trust, hook, record log, reboot. With the transport
 * OTA_TRANSPORT_BLE the agent begins no sessions of its own, and ota_poll has nothing to do; with
 * another one, sessions wait while a peer pushes, and a peer is refused while a session runs.
 * 0; OTA_EARG without functions, or if the key is of another type.
 */
int ota_ble_init(struct ota_ble *ble, struct ota_agent *agent, const struct ota_ble_config *config);

/* A peer is connected; mtu as negotiated so far, OTA_GATT_MTU_MIN if it is not known. */
void ota_ble_connected(struct ota_ble *ble, uint16_t mtu);

/* The MTU has changed. Peers read it from the information characteristic. */
void ota_ble_mtu(struct ota_ble *ble, uint16_t mtu);

/*
 * The peer is gone. What it has sent stays, and it can go on from there (command RESUME). An image
 * whose check has begun is checked and marked all the same.
 */
void ota_ble_disconnected(struct ota_ble *ble);

/*
 * The peer has written a value, with or without response; long writes are put together by the
 * stack. Data is stored before it returns, which may take as long as erasing what it touches.
 * Answers with OTA_ATT_OK or the error to respond with; commands that fail are answered with a
 * status BAD besides.
 */
enum ota_att ota_ble_write(struct ota_ble *ble, enum ota_gatt_value value, const void *data,
                           size_t len);

/* The peer reads the information characteristic: fills buf with *len bytes, at most cap
 * (OTA_GATT_INFO_MAX always fits). The stack serves parts of it to long reads. */
enum ota_att ota_ble_read(struct ota_ble *ble, enum ota_gatt_value value, void *buf, size_t cap,
                          size_t *len);

/* The peer has confirmed the last indication: after a success the device may restart. */
void ota_ble_confirmed(struct ota_ble *ble);

/*
 * One bounded step; never waits. Checks the image after VERIFY, ends a push whose peer has fallen
 * silent (timing.packet_s), and restarts the device after a success if config.reboot is set.
 * Returns the milliseconds that the caller may sleep before the next call, unless something comes.
 */
uint32_t ota_ble_poll(struct ota_ble *ble);

/* True from a peer's first command until its image is marked and told so, or has failed. */
bool ota_ble_is_busy(const struct ota_ble *ble);

#ifdef __cplusplus
}
#endif
#endif
