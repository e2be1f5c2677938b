/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the publisher's HTTP server answers.
 *
 *     GET, HEAD  [/BOARD]/ota_update.json     the job document
 *                [/BOARD]/anycloud-ota.bin    the image; also where a job file's "File" says
 *                other paths                  files of the folder, if there is one
 *     POST       any of these                 a result: JSON as over MQTT, or nothing
 */
#ifndef PUBLISHER_HTTP_ANSWER_H
#define PUBLISHER_HTTP_ANSWER_H

#include "ota-publisher/request.h"
#include "ota-publisher/server.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#define HTTP_JOB_PATH "/ota_update.json"
#define HTTP_IMAGE_PATH "/anycloud-ota.bin"

struct http_site {
    struct server *server;
    const char *connection; /* "HTTP" or "HTTPS" */
    uint16_t port;
    int folder_fd; /* -1: none */
};

/* The body of a POST; longer ones are counted, not kept. */
struct http_post {
    size_t len;
    char body[REQUEST_LEN_MAX];
};

struct http_exchange {
    struct MHD_Connection *connection;
    const char *method;
    const char *path;         /* without query; escapes are undone */
    const char *peer;         /* its address */
    struct http_post *post;   /* NULL: no POST */
    struct release **release; /* what this connection is downloading; *release NULL: nothing */
};

/* Queues an answer. MHD_NO if there is no memory: the connection is then closed. */
enum MHD_Result http_answer(const struct http_site *site, const struct http_exchange *x);

/* Queues an error with a text for people. */
enum MHD_Result http_refuse(struct MHD_Connection *connection, unsigned status, const char *text);

#endif
