/* SPDX-License-Identifier: Apache-2.0 */
/* Makes tar archives in memory. */
#ifndef OTA_TEST_UNIT_TAR_BUILD_H
#define OTA_TEST_UNIT_TAR_BUILD_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct tar_build {
    uint8_t data[65536];
    size_t len;
};

/* Makes the checksum of a header right. */
static inline void tar_sum(uint8_t *header)
{
    unsigned sum = 0;

    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++) {
        sum += header[i];
    }
    (void)snprintf((char *)header + 148, 8, "%06o", sum);
}

/* Appends a header alone; its offset. */
static inline size_t tar_header(struct tar_build *t, const char *name, uint32_t size, char type)
{
    uint8_t *h = t->data + t->len;
    size_t off = t->len;

    memset(h, 0, 512);
    memcpy(h, name, strlen(name));
    (void)snprintf((char *)h + 100, 8, "0000644");
    (void)snprintf((char *)h + 124, 12, "%011o", (unsigned)size);
    h[156] = (uint8_t)type;
    memcpy(h + 257, "ustar\00000", 8);
    tar_sum(h);
    t->len += 512;
    return off;
}

static inline void tar_add(struct tar_build *t, const char *name, const void *data, size_t len)
{
    (void)tar_header(t, name, (uint32_t)len, '0');
    memcpy(t->data + t->len, data, len);
    memset(t->data + t->len + len, 0, 512);
    t->len += (len + 511) / 512 * 512;
}

/* The two blocks of zeroes. */
static inline void tar_end(struct tar_build *t)
{
    memset(t->data + t->len, 0, 1024);
    t->len += 1024;
}

#endif
