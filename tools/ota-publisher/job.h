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

/*
 * The document with its Message and UniqueTopicName replaced, spaced as Python's json.dumps does,
 * to be freed. job NULL gives the two fields alone. NULL if there is no memory.
 */
char *job_text(const json_t *job, const char *message, const char *topic);

#endif
