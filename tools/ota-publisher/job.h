/* SPDX-License-Identifier: Apache-2.0 */
/* Job documents: what is offered, as a device reads it. */
#ifndef PUBLISHER_JOB_H
#define PUBLISHER_JOB_H

#include "ota/version.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Chunks in a row that a device may ask for in one request: "Count" in jobs that are made here. A
 * job file may say it, too. The original's devices ask for one at a time. */
#define JOB_RUN_MAX 16u

/* A device of the original keeps this many bytes of a job document. */
#define JOB_TEXT_MAX 1023u

/* Where the data of a job is. */
struct job_place {
    const char *connection; /* "MQTT", "HTTP" or "HTTPS" */
    const char *server;     /* "": where the job comes from */
    uint16_t port;
    const char *file; /* path; NULL: none */
};

/* A place and the room for its texts. */
struct job_url {
    struct job_place place;
    char server[280];
    char file[2048];
};

/*
 * Takes a URL: mqtt, mqtts, http or https, with host; the port is the usual one if it has none.
 * An http or https URL without path means file. 0, or -1 if it is none of these. *out must not
 * move.
 */
int job_url_parse(struct job_url *out, const char *text, const char *file);

/* Reads a job file: one JSON object of strings, 64 KiB at most. NULL with the reason in err. */
json_t *job_load(const char *path, char *err, size_t cap);

/* A document for an image that the same broker delivers. NULL if there is no memory. */
json_t *job_build(const char *board, const struct ota_version *version, uint16_t port);

/* 1 with *out set, 0 if the document has no Version, -1 if it is malformed. */
int job_version(const json_t *job, struct ota_version *out);

/* Adds a Version to a document that has none. 0 or -1 (memory). */
int job_set_version(json_t *job, const struct ota_version *version);

/* True if the data comes over MQTT, so from a publisher and not from a web server. */
bool job_is_mqtt(const json_t *job);

/* True if the document itself says where the data is. */
bool job_has_place(const json_t *job);

/* The "File" of the document, if it is a path; else NULL. */
const char *job_file(const json_t *job);

/* What is put into a document for one device. */
struct job_fill {
    const char *message;
    const char *topic;             /* NULL: the document has no UniqueTopicName */
    const struct job_place *place; /* NULL: as the document says */
};

/*
 * The document with these replaced, spaced as Python's json.dumps does, to be freed. job NULL
 * gives the fields alone. NULL if there is no memory.
 */
char *job_text(const json_t *job, const struct job_fill *fill);

#endif
