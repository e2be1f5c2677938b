/* SPDX-License-Identifier: Apache-2.0 */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_LEN 256
#define TABLE (1u << 21)

static uint32_t *table; /* open addressing: moment + 1 */

static void *grow(void *old, size_t n, size_t size)
{
    void *p = realloc(old, n * size);

    if (p == NULL) {
        perror("replay");
        exit(2);
    }
    return p;
}

/* The number of a moment, which is added if it is new. */
static uint32_t find(struct graph *g, const struct moment *m)
{
    const uint8_t *raw = (const uint8_t *)m;
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < sizeof *m; i++) {
        hash = (hash ^ raw[i]) * 1099511628211u;
    }
    hash ^= hash >> 29;
    for (uint32_t at = (uint32_t)hash % TABLE;; at = (at + 1) % TABLE) {
        if (table[at] == 0) {
            if (g->n_moments == TABLE / 2) {
                (void)fprintf(stderr, "replay: more moments than there is room for\n");
                exit(2);
            }
            if ((g->n_moments & (g->n_moments - 1)) == 0) {
                g->moments = grow(g->moments, 2 * (size_t)g->n_moments + 1, sizeof *m);
            }
            g->moments[g->n_moments] = *m;
            table[at] = ++g->n_moments;
            return g->n_moments - 1;
        }
        if (memcmp(&g->moments[table[at] - 1], m, sizeof *m) == 0) {
            return table[at] - 1;
        }
    }
}

/* "FLASH KNOWN SEEN . PLACE" without spaces; what was seen is not the code's. NULL: is none. */
static const char *read_moment(const char *line, struct moment *m)
{
    char *end = NULL;

    memset(m, 0, sizeof *m);
    if (strspn(line, "0123456789") != FLASH_LEN + KNOWN_LEN + 3 ||
        line[FLASH_LEN + KNOWN_LEN + 3] != '.') {
        return NULL;
    }
    memcpy(m->flash, line, FLASH_LEN);
    memcpy(m->known, line + FLASH_LEN, KNOWN_LEN);
    m->at = (uint8_t)strtoul(line + FLASH_LEN + KNOWN_LEN + 4, &end, 10);
    return end;
}

static int compare(const void *x, const void *y)
{
    const struct edge *a = x, *b = y;

    if (a->from != b->from) {
        return a->from < b->from ? -1 : 1;
    }
    if (a->to != b->to) {
        return a->to < b->to ? -1 : 1;
    }
    return (a->kind - b->kind) * 16 + a->unit - b->unit;
}

static void sort(struct graph *g)
{
    uint32_t n = 0;

    qsort(g->edges, g->n_edges, sizeof *g->edges, compare);
    for (uint32_t i = 0; i < g->n_edges; i++) {
        if (n == 0 || compare(&g->edges[n - 1], &g->edges[i]) != 0) {
            g->edges[n++] = g->edges[i];
        }
    }
    g->n_edges = n;
    g->first = grow(NULL, (size_t)g->n_moments + 1, sizeof *g->first);
    for (uint32_t m = 0, i = 0; m <= g->n_moments; m++) {
        while (i < n && g->edges[i].from < m) {
            i++;
        }
        g->first[m] = i;
    }
}

void graph_read(struct graph *g, FILE *in)
{
    char line[LINE_MAX_LEN];

    memset(g, 0, sizeof *g);
    table = calloc(TABLE, sizeof *table);
    if (table == NULL) {
        perror("replay");
        exit(2);
    }
    while (fgets(line, sizeof line, in) != NULL) {
        struct moment from, to;
        struct edge e = {0};
        const char *p = read_moment(line, &from);

        if (p == NULL || p[0] != ' ' || p[1] < '0' || p[2] < '0' || p[3] != ' ' ||
            read_moment(p + 4, &to) == NULL) {
            continue; /* what else the verifier says */
        }
        e.kind = (uint8_t)(p[1] - '0');
        e.unit = (uint8_t)(p[2] - '0');
        e.from = find(g, &from);
        e.to = find(g, &to);
        if ((g->n_edges & (g->n_edges - 1)) == 0) {
            g->edges = grow(g->edges, 2 * (size_t)g->n_edges + 1, sizeof e);
        }
        g->edges[g->n_edges++] = e;
    }
    free(table);
    sort(g);
}

/* ---- Sets ------------------------------------------------------------------------------------ */

void set_add(struct set *s, uint32_t moment)
{
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->at[i] == moment) {
            return;
        }
    }
    if (s->n == SET_MAX) {
        (void)fprintf(stderr, "replay: the model may be in too many places\n");
        exit(2);
    }
    s->at[s->n++] = moment;
}

void set_close(const struct graph *g, struct set *s)
{
    for (uint32_t i = 0; i < s->n; i++) { /* the set grows meanwhile */
        for (uint32_t e = g->first[s->at[i]]; e < g->first[s->at[i] + 1]; e++) {
            const struct edge *edge = &g->edges[e];
            uint8_t at = g->moments[edge->to].at;

            if (edge->kind == OP_NONE && edge->unit == 0 && at >= AT_RUN) {
                set_add(s, edge->to);
            }
        }
    }
}

bool set_follow(const struct graph *g, const struct set *s, uint8_t kind, uint8_t unit,
                const char *flash, struct set *out)
{
    out->n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        for (uint32_t e = g->first[s->at[i]]; e < g->first[s->at[i] + 1]; e++) {
            struct edge *edge = &g->edges[e];

            if (edge->kind == kind && edge->unit == unit &&
                memcmp(g->moments[edge->to].flash, flash, FLASH_LEN) == 0) {
                edge->is_used = true;
                set_add(out, edge->to);
            }
        }
    }
    return out->n > 0;
}

bool set_is_at(const struct graph *g, const struct set *s, uint8_t at)
{
    for (uint32_t i = 0; i < s->n; i++) {
        if (g->moments[s->at[i]].at == at) {
            return true;
        }
    }
    return false;
}

bool set_step(const struct graph *g, struct set *s, uint8_t at, char offered)
{
    struct set out = {{0}, 0};

    for (uint32_t i = 0; i < s->n; i++) {
        for (uint32_t e = g->first[s->at[i]]; e < g->first[s->at[i] + 1]; e++) {
            const struct moment *from = &g->moments[g->edges[e].from];
            const struct moment *to = &g->moments[g->edges[e].to];

            if (g->edges[e].kind == OP_NONE && g->edges[e].unit == 0 && to->at == at &&
                to->known[4] == offered && memcmp(from->flash, to->flash, FLASH_LEN) == 0) {
                set_add(&out, g->edges[e].to);
            }
        }
    }
    *s = out;
    return s->n > 0;
}
