/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots and their trailers, byte-exact with MCUboot.
 *
 * The trailer lies at the end of a slot. With A the bootloader's maximum alignment (8, 16, 32)
 * and M = A rounded up to 16:
 *
 *     ... status | swap_size | swap_info | copy_done | image_ok | magic (16 bytes) | end
 *
 *     magic: end - 16     image_ok: end - M - A     copy_done: end - M - 2A
 *     swap_info: end - M - 3A                       swap_size: end - M - 4A
 *
 * Each field has write units of its own so that it can be programmed separately.
 */
#ifndef OTA_SLOT_H
#define OTA_SLOT_H

#include "ota/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a field of a trailer holds. */
enum ota_field {
    OTA_FIELD_UNSET, /* erased */
    OTA_FIELD_SET,   /* has its value */
    OTA_FIELD_BAD,   /* anything else */
};

/* What is to be done with the image in the secondary slot; the values are MCUboot's. */
enum ota_swap_type {
    OTA_SWAP_NONE = 1,   /* start what is there */
    OTA_SWAP_TEST = 2,   /* install, revert unless confirmed */
    OTA_SWAP_PERM = 3,   /* install for good */
    OTA_SWAP_REVERT = 4, /* back to the previous image */
    OTA_SWAP_FAIL = 5,   /* a prepared swap whose image turned out bad */
};

/* Decoded trailer. */
struct ota_trailer {
    enum ota_field magic;     /* SET: the trailer counts */
    enum ota_field image_ok;  /* SET: the image is confirmed */
    enum ota_field copy_done; /* SET: the swap is complete */
    uint8_t swap_info;        /* low nibble enum ota_swap_type, high nibble image index; raw byte */
    uint32_t swap_size;       /* bytes; meaningful during a swap only */
};

/* Rows of the swap type table that differ between bootloaders. */
enum ota_swap_rules {
    OTA_SWAP_RULES_V2,     /* MCUboot 2.2 and later; the default */
    OTA_SWAP_RULES_V1,     /* 1.7.2 up to 2.1: revert only if the secondary's magic is unset */
    OTA_SWAP_RULES_OFFSET, /* swap using offset: one more revert row */
};

/* The running application may be confirmed without a good magic in its slot: the Cypress
 * bootloader with a status partition takes image_ok from the slot end as a mailbox. */
#define OTA_SLOT_MAILBOX 0x01u
/* The erase unit right before the area belongs to the slot, too: the spare one of swap using
 * offset, whose new images begin at the secondary slot's second unit. */
#define OTA_SLOT_SPARE 0x02u

/* A slot: an area whose end is a trailer. */
struct ota_slot {
    struct ota_area area; /* image and trailer, without a spare unit before them */
    uint8_t align;        /* A: 8, 16 or 32; 0 means 8 */
    uint8_t flags;        /* OTA_SLOT_* */
};

/*
 * Reads the trailer. 0; OTA_EARG if the alignment is none of the above or the device's write unit
 * is larger and cannot be rewritten; OTA_ERANGE if the area has no room for a trailer; or a flash
 * error.
 */
int ota_slot_read_trailer(const struct ota_slot *slot, struct ota_trailer *out);

/* What the next boot would do with these trailers (MCUboot's table, first match wins). */
enum ota_swap_type ota_swap_type(const struct ota_trailer *primary,
                                 const struct ota_trailer *secondary, enum ota_swap_rules rules);

/*
 * Asks the bootloader to install the image in the secondary slot at the next boot; the caller has
 * verified it. permanent: there is no revert. A slot marked already is left as it is (a test
 * request does not become permanent). The flag is written before the magic, so that a power cut
 * never turns a permanent request into a test. 0; OTA_ESTATE if the trailer holds anything that
 * an erased or marked slot does not (an unknown magic, the remains of an interrupted request:
 * erase the slot first, nothing was written); or an error as from ota_slot_read_trailer.
 */
int ota_slot_set_pending(const struct ota_slot *secondary, bool permanent);

/*
 * Takes a request to install back, by erasing the unit or units that hold the trailer. The image
 * is lost if it reaches into them, and is to be downloaded again in any case. 0 or a flash error.
 */
int ota_slot_cancel_pending(const struct ota_slot *secondary);

/*
 * Confirms the running image in the primary slot: no revert from now on. 0, also when there is
 * nothing to confirm; OTA_ESTATE if the magic is bad; or a flash error.
 */
int ota_slot_confirm(const struct ota_slot *primary);

/*
 * 1 if the image in the primary slot will not be reverted, 0 if it will, or a flash error. With
 * OTA_SLOT_MAILBOX only the flag in the slot is known: 0 also for an image that was never on trial
 * and for one whose flag the bootloader has taken over.
 */
int ota_slot_is_confirmed(const struct ota_slot *primary);

/*
 * Before a new image is written: erases the spare unit, where the last swap has left an image's
 * header that says the image is there. 0, also if the slot has none; OTA_ERANGE if there is no room
 * for one before the area; or a flash error.
 */
int ota_slot_erase_spare(const struct ota_slot *secondary);

/* Bytes at the end of a slot that the fixed trailer fields take (without the status area). */
uint32_t ota_slot_trailer_size(const struct ota_slot *slot);

/* ---- Writing an image into a slot ---------------------------------------------------------- */

/*
 * Writes a byte stream to an area in order, one write unit at a time, erasing ahead as it goes.
 * The unit that holds the slot's trailer is erased first, so a stale request to install cannot
 * meet a half-written image.
 */
struct ota_writer {
    const struct ota_area *area; /* stays valid */
    uint8_t *row;                /* collects a write unit; write_size bytes */
    uint32_t off;                /* bytes accepted */
    uint32_t limit;              /* bytes the stream may have */
    uint32_t erased;             /* area is erased up to here */
    uint32_t tail;               /* and from here to its end: the trailer's units */
    uint32_t dirty;              /* up to here an earlier run may have written already */
    uint32_t row_len;            /* bytes waiting in row */
};

/*
 * Begins at offset off: zero for a new image, or where an earlier run stopped, a multiple of the
 * write unit with everything before it programmed. What that run wrote behind off, in the same
 * erase unit, is compared with what comes: equal bytes stay, and where they differ push gives
 * OTA_ESTATE; then only a new beginning helps. A build without the record log (ota/config.h) begins
 * only at zero, else OTA_ENOTSUP. limit: most bytes the stream may have. row: the
 * device's write_size bytes, the caller's. OTA_EARG, OTA_ERANGE, OTA_EALIGN or a flash error.
 */
int ota_writer_init(struct ota_writer *w, const struct ota_area *area, uint32_t limit, uint8_t *row,
                    uint32_t off);

/*
 * Takes len more bytes; one call erases at most the units that they touch. 0, OTA_ESIZE beyond
 * the limit (nothing is taken), or a flash error (begin again).
 */
int ota_writer_push(struct ota_writer *w, const void *data, size_t len);

/* Programs what is left in the row, filled up with erased bytes, and syncs. */
int ota_writer_finish(struct ota_writer *w);

#ifdef __cplusplus
}
#endif
#endif
