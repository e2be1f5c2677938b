/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a download: which are wanted next, which came twice, which are missing, and what
 * to ask for. A stream in order with a resume offset; nothing is kept but positions. Times never go
 * back from one call to the next.
 */
#ifndef OTA_ENGINE_XFER_H
#define OTA_ENGINE_XFER_H

#include <stdbool.h>
#include <stdint.h>

/* Total of a sender that does not know it before it has sent everything. */
#define OTA_TOTAL_UNKNOWN UINT32_MAX

struct ota_xfer_config {
    uint32_t chunk;      /* bytes asked for at a time */
    uint32_t stall_ms;   /* without progress: ask again */
    uint32_t give_up_ms; /* without progress: the download failed; OTA_NEVER: never */
    uint8_t run;         /* chunks that one question may ask for; 0 or 1: one */
    uint8_t window;      /* chunks asked for and not yet here, at most */
    bool is_whole;       /* ask once for everything, by chunks only for what went missing */
};

struct ota_xfer {
    const struct ota_xfer_config *config;
    uint32_t next;       /* bytes that are here: the offset wanted next */
    uint32_t total;      /* bytes of the image; 0: not known yet */
    uint32_t asked;      /* asked for up to here */
    uint8_t window;      /* allowed now: narrows when something is lost, widens again */
    uint8_t in_order;    /* chunks since the window changed */
    bool is_whole;       /* the whole image has been, or is to be asked for */
    bool is_asked_whole; /* and has been */
    uint64_t moved_ms;   /* last progress */
    uint64_t asked_ms;   /* last question or progress */
};

struct ota_xfer_ask {
    bool is_whole;
    uint32_t offset; /* when not whole */
    uint32_t size;   /* bytes of a chunk: the rest of the image if that is less */
    uint32_t count;  /* chunks of that size, in a row; the last one may be shorter */
};

enum ota_xfer_verdict {
    OTA_XFER_TAKE,      /* store it, without the first skip bytes, then call advance */
    OTA_XFER_DUPLICATE, /* all of it is here already */
    OTA_XFER_GAP,       /* something before it is missing; it will be asked for */
};

/* Begins at offset next of an image of total bytes (0: not known). */
void ota_xfer_init(struct ota_xfer *x, const struct ota_xfer_config *config, uint32_t next,
                   uint32_t total, uint64_t now_ms);

/*
 * Judges len bytes at offset off of an image of total bytes (or OTA_TOTAL_UNKNOWN). An enum
 * ota_xfer_verdict and *skip, or OTA_EPROTO if total changed, if it is less than what is here, or
 * if the bytes do not lie inside of it.
 */
int ota_xfer_offer(struct ota_xfer *x, uint32_t total, uint32_t off, uint32_t len, uint32_t *skip);

/* Notes that len more bytes are stored. */
void ota_xfer_advance(struct ota_xfer *x, uint32_t len, uint64_t now_ms);

/* 1 and *ask if there is something to ask for now; the caller sends it. 0 if not. OTA_ETIMEOUT
 * if nothing came for give_up_ms. */
int ota_xfer_ask(struct ota_xfer *x, uint64_t now_ms, struct ota_xfer_ask *ask);

/* Takes back a question that could not be sent. */
void ota_xfer_withdraw(struct ota_xfer *x, const struct ota_xfer_ask *ask);

/* True once every byte is here. */
bool ota_xfer_is_done(const struct ota_xfer *x);

#endif
