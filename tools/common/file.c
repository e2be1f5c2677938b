/* SPDX-License-Identifier: Apache-2.0 */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ota/err.h"

#define READ_STEP 65536u

int ota_tool_fail(struct ota_tool_why *why, int err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return err;
}

static int read_all(FILE *f, size_t max, uint8_t **out, size_t *len)
{
    size_t cap = READ_STEP;
    size_t used = 0;
    uint8_t *buf = malloc(cap);

    while (buf != NULL) {
        uint8_t *larger;

        used += fread(buf + used, 1, cap - used, f);
        if (used < cap || used > max) {
            break;
        }
        cap *= 2;
        larger = realloc(buf, cap);
        if (larger == NULL) {
            free(buf);
        }
        buf = larger;
    }
    if (buf == NULL || ferror(f) != 0 || used > max) {
        free(buf);
        return buf != NULL && used > max ? OTA_ELIMIT : OTA_EARG;
    }
    *out = buf;
    *len = used;
    return 0;
}

int ota_tool_file_read(const char *path, size_t max, uint8_t **out, size_t *len,
                       struct ota_tool_why *why)
{
    FILE *f = fopen(path, "rb");
    int rc;

    if (f == NULL) {
        return ota_tool_fail(why, OTA_EARG, "cannot open %s: %s", path, strerror(errno));
    }
    errno = 0;
    rc = read_all(f, max, out, len);
    if (rc == OTA_ELIMIT) {
        (void)ota_tool_fail(why, rc, "%s has more than %zu bytes", path, max);
    } else if (rc != 0) {
        (void)ota_tool_fail(why, rc, "cannot read %s: %s", path, strerror(errno));
    }
    (void)fclose(f); /* only read from */
    return rc;
}

/* 0 or the errno. */
static int write_all(int fd, const struct ota_tool_file_data *data)
{
    const uint8_t *p = data->bytes;
    size_t left = data->len;

    while (left > 0) {
        ssize_t n = write(fd, p, left);

        if (n < 0 && errno != EINTR) {
            return errno;
        }
        if (n > 0) {
            p += n;
            left -= (size_t)n;
        }
    }
    return 0;
}

static int write_directly(const char *path, const struct ota_tool_file_data *data)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int err;

    if (fd < 0) {
        return errno;
    }
    err = write_all(fd, data);
    if (close(fd) != 0 && err == 0) {
        err = errno;
    }
    return err;
}

/* mkstemp makes files for the owner only; others get what the umask leaves. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(0);

    (void)umask(mask);
    return (mode_t)(0666 & ~mask);
}

/* Fills the temporary file and gives it its name. 0 or the errno. */
static int write_and_rename(int fd, const char *temp, const char *path,
                            const struct ota_tool_file_data *data,
                            const struct ota_tool_file_mode *mode)
{
    int err = write_all(fd, data);

    if (err == 0 && !mode->is_secret && fchmod(fd, usual_mode()) != 0) {
        err = errno;
    }
    if (err == 0 && fsync(fd) != 0) {
        err = errno;
    }
    if (close(fd) != 0 && err == 0) {
        err = errno;
    }
    if (err == 0 && mode->is_new_only) {
        /* link, unlike rename, does not replace. */
        err = link(temp, path) == 0 ? 0 : errno;
        (void)unlink(temp);
        return err;
    }
    if (err == 0 && rename(temp, path) != 0) {
        err = errno;
    }
    if (err != 0) {
        (void)unlink(temp);
    }
    return err;
}

int ota_tool_file_write(const char *path, const struct ota_tool_file_data *data,
                        const struct ota_tool_file_mode *mode, struct ota_tool_why *why)
{
    static const char suffix[] = ".XXXXXX";
    size_t len = strlen(path);
    struct stat st;
    char *temp;
    int fd, err;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        err = write_directly(path, data);
        return err == 0 ? 0
                        : ota_tool_fail(why, OTA_EARG, "cannot write %s: %s", path, strerror(err));
    }
    temp = malloc(len + sizeof suffix);
    if (temp == NULL) {
        return ota_tool_fail(why, OTA_EARG, "cannot write %s: out of memory", path);
    }
    memcpy(temp, path, len);
    memcpy(temp + len, suffix, sizeof suffix);
    fd = mkstemp(temp);
    err = fd < 0 ? errno : write_and_rename(fd, temp, path, data, mode);
    free(temp);
    return err == 0 ? 0 : ota_tool_fail(why, OTA_EARG, "cannot write %s: %s", path, strerror(err));
}
