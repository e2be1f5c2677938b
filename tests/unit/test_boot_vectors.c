/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every boot that was recorded of the real bootloader, done by ours on the same flash: the
 * scenarios step by step, each once on what our own steps left and once on the recorded dump, and
 * every power cut, which ours has to recover from. What has to be equal is what the vectors'
 * README calls binding.
 */
#include "unit/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>
#include <zlib.h>

#include "common/bootloader.h"
#include "common/trust.h"
#include "ota/err.h"

#define BOOTS OTA_TEST_VECTORS "/mcuboot/boots"
#define PATH_LEN 512

/* Where we do otherwise on purpose. */
enum deviation {
    DEV_NONE,
    DEV_FORCED,  /* a test image over nothing is installed for good */
    DEV_EMPTY,   /* an empty primary is no reason not to install an image */
    DEV_REQUEST, /* a request that cannot be served is removed together with its image */
    N_DEVIATIONS
};

static const char *const deviation_why[N_DEVIATIONS] = {
    "",
    "test image over an empty or corrupt primary: permanent, since there is no way back",
    "empty primary, swap using move or offset: the image is installed, and for good",
    "request for a refused or missing image: removed, so that it cannot meet the next download",
};

static struct {
    unsigned scenarios, boots, cuts, deviations[N_DEVIATIONS];
} total;

/* Flash operations of the boots that were not cut: ours, and those of MCUboot. */
static struct cost {
    unsigned long erases, writes, ref_erases, ref_writes;
} cost, all_costs; /* of a configuration; of all */

/* One scenario being run. */
struct run {
    char dir[PATH_LEN];
    const char *config; /* name of the configuration */
    const char *scenario;
    char where[64]; /* step or cut, for messages */
    struct ota_board *board;
    struct ota_tool_trust trust;
    struct ota_tool_bootloader loader;
    struct ota_boot boot;
};

#define check(r, cond, ...)                                                                        \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            print_error("%s/%s %s: ", (r)->config, (r)->scenario, (r)->where);                     \
            fail_msg(__VA_ARGS__);                                                                 \
        }                                                                                          \
    } while (0)

/* ---- JSON ------------------------------------------------------------------------------------ */

static const json_t *get(const json_t *o, const char *name)
{
    return json_object_get(o, name);
}

static const char *text(const json_t *o, const char *name)
{
    const char *s = json_string_value(get(o, name));

    return s == NULL ? "" : s;
}

static unsigned long number(const json_t *o, const char *name)
{
    return (unsigned long)json_integer_value(get(o, name));
}

/* ---- Flash ----------------------------------------------------------------------------------- */

static void load_dump(struct run *r, const json_t *files)
{
    for (size_t i = 0; i < r->board->n_devices; i++) {
        struct ota_board_device *d = &r->board->devices[i];
        char path[PATH_LEN * 2];
        gzFile f;

        (void)snprintf(path, sizeof path, "%s/%s", r->dir, text(files, d->name));
        f = gzopen(path, "rb");
        check(r, f != NULL, "cannot open %s", path);
        check(r, gzread(f, d->nor.mem, d->flash.size) == (int)d->flash.size, "%s is short", path);
        (void)gzclose(f);
    }
    r->board->power.is_off = false;
}

static int hash_slot(struct run *r, const struct ota_area *area, uint32_t len,
                     uint8_t digest[OTA_SHA256_LEN])
{
    const struct ota_crypto *c = r->trust.trust.crypto;
    int rc = c->ops->sha256(c->ctx, OTA_HASH_INIT, NULL, 0, NULL);

    for (uint32_t off = 0; rc == 0 && off < len;) {
        uint8_t buf[1024];
        uint32_t n = len - off < sizeof buf ? len - off : (uint32_t)sizeof buf;

        rc = area->flash->ops->read(area->flash, area->off + off, buf, n);
        rc = rc == 0 ? c->ops->sha256(c->ctx, OTA_HASH_UPDATE, buf, n, NULL) : rc;
        off += n;
    }
    return rc == 0 ? c->ops->sha256(c->ctx, OTA_HASH_FINISH, NULL, 0, digest) : rc;
}

/* ---- State ----------------------------------------------------------------------------------- */

static bool has_status_partition(const struct run *r)
{
    return strcmp(r->board->boot.mode, "swap-status-scratch") == 0;
}

static const char *field_name(enum ota_field f, bool is_magic)
{
    static const char *const names[] = {"unset", "set", "bad"};

    return f == OTA_FIELD_SET && is_magic ? "good" : names[f];
}

static bool is_scenario(const struct run *r, const char *name)
{
    return strcmp(r->scenario, name) == 0;
}

static enum deviation deviation_of(const struct run *r, const char *slot, const char *field,
                                   const char *want)
{
    bool is_swap = strncmp(r->board->boot.mode, "swap", 4) == 0;

    if (is_swap && (is_scenario(r, "empty-primary") || is_scenario(r, "corrupt-primary-pending")) &&
        ((strcmp(slot, "primary") == 0 && strcmp(field, "image_ok") == 0 &&
          strcmp(want, "unset") == 0) ||
         (strcmp(slot, "secondary") == 0 && strcmp(field, "image") == 0 && want[0] == '\0'))) {
        return DEV_FORCED;
    }
    if (strcmp(slot, "secondary") == 0 && strcmp(field, "magic") == 0 &&
        strcmp(want, "good") == 0 &&
        (is_scenario(r, "pending-empty") ||
         (has_status_partition(r) &&
          (is_scenario(r, "invalid-pending") || is_scenario(r, "cut-invalid"))) ||
         (!is_swap && strncmp(r->scenario, "cut-", 4) == 0))) {
        return DEV_REQUEST;
    }
    return DEV_NONE;
}

static void compare(struct run *r, const char *slot, const char *field, const char *want,
                    const char *have)
{
    enum deviation d;

    if (strcmp(want, have) == 0) {
        return;
    }
    d = deviation_of(r, slot, field, want);
    check(r, d != DEV_NONE, "%s %s is \"%s\", not \"%s\"", slot, field, have, want);
    total.deviations[d]++;
}

static void compare_trailer(struct run *r, const char *slot, const json_t *want,
                            const struct ota_trailer *t)
{
    compare(r, slot, "magic", text(want, "magic"), field_name(t->magic, true));
    compare(r, slot, "copy_done", text(want, "copy_done"), field_name(t->copy_done, false));
    compare(r, slot, "image_ok", text(want, "image_ok"), field_name(t->image_ok, false));
}

static void check_trailer(struct run *r, const char *slot, const json_t *want)
{
    struct ota_slot s;
    struct ota_trailer t;

    assert_int_equal(ota_board_slot(r->board, slot, &s), 0);
    assert_int_equal(ota_slot_read_trailer(&s, &t), 0);
    if (has_status_partition(r)) {
        uint8_t n = strcmp(slot, "primary") == 0 ? 0 : 1;

        compare_trailer(r, slot, get(want, "slot_end"), &t);
        assert_int_equal(ota_boot_read_trailer(&r->loader.config, n, &t), 0);
        want = get(want, "partition");
    }
    compare_trailer(r, slot, want, &t);
}

static void check_image(struct run *r, const char *slot, const json_t *want)
{
    struct ota_area area;
    struct ota_source src;
    struct ota_image image;
    uint8_t digest[OTA_SHA256_LEN];
    char hex[2 * OTA_SHA256_LEN + 1] = "";

    assert_int_equal(ota_board_area(r->board, slot, &area), 0);
    ota_source_from_area(&src, &area);
    if (ota_image_parse(&src, &image) == 0) {
        assert_int_equal(hash_slot(r, &area, image.tlv_end, digest), 0);
        for (size_t i = 0; i < sizeof digest; i++) {
            (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
        }
    }
    compare(r, slot, "image", text(want, "sha256"), hex);
}

/* Full states tell trailer and image; short ones the trailer only. */
static void check_state(struct run *r, const json_t *state)
{
    static const char *const slots[] = {"primary", "secondary"};

    for (size_t i = 0; i < 2; i++) {
        const json_t *slot = get(state, slots[i]);
        const json_t *trailer = get(slot, "trailer");

        check_trailer(r, slots[i], trailer == NULL ? slot : trailer);
        if (trailer != NULL) {
            check_image(r, slots[i], get(slot, "image"));
        }
    }
}

/* Swap using move and offset need no image in the primary slot here; the real ones refuse. */
static bool installs_over_nothing(const struct run *r)
{
    const char *mode = r->board->boot.mode;

    return is_scenario(r, "empty-primary") &&
           (strcmp(mode, "swap-move") == 0 || strcmp(mode, "swap-offset") == 0);
}

static void run_over_nothing(struct run *r, const json_t *result)
{
    load_dump(r, get(result, "before"));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ota_boot_init(&r->boot, &r->loader.config), 0);
        check(r, ota_boot_run(&r->boot) == 0, "refuses");
        assert_int_equal(r->boot.result.version.major, 2);
        assert_int_equal(r->boot.result.is_forced, i == 0);
        total.deviations[DEV_EMPTY]++;
        total.boots++;
    }
}

/* ---- Boots ----------------------------------------------------------------------------------- */

static void count_ops(const struct run *r, unsigned long *erases, unsigned long *writes)
{
    *erases = *writes = 0;
    for (size_t i = 0; i < r->board->n_devices; i++) {
        *erases += r->board->devices[i].nor.count.erases;
        *writes += r->board->devices[i].nor.count.writes;
    }
}

static void check_ops(struct run *r, const json_t *ops, unsigned long erases, unsigned long writes)
{
    unsigned long erases_now, writes_now;
    /* Removing what the real one leaves takes an operation; marking an image that stays takes one
     * in the primary's trailer and one in scratch's. */
    unsigned long extra = r->boot.result.is_forced ? 2 : 0;

    if (deviation_of(r, "secondary", "magic", "good") != DEV_NONE) {
        extra = 1;
    }
    count_ops(r, &erases_now, &writes_now);
    erases = erases_now - erases;
    writes = writes_now - writes;
    cost.erases += erases;
    cost.writes += writes;
    cost.ref_erases += number(ops, "erases");
    cost.ref_writes += number(ops, "writes");
    check(r, erases <= number(ops, "erases") + extra && writes <= number(ops, "writes") + extra,
          "%lu erases and %lu writes, not %lu and %lu", erases, writes, number(ops, "erases"),
          number(ops, "writes"));
}

/* One boot, compared with what the real one did; also its cost unless ops is NULL. */
static void check_boot(struct run *r, const json_t *want, const json_t *ops)
{
    char version[OTA_VERSION_TEXT_MAX];
    char full[OTA_VERSION_TEXT_MAX + 2];
    unsigned long erases, writes;
    int rc;

    count_ops(r, &erases, &writes);
    assert_int_equal(ota_boot_init(&r->boot, &r->loader.config), 0);
    rc = ota_boot_run(&r->boot);
    total.boots++;
    if (strcmp(text(want, "result"), "boots") != 0) {
        check(r, rc < 0, "boots, but should refuse");
    } else {
        check(r, rc == 0, "refuses: %s; %s", ota_err_text(rc), ota_board_fault(r->board));
        assert_true(ota_version_format(&r->boot.result.version, version, sizeof version) > 0);
        (void)snprintf(full, sizeof full, "%s%s", version,
                       strchr(version, '+') == NULL ? "+0" : "");
        compare(r, "booted", "version", text(want, "booted_version"), full);
        if (get(want, "entry_offset") != NULL) {
            check(r, strtoul(text(want, "entry_offset"), NULL, 0) == r->boot.result.entry_off,
                  "entry at %lx", (unsigned long)r->boot.result.entry_off);
        }
    }
    if (ops != NULL) {
        check_ops(r, ops, erases, writes);
    }
}

static void act(struct run *r, const json_t *step, const json_t *ops)
{
    struct ota_slot slot;

    if (strcmp(text(step, "action"), "boot") == 0) {
        check_boot(r, step, ops);
        return;
    }
    check(r, strcmp(text(step, "action"), "set_confirmed") == 0, "unknown action %s",
          text(step, "action"));
    assert_int_equal(ota_board_slot(r->board, "primary", &slot), 0);
    if (json_integer_value(get(step, "rc")) == 0) {
        assert_int_equal(ota_slot_confirm(&slot), 0);
    }
}

static void run_steps(struct run *r, const json_t *result)
{
    const json_t *dump = get(result, "before");
    size_t i;
    json_t *step;

    load_dump(r, dump);
    json_array_foreach(get(result, "steps"), i, step)
    {
        (void)snprintf(r->where, sizeof r->where, "step %zu", i + 1);
        act(r, step, get(step, "flash_ops"));
        check_state(r, get(step, "state"));
    }
    json_array_foreach(get(result, "steps"), i, step)
    {
        (void)snprintf(r->where, sizeof r->where, "step %zu on the recorded flash", i + 1);
        load_dump(r, dump);
        act(r, step, NULL);
        check_state(r, get(step, "state"));
        dump = get(step, "after");
    }
}

/* ---- Cuts ------------------------------------------------------------------------------------ */

static void run_cut(struct run *r, const json_t *cut, const json_t *like)
{
    const json_t *after = get(like, "boot_after_next");
    const json_t *state;

    load_dump(r, get(cut, "files"));
    check_boot(r, get(like, "next_boot"), NULL);
    state = get(get(like, "next_boot"), "state");
    check_state(r, state);
    if (json_is_string(after)) {
        after = get(like, "next_boot");
    } else {
        state = get(after, "state");
    }
    check_boot(r, after, NULL);
    check_state(r, state);
    total.cuts++;
}

/* Where the real bootloader fails, what it does after the cut before is expected of ours. */
static void run_cuts(struct run *r, const json_t *result)
{
    const json_t *recovered = NULL;
    size_t i;
    json_t *cut;

    json_array_foreach(get(result, "cuts"), i, cut)
    {
        (void)snprintf(r->where, sizeof r->where, "cut %lu%s", number(cut, "k"),
                       json_is_true(get(cut, "torn")) ? " torn" : "");
        if (json_is_true(get(cut, "recovered"))) {
            recovered = cut;
        }
        run_cut(r, cut, recovered);
    }
}

/* ---- Scenarios ------------------------------------------------------------------------------- */

static void run_scenario(const char *config, const char *scenario)
{
    static struct run r;
    struct ota_tool_why why;
    char path[PATH_LEN * 2];
    char err[256];
    json_t *result;

    memset(&r, 0, sizeof r);
    r.config = config;
    r.scenario = scenario;
    (void)snprintf(r.dir, sizeof r.dir, "%s/%s/%s", BOOTS, config, scenario);
    (void)snprintf(path, sizeof path, "%s/layout.json", r.dir);
    check(&r, ota_board_load(path, &r.board, err, sizeof err) == 0, "%s", err);
    check(&r, ota_board_open_flash(r.board, NULL, false, err, sizeof err) == 0, "%s", err);
    check(&r, ota_tool_trust_init(&r.trust, r.board, NULL, 0, &why) == 0, "%s", why.text);
    check(&r, ota_tool_bootloader_init(&r.loader, r.board, &r.trust.trust, &why) == 0, "%s",
          why.text);
    (void)snprintf(path, sizeof path, "%s/result.json", r.dir);
    result = json_load_file(path, 0, NULL);
    check(&r, result != NULL, "no result.json");
    if (get(result, "cuts") != NULL) {
        run_cuts(&r, result);
    } else if (installs_over_nothing(&r)) {
        run_over_nothing(&r, result);
    } else {
        run_steps(&r, result);
    }
    total.scenarios++;
    json_decref(result);
    ota_tool_trust_free(&r.trust);
    ota_board_free(r.board);
}

/* Calls f for every folder in dir, in the order of their names. */
static void for_each_folder(const char *dir, void (*f)(const char *parent, const char *name))
{
    struct dirent **entries;
    int n = scandir(dir, &entries, NULL, alphasort);

    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.') {
            f(dir, entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
}

static void run_in_configuration(const char *parent, const char *name)
{
    run_scenario(strrchr(parent, '/') + 1, name);
}

static void print_cost(const char *name, const struct cost *c)
{
    print_message("operations %-28s %6lu erases (MCUboot %6lu), %6lu writes (MCUboot %6lu)\n", name,
                  c->erases, c->ref_erases, c->writes, c->ref_writes);
}

static void run_configuration(const char *parent, const char *name)
{
    char dir[PATH_LEN];

    (void)snprintf(dir, sizeof dir, "%s/%s", parent, name);
    memset(&cost, 0, sizeof cost);
    for_each_folder(dir, run_in_configuration);
    print_cost(name, &cost);
    all_costs.erases += cost.erases;
    all_costs.writes += cost.writes;
    all_costs.ref_erases += cost.ref_erases;
    all_costs.ref_writes += cost.ref_writes;
}

static void test_every_recorded_boot_ends_as_the_real_one(void **state)
{
    (void)state;
    for_each_folder(BOOTS, run_configuration);
    print_message("boot vectors: %u scenarios, %u boots, %u cuts recovered\n", total.scenarios,
                  total.boots, total.cuts);
    print_cost("all", &all_costs);
    for (int d = DEV_NONE + 1; d < N_DEVIATIONS; d++) {
        print_message("deviation, %u times: %s\n", total.deviations[d], deviation_why[d]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_recorded_boot_ends_as_the_real_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
