/* SPDX-License-Identifier: Apache-2.0 */
/* Archives with the images of an update, judged as a device judges them. */
#ifndef TOOL_ARCHIVE_FILE_H
#define TOOL_ARCHIVE_FILE_H

#include "codec/components.h"
#include "common/file.h"
#include "ota/image.h"

/* One image in an archive. */
struct archive_image {
    struct ota_source source; /* of its bytes alone */
    const struct ota_source *archive;
    uint32_t off; /* of its first byte in the archive */
    struct ota_image image;
    char board[64]; /* "": it does not say */
};

/* May not be moved once it is filled in: the images' sources point into it. */
struct archive_file {
    struct ota_components list; /* says which images there are */
    struct archive_image images[OTA_IMAGES_MAX];
    const char *board; /* that an image is made for; "": none says so */
};

/* True if the bytes begin as an archive does, with the name of its list. */
bool archive_file_is(const struct ota_source *src);

/*
 * Takes an archive apart and checks what a device would: everything listed is there and nothing
 * else, each image is whole and, if key is not NULL, signed with it; besides, that the
 * application's version is the list's and that no two images are made for different boards. 0 with
 * *out filled in; a negative ota_err with the reason, which names the file in the archive.
 */
int archive_file_check(struct archive_file *out, const struct ota_source *src,
                       const struct ota_key *key, struct ota_tool_why *why);

/*
 * True if the application says that it needs the version of the second image that comes with it,
 * so that no bootloader starts it with the one before. True for an archive of one image.
 */
bool archive_file_is_bound(const struct archive_file *a);

#endif
