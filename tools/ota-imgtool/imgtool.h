/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of ota-imgtool share. */
#ifndef OTA_IMGTOOL_IMGTOOL_H
#define OTA_IMGTOOL_IMGTOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/file.h"

/* Exit codes. */
enum { IMGTOOL_OK = 0, IMGTOOL_FAILED = 1, IMGTOOL_USAGE = 2 };

/* The commands: arguments from the command's name on; an exit code. */
int imgtool_keygen(int argc, char **argv);
int imgtool_getpub(int argc, char **argv);
int imgtool_getpriv(int argc, char **argv);
int imgtool_sign(int argc, char **argv);
int imgtool_verify(int argc, char **argv);
int imgtool_dump(int argc, char **argv);
int imgtool_archive(int argc, char **argv);

/* One line on standard error, after the program's name. Return IMGTOOL_FAILED and IMGTOOL_USAGE. */
int imgtool_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int imgtool_misuse(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One line on standard error that only ota-imgtool --verbose shows. */
void imgtool_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A number in decimal, or hexadecimal after 0x, of at most max. */
bool imgtool_number(const char *text, uint32_t max, uint32_t *out);

/* Bytes of an image file, plain or Intel HEX by the name's end. */
struct imgtool_file {
    uint8_t *data;
    size_t len;
    uint32_t base; /* address of the first byte, if has_base */
    bool has_base;
};

/* Largest image file. */
#define IMGTOOL_FILE_MAX (256u << 20)

bool imgtool_is_hex(const char *path);

/* 0 or IMGTOOL_FAILED, with a message. The caller frees data. */
int imgtool_load(const char *path, struct imgtool_file *out);

#endif
