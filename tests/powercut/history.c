/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One history of agent, bootloader and application: an image is downloaded and recorded, marked,
 * swapped in at a reset, reported and confirmed, or rejected and swapped out again. The power goes
 * at every flash operation of it, in every way, and once more at operations of what follows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ota/agent.h"
#include "ota/boot.h"
#include "unit/cut_flash.h"
#include "unit/fake_image.h"
#include "unit/fake_peer.h"
#include "unit/fake_web.h"

#define BOARD "KIT"
#define SLOT 20480u
#define UNIT 4096u
#define IMAGE_LEN 9000u
#define OLD_LEN 5000u
#define CHUNKS ((IMAGE_LEN + OTA_CHUNK_LEN - 1) / OTA_CHUNK_LEN)
#define OLD 1
#define NEW 2
#define LIVES 14   /* more than any history with two cuts needs */
#define STRIDE 7u  /* of second cuts; a prime, so that they fall everywhere */
#define SHOWN 5    /* failures told in full */
#define STEPS 9000 /* of the agent in one life */

struct story {
    const char *name;
    const struct ota_boot_mode *mode;
    uint32_t scratch;
    bool is_http;
    bool is_bad; /* the application's self-test fails */
};

static const struct story stories[] = {
    {"swap-scratch, MQTT", &ota_boot_swap_scratch, UNIT, false, false},
    {"swap-scratch, HTTP", &ota_boot_swap_scratch, UNIT, true, false},
    {"swap-scratch, MQTT, rejected", &ota_boot_swap_scratch, UNIT, false, true},
    {"swap-move, MQTT", &ota_boot_swap_move, 0, false, false},
    {"swap-move, HTTP, rejected", &ota_boot_swap_move, 0, true, true},
    {"overwrite, MQTT", &ota_boot_overwrite, 0, false, false},
    {"overwrite, HTTP", &ota_boot_overwrite, 0, true, false},
};

static struct {
    const struct story *story;
    struct power power;
    struct cut_flash internal, external;
    struct ota_boot_config boot;
    struct ota_slot primary, secondary;
    struct ota_area journal;
    struct fake_peer peer;
    struct fake_web web;
    struct ota_config config;
    struct ota_agent agent;
    uint64_t work[(OTA_WORK_LEN(8) + 7) / 8];
    uint8_t images[3][IMAGE_LEN];
    uint8_t buf[UNIT];
    uint64_t now_ms;
    bool is_reset;
    unsigned n_random;
    int running;           /* version that booted last */
    unsigned n_lost;       /* trials that a cut ended: the image goes back */
    int at_reject;         /* requests for data when a rejection was recorded; -1: never */
    const char *complaint; /* the first; NULL: none */
} d;

static struct {
    unsigned long histories, cuts, pairs, lives, failures;
} totals;

static void complain(const char *what)
{
    d.complaint = d.complaint == NULL ? what : d.complaint;
}

/* ---- The device --------------------------------------------------------------------------------
 */

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return d.now_ms;
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        ((uint8_t *)buf)[i] = (uint8_t)(d.n_random++ * 89u);
    }
    return 0;
}

static void reset(void *ctx)
{
    (void)ctx;
    d.is_reset = true;
}

/* Bytes of the new image that lie in the secondary slot, from its start. */
static uint32_t stored(void)
{
    uint32_t n = 0;

    while (n < IMAGE_LEN && d.external.mem[n] == d.images[NEW][n]) {
        n++;
    }
    return n;
}

/* A download goes on where it stood, less one block, unless the slot has been swapped since. */
static void look_at_request(struct fake_web *web, const struct web_request *req,
                            struct web_answer *a)
{
    (void)web;
    (void)a;
    if (req->is_range && stored() > OTA_CHUNK_LEN && req->off < stored() - OTA_CHUNK_LEN &&
        d.n_lost == 0) {
        complain("more than one block is fetched again");
    }
}

static void set_peers(void)
{
    fake_peer_init(&d.peer);
    d.peer.image = d.images[NEW];
    d.peer.image_len = IMAGE_LEN;
    d.peer.chunk_version = (struct ota_version){.major = NEW};
    d.peer.job = "{\"Message\":\"Update Available\",\"Board\":\"" BOARD "\",\"Version\":\"2.0.0\","
                 "\"Connection\":\"MQTT\",\"Port\":\"1883\"}";
    fake_web_init(&d.web);
    d.web.image = d.images[NEW];
    d.web.image_len = IMAGE_LEN;
    d.web.twist = look_at_request;
    d.web.validator = "\"v2\"";
    d.web.job = "{\"Message\":\"Update Available\",\"Board\":\"" BOARD "\",\"Version\":\"2.0.0\","
                "\"Connection\":\"HTTP\",\"Port\":\"80\",\"File\":\"/image.bin\"}";
}

static void set_agent(void)
{
    static const struct ota_system_ops ops = {
        .now_ms = now_ms, .random = random_bytes, .reset = reset};
    struct ota_config *c = &d.config;

    c->board = BOARD;
    c->primary = &d.primary;
    c->secondary = &d.secondary;
    c->journal = &d.journal;
    c->trust = fake_trust;
    c->system.ops = &ops;
    c->transport = d.story->is_http ? OTA_TRANSPORT_HTTP : OTA_TRANSPORT_MQTT;
    c->mqtt.client = &d.peer.client;
    c->mqtt.host = "broker.local";
    c->mqtt.window = 1;
    c->http.client = &d.web.client;
    c->http.host = "web.local";
    c->http.result_path = "/result";
    c->reboot = true;
    c->work = d.work;
    c->work_len = sizeof d.work;
}

static void build(const struct story *s)
{
    struct ota_flash f = {
        .erase_size = UNIT, .write_size = 8, .erased = 0xff, .flags = OTA_FLASH_REFRESH};

    memset(&d, 0, sizeof d);
    d.story = s;
    d.power.cut_at = CUT_NEVER;
    d.at_reject = -1;
    f.size = SLOT + s->scratch;
    cut_flash_init(&d.internal, &d.power, &f);
    f.size = SLOT + 2 * UNIT;
    cut_flash_init(&d.external, &d.power, &f);
    d.primary = (struct ota_slot){{&d.internal.flash, 0, SLOT}, 8, 0};
    d.secondary = (struct ota_slot){{&d.external.flash, 0, SLOT}, 8, 0};
    d.journal = (struct ota_area){&d.external.flash, SLOT, 2 * UNIT};
    d.boot.mode = s->mode;
    d.boot.primary = d.primary.area;
    d.boot.secondary = d.secondary.area;
    if (s->scratch != 0) {
        d.boot.scratch = (struct ota_area){&d.internal.flash, SLOT, s->scratch};
    }
    d.boot.trust = &fake_trust;
    d.boot.buf = d.buf;
    d.boot.buf_len = sizeof d.buf;
    d.boot.max_sectors = 16;
    fake_image(d.images[OLD], OLD_LEN, OLD);
    fake_image(d.images[NEW], IMAGE_LEN, NEW);
    memcpy(d.internal.mem, d.images[OLD], OLD_LEN);
    set_peers();
    set_agent();
}

/* ---- Its lives ---------------------------------------------------------------------------------
 */

static int requests(void)
{
    return d.peer.n_chunk_requests + d.web.n_images;
}

static unsigned reports(void)
{
    return (unsigned)(d.peer.n_results + d.web.n_posts);
}

/* The version that boots; 0: the power went, or nothing boots. */
static int boot(void)
{
    static struct ota_boot b;
    int rc = ota_boot_init(&b, &d.boot);
    int version;

    if (memcmp(d.internal.mem, d.images[NEW], IMAGE_LEN) == 0) {
        d.running = NEW; /* even if the power went before the bootloader could start it */
    }
    rc = rc == 0 ? ota_boot_run(&b) : rc;
    if (d.power.is_off) {
        return 0;
    }
    version = rc == 0 ? b.result.version.major : 0;
    if (version != OLD && version != NEW) {
        complain("nothing boots");
        return 0;
    }
    if (memcmp(d.internal.mem, d.images[version], version == OLD ? OLD_LEN : IMAGE_LEN) != 0) {
        complain("what boots is not whole");
    }
    d.n_lost += version == OLD && d.running == NEW;
    d.running = version;
    return version;
}

/* The application's self-test. False: it has failed, and the device is to be reset. */
static bool self_test(int version)
{
    if (version != NEW) {
        return true;
    }
    if (d.story->is_bad) {
        if (ota_reject(&d.agent) == 0) {
            d.at_reject = requests();
        }
        return false;
    }
    (void)ota_confirm(&d.agent); /* the power may go in it: seen by the caller */
    return true;
}

/* A session of the agent, until it is over, resets, or the power goes. */
static void run_agent(void)
{
    int steps = 0;

    ota_check(&d.agent);
    while (!d.power.is_off && !d.is_reset && ota_sessions(&d.agent) == 0) {
        d.now_ms += ota_poll(&d.agent);
        if (++steps > STEPS) {
            complain("a session does not end");
            return;
        }
    }
}

/* From power on to a reset, a cut, or the end of a session. True: all is as it is to end. */
static bool live(void)
{
    struct ota_outcome out;
    int version;

    totals.lives++;
    d.is_reset = false;
    d.peer.head = d.peer.tail;
    d.peer.is_connected = false;
    d.web.is_open = false;
    version = boot();
    if (version == 0) {
        return false;
    }
    if (ota_init(&d.agent, &d.config) != 0) {
        if (!d.power.is_off) {
            complain("the agent does not start");
        }
        return false;
    }
    if (!self_test(version)) {
        return false;
    }
    run_agent();
    return !d.power.is_off && !d.is_reset && version == (d.story->is_bad ? OLD : NEW) &&
           ota_last_outcome(&d.agent, &out) == 1 && out.is_reported;
}

/* A trial that a cut ends costs the image once more: what went back is not installed again without
 * a new download. */
static void judge(unsigned n_cuts)
{
    if (d.peer.n_chunk_requests > (int)(CHUNKS * (1 + d.n_lost) + n_cuts)) {
        complain("more than one block is fetched again");
    }
    if (d.n_lost > n_cuts + (d.story->is_bad ? 1u : 0u)) {
        complain("a trial is lost without a cut");
    }
    if (d.at_reject >= 0 && requests() != d.at_reject) {
        complain("a rejected image is fetched again");
    }
    if (reports() == 0) {
        complain("no report");
    }
}

/* Lives until all is over, the power going at this operation and at that many behind it. */
static uint32_t live_on(uint32_t first, enum tear tear, uint32_t second, enum tear tear2)
{
    unsigned n_cuts = 0;
    uint32_t left = 0;

    d.power.cut_at = first;
    d.power.tear = tear;
    d.power.ops = 0;
    for (int i = 0; d.complaint == NULL; i++) {
        bool is_over = live();

        if (d.power.is_off) {
            d.power.is_off = false;
            d.power.ops = 0;
            d.power.cut_at = n_cuts++ == 0 ? second : CUT_NEVER;
            d.power.tear = tear2;
        } else if (is_over) {
            left = d.power.ops;
            break;
        }
        if (i == LIVES) {
            complain("it does not come to its end");
        }
    }
    if (d.complaint == NULL) {
        judge(n_cuts);
    }
    totals.histories++;
    return left;
}

static void tell(uint32_t first, enum tear tear, uint32_t second, enum tear tear2)
{
    if (d.complaint != NULL && totals.failures++ < SHOWN) {
        (void)printf("%s: cut at %u (way %d), then %d (way %d): %s\n", d.story->name, first, tear,
                     second == CUT_NEVER ? -1 : (int)second, tear2, d.complaint);
    }
}

static void cut_story(const struct story *s, uint32_t stride)
{
    uint32_t n;
    uint32_t phase = 0;

    build(s);
    n = live_on(CUT_NEVER, TEAR_NONE, CUT_NEVER, TEAR_NONE);
    tell(CUT_NEVER, TEAR_NONE, CUT_NEVER, TEAR_NONE);
    for (uint32_t at = 0; at < n; at++) {
        for (int tear = 0; tear < N_TEARS; tear++) {
            uint32_t rest;

            build(s);
            rest = live_on(at, (enum tear)tear, CUT_NEVER, TEAR_NONE);
            tell(at, (enum tear)tear, CUT_NEVER, TEAR_NONE);
            totals.cuts++;
            for (uint32_t second = phase++ % stride; second < rest; second += stride) {
                enum tear tear2 = (enum tear)((second + at) % N_TEARS);

                build(s);
                (void)live_on(at, (enum tear)tear, second, tear2);
                tell(at, (enum tear)tear, second, tear2);
                totals.pairs++;
            }
        }
    }
    (void)printf("%s: %u operations\n", s->name, n);
}

int main(int argc, char **argv)
{
    uint32_t stride = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : STRIDE;

    if (stride == 0) {
        (void)fprintf(stderr, "usage: %s [stride of second cuts, 1 or more]\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        cut_story(&stories[i], stride);
    }
    (void)printf("%lu cuts, %lu pairs of cuts, %lu histories, %lu boots: %lu failures\n",
                 totals.cuts, totals.pairs, totals.histories, totals.lives, totals.failures);
    return totals.failures == 0 ? 0 : 1;
}
