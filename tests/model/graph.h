/* SPDX-License-Identifier: Apache-2.0 */
/* The transitions of the model, as its verifier has printed them. */
#ifndef OTA_TEST_MODEL_GRAPH_H
#define OTA_TEST_MODEL_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FLASH_LEN 23 /* digits: what is on flash; flash.pml has their order */
#define KNOWN_LEN 8  /* what the software knows, and the surroundings */

/* Places without an operation, as in flash.pml. */
enum { AT_EVENT, AT_UP, AT_RUN, AT_IDLE };
/* Kinds of operations; no kind: unit 0 is a step, unit 1 a cut. */
enum { OP_NONE, OP_ERASE, OP_WRITE };

struct moment {
    char flash[FLASH_LEN];
    char known[KNOWN_LEN]; /* type, n, info_in, no_image, offered, good2, good3, permanent */
    uint8_t at;
};

struct edge {
    uint32_t from, to;
    uint8_t kind, unit;
    bool is_used; /* the code has taken it */
};

struct graph {
    struct moment *moments;
    uint32_t n_moments;
    struct edge *edges; /* sorted by from */
    uint32_t n_edges;
    uint32_t *first; /* edge of each moment; one more at the end */
};

/* Reads all of a verifier's output; ends the program if it cannot be read. */
void graph_read(struct graph *g, FILE *in);

/* Moments where the code may be. */
#define SET_MAX 64u
struct set {
    uint32_t at[SET_MAX];
    uint32_t n;
};

void set_add(struct set *s, uint32_t moment);
/* Adds what follows by steps of the software. */
void set_close(const struct graph *g, struct set *s);
/* Those that follow an operation (or a cut: OP_NONE, 1) with this on flash. False: none. */
bool set_follow(const struct graph *g, const struct set *s, uint8_t kind, uint8_t unit,
                const char *flash, struct set *out);
/* Goes on by a step to a place, with the server offering this. False: there is none. */
bool set_step(const struct graph *g, struct set *s, uint8_t at, char offered);
/* Is one of them at a place? */
bool set_is_at(const struct graph *g, const struct set *s, uint8_t at);

#endif
