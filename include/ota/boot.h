/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bootloader: decides what is installed, installs it, and says what to start.
 *
 *     struct ota_boot_config config = {.mode = &ota_boot_swap_scratch, .primary = ..., ...};
 *     struct ota_boot boot;
 *     int rc = ota_boot_init(&boot, &config);
 *
 *     while (rc == 0 && (rc = ota_boot_step(&boot)) == 1) {
 *         kick_the_watchdog();
 *         rc = 0;
 *     }
 *     if (rc == 0) start(boot.result.entry_off); else halt();
 *
 * or ota_boot_run() for the same without a watchdog. All progress is on flash: after a reset in the
 * middle of anything, the same calls go on where it stopped. Flash layout and order of operations
 * are MCUboot's, so either can finish what the other has begun.
 *
 * Nothing here allocates; a boot is one object, used by one thread.
 */
#ifndef OTA_BOOT_H
#define OTA_BOOT_H

#include "ota/image.h"
#include "ota/slot.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * How an image gets from the secondary slot to the primary one. A bootloader contains the code of
 * the modes that it names, and no other.
 *
 *   overwrite            Copies the whole secondary slot over the primary. No way back.
 *   swap_scratch         Exchanges the slots in chunks of at most the scratch area's size, so that
 *                        an image can be reverted. Progress is kept in the trailers.
 *   overwrite_fast       Copies only the image. The rest of the primary slot keeps what it held.
 *   swap_move            Exchanges the slots erase unit by erase unit, after moving the primary's
 *                        image up by one unit; all units have the same size. Needs no scratch
 *                        area, but one unit of the primary slot, and wears no unit out early.
 *   swap_offset          The same with the spare unit in the secondary slot: the image is written
 *                        to its second unit. About a third fewer flash operations than swap_move.
 *   swap_status_scratch  The same with progress and trailers in a partition of their own: for
 *                        flash whose rows are rewritten whole (PSoC 6). The slot ends are
 *                        mailboxes for the application.
 *   direct_xip           Copies nothing: both slots can be started from, and of the images in them
 *                        the one with the higher version is (the primary slot's if they are the
 *                        same). Which one that was is in result.slot; updates go to the other slot.
 *                        An image is good for starting as soon as it is complete.
 *   direct_xip_revert    The same for images that are marked (ota_slot_set_pending). One that is
 *                        marked as a test is started once. If it is not confirmed by then the other
 *                        slot's image is started from now on, and it is erased. MCUboot erases also
 *                        what is not marked, and the last image if its trial is over; here a
 *                        download can go on after a reset, and a device keeps an image to start.
 */
struct ota_boot_mode;
/* Copies the whole slot. */
extern const struct ota_boot_mode ota_boot_overwrite;
/* Swaps through a scratch area. */
extern const struct ota_boot_mode ota_boot_swap_scratch;
/* Swaps through a scratch area, with a status partition. */
extern const struct ota_boot_mode ota_boot_swap_status_scratch;
/* Copies the image. */
extern const struct ota_boot_mode ota_boot_overwrite_fast;
/* Swaps by moving the primary image up. */
extern const struct ota_boot_mode ota_boot_swap_move;
/* Swaps with a spare unit in the secondary slot. */
extern const struct ota_boot_mode ota_boot_swap_offset;
/* Starts the newest image where it is. */
extern const struct ota_boot_mode ota_boot_direct_xip;
/* The same, with trials. */
extern const struct ota_boot_mode ota_boot_direct_xip_revert;

/* Check only the header's magic of the image that is started. Saves the time that hashing and
 * signature take at every boot, and gives up what they protect. An image is always checked in full
 * before it is installed. Without effect in the modes that install nothing (direct_xip). */
#define OTA_BOOT_TRUST_PRIMARY 0x01u
/* Refuse to install a version older than the one in the primary slot (never applies to reverts). */
#define OTA_BOOT_NO_DOWNGRADE 0x02u
/* The same by the images' security counters instead of their versions; needs config.counter. An
 * image without one is older than any that has one. */
#define OTA_BOOT_NO_COUNTER_DOWNGRADE 0x08u
/* Flash was or will be used by MCUboot 1.7.2 to 1.8: its swap type table, and its place for the
 * swap status in the scratch area. */
#define OTA_BOOT_V1 0x04u

struct ota_boot_counter_ops;

/*
 * Rollback protection by the security counter of images (TLV SEC_CNT). With read, an image without
 * a counter or with a lower one than the device's is neither installed nor started (OTA_EVERSION).
 * The device's is raised to the image's only when that is there to stay: at the first boot after it
 * was confirmed, at once after a permanent swap or an overwrite. Never with
 * OTA_BOOT_TRUST_PRIMARY: an image that was not checked raises nothing.
 */
struct ota_boot_counter {
    /* The device's counter, which only rises. 0 or OTA_EFLASH; the boot ends with it. raise may be
     * cut at any moment: it stores the new value or keeps the old one. Both NULL: the device has
     * none, and only OTA_BOOT_NO_COUNTER_DOWNGRADE is wanted. */
    int (*read)(void *ctx, uint32_t *value);
    /* Raises the device's counter; see read. */
    int (*raise)(void *ctx, uint32_t value);
    void *ctx;                              /* goes to both */
    const struct ota_boot_counter_ops *ops; /* private: set by init */
    uint32_t of_image;                      /* private */
    bool has_image;                         /* private */
};

/* Completes a counter whose functions and ctx are set; only loaders that call it have its code. */
void ota_boot_counter_init(struct ota_boot_counter *counter);

struct ota_boot;
struct ota_boot_config;
struct ota_boot_encryption_ops;

/* Where an image's payload lies in it, and its key. */
struct ota_boot_payload {
    uint32_t begin;           /* first byte of the payload, from the image's start */
    uint32_t end;             /* 0: it is not encrypted */
    struct ota_image_key key; /* a secret */
};

/* What a bootloader needs to install encrypted images: memory of the caller's, set up by
 * ota_boot_encryption_init. A bootloader that does not call that has no code for them. */
struct ota_boot_encryption {
    const struct ota_boot_encryption_ops *ops; /* private: set by init */
    const struct ota_cipher *cipher;           /* private: set by init */
    uint8_t key_len;                           /* private: set by init */
    struct ota_boot_payload image[2]; /* of the image in the primary slot, and of the new one */
    struct ota_source stored;         /* private */
    struct ota_decrypted decrypted;   /* private */
};

/*
 * Sets up for images whose key the cipher opens and has key_len bytes: 16, or 32 for AES-256 (0:
 * 16), as MCUboot is built for either. During a swap both images' keys are in the trailer that
 * tells of it, which grows by up to 64 bytes. An image is encrypted in the secondary slot and in
 * scratch, and plain in the primary slot; keys are wiped from *e when the boot settles. cipher must
 * stay. 0, or OTA_EARG for another length.
 */
int ota_boot_encryption_init(struct ota_boot_encryption *e, const struct ota_cipher *cipher,
                             uint8_t key_len);

/* Zero means default everywhere but in mode, primary, secondary, trust and buf. */
struct ota_boot_config {
    const struct ota_boot_mode *mode; /* required */
    struct ota_area primary;          /* the slot that is started from */
    struct ota_area secondary;        /* the slot that updates arrive in */
    struct ota_area scratch;       /* modes swap_scratch and swap_status_scratch; else not used */
    struct ota_area status;        /* mode swap_status_scratch */
    const struct ota_trust *trust; /* who may sign images */
    /* NULL: encrypted images are refused. One for each configuration. Not with modes direct_xip
     * (OTA_ENOTSUP): a processor cannot start from what is encrypted. */
    struct ota_boot_encryption *encryption;
    void *buf;            /* copy buffer, the caller's; larger is faster */
    uint32_t buf_len;     /* bytes: one write unit of every area or more; 512 or more in
                             mode swap_status_scratch. 1024 is MCUboot's. */
    uint16_t max_sectors; /* S of MCUboot: sizes the swap status. 0: 128 */
    uint8_t align;        /* A of MCUboot: 8, 16 or 32. 0: 8 */
    uint8_t flags;        /* OTA_BOOT_* */
    uint8_t image;        /* number of the image in a set of several (ota_boot_set),
                             below 16 */
    /* Where the processor sees the first byte of the primary and of the secondary slot; modes
     * direct_xip: an image that is linked for a fixed address (ROM_FIXED) is started there only.
     * Both zero: not looked at. */
    uint32_t address[2];
    struct ota_boot_counter *counter; /* NULL: images' security counters are not looked at */
};

/* What a boot did, valid once ota_boot_step returned zero or an error. */
struct ota_boot_result {
    enum ota_swap_type type; /* what was carried out or completed; OTA_SWAP_NONE: nothing.
                                OTA_SWAP_FAIL: a prepared swap was abandoned */
    bool is_resumed;         /* it had been begun before a reset */
    bool is_forced;          /* a test image was installed for good, because the primary slot held
                                nothing that one could go back to */
    int refused;        /* why what the trailers asked for was not done (OTA_ESIG, ...), or 0 */
    uint8_t slot;       /* of the image to start: 0 primary, 1 secondary (modes direct_xip) */
    uint32_t image_off; /* its first byte on its slot's device */
    uint32_t entry_off; /* where its payload begins (vector table), on that device */
    struct ota_version version; /* of the image to start */
};

/* ---- Private to the bootloader ----------------------------------------------------------------
 */

/* Units of a range that are to be erased. */
struct ota_boot_erase {
    const struct ota_area *area;
    uint32_t begin;
    uint32_t end;
    bool is_backwards;
};

/* Bytes that are to be copied. */
struct ota_boot_copy {
    const struct ota_area *from;
    const struct ota_area *to;
    uint32_t from_off;
    uint32_t to_off;
    uint32_t len;
};

/* ---- Calls ------------------------------------------------------------------------------------
 */

/* A boot. The caller's memory; nothing of it need be kept over a reset. */
struct ota_boot {
    const struct ota_boot_config *config; /* not copied */
    struct ota_boot_result result;        /* valid once the boot has settled */
    /* ---- The rest is private ---- */
    int (*next)(struct ota_boot *boot); /* once erase and copy are done */
    int outcome;                        /* of the last step */
    struct ota_boot_erase erase;
    struct ota_boot_copy copy;
    struct ota_area checked; /* where the image being checked lies */
    struct ota_source source;
    struct ota_image_check check;
    struct ota_version primary_version;
    struct ota_version new_version;
    enum ota_swap_type type; /* what is being done */
    uint8_t info_in;         /* where a prepared swap is recorded */
    uint8_t align;
    uint8_t set_aside; /* slots that are not started from, as 1 << slot */
    bool is_acting;    /* an installation is under way, or the next step begins it */
    uint8_t phase;     /* of a sequence of small steps */
    uint8_t state;     /* of the chunk: 1 to 3 */
    uint16_t index;    /* of the chunk, from 1 */
    bool is_big;       /* the chunk reaches into the trailer's erase units */
    uint32_t swap_size;
    uint32_t primary_size; /* of the image in the primary slot, or 0 */
    uint32_t new_size;     /* of the checked image in the secondary slot */
    uint32_t tlv_sizes;    /* of both images' unprotected TLVs: primary's, secondary's << 16 */
    uint32_t done;         /* steps of a swap without scratch that are complete */
    uint32_t chunk_off;
    uint32_t chunk_end;
    uint32_t copy_len; /* of the chunk, without the trailer */
};

/*
 * Begins a boot. Checks the configuration, touches no flash. config must stay. 0; OTA_EARG for a
 * wrong parameter; OTA_ERANGE, OTA_EALIGN for an impossible area; OTA_ENOSPC if buf is too small.
 */
int ota_boot_init(struct ota_boot *boot, const struct ota_boot_config *config);

/*
 * Does one unit of work: the erase of one unit, one buffer's worth of copying or hashing, the few
 * writes of one trailer. 1: call again. 0: boot->result tells what to start. Negative: do not
 * start anything; the error of the primary image's check, or OTA_EFLASH and the like: what was
 * begun is completed by a later boot. The same value from then on.
 */
int ota_boot_step(struct ota_boot *boot);

/* Steps until it is settled. 0 or a negative error as above. */
int ota_boot_run(struct ota_boot *boot);

/*
 * The trailer of a slot (0 primary, 1 secondary) as this bootloader knows it: in mode
 * swap_status_scratch from the status partition, where what lies in the mailboxes is not taken over
 * yet. For tools that show the state of a device. 0, the errors of ota_boot_init, or a flash error.
 */
int ota_boot_read_trailer(const struct ota_boot_config *config, uint8_t slot,
                          struct ota_trailer *out);

/*
 * Most bytes (header to TLVs) that an image may have to be installed in this configuration, or
 * zero if the slots do not fit each other in this mode.
 */
uint32_t ota_boot_max_image(const struct ota_boot_config *config);

/* ---- Several images ---------------------------------------------------------------------------
 */

/*
 * A set of images, each with two slots of its own, that are installed, tried and reverted together
 * (a secure and a normal world, an application and a radio). An image may say which versions of the
 * others it needs (TLV DEPENDENCY). What is asked for is done for all of them if each image then
 * has what it needs, and for none otherwise; the requests stay and are looked at again at the next
 * boot. A reset in the middle is gone on with until the set is whole. A trial ends for all images
 * that are not confirmed, unless the images would then not fit each other: an application that was
 * cut off while it confirmed them has confirmed all. Whatever happens, images that need each other
 * are never started in versions that do not.
 *
 * Image 0 is the one to start. Every primary image is checked before.
 */
struct ota_boot_set {
    struct ota_boot *boots; /* one per image, the caller's; their results, once it has settled */
    uint8_t n;              /* images */
    uint8_t at;             /* private */
    uint8_t phase;          /* private */
    int outcome;            /* private */
    int refused; /* OTA_EDEPENDS: nothing was installed since an image lacks what it needs. 0 */
};

/* Most images of a set. */
#define OTA_BOOT_IMAGES_MAX 4u

/*
 * Begins a boot of n images (1 to OTA_BOOT_IMAGES_MAX): boots has n, configs are those of the
 * images, with config.image 0 to n - 1 in order. They may share scratch, buffer and trust. 0;
 * OTA_EARG for a wrong number; OTA_ENOTSUP for modes direct_xip; or the error of ota_boot_init.
 */
int ota_boot_set_init(struct ota_boot_set *set, struct ota_boot *boots,
                      const struct ota_boot_config *configs, uint8_t n);

/* As ota_boot_step. 0: boots[0].result tells what to start. */
int ota_boot_set_step(struct ota_boot_set *set);

/* As ota_boot_run. */
int ota_boot_set_run(struct ota_boot_set *set);

#ifdef __cplusplus
}
#endif
#endif
