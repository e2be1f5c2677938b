/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-publisher/release.h"

#include "common/archive_file.h"
#include "common/image_file.h"
#include "common/log.h"
#include "ota-publisher/job.h"
#include "ota/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool release_is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* ---- The image ---------------------------------------------------------------------------- */

/* What the file says of itself. */
struct identity {
    struct ota_version version;
    char board[64]; /* "": nothing */
};

/* 0 or -1; the reason continues a sentence about the file. */
static int identify_image(struct release *r, struct identity *out, char *err, size_t cap)
{
    struct ota_image image;
    /* Whole and undamaged; whether it is signed by the right key is for the device to judge. */
    int rc = image_file_check(r->fd, r->size, NULL, &image);

    if (rc != OTA_OK) {
        (void)snprintf(err, cap, "cannot be offered: %s", image_file_why(rc, &image));
        return -1;
    }
    r->is_encrypted = ota_image_is_encrypted(&image.header);
    out->version = image.header.version;
    (void)image_file_board(r->fd, r->size, &image, out->board, sizeof out->board);
    return 0;
}

static int identify_archive(const struct ota_source *src, struct identity *out, char *err,
                            size_t cap)
{
    struct archive_file a;
    struct ota_tool_why why;

    if (archive_file_check(&a, src, NULL, &why) != 0) {
        (void)snprintf(err, cap, "is an archive that %.220s", why.text);
        return -1;
    }
    out->version = a.list.version;
    (void)snprintf(out->board, sizeof out->board, "%s", a.board);
    if (!archive_file_is_bound(&a)) {
        tool_log("warning: the application in the archive does not depend on the second image's "
                 "version: a power cut may let it run with the old one once (docs/archives.md)");
    }
    return 0;
}

/* Fills in the version from an MCUboot image or an archive. Else a job's Version is needed. */
static int identify(struct release *r, bool has_version, const char *board, char *err, size_t cap)
{
    struct ota_source src;
    struct identity is = {.board = ""};
    int rc;

    image_file_source(&src, &r->fd, r->size);
    if (archive_file_is(&src)) {
        r->is_archive = true;
        rc = identify_archive(&src, &is, err, cap);
    } else if (image_file_is_mcuboot(r->fd, r->size)) {
        rc = identify_image(r, &is, err, cap);
    } else if (has_version) {
        return 0;
    } else {
        (void)snprintf(err, cap,
                       "is no MCUboot image and no archive; give its Version in a job file (-j)");
        return -1;
    }
    if (rc != 0) {
        return rc;
    }
    if (is.board[0] != '\0' && strcmp(is.board, board) != 0) {
        (void)snprintf(err, cap, "is made for board %s, not for %s", is.board, board);
        return -1;
    }
    if (!has_version) {
        r->version = is.version;
    } else if (ota_version_compare(&r->version, &is.version) != 0) {
        tool_log("warning: the job file says version %u.%u.%u, the image %u.%u.%u",
                 r->version.major, r->version.minor, r->version.revision, is.version.major,
                 is.version.minor, is.version.revision);
    }
    return 0;
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
        identify(r, has_version, s->board, why, sizeof why) == 0) {
        return 0;
    }
    (void)snprintf(s->error, sizeof s->error, "image '%s' %s", s->image_path, why);
    return -1;
}

static int open_job(struct release_store *s, struct release *r, bool *has_version)
{
    *has_version = false;
    if (s->job_path == NULL) {
        return 0;
    }
    r->job = job_load(s->job_path, s->error, sizeof s->error);
    if (r->job == NULL) {
        return -1;
    }
    *has_version = job_version(r->job, &r->version) == 1;
    r->has_place = job_has_place(r->job);
    if (s->image_path != NULL || (!job_is_mqtt(r->job) && *has_version)) {
        return 0;
    }
    (void)snprintf(s->error, sizeof s->error, "job file '%s' %s", s->job_path,
                   *has_version ? "offers an image over MQTT: name it with -f"
                                : "has no Version and there is no image to take it from");
    return -1;
}

static int open_release(struct release_store *s, struct release *r)
{
    bool has_version;
    int rc = 0;

    if (open_job(s, r, &has_version) != 0) {
        return -1;
    }
    if (s->image_path != NULL && open_image(s, r, has_version) != 0) {
        return -1;
    }
    if (r->job == NULL) {
        r->job = job_build(s->board, &r->version, s->port);
    } else if (!has_version) {
        rc = job_set_version(r->job, &r->version);
    }
    if (r->job != NULL && rc == 0) {
        return 0;
    }
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
    if (open_release(s, r) == 0) {
        s->current = r;
    } else {
        release_put(r);
    }
}

static void look(const char *path, struct stat *st)
{
    if (path == NULL || stat(path, st) != 0) {
        *st = (struct stat){.st_size = 0};
    }
}

/* True if a file is another one than at the last look. */
static bool files_changed(struct release_store *s)
{
    struct stat image;
    struct stat job;

    look(s->image_path, &image);
    look(s->job_path, &job);
    if (release_is_same_file(&image, &s->image_stat) && release_is_same_file(&job, &s->job_stat)) {
        return false;
    }
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
    if (!files_changed(s)) {
        return s->current;
    }
    reopen(s);
    if (s->current == NULL) {
        tool_error("nothing is offered any more: %s", s->error);
    } else {
        tool_log("release changed: version %u.%u.%u, %u bytes%s", s->current->version.major,
                 s->current->version.minor, s->current->version.revision, s->current->size,
                 s->current->is_archive ? ", an archive" : "");
    }
    return s->current;
}

struct release *release_get(struct release *r)
{
    r->refs++;
    return r;
}

void release_put(struct release *r)
{
    if (r == NULL || --r->refs > 0) {
        return;
    }
    if (r->fd >= 0) {
        (void)close(r->fd); /* was only read */
    }
    json_decref(r->job);
    free(r);
}

int release_read(const struct release *r, uint32_t off, void *buf, size_t len)
{
    struct stat now;

    if (r->fd < 0 || fstat(r->fd, &now) != 0 || !release_is_same_file(&now, &r->image_stat)) {
        return -1;
    }
    return image_file_read(r->fd, off, buf, len);
}
