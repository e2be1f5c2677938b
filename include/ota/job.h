/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The job document: what an update is and where its image lies. One JSON object; only its own
 * members count, names without regard to case.
 */
#ifndef OTA_JOB_H
#define OTA_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "ota/version.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Values as in the original's connection type, so that they can be shown to its applications. */
enum ota_transport {
    OTA_TRANSPORT_NONE = 0,
    OTA_TRANSPORT_MQTT = 1,
    OTA_TRANSPORT_HTTP = 2,
    OTA_TRANSPORT_HTTPS = 3,
    OTA_TRANSPORT_BLE = 4,
};

/* Room with the terminating NUL. */
#define OTA_HOST_MAX 256
#define OTA_PATH_MAX 256
#define OTA_BOARD_MAX 48

/* A server that the agent talks to. */
struct ota_endpoint {
    enum ota_transport transport;
    uint16_t port;
    bool tls;
    char host[OTA_HOST_MAX];
};

struct ota_job {
    struct ota_version version; /* of the offered image */
    char board[OTA_BOARD_MAX];  /* that it is made for */
    struct ota_endpoint data;   /* where the image is */
    char file[OTA_PATH_MAX];    /* "File": path for HTTP, name in chunk requests; may be "" */
    uint8_t run; /* "Count", an extension: chunks that one request may ask for; 1 without it */
    bool is_redirected; /* data is not the server that the job came from */
};

/*
 * Reads a job document of len bytes (no NUL needed). from is the server it came from: what the
 * document leaves out is taken from there, and the usual port of another transport (whether MQTT
 * reached from HTTP is to use TLS, a document cannot say: tls is false). 0 and *out; OTA_ENOUPDATE
 * if the message says that there is none; OTA_EJOB if it is not one JSON object with a Version and
 * a Board, a known member has the wrong type, is too long or stands twice, Connection is unknown,
 * or Port is no port; OTA_ELIMIT if it has more than 32 members in all. *out is unspecified then.
 */
int ota_job_parse(const char *text, size_t len, const struct ota_endpoint *from,
                  struct ota_job *out);

#ifdef __cplusplus
}
#endif
#endif
