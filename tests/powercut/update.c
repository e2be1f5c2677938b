/* SPDX-License-Identifier: Apache-2.0 */
/*
 * powercut-update: the whole life of an update in one history. The agent downloads an image over
 * MQTT or HTTP, keeps its record log, verifies and marks; the device resets; the bootloader
 * installs; the new application confirms itself, or rejects itself and goes back; the outcome is
 * reported. The power goes at every flash operation of all that, in every way, and again during the
 * recovery. Whatever happened, and without anybody's help:
 *
 *   - the device boots, the old image or the new one;
 *   - in the end the good image runs, confirmed, or the old one runs and the bad one is not fetched
 *     any more; the server has been told which;
 *   - a cut costs at most one chunk fetched again, unless it ended a trial: then the image is
 *     fetched once more.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "ota/agent.h"
#include "ota/err.h"
#include "powercut/command.h"
#include "powercut/device.h"
#include "unit/fake_peer.h"
#include "unit/fake_web.h"

#define BOARD "POWERCUT"
#define CHUNKS_OF(size) (((size) + OTA_CHUNK_LEN - 1) / OTA_CHUNK_LEN)
#define BOOTS_MAX 16    /* of one recovery */
#define SESSIONS_MAX 4  /* of one boot */
#define POLLS_MAX 20000 /* of one session */
#define COMPLAINTS 5u   /* lines per device */

#define NOR(unit, row)                                                                             \
    {                                                                                              \
        .erase_size = (unit), .write_size = (row), .erased = 0xff,                                 \
        .flags = (row) <= 8 ? OTA_FLASH_REFRESH : 0                                                \
    }
#define NOR0(unit, row)                                                                            \
    {                                                                                              \
        .erase_size = (unit), .write_size = (row), .erased = 0x00,                                 \
        .flags = (row) <= 8 ? OTA_FLASH_REFRESH : 0                                                \
    }
#define ROWS(unit)                                                                                 \
    {                                                                                              \
        .erase_size = (unit), .write_size = (unit), .erased = 0x00, .flags = OTA_FLASH_REWRITE     \
    }

/* The record log lies at the end of the internal flash. */
static const struct geometry kinds[] = {
    {"overwrite", "overwrite", &ota_boot_overwrite, NOR(512, 8), NOR(512, 8), 0, 0, 16, 8, 0, 2100,
     5300, false, 0},
    {"swap using scratch", "swap-scratch", &ota_boot_swap_scratch, NOR(512, 8), NOR(512, 8), 1024,
     0, 16, 8, 0, 4100, 5300, false, 0},
    {"swap using scratch, erased to zero", "swap-scratch", &ota_boot_swap_scratch, NOR0(1024, 16),
     NOR0(1024, 16), 2048, 0, 16, 16, 0, 5000, 4500, false, 0},
    {"swap using scratch, large units outside", "swap-scratch", &ota_boot_swap_scratch, NOR(512, 8),
     NOR(2048, 1), 2048, 0, 16, 8, 0, 3900, 5000, false, 0},
    {"swap using scratch, encrypted images", "swap-scratch", &ota_boot_swap_scratch, NOR(512, 8),
     NOR(512, 8), 1024, 0, 16, 8, 0, 2100, 4500, false, OLD | NEW},
    {"swap using move", "swap-move", &ota_boot_swap_move, NOR(512, 8), NOR(512, 8), 0, 0, 16, 8, 0,
     2100, 5300, false, 0},
    {"swap using offset", "swap-offset", &ota_boot_swap_offset, NOR(512, 8), NOR(512, 8), 0, 0, 16,
     8, 0, 2100, 5300, false, 0},
    {"swap with a status partition", "swap-status-scratch", &ota_boot_swap_status_scratch,
     ROWS(512), ROWS(512), 1024, 6144, 16, 8, 0, 2100, 4300, false, 0},
};
#define N_KINDS (sizeof kinds / sizeof kinds[0])

struct totals {
    unsigned long cuts, pairs, failures, fetched;
};

enum end {
    END_POWER, /* it went */
    END_RESET,
    END_DONE, /* nothing is left to do */
    END_STUCK,
};

static struct run {
    const struct geometry *g;
    uint32_t stride; /* of second cuts */
    bool ends_at_first;
    bool is_http, is_bad;
    uint32_t first, second;
    enum tear tear;
    unsigned reverts;
    struct totals totals;
    struct fake_peer peer;
    struct fake_web web;
    struct ota_config config;
    struct ota_decryption decryption;
    struct ota_agent agent;
    struct ota_area journal;
    uint64_t work[(OTA_WORK_LEN(2048) + 7) / 8];
    uint8_t image[SLOT];
    uint64_t now_ms;
    uint8_t n_random;
    bool is_reset;
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

static void set_peers(void)
{
    static const char job[] =
        "{\"Message\":\"Update Available\",\"Board\":\"" BOARD "\",\"Version\":\"2.0.0\","
        "\"Connection\":\"MQTT\",\"Port\":\"1883\"}";
    static const char web_job[] =
        "{\"Message\":\"Update Available\",\"Board\":\"" BOARD "\",\"Version\":\"2.0.0\","
        "\"Connection\":\"HTTP\",\"Server\":\"web.local\",\"Port\":\"80\",\"File\":\"/a.bin\"}";

    fake_peer_init(&run.peer);
    run.peer.job = job;
    run.peer.image = run.image;
    run.peer.image_len = run.g->new_size;
    run.peer.chunk_version = (struct ota_version){.major = NEW};
    fake_web_init(&run.web);
    run.web.job = web_job;
    run.web.image = run.image;
    run.web.image_len = run.g->new_size;
    run.web.validator = "\"v2\"";
}

static void set_config(void)
{
    static const struct ota_system_ops system_ops = {
        .now_ms = now_ms, .random = random_bytes, .reset = reset};
    struct ota_config *c = &run.config;

    memset(c, 0, sizeof *c);
    c->board = BOARD;
    c->primary = &device.primary;
    c->secondary = &device.secondary;
    c->trust = fake_trust;
    if (run.g->encrypted != 0) {
        (void)ota_decryption_init(&run.decryption, &fake_cipher, FAKE_KEY_LEN);
        c->decryption = &run.decryption;
    }
    c->system.ops = &system_ops;
    c->transport = run.is_http ? OTA_TRANSPORT_HTTP : OTA_TRANSPORT_MQTT;
    c->mqtt.client = &run.peer.client;
    c->mqtt.host = "broker.local";
    c->mqtt.window = 1;
    c->http.client = &run.web.client;
    c->http.host = "web.local";
    c->journal = &run.journal;
    c->reboot = true;
    c->work = run.work;
    c->work_len = sizeof run.work;
}

static void build(void)
{
    const uint32_t unit = run.g->internal.erase_size;
    struct cut_flash *f = &device.internal;

    device_build(run.g);
    run.journal = (struct ota_area){&f->flash, f->flash.size, 2 * unit};
    f->flash.size += 2 * unit;
    device_image(run.image, run.g->new_size, NEW);
    memset(device.external.mem, device.external.flash.erased, SLOT);
    set_config();
}

/* Bytes that were fetched, in chunks. */
static uint32_t fetched(void)
{
    return run.is_http ? (uint32_t)CHUNKS_OF(run.web.image_bytes)
                       : (uint32_t)run.peer.n_chunk_requests;
}

static int results(void)
{
    return run.is_http ? run.web.n_posts : run.peer.n_results;
}

/* ---- The application ------------------------------------------------------------------------- */

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
        if (device.power.is_off) {
            return END_POWER;
        }
        if (run.is_reset) {
            return END_RESET;
        }
        run.now_ms += ota_poll(&run.agent);
    }
    if (device.power.is_off) {
        return END_POWER;
    }
    return ota_sessions(&run.agent) == n ? END_STUCK : run.is_reset ? END_RESET : END_DONE;
}

/* What the application of this version does, from its start to the next reset. */
static enum end live_once(int version)
{
    enum end end;
    int rc;

    run.is_reset = false;
    run.peer.is_connected = false;
    rc = ota_init(&run.agent, &run.config);
    if (rc == 0) {
        /* What every application does once its self-test is over. */
        rc = version == NEW && run.is_bad ? ota_reject(&run.agent) : ota_confirm(&run.agent);
    }
    if (device.power.is_off) {
        return END_POWER;
    }
    if (rc != 0 || (version == NEW && run.is_bad)) {
        return rc != 0 ? END_STUCK : END_RESET;
    }
    for (int i = 0; i < SESSIONS_MAX; i++) {
        uint32_t before = fetched();

        end = session();
        if (end != END_DONE) {
            return end;
        }
        /* A bad image that has cut its own trial short may be tried again. */
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

        *version = device_boot();
        if (*version == 0) {
            return END_POWER;
        }
        if (*version < 0) {
            return END_STUCK;
        }
        run.reverts += device.swap_type == OTA_SWAP_REVERT;
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
        printf("%s, %s, %s image: cut at %u (%s)", run.g->name, run.is_http ? "HTTP" : "MQTT",
               run.is_bad ? "bad" : "good", (unsigned)run.first, tears[run.tear]);
        if (run.second != CUT_NEVER) {
            printf(" and at %u of the recovery", (unsigned)run.second);
        }
        printf(": %s (%d; last error %s, state %d)\n", what, got,
               ota_err_name(ota_last_error(&run.agent)), (int)ota_state(&run.agent));
    }
}

static void check_outcome(unsigned cuts)
{
    const uint32_t n = CHUNKS_OF(run.g->new_size);
    const uint32_t extra = run.is_http ? cuts + run.reverts : cuts;
    uint32_t before;
    int version = 0;

    device_power_on(CUT_NEVER, TEAR_NONE);
    if (live(&version) != END_DONE) {
        complain(version < 0 ? "does not boot" : "the update does not come to its end", version);
        return;
    }
    if (results() == 0) {
        complain("nothing was reported", version);
    }
    if (fetched() > n * (1 + run.reverts) + extra) {
        complain("fetches too much again, chunks", (int)fetched());
    }
    before = fetched();
    if (session() != END_DONE || fetched() != before) {
        complain("what is settled is fetched again, chunks", (int)(fetched() - before));
    }
    if (device_boot() != version) {
        complain("boots another image afterwards", version);
    }
    run.totals.fetched += before;
}

/* ---- Cuts ------------------------------------------------------------------------------------ */

/* All but what was on its way to the device, which is large and lost with the power. */
#define PEER_KEPT offsetof(struct fake_peer, queue)

struct moment {
    struct snapshot flash;
    struct fake_peer peer;
    struct fake_web web;
    unsigned reverts;
};

static void keep(struct moment *m)
{
    device_save(&m->flash);
    memcpy(&m->peer, &run.peer, PEER_KEPT);
    m->web = run.web;
    m->reverts = run.reverts;
}

static void go_back(const struct moment *m)
{
    device_restore(&m->flash);
    memcpy(&run.peer, &m->peer, PEER_KEPT);
    run.peer.head = run.peer.tail = 0;
    run.web = m->web;
    run.reverts = m->reverts;
}

static bool is_done(void)
{
    return run.ends_at_first && run.totals.failures > 0;
}

static void cut_recovery(const struct moment *cut)
{
    for (uint32_t at = run.first % run.stride; !is_done(); at += run.stride) {
        int version;

        go_back(cut);
        device_power_on(at, (enum tear)((run.first + at + (uint32_t)run.tear) % N_TEARS));
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
    set_peers();
    run.reverts = 0;
    run.second = CUT_NEVER;
    keep(&begin);
    for (run.first = 0; !is_done(); run.first++) {
        int version = 0;
        enum end end;

        go_back(&begin);
        device_power_on(run.first, run.tear);
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
static bool cut_kind(const struct geometry *g)
{
    run.g = g;
    device.power.seed = 1;
    for (int bad = 0; bad <= (g->mode != &ota_boot_overwrite); bad++) {
        for (int http = 0; http <= 1; http++) {
            for (int tear = TEAR_NONE; tear < N_TEARS; tear++) {
                run.is_bad = bad != 0;
                run.is_http = http != 0;
                run.tear = (enum tear)tear;
                cut_history();
            }
        }
    }
    printf("%-42s %8lu %8lu %10lu %8lu\n", g->name, run.totals.cuts, run.totals.pairs,
           run.totals.fetched, run.totals.failures);
    return run.totals.failures == 0;
}

/* ---- Command line ---------------------------------------------------------------------------- */

static const char usage_text[] =
    "usage: powercut_update [--stride N] [--mode MODE] [--first]\n"
    "\n"
    "  -s, --stride N   cut the recovery again at every N-th operation; 1: at each (default 53)\n"
    "  -m, --mode MODE  only this mode: overwrite, swap-scratch, swap-move, swap-offset,\n"
    "                   swap-status-scratch\n"
    "  -f, --first      end each device with its first failure\n"
    "\n"
    "Exit status: 0 if each update came to its end, 1 if not, 2 for a wrong command line.\n";

static const char *mode_of(size_t i)
{
    return kinds[i].mode_name;
}

static bool cut_device(size_t i)
{
    return cut_kind(&kinds[i]);
}

int main(int argc, char **argv)
{
    static const struct command command = {
        .usage = usage_text,
        .heads = {"device", "cuts", "chunks"},
        .n = N_KINDS,
        .mode_of = mode_of,
        .cut = cut_device,
        .stride = &run.stride,
        .ends_at_first = &run.ends_at_first,
    };

    run.stride = 53;
    return command_run(&command, argc, argv);
}
