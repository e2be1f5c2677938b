/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other side of an agent in one process and virtual time: an ota_mqtt client whose broker and
 * publisher are a few functions. For the order of callbacks and for faults that a real broker does
 * not produce on demand; the real ones are in tests/e2e.
 */
#ifndef OTA_TEST_UNIT_FAKE_PEER_H
#define OTA_TEST_UNIT_FAKE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ota/mqtt.h"
#include "ota/version.h"

#define PEER_QUEUE 512

struct peer_event {
    struct ota_mqtt_event event;
    uint8_t message[4200];
};

struct fake_peer {
    struct ota_mqtt client;
    const struct ota_mqtt_sink *sink;
    /* What it offers. */
    const char *job;     /* answer to "Update Availability"; NULL: none */
    const char *receipt; /* of a result; comes late, when the next job is asked for; NULL: none */
    const uint8_t *image;
    uint32_t image_len;
    struct ota_version chunk_version;
    /* How it misbehaves. */
    int fail_connects;   /* so many connects are refused */
    int drop_chunk;      /* this chunk is not sent the first time; -1: none */
    int lose_at_chunk;   /* instead of this chunk the connection is lost, once; -1: never */
    bool is_duplicating; /* every chunk comes twice */
    bool is_reversing;   /* whole image: last chunk first */
    bool is_mute;        /* answers no chunk request */
    size_t piece;        /* messages come in pieces of this size; 0: whole */
    /* What it saw. */
    int n_connects;
    int n_chunk_requests;
    int n_whole_requests;
    int n_results;
    bool is_connected;
    char login_id[64];
    char topic[256]; /* unique topic subscribed last */
    char result[1100];
    /* What is on its way to the agent. */
    struct peer_event queue[PEER_QUEUE];
    size_t head, tail;
};

void fake_peer_init(struct fake_peer *p);

#endif
