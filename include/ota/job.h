/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The job document: what an update is and where its image lies. One JSON object; only its own
 * members count, names without regard to case.
 */
#ifndef OTA_JOB_H
#define OTA_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "ota/config.h"
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

#define OTA_HOST_MAX 256                 /* room for a server's name or address, with NUL */
#define OTA_PATH_MAX OTA_CONFIG_PATH_MAX /* room that a path should have, with NUL */
#define OTA_BOARD_MAX 48                 /* room for a board's name, with NUL */

/* A server that the agent talks to. */
struct ota_endpoint {
    enum ota_transport transport; /* how it is talked to */
    uint16_t port;                /* TCP */
    bool tls;                     /* over TLS, or not at all */
    char host[OTA_HOST_MAX];      /* name or address; IPv6 without brackets */
};

/* A job document that has been read. */
struct ota_job {
    struct ota_version version; /* of the offered image */
    char board[OTA_BOARD_MAX];  /* that it is made for */
    struct ota_endpoint data;   /* where the image is */
    char *file;                 /* path for HTTP, name in chunk requests; may be "" */
    size_t file_cap;            /* room at file, with NUL */
    uint8_t run; /* "Count", an extension: chunks that one request may ask for; 1 without it */
    bool is_redirected; /* data is not the server that the job came from */
};

/*
 * Reads a job document of len bytes (no NUL needed). from is the server it came from, which may be
 * &out->data: what the document leaves out is taken from there, and the usual port of another
 * transport.
 *
 * "Server" (or "Broker") is a host name or address, or a URL: its scheme (http, https, mqtt, mqtts)
 * then must be that of "Connection" if both are there, its port that of "Port", and its path goes
 * before "File". "File" may be an http or https URL of its own, which replaces the server; it must
 * agree with "Connection", too. Only mqtts says that MQTT reached from HTTP is to use TLS.
 *
 * out->file and out->file_cap say where the path goes, set by the caller: room for the document's
 * "File", the path of "Server" and two bytes. 0 and *out; OTA_ENOUPDATE if the message says that
 * there is none; OTA_EJOB if it is not one JSON object with a Version and a Board, a known member
 * has the wrong type, is too long or stands twice, Connection is unknown, Port is no port, or a
 * server or path is malformed or contradicts the rest; OTA_ETRANSPORT in a build without HTTP
 * (ota/config.h) if the image lies there, or in one without redirects if the document names another
 * server; OTA_ELIMIT if a value has more than 32 levels. *out is
 * unspecified then, but for the room.
 */
int ota_job_parse(const char *text, size_t len, const struct ota_endpoint *from,
                  struct ota_job *out);

/* True for a publisher's receipt of a result ("Result Received"): it may come when a job is
 * awaited, has a job's members, and is none. */
bool ota_job_is_receipt(const char *text, size_t len);

#ifdef __cplusplus
}
#endif
#endif
