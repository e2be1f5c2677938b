/* SPDX-License-Identifier: Apache-2.0 */
/* powercut: cuts the power of a simulated device at every flash operation of its histories. */
#define _DEFAULT_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "powercut/powercut.h"

static const char usage_text[] =
    "usage: powercut [--stride N] [--mode MODE] [--jobs N] [--first]\n"
    "\n"
    "  -s, --stride N   cut the recovery again at every N-th operation; 1: at each (default 7)\n"
    "  -m, --mode MODE  only this mode: overwrite, overwrite-fast, swap-scratch, swap-move,\n"
    "                   swap-offset, swap-status-scratch\n"
    "  -j, --jobs N     processes at a time (default: the processors there are)\n"
    "  -f, --first      begin nothing more once a geometry has failed, and end it there\n"
    "\n"
    "Exit status: 0 if the device came back each time as it should, 1 if not, 2 for a wrong\n"
    "command line.\n";

static const struct option long_options[] = {
    {"stride", required_argument, NULL, 's'}, {"mode", required_argument, NULL, 'm'},
    {"jobs", required_argument, NULL, 'j'},   {"first", no_argument, NULL, 'f'},
    {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
};

struct options {
    uint32_t stride;
    const char *mode;
    long jobs;
    bool ends_at_first;
};

/* ---- One process per geometry ---------------------------------------------------------------- */

static pid_t start(const struct geometry *g, const struct options *o, struct totals *t)
{
    pid_t pid;

    (void)fflush(stdout);
    pid = fork();
    if (pid == 0) {
        cut_geometry(g, o->stride, o->ends_at_first, t);
        (void)fflush(stdout);
        _exit(t->failures != 0);
    }
    return pid;
}

/* Waits for one process. False if it found something, or crashed. */
static bool collect(void)
{
    int status = 0;

    return wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int run_all(const struct options *o, struct totals *shared)
{
    long running = 0;
    size_t n = 0;
    bool is_good = true;

    for (size_t i = 0; i < n_geometries; i++) {
        if (o->mode != NULL && strcmp(o->mode, geometries[i].mode_name) != 0) {
            continue;
        }
        if (running == o->jobs) {
            is_good = collect() && is_good;
            running--;
        }
        if (!is_good && o->ends_at_first) {
            break;
        }
        if (start(&geometries[i], o, &shared[i]) < 0) {
            perror("powercut: fork");
            is_good = false;
            break;
        }
        running++;
        n++;
    }
    for (; running > 0; running--) {
        is_good = collect() && is_good;
    }
    if (n == 0 && is_good) {
        (void)fprintf(stderr, "powercut: no mode '%s'; see powercut --help\n", o->mode);
        return 2;
    }
    return is_good ? 0 : 1;
}

static void report(const struct totals *t)
{
    struct totals sum = {0, 0, 0, 0, 0};

    printf("%-52s %8s %8s %8s %10s %8s\n", "geometry", "cuts", "second", "states", "recoveries",
           "failed");
    for (size_t i = 0; i < n_geometries; i++) {
        if (t[i].cuts > 0) {
            printf("%-52s %8lu %8lu %8lu %10lu %8lu\n", geometries[i].name, t[i].cuts, t[i].pairs,
                   t[i].states, t[i].recoveries, t[i].failures);
        }
        sum.cuts += t[i].cuts;
        sum.pairs += t[i].pairs;
        sum.states += t[i].states;
        sum.recoveries += t[i].recoveries;
        sum.failures += t[i].failures;
    }
    printf("%-52s %8lu %8lu %8lu %10lu %8lu\n", "all", sum.cuts, sum.pairs, sum.states,
           sum.recoveries, sum.failures);
}

/* ---- Command line ---------------------------------------------------------------------------- */

static bool read_number(const char *text, long *out)
{
    char *end = NULL;

    *out = strtol(text, &end, 10);
    return *end == '\0' && *out >= 1 && *out <= 100000;
}

int main(int argc, char **argv)
{
    struct options o = {7, NULL, sysconf(_SC_NPROCESSORS_ONLN), false};
    struct totals *shared;
    int letter, rc;
    long n;

    while ((letter = getopt_long(argc, argv, "s:m:j:fh", long_options, NULL)) != -1) {
        if (letter == 'h') {
            return fputs(usage_text, stdout) == EOF;
        }
        if (letter == 'f') {
            o.ends_at_first = true;
        } else if (letter == 'm') {
            o.mode = optarg;
        } else if ((letter == 's' || letter == 'j') && read_number(optarg, &n)) {
            o.stride = letter == 's' ? (uint32_t)n : o.stride;
            o.jobs = letter == 'j' ? n : o.jobs;
        } else {
            (void)fputs(usage_text, stderr);
            return 2;
        }
    }
    shared = mmap(NULL, n_geometries * sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("powercut");
        return 1;
    }
    rc = run_all(&o, shared);
    report(shared);
    return rc;
}
