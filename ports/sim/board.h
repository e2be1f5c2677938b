/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Board files: the flash of a board, how its bootloader uses it, and its devices as files.
 *
 * A board file is JSON; docs/boards.md describes it field by field. Everything in it is checked
 * when it is loaded, so that the numbers in these structs can be relied on.
 *
 * Host code: uses the heap, not thread-safe.
 */
#ifndef OTA_SIM_BOARD_H
#define OTA_SIM_BOARD_H

#include "ota/port.h"
#include "ota/slot.h"
#include "sim/nor.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_BOARD_NAME_MAX 64 /* any name, with its NUL */
#define OTA_BOARD_DEVICES_MAX 4
#define OTA_BOARD_AREAS_MAX 12
#define OTA_BOARD_KEYS_MAX 8

struct ota_board_device {
    char name[OTA_BOARD_NAME_MAX];
    uint32_t base;                /* address of its first byte, for messages */
    bool erase_rounds_out;        /* areas may begin or end inside of an erase unit */
    struct ota_nor_config config; /* geometry and timing; file name while open */
    char *path;                   /* DIR/NAME.bin while open */
    bool is_open;
    struct ota_nor nor;     /* counters, fault text */
    struct ota_flash flash; /* geometry from load on; usable while open */
    struct ota_nor_region regions[OTA_BOARD_AREAS_MAX];
};

struct ota_board_area {
    char name[OTA_BOARD_NAME_MAX];
    size_t device; /* index into devices */
    uint32_t off;
    uint32_t size;
    size_t region; /* index into the device's regions */
};

/* What the board's bootloader was built with. */
struct ota_board_boot {
    /* overwrite, overwrite-fast, swap-scratch, swap-move, swap-offset, swap-status-scratch,
     * direct-xip or direct-xip-revert */
    char mode[OTA_BOARD_NAME_MAX];
    char version[OTA_BOARD_NAME_MAX]; /* MCUboot's: "2.4.0", "1.7.2-cypress" */
    uint8_t align;                    /* maximum alignment: 8, 16, 32 */
    uint32_t max_sectors;
    bool validate_primary;
    enum ota_sig_type signature;
    char *keys[OTA_BOARD_KEYS_MAX]; /* paths of public keys (PEM or DER), in the file's order */
    size_t n_keys;                  /* relative ones start at the board file's directory */
};

struct ota_board {
    char name[OTA_BOARD_NAME_MAX];  /* of this description */
    char board[OTA_BOARD_NAME_MAX]; /* of the board in job documents; the same unless given */
    uint32_t header_size;           /* of images, where the application starts in its slot */
    uint32_t watchdog_ms;           /* started by the bootloader; 0: none */
    struct ota_board_device devices[OTA_BOARD_DEVICES_MAX];
    size_t n_devices;
    struct ota_board_area areas[OTA_BOARD_AREAS_MAX];
    size_t n_areas;
    struct ota_board_boot boot;
    struct ota_nor_power power; /* of all devices: where to set a cut before or after opening */
};

/*
 * Loads a board file. 0 and *out, to be freed with ota_board_free; OTA_EFORMAT if it is not a
 * board, OTA_ELIMIT if it is too large, OTA_EARG if it cannot be read, OTA_ENOSPC without memory.
 * On failure err gets a sentence with the place in the file.
 */
int ota_board_load(const char *path, struct ota_board **out, char *err, size_t err_cap);

struct ota_board_text {
    const char *text; /* need not end with a NUL */
    size_t len;
    const char *name; /* of the file, for messages; relative key paths start at its directory */
};

/* The same from text in memory. */
int ota_board_parse(const struct ota_board_text *text, struct ota_board **out, char *err,
                    size_t err_cap);

/*
 * Opens DIR/<device>.bin for every device; dir and missing files are created, the files full of
 * erased bytes. read_only: the devices are copies in memory; nothing on disk is changed or
 * created. dir NULL: memory only, all erased. 0 or the errors of ota_nor_open.
 */
int ota_board_open_flash(struct ota_board *b, const char *dir, bool read_only, char *err,
                         size_t cap);

/* Has the board a second image, in areas primary2 and secondary2? */
bool ota_board_has_second(const struct ota_board *b);

/* The area of that name. 0 or OTA_EARG if the board has none. */
int ota_board_area(const struct ota_board *b, const char *name, struct ota_area *out);

/* The primary or secondary slot as the application uses it: with swap-offset, the secondary one is
 * without its first unit. 0 or OTA_EARG. */
int ota_board_slot(const struct ota_board *b, const char *name, struct ota_slot *out);

/* Operations on an area since the devices were opened; NULL if the board has no such area. */
const struct ota_nor_count *ota_board_count(const struct ota_board *b, const char *name);

/* Address of an area's first byte; 0 if the board has none of that name. */
uint32_t ota_board_address(const struct ota_board *b, const char *name);

/* Bytes of a slot that images can use, header to TLVs: what the trailers leave. A bootloader may
 * take a little less (ota_boot_max_image). */
uint32_t ota_board_max_image(const struct ota_board *b);

/* Erases every unit that the area has a byte in. 0, OTA_EARG or a flash error. */
int ota_board_erase(const struct ota_board *b, const char *name);

/* What a debug probe does: erases the area, then writes len bytes from its start, or from its
 * second unit if it is the secondary slot of swap-offset. 0, OTA_EARG, OTA_ESIZE if they do not fit
 * (nothing is changed then), or a flash error. */
int ota_board_program(const struct ota_board *b, const char *name, const void *data, size_t len);

/* The last refusal of any of the devices, for people; empty if there was none. */
const char *ota_board_fault(const struct ota_board *b);

/* Name of a signature type as board files have it ("ec256"). Never NULL. */
const char *ota_board_signature_name(enum ota_sig_type type);

/* Closes the devices and frees the board. NULL is allowed. */
void ota_board_free(struct ota_board *b);

#ifdef __cplusplus
}
#endif
#endif
