/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is owed to whom: one session per unique topic, each with a short queue of orders. Knows
 * nothing of the network: the owner takes the session whose turn it is, sends one message of its
 * first order and reports the acknowledgement.
 *
 * Memory is bounded whatever is asked for: a fixed number of sessions, a fixed number of orders
 * in each, and a limit on bytes that are sent but not acknowledged. When all sessions are in use
 * the one that has been idle longest makes room.
 */
#ifndef PUBLISHER_SESSION_H
#define PUBLISHER_SESSION_H

#include "common/topics.h"
#include "ota-publisher/release.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define SESSIONS_MAX 4096u
#define SESSION_ORDERS_MAX 32u
#define SESSION_WINDOW_MAX 1024u
/* Bytes on their way to the broker, all sessions together. */
#define SESSIONS_UNACKED_MAX (4u << 20)
/* A session that nobody asked anything for so long is forgotten. */
#define SESSION_IDLE_MS 600000u

enum order_kind {
    ORDER_JOB,       /* the job document */
    ORDER_NO_UPDATE, /* "No Update Available" */
    ORDER_RECEIVED,  /* "Result Received" */
    ORDER_DATA,      /* image bytes from next to end, in messages of step */
};

struct order {
    enum order_kind kind;
    bool whole; /* asked for as a whole image, not as a chunk */
    uint32_t next;
    uint32_t end;
    uint32_t step; /* bytes per message; index and count of the header follow from it */
};

enum session_list {
    SESSION_FREE,
    SESSION_IDLE,  /* no orders, nothing unacknowledged; longest unused first */
    SESSION_BUSY,  /* waits for acknowledgements */
    SESSION_READY, /* may send; in turn */
    SESSION_LISTS,
};

struct session {
    TAILQ_ENTRY(session) link;
    struct session *chain; /* next with the same hash */
    enum session_list list;
    struct release *release; /* what is being downloaded; NULL: the current one on demand */
    bool has_job;            /* release was announced to this device */
    struct order orders[SESSION_ORDERS_MAX];
    unsigned first;
    unsigned n_orders;
    unsigned unacked;
    uint64_t used_ms;
    uint64_t started_ms; /* of the download that is under way */
    uint32_t sent;       /* image bytes of it */
    char topic[TOPIC_LEN_MAX + 1];
};

TAILQ_HEAD(session_head, session);

/* Whose message a message id is. */
struct session_claim {
    struct session *session;
    uint32_t bytes;
};

#define SESSION_BUCKETS 4096u

struct sessions {
    struct session *pool;
    struct session_head lists[SESSION_LISTS];
    struct session *buckets[SESSION_BUCKETS];
    struct session_claim claims[65536]; /* by message id */
    unsigned window;
    size_t unacked_bytes;
};

/* Unacknowledged messages per session: window, 1 to SESSION_WINDOW_MAX. NULL without memory. */
struct sessions *sessions_new(unsigned window);
void sessions_free(struct sessions *t);

/* The session of a topic (at most TOPIC_LEN_MAX bytes), made if need be. NULL if all are busy. */
struct session *sessions_get(struct sessions *t, const char *topic, uint64_t now_ms);

/* Adds an order; one that is queued already is not queued twice. 0, or -1 if the queue is full. */
int session_push(struct sessions *t, struct session *s, const struct order *o);

/* Forgets orders for image data (all kinds if all). What is on its way stays counted. */
void session_drop(struct sessions *t, struct session *s, bool all);

/* True if an order for the whole image is queued; *o is then it. */
bool session_find_whole(struct session *s, struct order **o);

/* Whose turn it is to send a message; NULL: nobody's. */
struct session *sessions_ready(struct sessions *t);

/* The order that a ready session is at. */
struct order *session_order(struct session *s);

/*
 * Notes that the session whose turn it was sent a message with this id (1 to 65535), and whether
 * that finished its first order. The turn goes to the next session.
 */
void session_sent(struct sessions *t, struct session *s, int mid, size_t bytes, bool finished);

/* The broker has message mid. */
void sessions_acked(struct sessions *t, int mid);

/* All messages that were on their way are given up, and all orders with them. */
void sessions_reset(struct sessions *t);

/* Forgets sessions that are idle for long. */
void sessions_expire(struct sessions *t, uint64_t now_ms);

/*
 * Turns a request for a chunk of an image into an order. Offset and size are the device's words,
 * size -1 if it told none. 0; 1 if the offset is exactly the end (devices of the original ask
 * for that after the last chunk); -1 if there is no such chunk.
 */
int order_chunk(struct order *o, uint32_t total, int64_t offset, int64_t size);

/* Makes an order for a chunk one for count chunks in a row, up to JOB_RUN_MAX and the end of the
 * image. Counts below two, and chunks of another size than the usual one, change nothing. */
void order_run(struct order *o, uint32_t total, int64_t count);

/* The whole image. */
void order_whole(struct order *o, uint32_t total);

#endif
