/* SPDX-License-Identifier: Apache-2.0 */
/* Images in open files: which format, and whether all of it is there and undamaged. */
#ifndef TOOL_IMAGE_FILE_H
#define TOOL_IMAGE_FILE_H

#include "ota/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads len bytes at off. 0, or -1 with errno (0 if the file is shorter). */
int image_file_read(int fd, uint32_t off, void *buf, size_t len);

/* True if the file begins as an MCUboot image does. */
bool image_file_is_mcuboot(int fd, uint32_t size);

/* An open file of size bytes as a source. Keeps the pointer to fd. */
void image_file_source(struct ota_source *src, const int *fd, uint32_t size);

/*
 * Checks the hash of an MCUboot image of size bytes, and its signature if key is not NULL. 0 with
 * *out filled in, or a negative ota_err (OTA_EDATA if the file cannot be read).
 *
 * Of an encrypted image the hash is for its devices to check. Without key: 0 if all of it is there;
 * OTA_ETLV if it carries no key; OTA_EREFUSED if it is in the clear, as it is in a primary slot.
 * With key: OTA_ENOTSUP.
 */
int image_file_check(int fd, uint32_t size, const struct ota_key *key, struct ota_image *out);
/* The same for an image that is read from elsewhere. */
int image_source_check(const struct ota_source *src, const struct ota_key *key,
                       struct ota_image *out);

/* Text for people to an error of image_file_check. */
const char *image_file_why(int rc, const struct ota_image *image);

/*
 * The board that a checked image names (OTA_TLV_BOARD), as printable text. False if it names
 * none; buf then holds "".
 */
bool image_file_board(int fd, uint32_t size, const struct ota_image *image, char *buf, size_t cap);
bool image_source_board(const struct ota_source *src, const struct ota_image *image, char *buf,
                        size_t cap);

#endif
