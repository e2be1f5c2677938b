/* SPDX-License-Identifier: Apache-2.0 */
/*
 * powercut_multi: the power goes at every flash operation of a device with two images that need
 * each other, or with two slots that can both be started from. Whatever happens
 *
 *   - it boots, and never a mixed set: all images old or all new;
 *   - what was installed for good, or confirmed, is never reverted; what was neither is not kept;
 *   - when all is over the next images can be downloaded, tried and confirmed.
 */
#define _DEFAULT_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "flash/area.h"
#include "ota/boot.h"
#include "unit/cut_flash.h"
#include "unit/fake_set.h"

#define OLD 1
#define NEW 2
#define NEXT 3
#define MIXED 100 /* not a version: the images' differ */
#define SLOT 4096u
#define IMAGES 2u
#define COMPLAINTS 5u

/* A mode and flash; needs: which images need the other's version, as 1 << image. */
struct plan {
    const char *name;
    const char *mode_name;
    const struct ota_boot_mode *mode;
    uint32_t unit, row, scratch, status;
    uint8_t erased;
    uint8_t flags; /* OTA_FLASH_* */
    uint8_t images;
    uint8_t needs;
    uint32_t old_size, new_size;
};

static const struct plan plans[] = {
    {"set, move", "set", &ota_boot_swap_move, 256, 8, 0, 0, 0xff, OTA_FLASH_REFRESH, 2, 3, 900,
     1300},
    {"set, offset", "set", &ota_boot_swap_offset, 256, 8, 0, 0, 0xff, OTA_FLASH_REFRESH, 2, 3, 900,
     1300},
    {"set, scratch", "set", &ota_boot_swap_scratch, 256, 8, 512, 0, 0xff, OTA_FLASH_REFRESH, 2, 3,
     900, 1300},
    {"set, scratch, one in the trailer's unit", "set", &ota_boot_swap_scratch, 1024, 8, 2048, 0,
     0xff, OTA_FLASH_REFRESH, 2, 3, 3300, 3500},
    {"set, scratch, one image needs the other, erased to zero", "set", &ota_boot_swap_scratch, 512,
     4, 512, 0, 0x00, OTA_FLASH_REFRESH, 2, 1, 1300, 900},
    {"set, move, aligned writes of 16", "set", &ota_boot_swap_move, 512, 8, 0, 0, 0x00, 0, 2, 3,
     1500, 700},
    {"set, status partition", "set", &ota_boot_swap_status_scratch, 512, 512, 512, 10240, 0x00,
     OTA_FLASH_REWRITE, 2, 3, 900, 1300},
    {"set, overwrite", "set", &ota_boot_overwrite, 512, 8, 0, 0, 0xff, OTA_FLASH_REFRESH, 2, 3, 900,
     1300},
    {"direct-XIP with trials", "direct-xip", &ota_boot_direct_xip_revert, 256, 8, 0, 0, 0xff,
     OTA_FLASH_REFRESH, 1, 0, 900, 1300},
    {"direct-XIP with trials, erased to zero", "direct-xip", &ota_boot_direct_xip_revert, 512, 4, 0,
     0, 0x00, OTA_FLASH_REFRESH, 1, 0, 3000, 2000},
};

struct history {
    const char *name;
    bool is_trial;    /* begins while the new images are tried */
    int (*act)(void); /* what the application does. NULL: nothing */
    int actor;        /* version that does it (again) */
    int ends, stays;  /* versions at the end, and at the boot after it */
    int (*ask)(void); /* before it begins. NULL: nothing */
};

struct snapshot {
    bool is_weak[2];
    uint8_t mem[2][CUT_FLASH_MAX];
    uint8_t weak[2][CUT_FLASH_MAX];
};

/* The device, and what is being done with it. */
static struct {
    struct power power;
    struct cut_flash chip[2];
    struct ota_boot_config config[IMAGES];
    struct ota_boot boots[IMAGES];
    struct ota_boot_set set;
    uint8_t running; /* slot; direct-XIP */
    uint8_t buf[512];
    const struct plan *plan;
    const struct history *h;
    uint32_t first, second;
    enum tear tear;
    bool has_acted, is_over, is_loading;
    uint32_t stride;
    bool ends_at_first;
    unsigned long cuts, pairs, failures;
} d;

static bool is_xip(void)
{
    return d.plan->images == 1;
}

static bool is_one_way(void)
{
    return d.plan->mode == &ota_boot_overwrite;
}

static struct ota_slot slot_of(uint8_t image, bool is_running)
{
    const struct ota_boot_config *c = &d.config[image];
    uint8_t slot = is_running ? d.running : (uint8_t)(1 - d.running);
    struct ota_slot s = {slot == 0 ? c->primary : c->secondary, 0, 0};

    s.flags = d.plan->status > 0 ? OTA_SLOT_MAILBOX : 0;
    return s;
}

/* ---- Device ---------------------------------------------------------------------------------- */

static uint32_t size_of(int version)
{
    return version == OLD ? d.plan->old_size : d.plan->new_size;
}

static void build(uint8_t *out, uint8_t image, uint8_t version)
{
    bool needs = (d.plan->needs & 1u << image) != 0 && version != OLD;

    fake_set_image(out, size_of(version), image, version, (uint8_t)(1 - image),
                   needs ? version : 0);
}

/* Where new images begin in their slot. */
static uint32_t image_at(void)
{
    return d.plan->mode == &ota_boot_swap_offset ? d.plan->unit : 0;
}

static void power_on(uint32_t cut_at, enum tear tear)
{
    d.power.is_off = false;
    d.power.ops = 0;
    d.power.cut_at = cut_at;
    d.power.tear = tear;
    d.power.weak = WEAK_ANY;
}

static void build_device(const struct plan *p)
{
    const struct ota_flash f = {.size = IMAGES * SLOT + p->scratch + p->status,
                                .erase_size = p->unit,
                                .write_size = p->row,
                                .erased = p->erased,
                                .flags = p->flags};
    struct ota_flash *flash[2] = {&d.chip[0].flash, &d.chip[1].flash};

    cut_flash_init(&d.chip[0], &d.power, &f);
    cut_flash_init(&d.chip[1], &d.power, &f);
    d.running = 0;
    for (uint8_t i = 0; i < p->images; i++) {
        d.config[i] = (struct ota_boot_config){
            .mode = p->mode,
            .primary = {flash[0], i * SLOT, SLOT},
            .secondary = {flash[1], i * SLOT, SLOT},
            .scratch = {flash[0], IMAGES * SLOT, p->scratch},
            .status = {flash[0], IMAGES * SLOT + p->scratch, p->status},
            .trust = &fake_trust,
            .buf = d.buf,
            .buf_len = sizeof d.buf,
            .max_sectors = 16,
            .image = i,
        };
        build(d.chip[0].mem + i * SLOT, i, OLD);
        build(d.chip[1].mem + i * SLOT + image_at(), i, NEW);
    }
    power_on(CUT_NEVER, TEAR_NONE);
}

/* Version that all images have, MIXED, 0 after a cut, or why the device refuses to boot. */
static int boot(void)
{
    int rc;

    if (is_xip()) {
        rc = ota_boot_init(&d.boots[0], &d.config[0]);
        rc = rc == 0 ? ota_boot_run(&d.boots[0]) : rc;
    } else {
        rc = ota_boot_set_init(&d.set, d.boots, d.config, d.plan->images);
        rc = rc == 0 ? ota_boot_set_run(&d.set) : rc;
    }
    if (d.power.is_off || rc != 0) {
        return d.power.is_off ? 0 : rc;
    }
    d.running = d.boots[0].result.slot;
    rc = d.boots[0].result.version.major;
    return is_xip() || d.boots[1].result.version.major == rc ? rc : MIXED;
}

static int boot_again(void)
{
    power_on(CUT_NEVER, TEAR_NONE);
    return boot();
}

/* May the trial of all images have begun, with what is on flash? */
static bool may_be_complete(void)
{
    for (int how = WEAK_OLD; how <= WEAK_NEW; how++) {
        uint8_t n = 0;

        power_on(CUT_NEVER, TEAR_NONE);
        d.power.weak = (enum weak_bits)how;
        for (uint8_t i = 0; i < d.plan->images; i++) {
            struct ota_trailer t;

            if (ota_boot_read_trailer(&d.config[i], is_xip() ? 1 : 0, &t) == 0 &&
                t.magic == OTA_FIELD_SET && t.copy_done != OTA_FIELD_UNSET) {
                n++;
            }
        }
        if (n == d.plan->images) {
            return true;
        }
    }
    return false;
}

static void save(struct snapshot *s)
{
    for (int i = 0; i < 2; i++) {
        s->is_weak[i] = d.chip[i].is_weak;
        memcpy(s->mem[i], d.chip[i].mem, CUT_FLASH_MAX);
        memcpy(s->weak[i], d.chip[i].weak, CUT_FLASH_MAX);
    }
}

static void restore(const struct snapshot *s)
{
    for (int i = 0; i < 2; i++) {
        d.chip[i].is_weak = s->is_weak[i];
        memcpy(d.chip[i].mem, s->mem[i], CUT_FLASH_MAX);
        memcpy(d.chip[i].weak, s->weak[i], CUT_FLASH_MAX);
    }
}

/* ---- Application ----------------------------------------------------------------------------- */

static int download(uint8_t version)
{
    static uint8_t image[SLOT];
    static uint8_t row[512];
    int rc = 0;

    for (uint8_t i = 0; rc == 0 && i < d.plan->images; i++) {
        struct ota_slot slot = slot_of(i, false);
        struct ota_writer w;

        build(image, i, version);
        if (image_at() > 0) {
            rc = ota_area_erase(&slot.area, 0, image_at());
            slot.area.off += image_at();
            slot.area.size -= image_at();
        }
        rc = rc == 0 ? ota_writer_init(&w, &slot.area, slot.area.size, row, 0) : rc;
        rc = rc == 0 ? ota_writer_push(&w, image, size_of(version)) : rc;
        rc = rc == 0 ? ota_writer_finish(&w) : rc;
    }
    return rc;
}

static int request(bool permanent)
{
    int rc = 0;

    for (uint8_t i = 0; rc == 0 && i < d.plan->images; i++) {
        struct ota_slot slot = slot_of(i, false);

        rc = ota_slot_set_pending(&slot, permanent);
    }
    return rc;
}

static int request_test(void)
{
    return request(false);
}

static int request_permanent(void)
{
    return request(true);
}

/* An application that finds the rest of an earlier request downloads again. */
static int ask_test(void)
{
    int rc = d.is_loading ? OTA_ESTATE : request(false);

    if (rc == OTA_ESTATE) {
        d.is_loading = true;
        rc = download(NEW);
        d.is_loading = rc != 0;
        rc = rc == 0 ? request(false) : rc;
    }
    return rc;
}

static int confirm(void)
{
    int rc = 0;

    for (uint8_t i = 0; rc == 0 && i < d.plan->images; i++) {
        struct ota_slot slot = slot_of(i, true);

        rc = ota_slot_confirm(&slot);
    }
    return rc;
}

static const struct history swaps[] = {
    {"upgrade", false, NULL, 0, NEW, OLD, request_test},
    {"permanent upgrade", false, NULL, 0, NEW, NEW, request_permanent},
    {"revert", true, NULL, 0, OLD, OLD, request_test},
    {"confirm", true, confirm, NEW, NEW, NEW, request_test},
    {"request of a test", false, ask_test, OLD, NEW, OLD, NULL},
};
static const struct history overwrites[] = {
    {"upgrade", false, NULL, 0, NEW, NEW, request_test},
};

/* ---- Verdicts -------------------------------------------------------------------------------- */

static void complain(const char *what, int got)
{
    static const char *const tears[N_TEARS] = {"before",   "first half", "second half",
                                               "any bits", "weak bits",  "after"};

    if (d.failures++ < COMPLAINTS) {
        printf("%s: %s, cut at %u (%s)", d.plan->name, d.h->name, (unsigned)d.first, tears[d.tear]);
        if (d.second != CUT_NEVER) {
            printf(" and at %u of the recovery", (unsigned)d.second);
        }
        printf(": %s (%s)\n", what,
               got < 0        ? ota_err_name(got)
               : got == MIXED ? "mixed"
               : got == OLD   ? "old"
                              : "new");
    }
}

/* One or two power-ups, until the history is at its end: what boots last. */
static int live(bool is_first)
{
    const struct history *h = d.h;
    int v = is_first && h->act != NULL ? h->actor : boot();

    if (v <= 0 || h->act == NULL || d.has_acted || v != h->actor) {
        return v;
    }
    v = h->act();
    if (d.power.is_off || v != 0) {
        return d.power.is_off ? 0 : v;
    }
    d.has_acted = true;
    return boot();
}

static void check_next(void)
{
    int rc = confirm(); /* as applications do when they start */

    rc = rc == 0 ? download(NEXT) : rc;
    rc = rc == 0 ? request(false) : rc;
    if (rc != 0 || (rc = boot_again()) != NEXT) {
        complain("the next download is not installed", rc);
        return;
    }
    rc = confirm();
    if (rc != 0 || (rc = boot_again()) != NEXT || (rc = boot_again()) != NEXT) {
        complain("the next images do not stay", rc);
    }
}

static void check_outcome(void)
{
    const struct history *h = d.h;
    bool is_trial = h->ends == NEW && h->stays == OLD;
    int v, after;

    power_on(CUT_NEVER, TEAR_NONE);
    v = live(false);
    after = boot_again();
    if (v <= 0 || after <= 0) {
        complain("does not boot", v <= 0 ? v : after);
        return;
    }
    if (v == MIXED || after == MIXED) {
        complain("boots images that do not fit each other", MIXED);
        return;
    }
    if (h->act == confirm && !d.has_acted) {
        /* The confirmation came too late, or it is in: either, for ever. */
        if (after != v) {
            complain("changes its mind", after);
        }
    } else if (v != h->ends && !(is_trial && d.is_over && v == OLD)) {
        complain("boots the wrong images", v);
    } else if (after != h->stays) {
        complain(after == NEW ? "keeps unconfirmed images" : "reverts images that are to stay",
                 after);
    }
    if (d.second == CUT_NEVER || d.second % 5 == 0) {
        check_next();
    }
}

/* ---- Cuts ------------------------------------------------------------------------------------ */

static bool is_done(void)
{
    return d.ends_at_first && d.failures > 0;
}

static void note_cut(void)
{
    d.is_over = d.is_over || may_be_complete();
}

static void cut_recovery(void)
{
    static struct snapshot cut;
    const bool has_acted = d.has_acted, is_over = d.is_over, is_loading = d.is_loading;
    const uint8_t running = d.running;

    save(&cut);
    for (uint32_t at = d.first % d.stride; !is_done(); at += d.stride) {
        restore(&cut);
        d.has_acted = has_acted;
        d.is_over = is_over;
        d.is_loading = is_loading;
        d.running = running;
        power_on(at, (enum tear)((d.first + at + (uint32_t)d.tear) % N_TEARS));
        if (live(false) != 0) {
            return;
        }
        d.second = at;
        note_cut();
        check_outcome();
        d.pairs++;
    }
}

/* Brings the device to where the history begins. In direct-XIP the image of the factory is marked.
 */
static int prepare(void)
{
    struct ota_slot first;
    int rc = 0;

    build_device(d.plan);
    if (is_xip()) {
        first = slot_of(0, true);
        rc = ota_slot_set_pending(&first, true);
    }
    if (rc == 0 && is_xip() && d.h->ask == NULL) {
        rc = boot() == OLD ? 0 : OTA_ESTATE;
    }
    rc = rc == 0 && d.h->ask != NULL ? d.h->ask() : rc;
    return rc == 0 && d.h->is_trial && boot() != NEW ? OTA_ESTATE : rc;
}

static void cut_history(void)
{
    static struct snapshot begin, cut;
    uint8_t running;
    int rc = prepare();

    if (rc != 0) {
        complain("cannot begin", rc);
        return;
    }
    running = d.running;
    save(&begin);
    for (d.first = 0; !is_done(); d.first++) {
        bool has_acted, is_loading;

        restore(&begin);
        d.running = running;
        d.has_acted = d.is_over = d.is_loading = false;
        d.second = CUT_NEVER;
        power_on(d.first, d.tear);
        if (live(true) != 0) {
            return;
        }
        note_cut();
        save(&cut);
        has_acted = d.has_acted;
        is_loading = d.is_loading;
        check_outcome();
        d.cuts++;
        restore(&cut);
        d.has_acted = has_acted;
        d.is_loading = is_loading;
        d.running = running;
        cut_recovery();
    }
}

static void cut_plan(const struct plan *p)
{
    const struct history *h;
    size_t n;

    d.plan = p;
    d.cuts = d.pairs = d.failures = 0;
    d.power.seed = 1;
    h = is_one_way() ? overwrites : swaps;
    n = is_one_way() ? sizeof overwrites / sizeof overwrites[0] : sizeof swaps / sizeof swaps[0];
    for (size_t i = 0; i < n; i++) {
        d.h = &h[i];
        for (int tear = TEAR_NONE; tear < N_TEARS; tear++) {
            d.tear = (enum tear)tear;
            cut_history();
        }
    }
    printf("%-58s %8lu cuts %8lu second %8lu failed\n", p->name, d.cuts, d.pairs, d.failures);
}

/* ---- Command line ---------------------------------------------------------------------------- */

static const char usage_text[] =
    "usage: powercut_multi [--stride N] [--mode MODE] [--first]\n"
    "\n"
    "  -s, --stride N   cut the recovery again at every N-th operation (default 199)\n"
    "  -m, --mode MODE  only set, or only direct-xip\n"
    "  -f, --first      end with the first failure\n";

static const struct option long_options[] = {
    {"stride", required_argument, NULL, 's'},
    {"mode", required_argument, NULL, 'm'},
    {"first", no_argument, NULL, 'f'},
    {NULL, 0, NULL, 0},
};

int main(int argc, char **argv)
{
    const char *mode = NULL;
    unsigned long failures = 0;
    int letter;

    d.stride = 199;
    while ((letter = getopt_long(argc, argv, "s:m:f", long_options, NULL)) != -1) {
        if (letter == 'f') {
            d.ends_at_first = true;
        } else if (letter == 'm') {
            mode = optarg;
        } else if (letter == 's' && strtoul(optarg, NULL, 10) > 0) {
            d.stride = (uint32_t)strtoul(optarg, NULL, 10);
        } else {
            (void)fputs(usage_text, stderr);
            return 2;
        }
    }
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        if (d.ends_at_first && failures > 0) {
            break;
        }
        if (mode == NULL || strcmp(mode, plans[i].mode_name) == 0) {
            cut_plan(&plans[i]);
            failures += d.failures;
        }
    }
    return failures == 0 ? 0 : 1;
}
