/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/compat_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ota/err.h"
#include "unit/test.h"

struct compat_world world = {.lock = PTHREAD_MUTEX_INITIALIZER,
                             .changed = PTHREAD_COND_INITIALIZER};

/* ---- System: time passes while the agent sleeps ------------------------------------------------
 */

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return world.now_ms;
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        ((uint8_t *)buf)[i] = (uint8_t)(world.n_random++ * 89u);
    }
    return 0;
}

static void reset(void *ctx)
{
    (void)ctx;
    world.n_resets++;
}

static void wait_ms(void *ctx, uint32_t ms)
{
    (void)ctx;
    world.now_ms += ms;
    (void)pthread_mutex_lock(&world.lock);
    while (world.is_over && !world.is_awake) {
        (void)pthread_cond_wait(&world.changed, &world.lock);
    }
    world.is_awake = false;
    (void)pthread_mutex_unlock(&world.lock);
}

static void wake(void *ctx)
{
    (void)ctx;
    (void)pthread_mutex_lock(&world.lock);
    world.is_awake = true;
    (void)pthread_cond_broadcast(&world.changed);
    (void)pthread_mutex_unlock(&world.lock);
}

/* ---- Device ------------------------------------------------------------------------------------
 */

int ota_compat_device(struct ota_config *config)
{
    static const struct ota_system_ops ops = {
        .now_ms = now_ms, .random = random_bytes, .reset = reset, .wait = wait_ms, .wake = wake};

    config->primary = &world.primary;
    config->secondary = &world.secondary;
    config->journal = &world.journal;
    config->trust.crypto = &world.crypto;
    config->system.ops = &ops;
    config->mqtt.client = &world.peer.client;
    config->http.client = &world.web.client;
    return world.device_rc;
}

int ota_compat_credentials(enum ota_transport transport,
                           const cy_awsport_ssl_credentials_t *credentials)
{
    assert_true(transport >= OTA_TRANSPORT_MQTT && transport <= OTA_TRANSPORT_HTTPS);
    world.n_credentials++;
    world.root_ca = credentials->root_ca;
    return 0;
}

static void hash(const void *data, size_t len, uint8_t digest[32])
{
    const struct ota_crypto *c = &world.crypto;

    assert_int_equal(c->ops->sha256(c->ctx, OTA_HASH_INIT, NULL, 0, NULL), 0);
    assert_int_equal(c->ops->sha256(c->ctx, OTA_HASH_UPDATE, data, len, NULL), 0);
    assert_int_equal(c->ops->sha256(c->ctx, OTA_HASH_FINISH, NULL, 0, digest), 0);
}

/* An image of exactly len bytes with a hash and nothing else. */
static void make_image(uint8_t *image, uint32_t len, uint8_t minor)
{
    struct ota_image_header h = {
        .header_size = 32, .payload_size = len - 32 - 40, .version = {.major = 1, .minor = minor}};
    uint8_t *tlv = image + len - 40;
    static const uint8_t info[8] = {0x07, 0x69, 40, 0, OTA_TLV_SHA256, 0, 32, 0};

    for (uint32_t i = 32; i < len - 40; i++) {
        image[i] = (uint8_t)(i * 7 + 1);
    }
    ota_image_header_encode(&h, image);
    memcpy(tlv, info, sizeof info);
    hash(image, len - 40, tlv + 8);
}

static void make_device(void)
{
    assert_int_equal(ota_psa_init(&world.psa, &world.crypto), 0);
    ram_flash_init(&world.flash, 2 * WORLD_SLOT + 8192, 4096, 8, 0xff);
    world.primary.area = (struct ota_area){&world.flash.flash, 0, WORLD_SLOT};
    world.secondary.area = (struct ota_area){&world.flash.flash, WORLD_SLOT, WORLD_SLOT};
    world.journal = (struct ota_area){&world.flash.flash, 2 * WORLD_SLOT, 8192};
    make_image(world.image, 200, 0);
    memcpy(world.flash.mem, world.image, 200);
    make_image(world.image, WORLD_IMAGE_LEN, 6);
}

bool compat_world_is_pending(void)
{
    struct ota_trailer t;

    assert_int_equal(ota_slot_read_trailer(&world.secondary, &t), 0);
    return t.magic == OTA_FIELD_SET;
}

/* ---- Application -------------------------------------------------------------------------------
 */

static void note(const cy_ota_cb_struct_t *cb)
{
    struct world_call *call = &world.calls[world.n_calls];

    assert_true(world.n_calls < WORLD_CALLS);
    call->reason = cb->reason;
    call->state = cb->state;
    call->error = cb->error;
    call->connection = cb->connection_type;
    call->port = cb->broker_server.port;
    call->written = cb->bytes_written;
    call->total = cb->total_size;
    (void)snprintf(call->host, sizeof call->host, "%s", cb->broker_server.WORLD_HOST);
    world.n_calls++;
}

static cy_ota_callback_results_t on_call(cy_ota_cb_struct_t *cb)
{
    if (world.is_over && cb->state != CY_OTA_STATE_EXITING) {
        return CY_OTA_CB_RSLT_OTA_CONTINUE;
    }
    note(cb);
    if (cb->state == CY_OTA_STATE_AGENT_WAITING && cb->reason == CY_OTA_REASON_STATE_CHANGE &&
        world.n_sessions++ == world.last_session) {
        (void)pthread_mutex_lock(&world.lock);
        world.is_over = true;
        (void)pthread_cond_broadcast(&world.changed);
        (void)pthread_mutex_unlock(&world.lock);
        return CY_OTA_CB_RSLT_OTA_CONTINUE;
    }
    return world.answer != NULL ? world.answer(cb) : CY_OTA_CB_RSLT_OTA_CONTINUE;
}

void compat_world_init(void)
{
    static const char job[] = "{\"Message\":\"Update Available\",\"Board\":\"CY8CPROTO_062_4343W\","
                              "\"Version\":\"1.6.0\",\"Connection\":\"MQTT\",\"Port\":\"1883\"}";
    static const char file_job[] =
        "{\"Message\":\"Update Available\",\"Board\":\"CY8CPROTO_062_4343W\","
        "\"Version\":\"1.6.0\",\"Connection\":\"HTTP\",\"Server\":\"web.local\","
        "\"Port\":\"80\",\"File\":\"/anycloud-ota.bin\"}";
    size_t keep = offsetof(struct compat_world, lock);

    memset(&world, 0, keep);
    world.is_over = false;
    world.is_awake = false;
    make_device();
    fake_peer_init(&world.peer);
    world.peer.image = world.image;
    world.peer.image_len = WORLD_IMAGE_LEN;
    world.peer.job = job;
    fake_web_init(&world.web);
    world.web.image = world.image;
    world.web.image_len = WORLD_IMAGE_LEN;
    world.web.job = file_job;
    memset(&world.network, 0, sizeof world.network);
    world.network.initial_connection = CY_OTA_CONNECTION_MQTT;
    world.network.mqtt.pIdentifier = "CY_IOT_DEVICE";
    world.network.mqtt.broker.WORLD_HOST = "broker.local";
    world.network.mqtt.broker.port = 1883;
    world.network.http.server.WORLD_HOST = "web.local";
    world.network.http.server.port = 80;
    world.network.http.file = "";
    memset(&world.params, 0, sizeof world.params);
    world.params.validate_after_reboot = 1;
    world.params.cb_func = on_call;
    world.params.cb_arg = &world;
    world.ota = NULL;
}

void compat_world_run(unsigned n)
{
    world.last_session = n;
    assert_int_equal(cy_ota_agent_start(&world.network, &world.params, &world.ota),
                     CY_RSLT_SUCCESS);
    (void)pthread_mutex_lock(&world.lock);
    while (!world.is_over) {
        (void)pthread_cond_wait(&world.changed, &world.lock);
    }
    (void)pthread_mutex_unlock(&world.lock);
    assert_int_equal(cy_ota_agent_stop(&world.ota), CY_RSLT_SUCCESS);
    assert_null(world.ota);
}
