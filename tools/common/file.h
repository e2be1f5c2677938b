/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: read at once, written so that either the old or the new one is there. */
#ifndef OTA_TOOLS_COMMON_FILE_H
#define OTA_TOOLS_COMMON_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a function that fails leaves the reason: one line for people, naming the file. */
struct ota_tool_why {
    char text[512];
};

/* Sets the reason and returns err, for use in a return statement. */
int ota_tool_fail(struct ota_tool_why *why, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Reads a file of up to max bytes into memory that the caller frees (*out is never NULL after
 * success, also for an empty file). 0; OTA_EARG if it cannot be read; OTA_ELIMIT if it is larger;
 * the reason is in *why.
 */
int ota_tool_file_read(const char *path, size_t max, uint8_t **out, size_t *len,
                       struct ota_tool_why *why);

/* How a file is written. */
struct ota_tool_file_mode {
    bool is_secret;   /* readable by the owner only */
    bool is_new_only; /* an existing file is an error */
};

/* Bytes to be written. */
struct ota_tool_file_data {
    const void *bytes;
    size_t len;
};

/*
 * Writes a file under a temporary name in the same directory, and gives it its name once it is
 * complete and durable. A failure leaves nothing behind, and an older file as it was. What is no
 * regular file (a pipe, a terminal) is written to directly. 0, or OTA_EARG and the reason.
 */
int ota_tool_file_write(const char *path, const struct ota_tool_file_data *data,
                        const struct ota_tool_file_mode *mode, struct ota_tool_why *why);

#endif
