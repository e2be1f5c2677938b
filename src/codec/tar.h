/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tar archive, read as it streams in: POSIX ustar and GNU headers, regular files.
 *
 *     header (512 bytes) | content | zeroes up to a multiple of 512 | next header ... | two zero
 * blocks
 *
 * The end may be missing; what follows it must be zero. Extended headers of POSIX (types x and g)
 * are passed over; every other type than a regular file is refused. Format: POSIX.1-2017, pax.
 */
#ifndef OTA_CODEC_TAR_H
#define OTA_CODEC_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OTA_TAR_BLOCK 512u
#define OTA_TAR_NAME_MAX 100u

/* What ota_tar_next found; negative: an error. */
enum ota_tar_event {
    OTA_TAR_MORE,  /* all input is used up */
    OTA_TAR_BEGIN, /* a file begins: name and size are known */
    OTA_TAR_DATA,  /* content of the file: data and len */
    OTA_TAR_END,   /* the file is complete */
};

struct ota_tar {
    char name[OTA_TAR_NAME_MAX + 1]; /* of the file under way */
    uint32_t size;                   /* bytes of its content */
    uint32_t left;                   /* of them to come */
    uint16_t padding;                /* zeroes to come behind the content */
    uint16_t have;                   /* bytes in block */
    uint8_t zero_blocks;             /* seen: two are the end */
    bool is_file;                    /* a file is under way */
    uint8_t block[OTA_TAR_BLOCK];    /* header */
};

/* Input that is still to be read; ota_tar_next moves it on. */
struct ota_tar_input {
    const uint8_t *data;
    size_t len;
};

void ota_tar_init(struct ota_tar *t);

/*
 * Reads on to the next event. For OTA_TAR_DATA *content is a piece of the input. OTA_EFORMAT for a
 * header whose magic, checksum, numbers or type are wrong, or if anything follows the end. After
 * an error the archive is of no use.
 */
int ota_tar_next(struct ota_tar *t, struct ota_tar_input *in, struct ota_tar_input *content);

/* Instead of init: goes on within a file of size bytes of which left ones are to come. */
void ota_tar_resume(struct ota_tar *t, uint32_t size, uint32_t left);

/* True if the archive may end here: no file and no header is under way. */
bool ota_tar_is_between(const struct ota_tar *t);

#endif
