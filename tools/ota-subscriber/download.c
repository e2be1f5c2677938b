/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-subscriber/download.h"

#include "common/image_file.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int download_open(struct download *d, const char *path, uint32_t step)
{
    mode_t mask = umask(0);

    (void)umask(mask);
    *d = (struct download){.path = path, .fd = -1, .step = step};
    if (asprintf(&d->temp, "%s.XXXXXX", path) < 0) {
        d->temp = NULL;
        tool_error("out of memory");
        return -1;
    }
    d->fd = mkostemp(d->temp, O_CLOEXEC);
    if (d->fd < 0) {
        tool_error("cannot create '%s': %s", d->temp, strerror(errno));
        free(d->temp);
        d->temp = NULL;
        return -1;
    }
    /* mkostemp makes files that only the owner can read; the image is an ordinary one. */
    (void)fchmod(d->fd, 0666u & ~mask);
    return 0;
}

static int reject(char *why, size_t cap, const char *text)
{
    (void)snprintf(why, cap, "%s", text);
    return -1;
}

static int check_head(const struct download *d, const struct ota_chunk *c, char *why, size_t cap)
{
    uint32_t left = c->total_size - c->offset;

    if (c->offset % d->step != 0 || c->index != c->offset / d->step) {
        return reject(why, cap, "its offset and index do not fit together");
    }
    if (c->count != (c->total_size - 1) / d->step + 1) {
        return reject(why, cap, "its number of chunks does not fit the image size");
    }
    if (c->size != (left < d->step ? left : d->step)) {
        return reject(why, cap, "its data is shorter or longer than this chunk is");
    }
    if (!d->has_first) {
        return 0;
    }
    if (c->total_size != d->first.total_size || c->count != d->first.count) {
        return reject(why, cap, "the image size changes during the download");
    }
    if (ota_version_compare(&c->version, &d->first.version) != 0) {
        return reject(why, cap, "the version changes during the download");
    }
    return 0;
}

/* A repetition must repeat: two different contents of one chunk mean that one of them is wrong. */
static int compare(const struct download *d, const struct ota_chunk *c, const uint8_t *data,
                   char *why, size_t cap)
{
    uint8_t old[UINT16_MAX];

    if (image_file_read(d->fd, c->offset, old, c->size) != 0) {
        return reject(why, cap, "the file cannot be read back");
    }
    if (memcmp(old, data, c->size) != 0) {
        return reject(why, cap, "it repeats a chunk with different bytes");
    }
    return 0;
}

static int store(const struct download *d, const struct ota_chunk *c, const uint8_t *data,
                 char *why, size_t cap)
{
    size_t done = 0;

    while (done < c->size) {
        ssize_t n = pwrite(d->fd, data + done, c->size - done, (off_t)c->offset + (off_t)done);

        if (n < 0) {
            (void)snprintf(why, cap, "cannot write '%s': %s", d->temp, strerror(errno));
            return -1;
        }
        done += (size_t)n;
    }
    return 0;
}

int download_take(struct download *d, const struct ota_chunk *c, const uint8_t *msg, char *why,
                  size_t cap)
{
    const uint8_t *data = msg + c->data_off;

    if (check_head(d, c, why, cap) != 0) {
        return -1;
    }
    if (!d->has_first) {
        d->have = calloc(c->count / 8u + 1u, 1);
        if (d->have == NULL) {
            return reject(why, cap, "out of memory");
        }
        d->first = *c;
        d->has_first = true;
    }
    if (download_has(d, c->index)) {
        return compare(d, c, data, why, cap);
    }
    if (store(d, c, data, why, cap) != 0) {
        return -1;
    }
    d->have[c->index / 8u] |= (uint8_t)(1u << c->index % 8u);
    d->n_have++;
    return 1;
}

bool download_is_complete(const struct download *d)
{
    return d->has_first && d->n_have == d->first.count;
}

bool download_has(const struct download *d, uint32_t index)
{
    return d->has_first && index < d->first.count && (d->have[index / 8u] & 1u << index % 8u) != 0;
}

int download_keep(struct download *d)
{
    int rc = fsync(d->fd);

    /* close() reports a write that some file systems only do now. */
    if (close(d->fd) != 0) {
        rc = -1;
    }
    d->fd = -1;
    if (rc != 0 || rename(d->temp, d->path) != 0) {
        return -1;
    }
    free(d->temp);
    d->temp = NULL;
    return 0;
}

void download_close(struct download *d)
{
    if (d->fd >= 0) {
        (void)close(d->fd); /* its content is given up */
    }
    if (d->temp != NULL) {
        (void)unlink(d->temp);
    }
    free(d->temp);
    free(d->have);
    *d = (struct download){.fd = -1};
}
