/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the bootloader.
 *
 * A boot is a chain of small functions, boot->next. Each does at most one small piece of flash
 * work itself, may plan an erase and a copy, and names its successor; ota_boot_step carries the
 * plan out unit by unit before it calls the successor. They return 1 (go on), 0 (settled) or an
 * error, which ends the boot.
 *
 *     select.c        interrupted swap? trailers? -> which image is wanted -> is it good?
 *     mode->start     overwrite.c, swap_scratch.c: puts it there
 *     verify.c        the checks of an image; the last one is that of the image to start
 *     direct_xip.c    instead of these: which of two images is started where it is
 *     set.c           several images: the boots of all, and what they may do
 *
 * Where trailers and swap status are kept is hidden behind ota_boot_store.
 */
#ifndef OTA_BOOT_INTERNAL_H
#define OTA_BOOT_INTERNAL_H

#include "codec/trailer.h"
#include "ota/boot.h"

/* Whose trailer or status. */
enum ota_boot_where { OTA_BOOT_PRIMARY, OTA_BOOT_SECONDARY, OTA_BOOT_SCRATCH, OTA_BOOT_NOWHERE };

/*
 * Trailers and swap status. A "sequence" is called with phase 0, 1, 2, ... until it returns 0 or an
 * error; while it returns 1 it may have planned an erase.
 */
struct ota_boot_store {
    /* Decodes a trailer. */
    int (*read)(const struct ota_boot *b, enum ota_boot_where where, struct ota_trailer *out);
    /* Sets the flag image_ok or copy_done of the primary slot, which is not set yet. */
    int (*set)(const struct ota_boot *b, enum ota_trailer_field field);
    /* Counts the completed states of a swap whose status is there. */
    int (*scan)(const struct ota_boot *b, enum ota_boot_where where, uint32_t *n);
    /* Records that state number n of the swap, counted from 0, is complete. value: what MCUboot
     * writes there, 1 to 3. */
    int (*put)(const struct ota_boot *b, enum ota_boot_where where, uint32_t n, uint8_t value);
    /* After a reset: makes firm the trailer there and the last of n completed states, which a cut
     * may have left so that they read differently the next time. NULL: not needed. */
    int (*firm)(const struct ota_boot *b, enum ota_boot_where where, uint32_t n);
    /* Writes the trailer of a chunk that covers the trailer itself: to scratch before the swap, to
     * the primary slot (with the states completed so far) after it. */
    int (*put_big)(const struct ota_boot *b, enum ota_boot_where where);
    /* Reads an image's key of a swap that was interrupted: 1, 0 if it has none, or an error. NULL:
     * it lies where ota_boot_key_off says. */
    int (*read_key)(const struct ota_boot *b, enum ota_boot_where where, int image, uint8_t *key);
    /* Sequence: takes over what the application left in the slots' mailboxes. NULL: has none. */
    int (*absorb)(struct ota_boot *b, uint8_t phase);
    /* Sequence: records in the primary slot which swap is about to begin, so that a reset cannot
     * lose it at any moment. */
    int (*prepare)(struct ota_boot *b, uint8_t phase);
    /* Sequence: makes the trailer of a slot or of scratch unset. */
    int (*clear)(struct ota_boot *b, enum ota_boot_where where, uint8_t phase);
    /* Offset in the primary slot where trailer and status begin. */
    uint32_t (*data_end)(const struct ota_boot_config *c);
    /* Most bytes of an image that can be exchanged. */
    uint32_t (*max_image)(const struct ota_boot_config *c);
};

extern const struct ota_boot_store ota_boot_store_trailer;
extern const struct ota_boot_store ota_boot_store_partition;

struct ota_boot_mode {
    const struct ota_boot_store *store;
    enum ota_swap_rules rules;
    bool is_swap;
    bool uses_scratch;
    bool has_tlv_sizes; /* the trailer has one more field, below swap_info */
    uint8_t entries;    /* of swap status per sector */
    /* Where the image in the secondary slot is looked for. NULL: at the slot's start. */
    int (*find_image)(const struct ota_boot *b, struct ota_area *out);
    /* Checks the configuration without touching flash. */
    int (*check)(const struct ota_boot_config *c);
    /* 0 if the slots fit each other in this mode. */
    int (*fits)(const struct ota_boot_config *c);
    uint32_t (*max_image)(const struct ota_boot_config *c);
    /* Looks for an interrupted swap: 1 if there is one (next is set), 0 if not. NULL: never. */
    int (*resume)(struct ota_boot *b);
    /* Begins what boot->type says with checked images. */
    int (*start)(struct ota_boot *b);
};

/* What is done about the security counter, if the configuration has one. */
struct ota_boot_counter_ops {
    /* After the check of an image: may it be installed or started? 0, OTA_EVERSION or an error. */
    int (*admit)(struct ota_boot *b);
    /* Once the primary image was looked at: 0 if the new one's counter is no lower. */
    int (*compare)(struct ota_boot *b);
    /* Before the image in the primary slot, which was admitted, is started. */
    int (*raise)(struct ota_boot *b);
};

/* encrypt.c, for those who want it. */
struct ota_boot_encryption_ops {
    /* Makes boot->source, which reads a slot, read a payload in the clear. */
    int (*open)(struct ota_boot *b, bool is_primary);
    /* Before a fresh installation: opens the keys of both images. */
    int (*begin)(struct ota_boot *b);
    /* Before an interrupted swap goes on at the state that *b tells: reads them from the trailer
     * that tells of it. */
    int (*resume)(struct ota_boot *b, enum ota_boot_where where);
    /* Writes them to a trailer. */
    int (*put_keys)(const struct ota_boot *b, enum ota_boot_where where);
    /* Encrypts or decrypts what boot->copy is about to write; len bytes of it are in buf. */
    int (*transform)(const struct ota_boot *b, uint8_t *buf, uint32_t len);
    void (*wipe)(const struct ota_boot_config *c);
};

/* ---- boot.c ---------------------------------------------------------------------------------- */

/* Names the next function, with boot->phase zero. 1. */
int ota_boot_go(struct ota_boot *b, int (*next)(struct ota_boot *b));

void ota_boot_plan_erase(struct ota_boot *b, const struct ota_area *area, uint32_t begin,
                         uint32_t end);
/* From the end to the beginning: what lies at the end becomes unusable first. */
void ota_boot_plan_erase_backwards(struct ota_boot *b, const struct ota_area *area, uint32_t begin,
                                   uint32_t end);
/* Copies between the same offsets of two areas, or to other ones if the caller changes them. */
void ota_boot_plan_copy(struct ota_boot *b, const struct ota_area *from, const struct ota_area *to,
                        uint32_t off, uint32_t len);

/* Start of the erase unit that holds off, which lies in the area; off if the device fails. */
uint32_t ota_boot_unit_begin(const struct ota_area *area, uint32_t off);
/* First byte behind the unit that holds off. */
uint32_t ota_boot_unit_end(const struct ota_area *area, uint32_t off);

/* May something that was written before a reset read differently each time, on a device that can
 * do something about it? */
bool ota_boot_is_doubtful(const struct ota_boot *b, const struct ota_area *area);

/* Marks the swap as complete; an image that stays is marked so before. Then settles. */
int ota_boot_finish(struct ota_boot *b);

/* Limits that follow from zero in the configuration. */
uint32_t ota_boot_sectors(const struct ota_boot_config *c);
uint8_t ota_boot_align(const struct ota_boot_config *c);

/* 0 if an area lies on its device, and the buffer holds a write unit of it. */
int ota_boot_check_area(const struct ota_boot_config *c, const struct ota_area *area);

/* ---- select.c -------------------------------------------------------------------------------- */

/* The first function of a boot. */
int ota_boot_open(struct ota_boot *b);
/* An interrupted swap was only prepared: checks the image and begins it anew. */
int ota_boot_restart(struct ota_boot *b, enum ota_swap_type type, enum ota_boot_where where);
/* Called with the verdict on the secondary image: 0, or why it is refused. is_final: it is about
 * the image, not about the device. */
int ota_boot_judge(struct ota_boot *b, int verdict, bool is_final);
/* Called by verify.c once the primary image was looked at before a swap. */
int ota_boot_begin(struct ota_boot *b, int verdict);

/* ---- verify.c -------------------------------------------------------------------------------- */

/* Checks the image in the secondary slot, then calls ota_boot_judge. */
int ota_boot_check_secondary(struct ota_boot *b);
/* Looks at the image in the primary slot before a swap, then calls ota_boot_begin. */
int ota_boot_check_old(struct ota_boot *b);
/* Checks the image in the primary slot and settles. */
int ota_boot_settle(struct ota_boot *b);
/* Begins the check of the image in an area. */
int ota_boot_check_begin(struct ota_boot *b, const struct ota_area *area);
/* Goes on with it: 1 while it is not done, 0 if the image may be installed or started. */
int ota_boot_check_step(struct ota_boot *b);
/* Is an error of a check about the image, rather than about flash or cryptography? */
bool ota_boot_is_final(int err);
/* Reports the image of result.slot as the one to start; raises the security counter. */
int ota_boot_start(struct ota_boot *b);

/* ---- geometry.c ------------------------------------------------------------------------------ */

/* The first offset from at_least on where erase units of both slots end. OTA_ESIZE if none. */
int ota_boot_boundary(const struct ota_boot_config *c, uint32_t at_least, uint32_t *out);
/* 0 if the slots can be exchanged through scratch; OTA_ESIZE if not. */
int ota_boot_fits(const struct ota_boot_config *c);
/* Start of the chunk that ends at a boundary: as many primary units as scratch holds. */
int ota_boot_chunk(const struct ota_boot_config *c, uint32_t end, uint32_t *begin);

/* ---- status_trailer.c ------------------------------------------------------------------------ */

/* Checks that trailers fit into slots and scratch (if scratch is used). */
int ota_boot_trailer_check(const struct ota_boot_config *c, bool with_status);

/* Erases, and writes with good magic, the fields in the trailer of one slot or of scratch. flags:
 * which of image_ok and copy_done are set, as 1 << OTA_TRAILER_*. */
void ota_boot_trailer_erase(struct ota_boot *b, enum ota_boot_where where);
int ota_boot_trailer_write(const struct ota_boot *b, enum ota_boot_where where, uint32_t flags);
/* Of a trailer that was read: one in scratch that is about another image is none. */
void ota_boot_own_trailer(const struct ota_boot *b, enum ota_boot_where where,
                          struct ota_trailer *t);
/* Number of the last state recorded in the primary's trailer, plus one. */
int ota_boot_trailer_last(const struct ota_boot *b, uint32_t *n);
/* Offset of the first erase unit that holds fields (of scratch, secondary), or fields and status
 * (of the primary). */
uint32_t ota_boot_trailer_unit(const struct ota_boot_config *c, enum ota_boot_where where);
/* Place of an image's key (0: of the primary's) in a trailer, and bytes that it takes. */
uint32_t ota_boot_key_off(const struct ota_boot_config *c, enum ota_boot_where where, int image);
uint32_t ota_boot_key_room(const struct ota_boot_config *c);
const struct ota_area *ota_boot_area(const struct ota_boot_config *c, enum ota_boot_where where);
/* Does a trailer with good magic tell of a swap that can be? */
bool ota_boot_is_swap(const struct ota_boot *b, const struct ota_trailer *t);

/* ---- status_partition.c ---------------------------------------------------------------------- */

int ota_boot_partition_check(const struct ota_boot_config *c);

#endif
