/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The images of an update in one tar archive, as it streams in: components.json first, then each
 * file that it lists, once, in any order, and no other.
 */
#ifndef OTA_ENGINE_ARCHIVE_H
#define OTA_ENGINE_ARCHIVE_H

#include "codec/components.h"

/* What ota_archive_next found; negative: an error. */
enum ota_archive_event {
    OTA_ARCHIVE_MORE,  /* all input is used up */
    OTA_ARCHIVE_LIST,  /* the list is known */
    OTA_ARCHIVE_BEGIN, /* image begins; list.image[image].size bytes follow */
    OTA_ARCHIVE_DATA,  /* bytes of it */
    OTA_ARCHIVE_END,   /* it is complete */
};

struct ota_archive {
    struct ota_components list; /* from OTA_ARCHIVE_LIST on */
    struct ota_tar tar;
    uint8_t image; /* from BEGIN to END: which one */
    uint8_t done;  /* images that are complete, as bits */
    bool has_list;
    uint16_t text_len;
    char text[OTA_COMPONENTS_LEN_MAX];
};

/* Bytes that are enough to tell an archive from an image. */
#define OTA_ARCHIVE_HEAD 16u
bool ota_archive_is(const uint8_t head[OTA_ARCHIVE_HEAD]);

void ota_archive_init(struct ota_archive *a);

/*
 * Reads on to the next event; in moves on. For OTA_ARCHIVE_DATA *content is a piece of the input.
 * OTA_EFORMAT or OTA_ELIMIT for what is malformed, is not listed, has another size than listed or
 * comes twice, or a list that is too long. After an error the archive is of no use.
 */
int ota_archive_next(struct ota_archive *a, struct ota_tar_input *in,
                     struct ota_tar_input *content);

/* 0 if everything listed has come and the archive may end here, else OTA_EINCOMPLETE. */
int ota_archive_finish(const struct ota_archive *a);

#endif
