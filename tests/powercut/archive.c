/* SPDX-License-Identifier: Apache-2.0 */
/*
 * powercut_archive: the whole life of an update that comes as an archive of two images. The agent
 * takes it apart over MQTT or HTTP, keeps its record log, verifies both images and marks them; the
 * bootloader installs the set; the new application confirms both, or rejects them. The power goes
 * at every flash operation of all that, in every way, and again during the recovery. Whatever
 * happened, and without anybody's help:
 *
 *   - the device boots, and where the application depends on the second image both are old or both
 *     are new: marked, installed, confirmed and reverted are all of them or none;
 *   - in the end both good images run, confirmed, or both old ones, and the server has been told;
 *   - a cut costs at most two blocks fetched again, unless it ended a trial.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "ota/agent.h"
#include "ota/boot.h"
#include "ota/err.h"
#include "powercut/command.h"
#include "unit/cut_flash.h"
#include "unit/fake_peer.h"
#include "unit/fake_set.h"
#include "unit/fake_web.h"
#include "unit/tar_build.h"

#define OLD 1
#define NEW 2
#define MIXED 100 /* not a version: the images' differ */
#define IMAGES 2u
#define SLOT 8192u
#define BOARD "POWERCUT"
#define BOOTS_MAX 20
#define SESSIONS_MAX 4
#define POLLS_MAX 20000
#define COMPLAINTS 5u
#define BLOCKS_PER_CUT 3u

/* needs: the application depends on the second image. */
struct plan {
    const char *name;
    const char *mode_name;
    const struct ota_boot_mode *mode;
    uint32_t unit, row, scratch, status;
    uint8_t erased;
    uint8_t flags; /* OTA_FLASH_* */
    bool needs, is_http;
    bool has_bad; /* the images are rejected, too */
};

static const struct plan plans[] = {
    {"move", "archive-move", &ota_boot_swap_move, 1024, 8, 0, 0, 0xff, OTA_FLASH_REFRESH, true,
     false, true},
    {"status partition, as the kit has it", "archive-status", &ota_boot_swap_status_scratch, 512,
     512, 512, 10240, 0x00, OTA_FLASH_REWRITE, true, true, false},
    {"scratch, erased to zero, no dependency", "archive-scratch", &ota_boot_swap_scratch, 1024, 16,
     1024, 0, 0x00, 0, false, true, true},
    {"overwrite", "archive-overwrite", &ota_boot_overwrite, 1024, 8, 0, 0, 0xff, OTA_FLASH_REFRESH,
     true, false, false},
};
#define N_PLANS (sizeof plans / sizeof plans[0])

static const uint32_t image_len[IMAGES] = {6000, 5000};

enum end { END_POWER, END_RESET, END_DONE, END_STUCK };

struct totals {
    unsigned long cuts, pairs, failures, fetched;
};

static struct run {
    const struct plan *p;
    struct power power;
    struct cut_flash chip[2];
    struct ota_boot_config boot[IMAGES];
    struct ota_boot boots[IMAGES];
    struct ota_boot_set set;
    struct ota_slot primary[IMAGES], secondary[IMAGES];
    struct ota_area journal;
    uint8_t buf[512];
    uint32_t stride, first, second;
    bool ends_at_first, is_bad, is_reset, was_mixed;
    enum tear tear;
    unsigned reverts;
    struct totals totals;
    struct tar_build tar;
    struct fake_peer peer;
    struct fake_web web;
    struct ota_config config;
    struct ota_archive_memory archive;
    struct ota_agent agent;
    uint64_t work[(OTA_WORK_LEN(512) + 7) / 8];
    uint64_t now_ms;
    uint8_t n_random;
} run;

/* ---- The device's surroundings --------------------------------------------------------------- */

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return run.now_ms;
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        ((uint8_t *)buf)[i] = run.n_random++;
    }
    return 0;
}

static void reset(void *ctx)
{
    (void)ctx;
    run.is_reset = true;
}

/* Over HTTP the second image comes first: both orders are legal. */
static void build_archive(void)
{
    static const char list[] =
        "{\"numberOfComponents\":\"3\",\"version\":\"2.0.0\",\"files\":[\n"
        "{\"fileName\":\"components.json\",\"fileType\": \"component_list\"},\n"
        "{\"fileName\":\"app.bin\",\"fileType\": \"NSPE\",\"fileSize\":\"6000\"},\n"
        "{\"fileName\":\"tfm.bin\",\"fileType\": \"SPE\",\"fileSize\":\"5000\"}]}\n";
    static const char *const names[IMAGES] = {"app.bin", "tfm.bin"};
    static uint8_t image[SLOT];

    run.tar.len = 0;
    tar_add(&run.tar, "components.json", list, sizeof list - 1);
    for (uint8_t n = 0; n < IMAGES; n++) {
        uint8_t i = run.p->is_http ? (uint8_t)(1 - n) : n;

        fake_set_image(image, image_len[i], i, NEW, (uint8_t)(1 - i),
                       run.p->needs && i == 0 ? NEW : 0);
        tar_add(&run.tar, names[i], image, image_len[i]);
    }
    tar_end(&run.tar);
}

static void set_peers(void)
{
    fake_peer_init(&run.peer);
    run.peer.job = "{\"Message\":\"Update Available\",\"Board\":\"" BOARD
                   "\",\"Version\":\"2.0.0\",\"Connection\":\"MQTT\",\"Port\":\"1883\"}";
    run.peer.image = run.tar.data;
    run.peer.image_len = (uint32_t)run.tar.len;
    run.peer.chunk_version = (struct ota_version){.major = NEW};
    fake_web_init(&run.web);
    run.web.job = "{\"Message\":\"Update Available\",\"Board\":\"" BOARD
                  "\",\"Version\":\"2.0.0\",\"Connection\":\"HTTP\",\"Server\":\"web.local\","
                  "\"Port\":\"80\",\"File\":\"/a.tar\"}";
    run.web.image = run.tar.data;
    run.web.image_len = (uint32_t)run.tar.len;
    run.web.validator = "\"v2\"";
}

static void set_config(void)
{
    static const struct ota_system_ops system_ops = {
        .now_ms = now_ms, .random = random_bytes, .reset = reset};
    struct ota_config *c = &run.config;

    memset(c, 0, sizeof *c);
    c->board = BOARD;
    c->primary = &run.primary[0];
    c->secondary = &run.secondary[0];
    c->primary2 = &run.primary[1];
    c->secondary2 = &run.secondary[1];
    c->archive = &run.archive;
    c->journal = &run.journal;
    c->trust = fake_trust;
    c->system.ops = &system_ops;
    c->transport = run.p->is_http ? OTA_TRANSPORT_HTTP : OTA_TRANSPORT_MQTT;
    c->mqtt.client = &run.peer.client;
    c->mqtt.host = "broker.local";
    c->mqtt.window = 1;
    c->http.client = &run.web.client;
    c->http.host = "web.local";
    c->reboot = true;
    c->work = run.work;
    c->work_len = sizeof run.work;
}

static uint8_t align(void)
{
    return run.p->row == 16 ? 16 : 8;
}

static struct ota_slot slot_of(const struct ota_area *area)
{
    struct ota_slot s = {*area, align(), run.p->status > 0 ? OTA_SLOT_MAILBOX : 0};

    return s;
}

static void set_image(uint8_t i)
{
    const struct plan *p = run.p;
    struct ota_flash *in = &run.chip[0].flash, *out = &run.chip[1].flash;

    run.boot[i] = (struct ota_boot_config){
        .mode = p->mode,
        .primary = {in, i * SLOT, SLOT},
        .secondary = {out, i * SLOT, SLOT},
        .scratch = {in, IMAGES * SLOT, p->scratch},
        .status = {in, IMAGES * SLOT + p->scratch, p->status},
        .trust = &fake_trust,
        .buf = run.buf,
        .buf_len = sizeof run.buf,
        .max_sectors = 16,
        .align = align(),
        .image = i,
    };
    run.primary[i] = slot_of(&run.boot[i].primary);
    run.secondary[i] = slot_of(&run.boot[i].secondary);
    fake_set_image(run.chip[0].mem + i * SLOT, 1500, i, OLD, 0, 0);
}

static void power_on(uint32_t cut_at, enum tear tear)
{
    run.power.is_off = false;
    run.power.ops = 0;
    run.power.cut_at = cut_at;
    run.power.tear = tear;
    run.power.weak = WEAK_ANY;
}

/* The record log lies at the end of the internal flash. */
static void build(void)
{
    const struct plan *p = run.p;
    const uint32_t used = IMAGES * SLOT + p->scratch + p->status;
    const struct ota_flash f = {.size = used + 2 * p->unit,
                                .erase_size = p->unit,
                                .write_size = p->row,
                                .erased = p->erased,
                                .flags = p->flags};

    cut_flash_init(&run.chip[0], &run.power, &f);
    cut_flash_init(&run.chip[1], &run.power, &f);
    run.journal = (struct ota_area){&run.chip[0].flash, used, 2 * p->unit};
    for (uint8_t i = 0; i < IMAGES; i++) {
        set_image(i);
    }
    power_on(CUT_NEVER, TEAR_NONE);
    build_archive();
    set_config();
    set_peers();
}

/* Blocks that were fetched. */
static uint32_t fetched(void)
{
    return run.p->is_http ? (uint32_t)((run.web.image_bytes + OTA_CHUNK_LEN - 1) / OTA_CHUNK_LEN)
                          : (uint32_t)run.peer.n_chunk_requests;
}

static int results(void)
{
    return run.p->is_http ? run.web.n_posts : run.peer.n_results;
}

/* ---- The application ------------------------------------------------------------------------- */

/* Version that both images have, MIXED, 0 after a cut, or why the device refuses to boot. */
static int boot(void)
{
    int rc = ota_boot_set_init(&run.set, run.boots, run.boot, IMAGES);

    rc = rc == 0 ? ota_boot_set_run(&run.set) : rc;
    if (run.power.is_off || rc != 0) {
        return run.power.is_off ? 0 : rc;
    }
    run.reverts +=
        run.boots[0].result.type == OTA_SWAP_REVERT || run.boots[1].result.type == OTA_SWAP_REVERT;
    rc = run.boots[0].result.version.major;
    if (run.boots[1].result.version.major == rc) {
        return rc;
    }
    run.was_mixed = true;
    return MIXED;
}

static bool is_over(int version)
{
    struct ota_outcome o;

    return version == (run.is_bad ? OLD : NEW) && ota_last_outcome(&run.agent, &o) == 1 &&
           o.is_reported && (o.err != 0) == run.is_bad;
}

static enum end session(void)
{
    uint32_t n = ota_sessions(&run.agent);

    ota_check(&run.agent);
    for (int i = 0; i < POLLS_MAX && ota_sessions(&run.agent) == n; i++) {
        if (run.power.is_off) {
            return END_POWER;
        }
        if (run.is_reset) {
            return END_RESET;
        }
        run.now_ms += ota_poll(&run.agent);
    }
    if (run.power.is_off) {
        return END_POWER;
    }
    return ota_sessions(&run.agent) == n ? END_STUCK : run.is_reset ? END_RESET : END_DONE;
}

/* What the application of this version does, from its start to the next reset. */
static enum end live_once(int version)
{
    bool rejects = run.boots[0].result.version.major == NEW && run.is_bad;
    int rc;

    run.is_reset = false;
    run.peer.is_connected = false;
    rc = ota_init(&run.agent, &run.config);
    if (rc == 0) {
        rc = rejects ? ota_reject(&run.agent) : ota_confirm(&run.agent);
    }
    if (run.power.is_off) {
        return END_POWER;
    }
    if (rc != 0 || rejects || version == MIXED) {
        return rc != 0 ? END_STUCK : END_RESET; /* to have the rest installed, or taken back */
    }
    for (int i = 0; i < SESSIONS_MAX; i++) {
        uint32_t before = fetched();
        enum end end = session();

        if (end != END_DONE) {
            return end;
        }
        if (is_over(version) && fetched() == before) {
            return END_DONE;
        }
    }
    return END_STUCK;
}

/* Boots until nothing is left to do. *version: of the last boot. */
static enum end live(int *version)
{
    for (int i = 0; i < BOOTS_MAX; i++) {
        enum end end;

        *version = boot();
        if (*version <= 0) {
            return *version == 0 ? END_POWER : END_STUCK;
        }
        end = live_once(*version);
        if (end != END_RESET) {
            return end;
        }
    }
    return END_STUCK;
}

/* ---- Verdicts -------------------------------------------------------------------------------- */

static void complain(const char *what, int got)
{
    static const char *const tears[N_TEARS] = {"before",   "first half", "second half",
                                               "any bits", "weak bits",  "after"};

    if (run.totals.failures++ < COMPLAINTS) {
        printf("%s, %s images: cut at %u (%s)", run.p->name, run.is_bad ? "bad" : "good",
               (unsigned)run.first, tears[run.tear]);
        if (run.second != CUT_NEVER) {
            printf(" and at %u of the recovery", (unsigned)run.second);
        }
        printf(": %s (%d; last error %s, state %d)\n", what, got,
               ota_err_name(ota_last_error(&run.agent)), (int)ota_state(&run.agent));
    }
}

static void check_outcome(unsigned cuts)
{
    const uint32_t n = (uint32_t)((run.tar.len + OTA_CHUNK_LEN - 1) / OTA_CHUNK_LEN);
    uint32_t before;
    int version = 0;

    power_on(CUT_NEVER, TEAR_NONE);
    if (live(&version) != END_DONE) {
        complain(version < 0 ? "does not boot" : "the update does not come to its end", version);
        return;
    }
    if (run.was_mixed && run.p->needs) {
        complain("boots images that do not fit each other", MIXED);
    }
    if (results() == 0) {
        complain("nothing was reported", version);
    }
    if (fetched() > n * (1 + run.reverts) + cuts * BLOCKS_PER_CUT + run.reverts) {
        complain("fetches too much again, blocks", (int)fetched());
    }
    before = fetched();
    if (session() != END_DONE || fetched() != before) {
        complain("what is settled is fetched again, blocks", (int)(fetched() - before));
    }
    if (boot() != version) {
        complain("boots other images afterwards", version);
    }
    run.totals.fetched += before;
}

/* ---- Cuts ------------------------------------------------------------------------------------ */

/* All but what was on its way to the device, which is large and lost with the power. */
#define PEER_KEPT offsetof(struct fake_peer, queue)

struct moment {
    bool is_weak[2];
    uint8_t mem[2][CUT_FLASH_MAX];
    uint8_t weak[2][CUT_FLASH_MAX];
    struct fake_peer peer;
    struct fake_web web;
    unsigned reverts;
    bool was_mixed;
};

static void keep(struct moment *m)
{
    for (int i = 0; i < 2; i++) {
        m->is_weak[i] = run.chip[i].is_weak;
        memcpy(m->mem[i], run.chip[i].mem, run.chip[i].flash.size);
        memcpy(m->weak[i], run.chip[i].weak, run.chip[i].flash.size);
    }
    memcpy(&m->peer, &run.peer, PEER_KEPT);
    m->web = run.web;
    m->reverts = run.reverts;
    m->was_mixed = run.was_mixed;
}

static void go_back(const struct moment *m)
{
    for (int i = 0; i < 2; i++) {
        run.chip[i].is_weak = m->is_weak[i];
        memcpy(run.chip[i].mem, m->mem[i], run.chip[i].flash.size);
        memcpy(run.chip[i].weak, m->weak[i], run.chip[i].flash.size);
    }
    memcpy(&run.peer, &m->peer, PEER_KEPT);
    run.peer.head = run.peer.tail = 0;
    run.web = m->web;
    run.reverts = m->reverts;
    run.was_mixed = m->was_mixed;
}

static bool is_done(void)
{
    return run.ends_at_first && run.totals.failures > 0;
}

static void cut_recovery(const struct moment *cut)
{
    for (uint32_t at = run.first * 7 % run.stride; !is_done(); at += run.stride) {
        int version;

        go_back(cut);
        power_on(at, (enum tear)((run.first + at + (uint32_t)run.tear) % N_TEARS));
        if (live(&version) != END_POWER) {
            break;
        }
        run.second = at;
        check_outcome(2);
        run.totals.pairs++;
    }
    run.second = CUT_NEVER;
}

static void cut_history(void)
{
    static struct moment begin, cut;

    build();
    run.reverts = 0;
    run.was_mixed = false;
    run.second = CUT_NEVER;
    keep(&begin);
    for (run.first = 0; !is_done(); run.first++) {
        int version = 0;
        enum end end;

        go_back(&begin);
        power_on(run.first, run.tear);
        end = live(&version);
        if (end != END_POWER) {
            if (end != END_DONE) {
                complain("without a cut the update does not come to its end", version);
            }
            return;
        }
        keep(&cut);
        check_outcome(1);
        run.totals.cuts++;
        cut_recovery(&cut);
    }
}

/* All cuts of one kind of device; its line of the table. False if something is wrong. */
static bool cut_plan(const struct plan *p)
{
    run.p = p;
    run.power.seed = 1;
    for (int bad = 0; bad <= (p->has_bad ? 1 : 0); bad++) {
        /* Bad images share most of their lives with good ones: in two of the six ways. */
        for (int tear = bad ? TEAR_RANDOM : TEAR_NONE; tear < (bad ? TEAR_AFTER : N_TEARS);
             tear++) {
            run.is_bad = bad != 0;
            run.tear = (enum tear)tear;
            cut_history();
        }
    }
    printf("%-42s %8lu %8lu %10lu %8lu\n", p->name, run.totals.cuts, run.totals.pairs,
           run.totals.fetched, run.totals.failures);
    return run.totals.failures == 0;
}

/* ---- Command line ---------------------------------------------------------------------------- */

static const char usage_text[] =
    "usage: powercut_archive [--stride N] [--mode MODE] [--first]\n"
    "\n"
    "  -s, --stride N   cut the recovery again at every N-th operation; 1: at each (default 499)\n"
    "  -m, --mode MODE  only archive-move, archive-status, archive-scratch or archive-overwrite\n"
    "  -f, --first      end each device with its first failure\n"
    "\n"
    "Exit status: 0 if each update came to its end, 1 if not, 2 for a wrong command line.\n";

static const char *mode_of(size_t i)
{
    return plans[i].mode_name;
}

static bool cut_device(size_t i)
{
    return cut_plan(&plans[i]);
}

int main(int argc, char **argv)
{
    static const struct command command = {
        .usage = usage_text,
        .heads = {"device with two images", "cuts", "blocks"},
        .n = N_PLANS,
        .mode_of = mode_of,
        .cut = cut_device,
        .stride = &run.stride,
        .ends_at_first = &run.ends_at_first,
    };

    run.stride = 499;
    return command_run(&command, argc, argv);
}
