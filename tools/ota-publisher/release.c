/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-publisher/release.h"

#include "base/le.h"
#include "common/crypto_openssl.h"
#include "common/log.h"
#include "ota-publisher/job.h"
#include "ota/err.h"
#include "ota/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* ---- The image ---------------------------------------------------------------------------- */

static int read_exactly(int fd, uint32_t off, void *buf, size_t len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t n = pread(fd, (uint8_t *)buf + done, len - done, (off_t)off + (off_t)done);

        if (n <= 0)
            return -1;
        done += (size_t)n;
    }
    return 0;
}

static int read_source(void *ctx, uint32_t off, void *buf, size_t len)
{
    const struct release *r = ctx;

    return read_exactly(r->fd, off, buf, len) == 0 ? OTA_OK : OTA_EDATA;
}

/* Whole and undamaged; whether it is signed by the right key is for the device to judge. */
static int check_image(const struct ota_source *src, struct ota_image *image)
{
    static uint8_t block[65536];
    struct ota_tool_crypto sha;
    struct ota_crypto crypto;
    struct ota_trust trust = {.crypto = &crypto, .sig_type = OTA_SIG_NONE};
    struct ota_image_check check;
    int rc = ota_tool_crypto_init(&sha, &crypto);

    if (rc != OTA_OK)
        return rc;
    rc = ota_image_check_init(&check, src, &trust);
    if (rc == OTA_OK)
        rc = 1;
    while (rc == 1)
        rc = ota_image_check_step(&check, block, sizeof block);
    *image = check.image;
    ota_tool_crypto_free(&sha);
    return rc;
}

static int check_board(const struct ota_source *src, const struct ota_image *image,
                       const char *board, char *err, size_t cap)
{
    char name[64];
    char shown[64];
    int len = ota_tlv_find(src, image, OTA_TLV_BOARD, true, name, sizeof name - 1);

    if (len < 0)
        return 0; /* not told */
    name[len] = '\0';
    if (strcmp(name, board) == 0)
        return 0;
    (void)snprintf(err, cap, "is made for board %s, not for %s",
                   tool_printable(shown, sizeof shown, name), board);
    return -1;
}

static bool is_mcuboot(const struct release *r)
{
    uint8_t magic[4];

    return r->size >= OTA_IMAGE_HEADER_LEN && read_exactly(r->fd, 0, magic, sizeof magic) == 0 &&
           ota_get_le32(magic) == OTA_IMAGE_MAGIC;
}

/* Fills in version and board from an MCUboot image. Anything else needs a job's Version. */
static int identify(struct release *r, bool has_version, const char *board, char *err, size_t cap)
{
    struct ota_source src = {.read = read_source, .ctx = r, .size = r->size, .erased = 0xff};
    struct ota_image image;
    int rc;

    if (!is_mcuboot(r)) {
        if (has_version)
            return 0;
        (void)snprintf(err, cap, "is no MCUboot image; give its Version in a job file (-j)");
        return -1;
    }
    rc = check_image(&src, &image);
    if (rc != OTA_OK) {
        (void)snprintf(err, cap, "is damaged or incomplete: %s", ota_err_text(rc));
        return -1;
    }
    if (!has_version)
        r->version = image.header.version;
    return check_board(&src, &image, board, err, cap);
}

static int open_file(struct release *r, const char *path, char *err, size_t cap)
{
    off_t most = (off_t)RELEASE_CHUNKS_MAX * RELEASE_CHUNK_SIZE;

    r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (r->fd < 0 || fstat(r->fd, &r->image_stat) != 0) {
        (void)snprintf(err, cap, "cannot be opened: %s", strerror(errno));
        return -1;
    }
    if (!S_ISREG(r->image_stat.st_mode) || r->image_stat.st_size == 0) {
        (void)snprintf(err, cap, "is %s", S_ISREG(r->image_stat.st_mode) ? "empty" : "no file");
        return -1;
    }
    if (r->image_stat.st_size > most) {
        (void)snprintf(err, cap,
                       "has %lld bytes, more than the %lld (%u chunks of %u) that the "
                       "protocol can carry",
                       (long long)r->image_stat.st_size, (long long)most, RELEASE_CHUNKS_MAX,
                       RELEASE_CHUNK_SIZE);
        return -1;
    }
    r->size = (uint32_t)r->image_stat.st_size;
    return 0;
}

/* ---- Opening ------------------------------------------------------------------------------ */

static int open_image(struct release_store *s, struct release *r, bool has_version)
{
    char why[256];

    if (open_file(r, s->image_path, why, sizeof why) == 0 &&
        identify(r, has_version, s->board, why, sizeof why) == 0)
        return 0;
    (void)snprintf(s->error, sizeof s->error, "image '%s' %s", s->image_path, why);
    return -1;
}

static int open_job(struct release_store *s, struct release *r, bool *has_version)
{
    *has_version = false;
    if (s->job_path == NULL)
        return 0;
    r->job = job_load(s->job_path, s->error, sizeof s->error);
    if (r->job == NULL)
        return -1;
    *has_version = job_version(r->job, &r->version) == 1;
    if (s->image_path != NULL || (!job_is_mqtt(r->job) && *has_version))
        return 0;
    (void)snprintf(s->error, sizeof s->error, "job file '%s' %s", s->job_path,
                   *has_version ? "offers an image over MQTT: name it with -f"
                                : "has no Version and there is no image to take it from");
    return -1;
}

static int open_release(struct release_store *s, struct release *r)
{
    bool has_version;
    int rc = 0;

    if (open_job(s, r, &has_version) != 0)
        return -1;
    if (s->image_path != NULL && open_image(s, r, has_version) != 0)
        return -1;
    if (r->job == NULL)
        r->job = job_build(s->board, &r->version, s->port);
    else if (!has_version)
        rc = job_set_version(r->job, &r->version);
    if (r->job != NULL && rc == 0)
        return 0;
    (void)snprintf(s->error, sizeof s->error, "out of memory");
    return -1;
}

static void reopen(struct release_store *s)
{
    struct release *r = calloc(1, sizeof *r);

    release_put(s->current);
    s->current = NULL;
    s->error[0] = '\0';
    if (r == NULL) {
        (void)snprintf(s->error, sizeof s->error, "out of memory");
        return;
    }
    r->refs = 1;
    r->fd = -1;
    if (open_release(s, r) == 0)
        s->current = r;
    else
        release_put(r);
}

static void look(const char *path, struct stat *st)
{
    if (path == NULL || stat(path, st) != 0)
        *st = (struct stat){.st_size = 0};
}

/* True if a file is another one than at the last look. */
static bool files_changed(struct release_store *s)
{
    struct stat image;
    struct stat job;

    look(s->image_path, &image);
    look(s->job_path, &job);
    if (same_file(&image, &s->image_stat) && same_file(&job, &s->job_stat))
        return false;
    s->image_stat = image;
    s->job_stat = job;
    return true;
}

int release_store_open(struct release_store *s, const char *image_path, const char *job_path,
                       const char *board, uint16_t port)
{
    *s = (struct release_store){
        .image_path = image_path, .job_path = job_path, .board = board, .port = port};
    (void)files_changed(s);
    reopen(s);
    return s->current != NULL ? 0 : -1;
}

void release_store_close(struct release_store *s)
{
    release_put(s->current);
    s->current = NULL;
}

struct release *release_current(struct release_store *s)
{
    if (!files_changed(s))
        return s->current;
    reopen(s);
    if (s->current == NULL)
        tool_error("nothing is offered any more: %s", s->error);
    else
        tool_log("release changed: version %u.%u.%u, %u bytes", s->current->version.major,
                 s->current->version.minor, s->current->version.revision, s->current->size);
    return s->current;
}

struct release *release_get(struct release *r)
{
    r->refs++;
    return r;
}

void release_put(struct release *r)
{
    if (r == NULL || --r->refs > 0)
        return;
    if (r->fd >= 0)
        (void)close(r->fd); /* was only read */
    json_decref(r->job);
    free(r);
}

int release_read(const struct release *r, uint32_t off, void *buf, size_t len)
{
    struct stat now;

    if (r->fd < 0 || fstat(r->fd, &now) != 0 || !same_file(&now, &r->image_stat))
        return -1;
    return read_exactly(r->fd, off, buf, len);
}
