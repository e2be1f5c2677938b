/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image being put together in a file beside its final name. Every field of every chunk header
 * is checked; the file gets its name only by download_keep.
 */
#ifndef SUBSCRIBER_DOWNLOAD_H
#define SUBSCRIBER_DOWNLOAD_H

#include "codec/chunk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct download {
    const char *path; /* final name */
    char *temp;       /* name while incomplete; NULL: no file */
    int fd;
    uint32_t step;          /* bytes per chunk, all but the last */
    struct ota_chunk first; /* header of the first one taken: what must stay the same */
    bool has_first;
    uint8_t *have; /* one bit per chunk */
    uint32_t n_have;
};

/* Makes the file. 0, or -1 after telling why. */
int download_open(struct download *d, const char *path, uint32_t step);

/*
 * Takes a message that ota_chunk_decode accepted. 1: it was new, 0: a repetition with the same
 * bytes; -1: it cannot be part of this image, or the file cannot be written; the reason is then
 * in why.
 */
int download_take(struct download *d, const struct ota_chunk *head, const uint8_t *msg, char *why,
                  size_t cap);

bool download_is_complete(const struct download *d);

/* True if chunk index has been taken. */
bool download_has(const struct download *d, uint32_t index);

/* Makes the file durable and gives it its name. 0, or -1 with errno. */
int download_keep(struct download *d);

/* Frees everything; a file that was not kept is removed. */
void download_close(struct download *d);

#endif
