/* SPDX-License-Identifier: Apache-2.0 */
/* The software of the device, and its server. */
#include "world.h"

#include <string.h>

#include "base/le.h"
#include "unit/fake_image.h"

#define BOARD "MODEL"
#define POLLS_MAX 20000

struct world world;

static uint8_t buf[UNIT];
static uint64_t work[(OTA_WORK_LEN(2048) + 7) / 8];

/* ---- Software -------------------------------------------------------------------------------- */

static int read_counter(void *ctx, uint32_t *value)
{
    (void)ctx;
    *value = world.counter;
    return 0;
}

static int raise_counter(void *ctx, uint32_t value)
{
    const uint8_t before = (uint8_t)world.counter, after = (uint8_t)value;

    (void)ctx;
    world.is_off = !world.observe(OP_WRITE, U_COUNTER, NULL, &before, &after);
    return world.is_off ? OTA_EFLASH : 0;
}

int world_boot(void)
{
    static struct ota_boot boot;
    int rc = ota_boot_init(&boot, &world.boot);

    rc = rc == 0 ? ota_boot_run(&boot) : rc;
    return world.is_off ? 0 : rc == 0 ? boot.result.version.major : rc;
}

/* As fake_peer_init, which clears a queue of megabytes. */
static void set_peer(void)
{
    static struct fake_peer fresh;

    if (fresh.client.ops == NULL) {
        fake_peer_init(&fresh);
    }
    memcpy(&world.peer, &fresh, offsetof(struct fake_peer, queue));
    world.peer.client.ctx = &world.peer;
    world.peer.head = world.peer.tail = 0;
}

int world_start(bool good, bool reject, bool permanent)
{
    int rc;

    world.config.is_permanent = permanent;
    world.is_reset = false;
    set_peer();
    rc = ota_init(&world.agent, &world.config);
    if (rc == 0 && (good || reject)) {
        rc = good ? ota_confirm(&world.agent) : ota_reject(&world.agent);
    }
    return world.is_off ? 0 : rc;
}

void world_session(uint8_t offered, enum trouble trouble)
{
    static const char *const jobs[] = {
        NULL, NULL,
        "{\"Message\":\"Update Available\",\"Board\":\"" BOARD "\",\"Version\":\"2.0.0\","
        "\"Connection\":\"MQTT\",\"Port\":\"1883\"}",
        "{\"Message\":\"Update Available\",\"Board\":\"" BOARD "\",\"Version\":\"3.0.0\","
        "\"Connection\":\"MQTT\",\"Port\":\"1883\"}"};
    static uint8_t sent[IMAGE];
    uint32_t n = ota_sessions(&world.agent);

    memcpy(sent, world.images[offered], IMAGE);
    sent[UNIT + 100] ^= trouble == DAMAGE ? 0x20 : 0;
    set_peer();
    world.peer.job = jobs[offered];
    world.peer.image = sent;
    world.peer.image_len = IMAGE;
    world.peer.chunk_version = (struct ota_version){.major = offered};
    world.is_lost = trouble == OUTAGE;
    ota_check(&world.agent);
    for (int i = 0; i < POLLS_MAX && ota_sessions(&world.agent) == n; i++) {
        if (world.is_off || world.is_reset) {
            break;
        }
        world.now_ms += ota_poll(&world.agent);
    }
    world.is_lost = false;
}

/* ---- Setting up ------------------------------------------------------------------------------ */

static uint64_t tell_ms(void *ctx)
{
    (void)ctx;
    return world.now_ms;
}

static int random_bytes(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 0x31, len);
    return 0;
}

static void reset(void *ctx)
{
    (void)ctx;
    world.is_reset = true;
}

/* An image with a security counter, which is its version. */
static void build_image(uint8_t *out, uint8_t version)
{
    const uint32_t protected_size = 4 + 4 + 4;
    struct ota_image_header h = {.header_size = FAKE_HEADER,
                                 .payload_size = IMAGE - FAKE_HEADER - protected_size - FAKE_TLVS,
                                 .protected_size = (uint16_t)protected_size,
                                 .version = {.major = version}};
    uint32_t end = FAKE_HEADER + h.payload_size;

    memset(out, 0xff, 2 * (size_t)UNIT);
    ota_image_header_encode(&h, out);
    for (uint32_t i = FAKE_HEADER; i < end; i++) {
        out[i] = (uint8_t)(i * 7 + (i >> 8) + version * 77u);
    }
    ota_put_le16(out + end, OTA_TLV_PROT_INFO_MAGIC);
    ota_put_le16(out + end + 2, (uint16_t)protected_size);
    ota_put_le16(out + end + 4, OTA_TLV_SEC_CNT);
    ota_put_le16(out + end + 6, 4);
    ota_put_le32(out + end + 8, version);
    fake_tlvs(out, end + protected_size, 0, NULL, 0);
}

static void set_boot(void)
{
    world.boot = (struct ota_boot_config){.mode = world.is_overwrite ? &ota_boot_overwrite
                                                                     : &ota_boot_swap_scratch,
                                          .primary = {&world.internal.flash, 0, 3 * UNIT},
                                          .secondary = {&world.external.flash, 0, 3 * UNIT},
                                          .scratch = {&world.internal.flash, 3 * UNIT, UNIT},
                                          .trust = &fake_trust,
                                          .buf = buf,
                                          .buf_len = sizeof buf,
                                          .max_sectors = SECTORS,
                                          .counter = &world.boot_counter};
    ota_boot_counter_init(&world.boot_counter);
    world.boot_counter.read = read_counter;
    world.boot_counter.raise = raise_counter;
}

static void set_agent(void)
{
    static const struct ota_system_ops system_ops = {
        .now_ms = tell_ms, .random = random_bytes, .reset = reset};
    struct ota_config *c = &world.config;

    world.primary = (struct ota_slot){world.boot.primary, 0, 0};
    world.secondary = (struct ota_slot){world.boot.secondary, 0, 0};
    world.journal = (struct ota_area){&world.internal.flash, 4 * UNIT, 2 * UNIT};
    c->board = BOARD;
    c->primary = &world.primary;
    c->secondary = &world.secondary;
    c->trust = fake_trust;
    c->system.ops = &system_ops;
    c->transport = OTA_TRANSPORT_MQTT;
    c->mqtt.client = &world.peer.client;
    c->mqtt.host = "broker.local";
    c->mqtt.window = 1;
    c->journal = &world.journal;
    c->reboot = true;
    c->max_trials = 2;
    c->work = work;
    c->work_len = sizeof work;
}

void world_init(bool is_overwrite, observe_fn observe)
{
    memset(&world, 0, sizeof world);
    world.is_overwrite = is_overwrite;
    world.observe = observe;
    chip_init(&world.internal, 6 * UNIT);
    chip_init(&world.external, 3 * UNIT);
    for (uint8_t v = 1; v <= 3; v++) {
        build_image(world.images[v], v);
    }
    set_boot();
    set_agent();
}
