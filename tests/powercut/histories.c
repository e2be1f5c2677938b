/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device lives through, and what must be true whatever happened to its power:
 *
 *   - it boots, the old image or the new one, whole and verified;
 *   - an image that was installed for good, or that was confirmed, is never reverted;
 *   - one that was neither is not kept;
 *   - after a swap the other image is whole in the secondary slot;
 *   - when all is over the next image can be downloaded, tried and confirmed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ota/err.h"
#include "powercut/powercut.h"

#define COMPLAINTS 5u /* lines per geometry */

struct history {
    const char *name;
    int (*prepare)(void); /* brings the device to where the history begins */
    int (*act)(void);     /* what the application does then, before the reset. NULL: nothing */
    int actor;            /* version that does it (again) */
    int ends;             /* version that is started at the end */
    int stays;            /* and at the boot after it, if nothing is confirmed */
};

/* Hashes of contents of flash, by open addressing. */
struct seen {
    uint64_t hash[1u << 18];
    uint32_t n;
};

static struct run {
    const struct geometry *g;
    const struct history *h;
    struct totals *totals;
    struct seen *seen;
    uint32_t stride;
    bool ends_at_first;
    uint32_t first, second;
    enum tear tear;
    bool has_acted;
    bool is_loading; /* the application is in the middle of a download, and knows it */
    bool is_over;    /* a cut came after the last write: the trial may be over already */
} run;

static bool is_one_way(void)
{
    return run.g->mode == &ota_boot_overwrite || run.g->mode == &ota_boot_overwrite_fast;
}

/* ---- Histories ------------------------------------------------------------------------------- */

static int request_test(void)
{
    return ota_slot_set_pending(&device.secondary, false);
}

static int request_permanent(void)
{
    return ota_slot_set_pending(&device.secondary, true);
}

/* An application that finds the rest of an earlier request downloads again. */
static int request_again(int (*request)(void))
{
    int rc = run.is_loading ? OTA_ESTATE : request();

    if (rc == OTA_ESTATE) {
        run.is_loading = true;
        rc = device_download(NEW, run.g->new_size);
        run.is_loading = rc != 0;
        rc = rc == 0 ? request() : rc;
    }
    return rc;
}

static int ask_test(void)
{
    return request_again(request_test);
}

static int ask_permanent(void)
{
    return request_again(request_permanent);
}

static int prepare_trial(void)
{
    int rc = request_test();

    return rc == 0 && device_boot() != NEW ? OTA_ESTATE : rc;
}

static int prepare_nothing(void)
{
    return 0;
}

static int confirm(void)
{
    return ota_slot_confirm(&device.primary);
}

static const struct history swaps[] = {
    {"upgrade", request_test, NULL, 0, NEW, OLD},
    {"permanent upgrade", request_permanent, NULL, 0, NEW, NEW},
    {"revert", prepare_trial, NULL, 0, OLD, OLD},
    {"confirm", prepare_trial, confirm, NEW, NEW, NEW},
    {"request of a test", prepare_nothing, ask_test, OLD, NEW, OLD},
    {"request for good", prepare_nothing, ask_permanent, OLD, NEW, NEW},
};
static const struct history overwrites[] = {
    {"upgrade", request_test, NULL, 0, NEW, NEW},
    {"request", prepare_nothing, ask_permanent, OLD, NEW, NEW},
};

/* ---- Verdicts -------------------------------------------------------------------------------- */

static void complain(const char *what, int got)
{
    static const char *const tears[N_TEARS] = {"before",   "first half", "second half",
                                               "any bits", "weak bits",  "after"};

    if (run.totals->failures++ < COMPLAINTS) {
        printf("%s: %s, cut at %u (%s)", run.g->name, run.h->name, (unsigned)run.first,
               tears[run.tear]);
        if (run.second != CUT_NEVER) {
            printf(" and at %u of the recovery", (unsigned)run.second);
        }
        printf(": %s (%s)\n", what, got < 0 ? ota_err_name(got) : got == OLD ? "old" : "new");
    }
}

/* One or two power-ups, until the history is at its end. is_first: the application runs. The
 * version that boots last, 0 if the power went, or an error. */
static int live(bool is_first)
{
    const struct history *h = run.h;
    int v = is_first && h->act != NULL ? h->actor : device_boot();

    if (v <= 0 || h->act == NULL || run.has_acted || v != h->actor) {
        return v;
    }
    v = h->act();
    if (device.power.is_off) {
        return 0;
    }
    if (v != 0) {
        return v;
    }
    run.has_acted = true;
    return device_boot();
}

static int boot_again(void)
{
    device_power_on(CUT_NEVER, TEAR_NONE);
    return device_boot();
}

/* The next image is downloaded, tried, and confirmed. */
static void check_next(void)
{
    uint32_t size = run.g->new_size;
    int rc = confirm(); /* as applications do when they start */

    rc = rc == 0 ? device_download(NEXT, size) : rc;

    rc = rc == 0 ? request_test() : rc;
    if (rc != 0 || (rc = boot_again()) != NEXT) {
        complain("the next download is not installed", rc);
        return;
    }
    rc = confirm();
    if (rc != 0 || (rc = boot_again()) != NEXT || (rc = boot_again()) != NEXT) {
        complain("the next image does not stay", rc);
    }
}

/* The image that was swapped out. */
static void check_other(int booted)
{
    bool was_swapped = booted == NEW || run.h->prepare == prepare_trial;

    if (!is_one_way() && was_swapped && !device_holds(booted == OLD ? NEW : OLD)) {
        complain("damages the other image", booted);
    }
}

static void check_outcome(void)
{
    const struct history *h = run.h;
    int v, after;
    bool is_trial = h->ends == NEW && h->stays == OLD && !is_one_way();

    device_power_on(CUT_NEVER, TEAR_NONE);
    v = live(false);
    if (v > 0) {
        check_other(v);
    }
    after = boot_again();
    run.totals->recoveries++;
    if (v <= 0 || after <= 0) {
        complain("does not boot", v <= 0 ? v : after);
        return;
    }
    if (h->act == confirm && !run.has_acted) {
        /* The confirmation came too late, or it is in: either, for ever. */
        if (after != v) {
            complain("changes its mind", after);
        }
    } else if (v != h->ends && !(is_trial && run.is_over && v == OLD)) {
        complain("boots the wrong image", v);
    } else if (after != h->stays) {
        complain(after == NEW ? "keeps an unconfirmed image" : "reverts an image that is to stay",
                 after);
    }
    if (run.second == CUT_NEVER || run.second % 5 == 0) {
        check_next();
    }
}

/* Counts contents of flash that were not seen before. */
static void count_state(void)
{
    uint64_t hash = 14695981039346656037u;
    struct seen *s = run.seen;
    const size_t room = sizeof s->hash / sizeof s->hash[0];

    for (int i = 0; i < 2; i++) {
        const struct cut_flash *f = i == 0 ? &device.internal : &device.external;

        for (uint32_t at = 0; at < f->flash.size; at++) {
            hash = (hash ^ (f->mem[at] + ((uint64_t)f->weak[at] << 8))) * 1099511628211u;
        }
    }
    hash += hash == 0;
    for (size_t at = hash % room; s->n < room / 2; at = (at + 1) % room) {
        if (s->hash[at] == hash) {
            return;
        }
        if (s->hash[at] == 0) {
            s->hash[at] = hash;
            s->n++;
            run.totals->states++;
            return;
        }
    }
}

static bool is_done(void)
{
    return run.ends_at_first && run.totals->failures > 0;
}

/* ---- Cuts ------------------------------------------------------------------------------------ */

/* The trial's end is MCUboot's: a cut between the last write and the first instruction counts. */
static void note_cut(void)
{
    run.is_over = run.is_over || device_may_be_complete();
}

/* Cuts the recovery too. The second cut is torn in a way of its own. */
static void cut_recovery(void)
{
    static struct snapshot cut;
    const bool has_acted = run.has_acted, is_over = run.is_over, is_loading = run.is_loading;

    device_save(&cut);
    for (uint32_t at = run.first % run.stride; !is_done(); at += run.stride) {
        enum tear tear = (enum tear)((run.first + at + (uint32_t)run.tear) % N_TEARS);

        device_restore(&cut);
        run.has_acted = has_acted;
        run.is_over = is_over;
        run.is_loading = is_loading;
        device_power_on(at, tear);
        if (live(false) != 0) {
            return;
        }
        run.second = at;
        note_cut();
        count_state();
        check_outcome();
        run.totals->pairs++;
    }
}

static void cut_history(void)
{
    static struct snapshot begin, cut;
    int rc;

    device_build(run.g);
    rc = run.h->prepare();
    if (rc != 0) {
        complain("cannot begin", rc);
        return;
    }
    device_save(&begin);
    for (run.first = 0; !is_done(); run.first++) {
        bool has_acted, is_loading;

        device_restore(&begin);
        run.has_acted = run.is_over = run.is_loading = false;
        run.second = CUT_NEVER;
        device_power_on(run.first, run.tear);
        if (live(true) != 0) {
            return;
        }
        note_cut();
        count_state();
        device_save(&cut);
        has_acted = run.has_acted;
        is_loading = run.is_loading;
        check_outcome();
        run.totals->cuts++;
        device_restore(&cut);
        run.has_acted = has_acted;
        run.is_loading = is_loading;
        cut_recovery();
    }
}

void cut_geometry(const struct geometry *g, uint32_t stride, bool ends_at_first,
                  struct totals *totals)
{
    static struct seen seen;
    size_t n;
    const struct history *h;

    run.g = g;
    run.ends_at_first = ends_at_first;
    run.totals = totals;
    run.seen = &seen;
    run.stride = g->is_large ? stride * 16 + 1 : stride;
    device.power.seed = 1;
    h = is_one_way() ? overwrites : swaps;
    n = is_one_way() ? sizeof overwrites / sizeof overwrites[0] : sizeof swaps / sizeof swaps[0];
    for (size_t i = 0; i < n; i++) {
        run.h = &h[i];
        for (int tear = TEAR_NONE; tear < N_TEARS; tear++) {
            run.tear = (enum tear)tear;
            cut_history();
        }
    }
}
