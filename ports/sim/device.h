/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device that an application runs on: slots, system services and watchdog of a board on a
 * host. The application is a process that ota-board started, or one that was started by hand with
 * the paths as arguments.
 *
 * Host code: uses the heap, one thread at a time (ota_sim_watchdog_kick: any thread).
 */
#ifndef OTA_SIM_DEVICE_H
#define OTA_SIM_DEVICE_H

#include "ota/port.h"
#include "ota/slot.h"
#include "ota/version.h"
#include "sim/board.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How an application that was started by ota-board ends: 0 is power off, anything else a reset.
 * This value is a reset that it asked for. */
#define OTA_SIM_EXIT_RESET 85

/* The environment that ota-board gives to the application. */
#define OTA_SIM_ENV_BOARD "OTA_SIM_BOARD" /* path of the board file */
#define OTA_SIM_ENV_FLASH "OTA_SIM_FLASH" /* directory of the flash files */
#define OTA_SIM_ENV_FD "OTA_SIM_FD"       /* descriptor of the memory below */
#define OTA_SIM_ENV_KEY "OTA_SIM_KEY"     /* path of the public key that images are signed for */

#define OTA_SIM_ENV_DECRYPT "OTA_SIM_DECRYPT" /* path of the private key they are encrypted for */
#define OTA_SIM_ENV_KEYLEN "OTA_SIM_KEYLEN"   /* bits of their AES keys: 128 or 256 */

#define OTA_SIM_SHARED_MAGIC 0x6f746173u

/* Memory that ota-board and the application share. Outlives either of them. */
struct ota_sim_shared {
    uint32_t magic;
    uint32_t torn;    /* the cut is a torn operation */
    uint64_t ops;     /* flash operations since the run began */
    uint64_t cut_at;  /* operation at which the power goes, or OTA_NOR_NO_CUT */
    uint64_t cuts;    /* times it went in the application */
    uint64_t kick_ms; /* CLOCK_MONOTONIC of the watchdog's last kick; atomic access only */
    uint32_t slot;    /* that the application was started from: 0 primary, 1 secondary */
};

struct ota_sim_device {
    struct ota_board *board;    /* board->board is the name for job documents */
    struct ota_slot primary;    /* that the application runs from; may be the board's secondary */
    struct ota_slot secondary;  /* the other one */
    struct ota_slot primary2;   /* of the second image; area.flash is NULL without one */
    struct ota_slot secondary2; /* likewise */
    struct ota_area journal;    /* the board's area of that name; flash is NULL without one */
    struct ota_system system;
    const char *key_file;          /* public key, PEM or DER; NULL: none is known */
    const char *decrypt_file;      /* private key for encrypted images, likewise */
    uint8_t decrypt_key_len;       /* bytes of their AES keys: 16 or 32 */
    struct ota_sim_shared *shared; /* NULL if ota-board did not start this process */
};

/*
 * Opens the device. board_file and flash_dir NULL: as ota-board passed them in the environment.
 * Under ota-board standard output becomes line-buffered, as a serial console shows lines. On
 * failure err gets a sentence for people: OTA_EARG if there is no board to open, else the errors
 * of ota_board_load and ota_board_open_flash. The address of d must stay.
 */
int ota_sim_device_open(struct ota_sim_device *d, const char *board_file, const char *flash_dir,
                        char *err, size_t err_cap);

/* Releases what open took. Also after a failed open. */
void ota_sim_device_close(struct ota_sim_device *d);

/* Version in the header of the image that runs. 0, the errors of
 * ota_image_header_decode, or a flash error. */
int ota_sim_device_version(const struct ota_sim_device *d, struct ota_version *out);

/* Keeps the watchdog from resetting the device for another watchdog_ms of the board. */
void ota_sim_watchdog_kick(struct ota_sim_device *d);

/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t ota_sim_now_ms(void);

#ifdef __cplusplus
}
#endif
#endif
