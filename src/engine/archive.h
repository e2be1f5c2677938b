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

/* An image of an archive that is under way: what a later run needs to go on within it. */
struct ota_part {
    uint32_t begin; /* of its first byte in the archive */
    uint32_t len;   /* bytes of it; 0: there is none */
    uint8_t image;
    bool has_other;     /* the archive has the other image, too */
    bool is_other_done; /* which has come before */
};

struct ota_archive {
    struct ota_components list; /* from OTA_ARCHIVE_LIST on */
    struct ota_tar tar;
    uint8_t image; /* from BEGIN to END: which one */
    uint8_t done;  /* images that are complete, as bits */
    bool has_list;
    bool is_resumed; /* the list is not known any more, only which images it has */
    uint32_t off;    /* bytes read of the archive */
    uint32_t begin;  /* of the content of image */
    uint16_t text_len;
    char text[OTA_COMPONENTS_LEN_MAX];
};

/* Bytes that are enough to tell an archive from an image. */
#define OTA_ARCHIVE_HEAD 16u
bool ota_archive_is(const uint8_t head[OTA_ARCHIVE_HEAD]);

void ota_archive_init(struct ota_archive *a);

/*
 * Instead of init: goes on at offset off of an archive, within the image that part tells. Of the
 * list only the version is missing, and the other image's size; that one is then taken as it
 * comes, under any name.
 */
void ota_archive_resume(struct ota_archive *a, const struct ota_part *part, uint32_t off);

/* The image under way, or the one that ended last; len is 0 before the first begins. */
void ota_archive_part(const struct ota_archive *a, struct ota_part *out);

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
