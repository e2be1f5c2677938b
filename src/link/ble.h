/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Bluetooth update protocol as seen by the device: which command may follow which, sizes, the
 * checksum, and the answers. What becomes of the bytes is the host's business: the agent's.
 */
#ifndef OTA_LINK_BLE_H
#define OTA_LINK_BLE_H

#include "codec/gatt.h"
#include "ota/gatt.h"

/* What the protocol has the agent do. All return 0 or a negative ota_err. */
struct ota_ble_host {
    /* PREPARE: the agent is this peer's from now on. */
    int (*open)(void *arg);
    /* Bytes that an image may have. */
    uint32_t (*limit)(void *arg);
    /* DOWNLOAD and RESUME: an image of total bytes; *off is where it is to go on (only with go_on
     * other than 0). */
    int (*start)(void *arg, uint32_t total, bool go_on, uint32_t *off);
    /* Stores the next bytes. */
    int (*data)(void *arg, const uint8_t *data, uint32_t len);
    /* Adds up to one chunk of what is stored at off to *crc; at most max bytes. Bytes added. */
    int (*check_stored)(void *arg, uint32_t off, uint32_t max, uint32_t *crc);
    /* The image is here; sig is the transfer's signature or NULL. */
    int (*begin_verify)(void *arg, const uint8_t *sig);
    /* Checks on. 1: call again. 0: the image is marked. */
    int (*verify)(void *arg);
    /* The push has ended: err says why, 0 if all is well. */
    void (*close)(void *arg, int err);
    /* A command was refused without ending anything. */
    void (*refuse)(void *arg, int err);
    void (*info)(void *arg, struct ota_gatt_info *out);
};

enum ota_ble_phase {
    OTA_BLE_IDLE,      /* no peer, or nothing asked for */
    OTA_BLE_PREPARED,  /* PREPARE came */
    OTA_BLE_RESUMING,  /* RESUME came; its answer waits for the checksum of what is stored */
    OTA_BLE_LOADING,   /* data is wanted */
    OTA_BLE_VERIFYING, /* VERIFY came; its answer waits for the check */
    OTA_BLE_COMPLETE,  /* the image is marked and the peer has been told */
};

struct ota_ble_link {
    struct ota_ble_config config;
    const struct ota_ble_host *host;
    void *arg;
    enum ota_ble_phase phase;
    uint32_t total;   /* bytes of the image, without the signature */
    uint32_t off;     /* bytes here; RESUMING: bytes to go on from */
    uint32_t crc;     /* of the transfer so far */
    uint32_t checked; /* RESUMING: bytes that crc is about */
    uint16_t mtu;
    uint16_t cccd;
    uint8_t sig_len; /* bytes of sig that are here */
    bool is_connected;
    bool is_confirmed; /* the last indication */
    bool is_told;      /* a refused data write has been answered with BAD; one is enough */
    uint8_t sig[OTA_GATT_SIG_LEN];
};

void ota_ble_link_init(struct ota_ble_link *l, const struct ota_ble_config *config,
                       const struct ota_ble_host *host, void *arg);

/* One step of what takes longer. True if there is more to do at once. */
bool ota_ble_link_step(struct ota_ble_link *l);

/* Ends what is under way, and tells the peer. */
void ota_ble_link_fail(struct ota_ble_link *l, int err);

/* Ends it after a success. */
void ota_ble_link_finish(struct ota_ble_link *l);

#endif
