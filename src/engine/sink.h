/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the bytes of a download go: a look at the image header before anything is erased, then
 * the slot.
 */
#ifndef OTA_ENGINE_SINK_H
#define OTA_ENGINE_SINK_H

#include "ota/image.h"
#include "ota/slot.h"

struct ota_sink {
    const struct ota_area *area;
    const struct ota_version *running; /* the image must be newer */
    const struct ota_version *refused; /* and not this one, that was tried; NULL: none */
    uint8_t *row;                      /* a write unit */
    uint32_t limit;                    /* bytes that an image may have */
    uint32_t off;                      /* bytes taken */
    uint8_t head_len;
    uint8_t head[OTA_IMAGE_HEADER_LEN]; /* until it is complete and good */
    struct ota_writer writer;
};

/* Begins a new image. Nothing is erased yet. refused may be set next. */
void ota_sink_open(struct ota_sink *s, const struct ota_area *area, uint32_t limit, uint8_t *row,
                   const struct ota_version *running);

/*
 * After open: goes on at off with an image of total bytes of which everything before off is in the
 * area. 0; or why its header is refused, or what the flash said: then open and begin anew.
 */
int ota_sink_resume(struct ota_sink *s, uint32_t total, uint32_t off);

/*
 * Takes the next len bytes of an image of total bytes. 0; why the header is refused (OTA_EMAGIC,
 * OTA_ESIZE, OTA_EVERSION, OTA_EREVERTED, OTA_ENOTBOOT, OTA_ENOIMAGE): the slot is untouched then;
 * or a flash error.
 */
int ota_sink_push(struct ota_sink *s, uint32_t total, const uint8_t *data, size_t len);

/* Programs what is left. OTA_EINCOMPLETE without a whole header. */
int ota_sink_finish(struct ota_sink *s);

#endif
