/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay: the bootloader and the agent do, operation by operation, what the model says.
 *
 * Reads the transitions of the model. At every moment where a reset, an application or a session
 * begins, flash is made so, the real code runs, and each flash operation it does must be a
 * transition of the model, on that unit, to what is on flash now; and whatever a cut leaves of it,
 * a cut of the model. Then histories that the code has lived itself, without being set anywhere,
 * must be ones of the model.
 */
#include <stdlib.h>
#include <string.h>

#include "ota/err.h"
#include "world.h"

#define COMPLAINTS 5u

static struct graph graph;
static struct set here; /* where the model may be */

static struct run {
    bool is_walk;
    uint32_t cut_in; /* walk: operations until the power goes */
    unsigned long ops, cuts, boots, starts, sessions, lives;
    unsigned failures;
    const char *what;
    char begin[FLASH_LEN];
} run;

static void complain(const char *why)
{
    if (run.failures++ < COMPLAINTS) {
        printf("%s from %.*s: %s, flash %.*s\n", run.what, (int)FLASH_LEN, run.begin, why,
               (int)FLASH_LEN, world.now);
        for (uint32_t i = 0; i < here.n; i++) {
            const struct moment *m = &graph.moments[here.at[i]];

            printf("    the model is at %.*s.%.*s.%u\n", (int)FLASH_LEN, m->flash, (int)KNOWN_LEN,
                   m->known, (unsigned)m->at);
        }
    }
}

/* ---- Operations ------------------------------------------------------------------------------ */

/* An erase of the record log changes nothing that can be seen. */
static bool is_unseen(uint8_t kind, uint8_t unit)
{
    return kind == OP_ERASE && unit == U_LOG;
}

static bool check_cut(enum tear tear, uint8_t kind, uint8_t unit, uint8_t *mem,
                      const uint8_t *before, const uint8_t *after, struct set *out)
{
    char was[FLASH_LEN];

    memcpy(was, world.now, FLASH_LEN);
    if (mem != NULL) {
        world_tear(tear, mem, before, after);
    } else {
        world.counter = tear < TEAR_AFTER ? *before : *after;
    }
    world_tell_unit(unit);
    run.cuts++;
    if (is_unseen(kind, unit) && memcmp(was, world.now, FLASH_LEN) != 0) {
        complain("the record log is lost");
        return false;
    }
    if (!set_follow(&graph, &here, OP_NONE, 1, world.now, out) && !is_unseen(kind, unit)) {
        char why[80];

        (void)snprintf(why, sizeof why, "no such cut (%d) of operation %u on unit %u", (int)tear,
                       (unsigned)kind, (unsigned)unit);
        complain(why);
        return false;
    }
    return true;
}

static bool observe(uint8_t kind, uint8_t unit, uint8_t *mem, const uint8_t *before,
                    const uint8_t *after)
{
    struct set next = {{0}, 0};
    char was[FLASH_LEN];

    run.ops++;
    memcpy(was, world.now, FLASH_LEN);
    set_close(&graph, &here);
    if (run.is_walk && run.cut_in-- == 0) {
        (void)check_cut((enum tear)world_random(TEARS), kind, unit, mem, before, after, &next);
        here = next;
        return false;
    }
    for (int tear = 0; tear < TEARS && !run.is_walk; tear++) {
        (void)check_cut((enum tear)tear, kind, unit, mem, before, after, &next);
        memcpy(world.now, was, FLASH_LEN);
    }
    if (mem != NULL) {
        memcpy(mem, after, UNIT);
    } else {
        world.counter = *after;
    }
    world_tell_unit(unit);
    if (is_unseen(kind, unit)) {
        return true;
    }
    if (!set_follow(&graph, &here, kind, unit, world.now, &next)) {
        char why[80];

        (void)snprintf(why, sizeof why, "no such operation: %s of unit %u",
                       kind == OP_ERASE ? "erase" : "write", (unsigned)unit);
        complain(why);
        return false;
    }
    here = next;
    return true;
}

/* ---- Every moment ---------------------------------------------------------------------------- */

static void set_out(const char *what, uint32_t moment)
{
    const struct moment *m = &graph.moments[moment];

    run.what = what;
    memcpy(run.begin, m->flash, FLASH_LEN);
    here.n = 0;
    set_add(&here, moment);
    world.random = moment * 2654435761u + 1;
    world_put(m->flash);
    if (memcmp(world.now, m->flash, FLASH_LEN) != 0) {
        complain("flash cannot be made so");
    }
}

static void expect_at(uint8_t at, const char *why)
{
    set_close(&graph, &here);
    if (!world.is_off && !set_is_at(&graph, &here, at)) {
        complain(why);
    }
}

static void check_boot(void)
{
    int version = world_boot();

    run.boots++;
    if (world.is_off) {
        return; /* has been complained about */
    }
    if (version < 0 || world.now[0] != '0' + version) {
        complain("does not start what the model does");
    }
    expect_at(AT_RUN, "the boot ends where the model goes on");
}

static bool is_good(const struct moment *m)
{
    char running = m->flash[0];

    return running == '1' || m->known[running == '2' ? 5 : 6] == '1';
}

/* Where the primary's magic is torn there is nothing that could be confirmed, and that is said. */
static void check_started(int rc)
{
    bool is_torn = world.now[2] == '2';

    if (rc != 0 && !(is_torn && rc == OTA_ESTATE)) {
        complain("the agent does not start");
    }
}

static void check_start(const struct moment *m, bool reject)
{
    bool good = is_good(m);

    run.starts++;
    check_started(world_start(good, reject, m->known[7] == '1'));
    if (good) {
        expect_at(AT_IDLE, "the application is idle where the model goes on");
    }
}

static void check_session(const struct moment *m, enum trouble trouble)
{
    run.sessions++;
    check_started(world_start(false, false, m->known[7] == '1'));
    world_session((uint8_t)(m->known[4] - '0'), trouble);
}

/* What of a moment the code can see that starts there; kind 0: nothing does. */
struct start {
    char kind;
    char flash[FLASH_LEN];
    char offered, permanent, good;
    uint32_t moment;
};
#define SEEN offsetof(struct start, moment)

static struct start start_of(uint32_t i)
{
    const struct moment *m = &graph.moments[i];
    struct start s = {0, {0}, 0, 0, 0, i};

    memcpy(s.flash, m->flash, FLASH_LEN);
    if (m->at <= AT_UP) {
        s.kind = 'b';
    } else if (m->at == AT_RUN) {
        s.kind = 's';
        s.permanent = m->known[7];
        s.good = is_good(m) ? 'y' : 'n';
    } else if (m->at == AT_IDLE) {
        s.kind = 'i';
        s.permanent = m->known[7];
        s.offered = m->known[4];
    }
    return s;
}

static int compare(const void *x, const void *y)
{
    return memcmp(x, y, SEEN);
}

static void check_start_here(const struct start *s)
{
    const struct moment *m = &graph.moments[s->moment];
    unsigned long before = run.ops;

    if (s->kind == 'b') {
        set_out("boot", s->moment);
        check_boot();
    } else if (s->kind == 's') {
        for (int reject = 0; reject < (s->good == 'y' ? 1 : 2); reject++) {
            set_out("start", s->moment);
            check_start(m, reject != 0);
        }
    } else if (s->kind == 'i') {
        for (int t = NO_TROUBLE; t <= OUTAGE && (t == NO_TROUBLE || run.ops > before); t++) {
            set_out("session", s->moment);
            check_session(m, (enum trouble)t);
        }
    }
}

static void check_all(void)
{
    struct start *all = calloc(graph.n_moments, sizeof *all);

    if (all == NULL) {
        perror("replay");
        exit(2);
    }
    for (uint32_t i = 0; i < graph.n_moments; i++) {
        all[i] = start_of(i);
    }
    qsort(all, graph.n_moments, sizeof *all, compare);
    for (uint32_t i = 0; i < graph.n_moments; i++) {
        if (i == 0 || compare(&all[i - 1], &all[i]) != 0) {
            check_start_here(&all[i]);
        }
    }
    free(all);
}

/* ---- Lives ----------------------------------------------------------------------------------- */

#define LIVES 4000
#define RESETS 60 /* most of each */

/* The device as it leaves the factory, in one of the worlds. */
static void be_born(unsigned life)
{
    static const char flash[] = "11000000000000000000001";
    static const char *const worlds[] = {"00000110", "00000010", "00000100", "00000111"};

    run.what = "life";
    memcpy(run.begin, flash, FLASH_LEN);
    here.n = 0;
    for (uint32_t i = 0; i < graph.n_moments; i++) {
        const struct moment *m = &graph.moments[i];

        if (m->at == AT_UP && memcmp(m->flash, flash, FLASH_LEN) == 0 &&
            memcmp(m->known, worlds[life % 4], KNOWN_LEN) == 0) {
            set_add(&here, i);
        }
    }
    world.random = life * 2654435761u + 1;
    world_put(flash);
}

static void step_to(uint8_t at, char offered)
{
    set_close(&graph, &here);
    if (!set_step(&graph, &here, at, offered)) {
        complain("the model does not go on to there");
    }
}

/* From a reset to the next one. */
static void live_once(void)
{
    const struct moment *m;
    int version = world_boot();

    expect_at(AT_RUN, "the boot ends where the model goes on");
    if (world.is_off || version <= 0 || here.n == 0) {
        return;
    }
    m = &graph.moments[here.at[here.n - 1]];
    check_started(world_start(is_good(m), !is_good(m) && world_random(2) == 0, m->known[7] == '1'));
    if (!is_good(m) && !world.is_off) {
        step_to(AT_UP, m->known[4]);
        return;
    }
    while (!world.is_off && !world.is_reset && here.n > 0) {
        char offered = graph.moments[here.at[0]].known[4];

        if (offered < '3' && world_random(4) == 0) {
            offered = offered == '0' && world_random(2) == 0 ? '2' : '3';
            step_to(AT_EVENT, offered);
        }
        set_close(&graph, &here);
        world_session((uint8_t)(offered - '0'), world_random(4) == 0 ? DAMAGE : NO_TROUBLE);
        run.sessions++;
        if (!world.is_off) {
            bool is_next = world.is_reset || world_random(2) == 0;

            if (is_next) {
                step_to(world.is_reset ? AT_UP : AT_EVENT, offered);
                return;
            }
            expect_at(AT_IDLE, "the session ends where the model goes on");
        }
    }
}

static void check_lives(void)
{
    run.is_walk = true;
    for (unsigned life = 0; life < LIVES && run.failures == 0; life++) {
        be_born(life);
        for (unsigned i = 0; i < RESETS && here.n > 0 && run.failures == 0; i++) {
            unsigned long before = run.ops;

            world.is_off = false;
            run.cut_in = world_random(8) == 0 ? UINT32_MAX : world_random(40);
            live_once();
            run.lives++;
            if (run.ops == before && graph.moments[here.at[0]].known[4] == '3') {
                break; /* nothing is left to happen */
            }
        }
    }
}

/* Each place of the model was one of the code. */
static void check_places(void)
{
    bool is_there[256] = {false}, is_reached[256] = {false};

    for (uint32_t i = 0; i < graph.n_edges; i++) {
        const struct edge *e = &graph.edges[i];
        uint8_t at = graph.moments[e->to].at;

        is_there[at] = is_there[at] || e->kind != OP_NONE;
        is_reached[at] = is_reached[at] || (e->kind != OP_NONE && e->is_used);
    }
    printf("operations:");
    for (unsigned at = 0; at < 256; at++) {
        if (is_reached[at]) {
            printf(" %u", at);
        }
    }
    printf("\n");
    for (unsigned at = 0; at < 256; at++) {
        if (is_there[at] && !is_reached[at]) {
            printf("the code never did operation %u of the model\n", at);
            run.failures++;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 2 || (strcmp(argv[1], "overwrite") != 0 && strcmp(argv[1], "swap-scratch") != 0)) {
        (void)fputs("usage: replay overwrite|swap-scratch <TRANSITIONS\n", stderr);
        return 2;
    }
    graph_read(&graph, stdin);
    printf("%u moments, %u transitions\n", (unsigned)graph.n_moments, (unsigned)graph.n_edges);
    world_init(strcmp(argv[1], "overwrite") == 0, observe);
    check_all();
    printf("every moment: %lu boots, %lu starts, %lu sessions, %lu operations, %lu cuts\n",
           run.boots, run.starts, run.sessions, run.ops, run.cuts);
    check_places();
    run.ops = run.cuts = 0;
    check_lives();
    printf("%u lives: %lu resets, %lu operations, %lu cuts\n", LIVES, run.lives, run.ops, run.cuts);
    return run.failures == 0 ? 0 : 1;
}
