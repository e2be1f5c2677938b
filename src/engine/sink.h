/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the bytes of a download go: a look at the image header before anything is erased, then
 * the slot. An archive is taken apart on the way, each image into its own slot.
 */
#ifndef OTA_ENGINE_SINK_H
#define OTA_ENGINE_SINK_H

#include "engine/archive.h"
#include "ota/image.h"
#include "ota/slot.h"

/* For archives. */
struct ota_sink_extra {
    struct ota_archive *archive;
    const struct ota_area *primary; /* of image 1, whose version may not sink; NULL: no image 1 */
    const struct ota_slot *slot;    /* its secondary one */
    uint32_t limit;
};

struct ota_sink {
    const struct ota_slot *slot;
    const struct ota_version *running; /* the image must be newer */
    const struct ota_version *refused; /* and not this one, that was tried; NULL: none */
    uint8_t *row;                      /* a write unit */
    uint32_t limit;                    /* bytes that an image may have */
    uint32_t off;                      /* bytes taken */
    uint8_t head_len;
    uint8_t head[OTA_IMAGE_HEADER_LEN]; /* until it is complete and good */
    struct ota_writer writer;
    const struct ota_sink_extra *extra; /* NULL: archives are refused */
    bool is_archive;
};

/* Begins a new image. Nothing is erased yet. refused and extra may be set next. */
void ota_sink_open(struct ota_sink *s, const struct ota_slot *slot, uint32_t limit, uint8_t *row,
                   const struct ota_version *running);

/*
 * After open: goes on at off with an image of total bytes of which everything before off is in the
 * slot. 0; or why its header is refused, or what the flash said: then open and begin anew.
 */
int ota_sink_resume(struct ota_sink *s, uint32_t total, uint32_t off);

/*
 * The same within an archive, whose list had this version: part is its image under way at off. Also
 * OTA_ENOTSUP as ota_sink_push, OTA_EINCOMPLETE if off is not where ota_sink_part said so.
 */
int ota_sink_resume_archive(struct ota_sink *s, const struct ota_part *part, uint32_t off,
                            const struct ota_version *version);

/* True if everything of an archive before off is in its slots, and it can go on there. */
bool ota_sink_part(const struct ota_sink *s, uint32_t off, struct ota_part *out);

/*
 * Takes the next len bytes of an image or archive of total bytes. 0; why the header is refused
 * (OTA_EMAGIC, OTA_ESIZE, OTA_EVERSION, OTA_EREVERTED, OTA_ENOTBOOT, OTA_ENOIMAGE): the slot is
 * untouched then; why an archive is (OTA_ENOTSUP without extra or if it holds an image 1 and there
 * is none, OTA_EMAGIC in a build without archives; as ota_archive_next; OTA_EVERSION, also for an
 * image 1 older than the one in its primary slot); or a flash error.
 */
int ota_sink_push(struct ota_sink *s, uint32_t total, const uint8_t *data, size_t len);

/* Programs what is left. OTA_EINCOMPLETE without a whole header, or a whole archive. */
int ota_sink_finish(struct ota_sink *s);

/* Bytes of an image that came complete; total is that of the download. 0: it did not come. */
uint32_t ota_sink_image_len(const struct ota_sink *s, uint8_t image, uint32_t total);

#endif
