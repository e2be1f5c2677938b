/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is offered: the file of an image or archive and the job document that announces it. Knows
 * nothing of devices or of how the bytes travel.
 *
 * The files are looked at again whenever the current release is asked for. A changed file makes a
 * new release; one that is being downloaded keeps its open file and is freed with its last user.
 */
#ifndef PUBLISHER_RELEASE_H
#define PUBLISHER_RELEASE_H

#include "ota/version.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define RELEASE_CHUNK_SIZE 4096u
/* The chunk header counts chunks in 16 bits. */
#define RELEASE_CHUNKS_MAX 65535u

struct release {
    unsigned refs;
    int fd;        /* -1: the job leads to a web server */
    uint32_t size; /* bytes of the file */
    struct ota_version version;
    json_t *job;
    bool is_encrypted;      /* its hash is for the devices to check */
    bool has_place;         /* the job file says where the data is */
    bool is_archive;        /* of several images, with their list */
    struct stat image_stat; /* when it was opened */
};

struct release_store {
    const char *image_path; /* NULL: none */
    const char *job_path;   /* NULL: the job is made from the image */
    const char *board;
    uint16_t port;           /* for the job */
    struct release *current; /* NULL: nothing is offered */
    struct stat image_stat;  /* of the files as they were last looked at; all 0: not there */
    struct stat job_stat;
    char error[512]; /* why current is NULL */
};

/* Sets the paths and opens the release. 0, or -1 with the reason in store->error. */
int release_store_open(struct release_store *store, const char *image_path, const char *job_path,
                       const char *board, uint16_t port);
void release_store_close(struct release_store *store);

/* The release that is offered now; NULL if there is none. Belongs to the store: take it. */
struct release *release_current(struct release_store *store);

/* Another user of a release, and one less. release_put(NULL) does nothing. */
struct release *release_get(struct release *r);
void release_put(struct release *r);

/* True if a file is still what it was: nothing was written to it and no other is in its place. */
bool release_is_same_file(const struct stat *a, const struct stat *b);

/*
 * Reads a part of the image. 0; -1 if it cannot be read or the file was overwritten in place, so
 * that its bytes belong to no release any more.
 */
int release_read(const struct release *r, uint32_t off, void *buf, size_t len);

#endif
