/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-publisher/session.h"

#include "ota-publisher/job.h"

#include <stdlib.h>
#include <string.h>

/* ---- Lists and hash ----------------------------------------------------------------------- */

static void move_to(struct sessions *t, struct session *s, enum session_list list)
{
    TAILQ_REMOVE(&t->lists[s->list], s, link);
    TAILQ_INSERT_TAIL(&t->lists[list], s, link);
    s->list = list;
}

/* Puts a session where its orders and messages say; one that is ready goes to the end. */
static void place(struct sessions *t, struct session *s)
{
    enum session_list list = SESSION_IDLE;

    if (s->n_orders > 0 && s->unacked < t->window) {
        list = SESSION_READY;
    } else if (s->n_orders > 0 || s->unacked > 0) {
        list = SESSION_BUSY;
    }
    if (list != s->list || list == SESSION_IDLE) {
        move_to(t, s, list);
    }
}

/* FNV-1a. */
static struct session **bucket_of(struct sessions *t, const char *topic)
{
    uint32_t h = 2166136261u;
    size_t i;

    for (i = 0; topic[i] != '\0'; i++) {
        h = (h ^ (uint8_t)topic[i]) * 16777619u;
    }
    return &t->buckets[(h ^ h >> 16) % SESSION_BUCKETS];
}

static void forget(struct sessions *t, struct session *s)
{
    struct session **p = bucket_of(t, s->topic);

    while (*p != s) {
        p = &(*p)->chain;
    }
    *p = s->chain;
    release_put(s->release);
    s->release = NULL;
    move_to(t, s, SESSION_FREE);
}

struct sessions *sessions_new(unsigned window)
{
    struct sessions *t = calloc(1, sizeof *t);
    unsigned i;

    if (t == NULL) {
        return NULL;
    }
    /* Pages of sessions that were never used cost nothing. */
    t->pool = calloc(SESSIONS_MAX, sizeof *t->pool);
    if (t->pool == NULL) {
        free(t);
        return NULL;
    }
    t->window = window;
    for (i = 0; i < SESSION_LISTS; i++) {
        TAILQ_INIT(&t->lists[i]);
    }
    for (i = 0; i < SESSIONS_MAX; i++) {
        TAILQ_INSERT_TAIL(&t->lists[SESSION_FREE], &t->pool[i], link);
    }
    return t;
}

void sessions_free(struct sessions *t)
{
    unsigned i;

    if (t == NULL) {
        return;
    }
    for (i = 0; i < SESSIONS_MAX; i++) {
        release_put(t->pool[i].release);
    }
    free(t->pool);
    free(t);
}

static struct session *make(struct sessions *t)
{
    struct session *idle = TAILQ_FIRST(&t->lists[SESSION_IDLE]);

    if (TAILQ_EMPTY(&t->lists[SESSION_FREE]) && idle != NULL) {
        forget(t, idle);
    }
    return TAILQ_FIRST(&t->lists[SESSION_FREE]);
}

struct session *sessions_get(struct sessions *t, const char *topic, uint64_t now_ms)
{
    struct session **bucket = bucket_of(t, topic);
    struct session *s = *bucket;

    while (s != NULL && strcmp(s->topic, topic) != 0) {
        s = s->chain;
    }
    if (s == NULL) {
        s = make(t);
        if (s == NULL) {
            return NULL;
        }
        s->has_job = false;
        s->first = 0;
        s->n_orders = 0;
        s->unacked = 0;
        s->sent = 0;
        memcpy(s->topic, topic, strlen(topic) + 1);
        s->chain = *bucket;
        *bucket = s;
        move_to(t, s, SESSION_IDLE);
    }
    s->used_ms = now_ms;
    place(t, s);
    return s;
}

/* ---- Orders ------------------------------------------------------------------------------- */

static struct order *nth(struct session *s, unsigned i)
{
    return &s->orders[(s->first + i) % SESSION_ORDERS_MAX];
}

static bool same_order(const struct order *a, const struct order *b)
{
    return a->kind == b->kind && a->whole == b->whole && a->next == b->next && a->end == b->end &&
           a->step == b->step;
}

int session_push(struct sessions *t, struct session *s, const struct order *o)
{
    unsigned i;

    for (i = 0; i < s->n_orders; i++) {
        if (same_order(nth(s, i), o)) {
            return 0;
        }
    }
    if (s->n_orders == SESSION_ORDERS_MAX) {
        return -1;
    }
    *nth(s, s->n_orders++) = *o;
    place(t, s);
    return 0;
}

void session_drop(struct sessions *t, struct session *s, bool all)
{
    unsigned kept = 0;
    unsigned i;

    for (i = 0; i < s->n_orders; i++) {
        if (!all && nth(s, i)->kind != ORDER_DATA) {
            *nth(s, kept++) = *nth(s, i);
        }
    }
    s->n_orders = kept;
    place(t, s);
}

bool session_find_whole(struct session *s, struct order **o)
{
    unsigned i;

    for (i = 0; i < s->n_orders; i++) {
        *o = nth(s, i);
        if ((*o)->whole) {
            return true;
        }
    }
    return false;
}

struct session *sessions_ready(struct sessions *t)
{
    if (t->unacked_bytes >= SESSIONS_UNACKED_MAX) {
        return NULL;
    }
    return TAILQ_FIRST(&t->lists[SESSION_READY]);
}

struct order *session_order(struct session *s)
{
    return nth(s, 0);
}

static void unclaim(struct sessions *t, struct session_claim *claim)
{
    struct session *s = claim->session;

    if (s == NULL) {
        return;
    }
    claim->session = NULL;
    t->unacked_bytes -= claim->bytes;
    s->unacked--;
    place(t, s);
}

void session_sent(struct sessions *t, struct session *s, int mid, size_t bytes, bool finished)
{
    struct session_claim *claim = &t->claims[mid & 0xffff];

    unclaim(t, claim); /* an id that came round again was never acknowledged */
    *claim = (struct session_claim){s, (uint32_t)bytes};
    t->unacked_bytes += bytes;
    s->unacked++;
    if (finished) {
        s->first = (s->first + 1) % SESSION_ORDERS_MAX;
        s->n_orders--;
    }
    if (s->list == SESSION_READY) {
        move_to(t, s, SESSION_READY);
    }
    place(t, s);
}

void sessions_acked(struct sessions *t, int mid)
{
    unclaim(t, &t->claims[mid & 0xffff]);
}

void sessions_reset(struct sessions *t)
{
    unsigned i;

    for (i = 0; i < sizeof t->claims / sizeof t->claims[0]; i++) {
        unclaim(t, &t->claims[i]);
    }
    for (i = 0; i < SESSIONS_MAX; i++) {
        if (t->pool[i].list != SESSION_FREE) {
            session_drop(t, &t->pool[i], true);
        }
    }
}

void sessions_expire(struct sessions *t, uint64_t now_ms)
{
    struct session *s;

    while ((s = TAILQ_FIRST(&t->lists[SESSION_IDLE])) != NULL &&
           now_ms - s->used_ms >= SESSION_IDLE_MS) {
        forget(t, s);
    }
}

int order_chunk(struct order *o, uint32_t total, int64_t offset, int64_t size)
{
    uint32_t left;

    if (offset == total) {
        return 1;
    }
    if (offset < 0 || offset > total) {
        return -1;
    }
    left = total - (uint32_t)offset;
    *o = (struct order){.kind = ORDER_DATA, .next = (uint32_t)offset, .step = RELEASE_CHUNK_SIZE};
    /* The header holds the size in 16 bits. A request for the rest of the image in the grid of
     * full chunks is numbered in that grid, so that count stays the same during a download. */
    if (size >= 1 && size <= UINT16_MAX &&
        (size != left || offset % RELEASE_CHUNK_SIZE != 0 || size > RELEASE_CHUNK_SIZE)) {
        o->step = (uint32_t)size;
    }
    if ((total - 1) / o->step >= RELEASE_CHUNKS_MAX) {
        return -1; /* more chunks of this size than the header can count */
    }
    o->end = o->next + (left < o->step ? left : o->step);
    return 0;
}

void order_run(struct order *o, uint32_t total, int64_t count)
{
    uint32_t left = total - o->next;
    uint32_t most = JOB_RUN_MAX * RELEASE_CHUNK_SIZE;

    if (count < 2 || o->step != RELEASE_CHUNK_SIZE) {
        return;
    }
    if (count < JOB_RUN_MAX) {
        most = (uint32_t)count * RELEASE_CHUNK_SIZE;
    }
    o->end = o->next + (left < most ? left : most);
}

void order_whole(struct order *o, uint32_t total)
{
    *o =
        (struct order){.kind = ORDER_DATA, .whole = true, .end = total, .step = RELEASE_CHUNK_SIZE};
}
