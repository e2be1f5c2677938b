/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation of a device with a publisher: ask for a job, ask for the image, check it,
 * report the result.
 */
#ifndef SUBSCRIBER_FLOW_H
#define SUBSCRIBER_FLOW_H

#include "common/mqtt_link.h"
#include "common/topics.h"
#include "ota-subscriber/download.h"
#include "ota/image.h"
#include "ota/version.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum flow_mode {
    FLOW_WHOLE,  /* Request Update */
    FLOW_CHUNKS, /* Request Data Chunk, a window of them at a time */
    FLOW_DIRECT, /* Send Direct Update, the image comes on the topic of all devices */
};

struct flow_config {
    enum flow_mode mode;
    uint32_t chunk_size; /* FLOW_CHUNKS */
    unsigned window;     /* FLOW_CHUNKS: requests without answer */
    uint32_t timeout_ms; /* without any progress */
    const char *board;
    struct ota_version running; /* what this "device" runs */
    const char *path;           /* where the image goes */
    const char *expect;         /* file that the image must equal; NULL: none */
    const struct ota_key *key;  /* that the image must be signed with; NULL: any */
    bool verbose;
};

enum flow_state {
    FLOW_CONNECT,
    FLOW_JOB,    /* asked whether there is an update */
    FLOW_DATA,   /* image data is coming */
    FLOW_RESULT, /* result sent */
    FLOW_DONE,
};

struct flow {
    const struct flow_config *config;
    const struct topics *topics;
    struct mqtt_link *link;
    enum flow_state state;
    bool failed;
    char unique[TOPIC_LEN_MAX + 1];
    json_t *job;
    struct ota_version offered;
    struct download download;
    uint32_t asked;       /* chunks below this index were asked for */
    uint64_t started_ms;  /* of the data */
    uint64_t progress_ms; /* something new came */
    uint64_t retry_ms;    /* asked last */
    int result_mid;
    bool result_acked;
    bool result_received;
};

extern const struct mqtt_link_handlers FLOW_HANDLERS;

/* Chooses the unique topic and makes the file. 0, or -1 after telling why. */
int flow_init(struct flow *f, const struct flow_config *config, const struct topics *topics);

/* Acts on the passing of time; call after each turn of the link. Returns f->state. */
enum flow_state flow_tick(struct flow *f, uint64_t now_ms);

/* Ends the flow as failed and tells why; the publisher is told too if data was asked for. */
void flow_fail(struct flow *f, const char *why);

void flow_free(struct flow *f);

#endif
