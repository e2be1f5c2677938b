/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that a device sends, to the byte as the original's templates give them.
 */
#ifndef OTA_CODEC_MESSAGE_H
#define OTA_CODEC_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "ota/version.h"

/* What a device says of itself, in the order of the messages. */
enum ota_who {
    OTA_WHO_MANUFACTURER,
    OTA_WHO_MANUFACTURER_ID,
    OTA_WHO_PRODUCT,
    OTA_WHO_SERIAL,
    OTA_WHO_BOARD,
    OTA_WHO_COUNT
};

/* Who is asking. Strings are NUL-terminated; they are escaped as JSON needs. NULL, but for the
 * board, is what the original's sample says. */
struct ota_identity {
    const char *text[OTA_WHO_COUNT];
};

enum ota_request {
    OTA_REQUEST_JOB,   /* "Update Availability" */
    OTA_REQUEST_IMAGE, /* "Request Update": the whole image */
    OTA_REQUEST_CHUNK, /* "Request Data Chunk": size bytes at offset */
};

struct ota_message {
    enum ota_request request;
    const struct ota_identity *identity;
    const struct ota_version *version; /* running; the build number is not sent */
    const char *topic;                 /* where the answer is to go */
    const char *file;                  /* OTA_REQUEST_CHUNK: name from the job */
    uint32_t offset;                   /* OTA_REQUEST_CHUNK: bytes */
    uint32_t size;                     /* OTA_REQUEST_CHUNK: bytes */
    uint32_t count; /* OTA_REQUEST_CHUNK: chunks of size bytes; up to 1: only one, not said */
};

/* Writes a request with NUL. Its length, or OTA_ENOSPC. */
int ota_message_request(const struct ota_message *m, char *buf, size_t cap);

/* What became of an update. */
struct ota_result {
    int err;           /* 0 or a negative ota_err */
    const char *topic; /* unique topic of the session */
    const char *file;  /* HTTP: path of the image, instead of the topic; else NULL */
    /* After the reset: the image that was handed to the bootloader. NULL: the download's result. */
    const struct ota_version *installed;
};

/*
 * Writes a session's result with NUL: "Success" for err 0; else "Failure" with the error's number
 * (positive) and text as "Reason" and "Detail", which peers of the original ignore. An
 * outcome after the reset says "Version" and "Outcome" (confirmed, reverted, refused), too. Its
 * length, or OTA_ENOSPC.
 */
int ota_message_result(const struct ota_result *r, char *buf, size_t cap);

#endif
