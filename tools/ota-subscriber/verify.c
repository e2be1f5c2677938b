/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-subscriber/verify.h"

#include "common/archive_file.h"
#include "common/image_file.h"
#include "common/log.h"
#include "ota/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 65536u

static int fail(char *why, size_t cap, const char *text)
{
    (void)snprintf(why, cap, "%s", text);
    return -1;
}

static int same_bytes(int got, int wanted, uint32_t size, char *why, size_t cap)
{
    static uint8_t a[BLOCK];
    static uint8_t b[BLOCK];
    uint32_t off;

    for (off = 0; off < size; off += BLOCK) {
        size_t len = size - off < BLOCK ? size - off : BLOCK;

        if (image_file_read(got, off, a, len) != 0 || image_file_read(wanted, off, b, len) != 0) {
            return fail(why, cap, "the file to compare with cannot be read");
        }
        if (memcmp(a, b, len) != 0) {
            return fail(why, cap, "it differs from the file to compare with");
        }
    }
    return 0;
}

static int check_expected(const struct flow *f, uint32_t size, char *why, size_t cap)
{
    struct stat st;
    int fd;
    int rc;

    if (f->config->expect == NULL) {
        return 0;
    }
    fd = open(f->config->expect, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        (void)snprintf(why, cap, "cannot open '%s' to compare with: %s", f->config->expect,
                       strerror(errno));
        rc = -1;
    } else if (st.st_size != (off_t)size) {
        rc = fail(why, cap, "its size is not that of the file to compare with");
    } else {
        rc = same_bytes(f->download.fd, fd, size, why, cap);
    }
    if (fd >= 0) {
        (void)close(fd); /* was only read */
    }
    return rc;
}

static int check_mcuboot(const struct flow *f, uint32_t size, char *why, size_t cap)
{
    struct ota_image image;
    const struct ota_version *v = &image.header.version;
    char board[64];
    int rc = image_file_check(f->download.fd, size, f->config->key, &image);

    if (rc != OTA_OK) {
        return fail(why, cap, image_file_why(rc, &image));
    }
    if (ota_image_is_encrypted(&image.header)) {
        tool_log("note: the image is encrypted, so its hash was not checked");
    }
    if (image_file_board(f->download.fd, size, &image, board, sizeof board) &&
        strcmp(board, f->config->board) != 0) {
        return fail(why, cap, ota_err_text(OTA_EBOARD));
    }
    if (ota_version_compare(v, &f->offered) != 0) {
        tool_log("warning: the image says version %u.%u.%u, its job %u.%u.%u", v->major, v->minor,
                 v->revision, f->offered.major, f->offered.minor, f->offered.revision);
    }
    return 0;
}

static int check_archive(const struct flow *f, const struct ota_source *src, char *why, size_t cap)
{
    const struct ota_version *v;
    struct ota_tool_why reason;
    struct archive_file a;

    if (archive_file_check(&a, src, f->config->key, &reason) != 0) {
        (void)snprintf(why, cap, "it is an archive that %s", reason.text);
        return -1;
    }
    if (a.board[0] != '\0' && strcmp(a.board, f->config->board) != 0) {
        return fail(why, cap, ota_err_text(OTA_EBOARD));
    }
    v = &a.list.version;
    if (ota_version_compare(v, &f->offered) != 0) {
        tool_log("warning: the archive says version %u.%u.%u, its job %u.%u.%u", v->major, v->minor,
                 v->revision, f->offered.major, f->offered.minor, f->offered.revision);
    }
    return 0;
}

int verify_download(const struct flow *f, char *why, size_t cap)
{
    uint32_t size = f->download.first.total_size;
    struct ota_source src;

    if (check_expected(f, size, why, cap) != 0) {
        return -1;
    }
    image_file_source(&src, &f->download.fd, size);
    if (archive_file_is(&src)) {
        return check_archive(f, &src, why, cap);
    }
    if (image_file_is_mcuboot(f->download.fd, size)) {
        return check_mcuboot(f, size, why, cap);
    }
    if (f->config->key != NULL) {
        return fail(why, cap, "it is no MCUboot image and no archive, so it carries no signature");
    }
    if (f->config->expect == NULL) {
        tool_log("note: no MCUboot image, so nothing but its length could be checked");
    }
    return 0;
}
