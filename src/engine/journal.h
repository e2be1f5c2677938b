/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record log: what a reset must not make the agent forget. Where a download stands, which
 * image was handed to the bootloader, and what became of it.
 *
 * An area of two halves, each one erase unit or more. Every record is a snapshot of everything and
 * carries a CRC; the valid one with the highest sequence number counts. Records are appended; when
 * a half is full the other one is erased, so the newest record is never at risk.
 *
 *      0  'J', version of this layout, stage, error (positive)      20  build (u32)
 *      4  sequence (u32)                                            24  total (u32)
 *      8  flags, returns, sessions (u16)                            28  offset (u32)
 *     12  major (u16), minor (u16)                                  32  fetched (u32)
 *     16  revision (u16), part's begin / 512 (u16)                  36  second (u32)
 *                                                                   40  part's len (u32)
 *                                                                   44  CRC-32 of the above
 */
#ifndef OTA_ENGINE_JOURNAL_H
#define OTA_ENGINE_JOURNAL_H

#include <stdbool.h>

#include "engine/archive.h"
#include "ota/port.h"
#include "ota/version.h"

enum ota_stage {
    OTA_STAGE_NONE,    /* nothing under way */
    OTA_STAGE_LOADING, /* offset bytes of the image are in the secondary slot */
    OTA_STAGE_MARKING, /* the image is verified and about to be marked for installation */
    OTA_STAGE_MARKED,  /* it is marked */
    OTA_STAGE_TRIAL,   /* it has been started */
    OTA_STAGE_DONE,    /* err says what became of it */
};

struct ota_record {
    enum ota_stage stage;
    int err;                    /* DONE: 0 installed and confirmed, or a negative ota_err */
    bool is_reported;           /* DONE: the server knows */
    uint8_t returns;            /* times that this image was handed on and the old one came back */
    uint16_t sessions;          /* that have worked on this image */
    struct ota_version version; /* of the image; as offered while LOADING */
    uint32_t total;             /* bytes of the image */
    uint32_t offset;            /* bytes that are stored */
    uint32_t fetched;           /* bytes received for it so far, those received twice too */
    uint32_t second;            /* from MARKING on: tells image 1 of the update; 0: it has none */
    struct ota_part part;       /* of an archive: where offset is; len 0: not in an archive */
};

struct ota_journal {
    const struct ota_area *area; /* NULL: kept in memory only */
    uint32_t half;               /* bytes of a half */
    uint32_t slot;               /* bytes that a record takes */
    uint32_t next;               /* offset of the next record's slot; half or 2 * half: none left */
    uint32_t seq;                /* of the newest record */
    struct ota_record last;      /* the newest record; zero without one */
};

/*
 * Finds the newest record. What is damaged is passed over: the worst that it costs is a download.
 * area NULL: the log works, but a reset forgets it. 0; OTA_EARG if the area has no two halves; or a
 * flash error.
 */
int ota_journal_open(struct ota_journal *j, const struct ota_area *area);

/*
 * Appends the newest record once more. Whatever a cut has left behind it, which may read as a
 * record now and as none a moment later, is older from then on. Before anything is done that
 * depends on it. 0 or a flash error.
 */
int ota_journal_renew(struct ota_journal *j);

/* Appends a record, which becomes last. 0 or a flash error; last is then unchanged. */
int ota_journal_write(struct ota_journal *j, const struct ota_record *record);

#endif
