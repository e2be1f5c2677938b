/* SPDX-License-Identifier: Apache-2.0 */
/* ota-imgtool: makes keys, signs images, checks and shows them. */
#include "ota-imgtool/imgtool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ota-imgtool/hex.h"

static const char help[] =
    "usage: ota-imgtool [-v] COMMAND [OPTION...] [FILE...]\n"
    "\n"
    "  keygen   make a key pair\n"
    "  getpub   print the public key, to be built into a bootloader\n"
    "  getpriv  print the private key, to be built into a bootloader that decrypts images\n"
    "  sign     put header, TLVs and signature around a binary (also: create)\n"
    "  verify   check that a bootloader with a key would start an image\n"
    "  archive  put signed images into one archive, to be installed as a whole\n"
    "  dump     show header, TLVs and trailer of an image (also: dumpinfo)\n"
    "\n"
    "-v, --verbose before the command tells on standard error what is read and made.\n"
    "ota-imgtool COMMAND --help tells the options of a command; the manual is ota-imgtool(1).\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"keygen", imgtool_keygen}, {"getpub", imgtool_getpub}, {"getpriv", imgtool_getpriv},
    {"sign", imgtool_sign},     {"create", imgtool_sign},   {"verify", imgtool_verify},
    {"dump", imgtool_dump},     {"dumpinfo", imgtool_dump}, {"archive", imgtool_archive},
};

static bool is_verbose;

void imgtool_detail(const char *format, ...)
{
    va_list args;

    if (!is_verbose) {
        return;
    }
    (void)fputs("ota-imgtool: ", stderr);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
}

int imgtool_fail(const char *format, ...)
{
    va_list args;

    (void)fputs("ota-imgtool: ", stderr);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    return IMGTOOL_FAILED;
}

int imgtool_misuse(const char *command, const char *format, ...)
{
    va_list args;

    (void)fprintf(stderr, "ota-imgtool %s: ", command);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fprintf(stderr, " (see ota-imgtool %s --help)\n", command);
    return IMGTOOL_USAGE;
}

bool imgtool_number(const char *text, uint32_t max, uint32_t *out)
{
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = is_hex ? text + 2 : text;
    unsigned long long v;
    char *end;

    /* strtoull would take signs and white space. */
    if (digits[0] == '\0' || digits[strspn(digits, "0123456789abcdefABCDEF")] != '\0') {
        return false;
    }
    errno = 0;
    v = strtoull(digits, &end, is_hex ? 16 : 10);
    if (errno != 0 || *end != '\0' || v > max) {
        return false;
    }
    *out = (uint32_t)v;
    return true;
}

bool imgtool_is_hex(const char *path)
{
    size_t len = strlen(path);

    return len >= 4 && (strcmp(path + len - 4, ".hex") == 0 || strcmp(path + len - 4, ".HEX") == 0);
}

int imgtool_load(const char *path, struct imgtool_file *out)
{
    struct ota_tool_why why;
    struct hex_segment segment;
    uint8_t *raw;
    size_t len;
    int rc;

    memset(out, 0, sizeof *out);
    if (ota_tool_file_read(path, IMGTOOL_FILE_MAX, &raw, &len, &why) != 0) {
        return imgtool_fail("%s", why.text);
    }
    if (!imgtool_is_hex(path)) {
        out->data = raw;
        out->len = len;
        imgtool_detail("%s: %zu bytes", path, len);
        return 0;
    }
    rc = hex_read((const char *)raw, len, &out->data, &segment, &why);
    free(raw);
    if (rc != 0) {
        return imgtool_fail("%s is not Intel HEX: %s", path, why.text);
    }
    out->len = segment.len;
    out->base = segment.addr;
    out->has_base = true;
    imgtool_detail("%s: %zu bytes from 0x%08x on", path, out->len, (unsigned)out->base);
    return 0;
}

int main(int argc, char **argv)
{
    const char *name;

    if (argc > 1 && (strcmp(argv[1], "-v") == 0 || strcmp(argv[1], "--verbose") == 0)) {
        is_verbose = true;
        argc--;
        argv++;
    }
    name = argc > 1 ? argv[1] : "";

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        (void)fputs(help, stdout);
        return IMGTOOL_OK;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
        (void)puts("ota-imgtool " OTA_TOOL_VERSION);
        return IMGTOOL_OK;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (name[0] != '\0') {
        (void)fprintf(stderr, "ota-imgtool: there is no command '%s'\n", name);
    }
    (void)fputs(help, stderr);
    return IMGTOOL_USAGE;
}
