/* SPDX-License-Identifier: Apache-2.0 */
/* The agent at the service of a peer that pushes an image over Bluetooth LE. */
#include <string.h>

#include "agent/memory.h"
#include "base/crc32.h"
#include "flash/area.h"
#include "link/ble.h"
#include "ota/err.h"
#include "ota/gatt.h"

/* For how long a restart waits for the peer to confirm that it knows of the success. */
#define CONFIRM_MS 5000u

#define IDLE_SLEEP_MS 1000u

/* What the agent keeps beside the link. */
struct push {
    struct ota_ble_link link;
    struct agent *agent;
    uint64_t done_ms;   /* when the image was marked */
    uint32_t sig_off;   /* bytes hashed for the transfer's signature */
    const uint8_t *sig; /* NULL: not to be checked, or checked already */
    bool is_handled;    /* the application has verified the image itself */
    bool is_inside;     /* the hook waits for the outcome of a state */
};

/* C99's way to say that the caller's memory is large enough. */
typedef char push_fits[sizeof(struct push) <= sizeof(struct ota_ble) ? 1 : -1];

static struct push *push_of(struct ota_ble *ble)
{
    return (struct push *)(void *)ble->memory;
}

static uint64_t now(const struct agent *a)
{
    return a->config->system.ops->now_ms(a->config->system.ctx);
}

/* ---- States and the hook: as the original goes through them -----------------------------------*/

/* Enters a state. 1: the application has done what is to be done in it. */
static int enter(struct push *p, enum ota_state state)
{
    struct agent *a = p->agent;

    a->push_state = state;
    p->is_inside = true;
    return ota_agent_ask(a, OTA_MOMENT_BEFORE, 0);
}

/* Leaves it with rc. The error that counts. */
static int leave(struct push *p, int rc)
{
    struct agent *a = p->agent;

    p->is_inside = false;
    if (rc >= 0) {
        int answer = ota_agent_ask(a, OTA_MOMENT_DONE, 0);

        rc = answer < 0 ? answer : 0;
    }
    if (rc < 0) {
        (void)ota_agent_ask(a, OTA_MOMENT_FAILED, rc); /* it ends in any case */
    }
    return rc;
}

/* ---- From command to slot ---------------------------------------------------------------------*/

static int open(void *arg)
{
    struct push *p = arg;
    struct agent *a = p->agent;
    int rc;

    if (a->is_pushed || a->session.state != OTA_STATE_AGENT_WAITING) {
        return OTA_EBUSY;
    }
    a->is_pushed = true;
    a->session.err = 0;
    memset(&a->job.data, 0, sizeof a->job.data);
    a->job.data.transport = OTA_TRANSPORT_BLE;
    a->env.text[0] = '\0';
    (void)ota_agent_is_stopped(a); /* an earlier request to stop is void */
    rc = enter(p, OTA_STATE_STORAGE_OPEN);
    if (rc == 0) {
        a->env.now_ms = now(a);
        rc = ota_agent_begin_image(a);
    }
    rc = leave(p, rc);
    a->push_state = OTA_STATE_AGENT_WAITING;
    if (rc != 0) {
        a->is_pushed = false;
        a->session.err = rc;
    }
    return rc;
}

static uint32_t limit(void *arg)
{
    const struct push *p = arg;

    return ota_agent_total_limit(p->agent->config);
}

static int start(void *arg, uint32_t total, bool go_on, uint32_t *off)
{
    struct push *p = arg;
    struct agent *a = p->agent;
    int rc = enter(p, OTA_STATE_START_UPDATE);

    if (rc >= 0) {
        a->env.now_ms = now(a);
        rc = ota_agent_open_push(a, total, go_on);
        *off = a->env.xfer.next;
    }
    return leave(p, rc);
}

static int data(void *arg, const uint8_t *bytes, uint32_t len)
{
    struct push *p = arg;
    struct agent *a = p->agent;
    int rc = 0;

    if (a->push_state == OTA_STATE_START_UPDATE) {
        rc = enter(p, OTA_STATE_DATA_DOWNLOAD);
    }
    if (rc >= 0) {
        const struct ota_link_data d = {
            .total = a->env.xfer.total, .off = a->env.xfer.next, .data = bytes, .len = len};

        rc = ota_agent_take_data(a, &d);
    }
    if (rc < 0 || ota_xfer_is_done(&a->env.xfer)) {
        rc = leave(p, rc);
    }
    return rc;
}

static int check_stored(void *arg, uint32_t off, uint32_t max, uint32_t *crc)
{
    struct push *p = arg;
    struct agent *a = p->agent;
    uint32_t n = max < OTA_CHUNK_LEN ? max : OTA_CHUNK_LEN;
    int rc = ota_area_read(&a->config->secondary->area, off, a->env.chunk, n);

    if (rc != 0) {
        return rc;
    }
    *crc = ota_crc32(OTA_CRC32_POLY, *crc, a->env.chunk, n);
    a->env.xfer.moved_ms = now(a);
    return (int)n;
}

/* ---- Verification -----------------------------------------------------------------------------*/

static int sha256(const struct agent *a, enum ota_hash_step step, size_t len, uint8_t *digest)
{
    const struct ota_crypto *c = a->config->trust.crypto;

    return c->ops->sha256(c->ctx, step, a->env.chunk, len, digest);
}

static int begin_verify(void *arg, const uint8_t *sig)
{
    struct push *p = arg;
    struct agent *a = p->agent;
    int rc = ota_agent_close_storage(a);

    p->sig = sig;
    p->sig_off = 0;
    if (sig != NULL && a->sink.is_archive) {
        rc = OTA_ENOTSUP; /* its bytes cannot be read back; the images carry signatures, too */
    }
    if (rc == 0) {
        rc = enter(p, OTA_STATE_VERIFY);
    }
    if (rc == 0 && sig != NULL) {
        rc = sha256(a, OTA_HASH_INIT, 0, NULL);
    } else if (rc == 0) {
        rc = ota_agent_begin_verify(a);
    }
    p->is_handled = rc == 1;
    return rc < 0 ? leave(p, rc) : 0;
}

static int check_sig(const struct push *p)
{
    const struct agent *a = p->agent;
    const struct ota_crypto *c = a->config->trust.crypto;
    const struct ota_key *key = p->link.config.key;
    uint8_t digest[OTA_SHA256_LEN];
    uint8_t der[OTA_GATT_DER_MAX];
    size_t len = ota_gatt_sig_to_der(p->sig, der);
    int rc = sha256(a, OTA_HASH_FINISH, 0, digest);

    return rc != 0 ? rc
                   : c->ops->verify(c->ctx, OTA_SIG_ECDSA_P256, key->der, key->der_len, digest, der,
                                    len);
}

/* The signature over the transfer, read back from the slot. 1: not done yet. */
static int step_sig(struct push *p)
{
    struct agent *a = p->agent;
    uint32_t left = a->env.xfer.total - p->sig_off;
    uint32_t n = left < OTA_CHUNK_LEN ? left : OTA_CHUNK_LEN;
    int rc;

    if (left == 0) {
        rc = check_sig(p);
        p->sig = NULL;
        if (rc == 0) {
            rc = ota_agent_begin_verify(a);
        }
        return rc != 0 ? rc : 1;
    }
    rc = ota_area_read(&a->config->secondary->area, p->sig_off, a->env.chunk, n);
    if (rc == 0) {
        rc = sha256(a, OTA_HASH_UPDATE, n, NULL);
    }
    p->sig_off += n;
    return rc != 0 ? rc : 1;
}

static int verify(void *arg)
{
    struct push *p = arg;
    struct agent *a = p->agent;
    int rc = 0;

    if (!p->is_handled) {
        rc = p->sig != NULL ? step_sig(p) : ota_agent_run_verify(a);
    }
    if (rc > 0) {
        return rc;
    }
    rc = leave(p, rc);
    if (rc == 0) {
        (void)enter(p, OTA_STATE_OTA_COMPLETE); /* it is complete, whatever is answered */
        p->done_ms = now(a);
    }
    return rc;
}

/* ---- Ends -------------------------------------------------------------------------------------*/

/* A marked image goes back to unmarked unless all went well; one that is wrong or was called off
 * is nothing to go on with. */
static int undo(struct agent *a, int err)
{
    int rc;

    if (a->is_marked) {
        rc = ota_agent_cancel_all(a);
        return rc != 0 ? rc : ota_agent_note(a, OTA_NOTE_NOTHING);
    }
    if (a->is_noted && a->journal.last.stage == OTA_STAGE_LOADING &&
        (err == OTA_EHASH || err == OTA_ESIG || err == OTA_ESTOPPED)) {
        return ota_agent_note(a, OTA_NOTE_NOTHING);
    }
    return 0;
}

static void close(void *arg, int err)
{
    struct push *p = arg;
    struct agent *a = p->agent;
    int rc = err != 0 ? undo(a, err) : 0;

    ota_agent_forget_key(a);
    if (p->is_inside && err != 0) {
        (void)leave(p, err);
    }
    a->is_pushed = false;
    a->is_marked = false;
    a->session.err = rc != 0 ? rc : err;
    a->n_sessions++;
}

static void refuse(void *arg, int err)
{
    const struct push *p = arg;

    /* A session of the agent's own keeps its error. */
    if (p->agent->session.state == OTA_STATE_AGENT_WAITING) {
        p->agent->session.err = err;
    }
}

static void get_info(void *arg, struct ota_gatt_info *out)
{
    const struct push *p = arg;
    const struct agent *a = p->agent;
    const struct ota_record *r = &a->journal.last;

    out->version = a->env.running;
    out->board = a->config->board;
    out->err = a->session.err;
    if (r->stage == OTA_STAGE_LOADING && (!OTA_CONFIG_ARCHIVE || r->part.len == 0)) {
        out->stored = r->offset;
        out->total = r->total;
    }
}

/* The peer knows, or has had its time: into the bootloader. */
static uint32_t settle(struct push *p, uint64_t now_ms)
{
    struct agent *a = p->agent;
    const struct ota_system *sys = &a->config->system;
    int rc;

    if (!p->link.is_confirmed && now_ms - p->done_ms < CONFIRM_MS) {
        return (uint32_t)(CONFIRM_MS - (now_ms - p->done_ms));
    }
    rc = leave(p, 0);
    if (rc != 0) {
        ota_ble_link_fail(&p->link, rc);
        return 0;
    }
    if (a->config->reboot && a->is_marked) {
        sys->ops->reset(sys->ctx);
    }
    ota_ble_link_finish(&p->link);
    return 0;
}

/* A peer holds the agent only as long as something comes. */
static uint32_t watch(struct push *p, uint64_t now_ms)
{
    const struct agent *a = p->agent;
    uint32_t limit_ms = a->xfer_config.give_up_ms;
    uint64_t silent_ms = now_ms > a->env.xfer.moved_ms ? now_ms - a->env.xfer.moved_ms : 0;

    if (limit_ms == OTA_NEVER || silent_ms < limit_ms) {
        return IDLE_SLEEP_MS;
    }
    ota_ble_link_fail(&p->link, OTA_ETIMEOUT);
    return 0;
}

/* ---- The application's side -------------------------------------------------------------------*/

int ota_ble_init(struct ota_ble *ble, struct ota_agent *agent, const struct ota_ble_config *config)
{
    static const struct ota_ble_host host = {
        .open = open,
        .limit = limit,
        .start = start,
        .data = data,
        .check_stored = check_stored,
        .begin_verify = begin_verify,
        .verify = verify,
        .close = close,
        .refuse = refuse,
        .info = get_info,
    };
    struct push *p = push_of(ble);
    const struct ota_gatt_ops *ops = config->gatt.ops;

    if (ops == NULL || ops->notify == NULL || ops->indicate == NULL ||
        (config->key != NULL && config->key->type != OTA_SIG_ECDSA_P256)) {
        return OTA_EARG;
    }
    memset(ble, 0, sizeof *ble);
    ota_ble_link_init(&p->link, config, &host, p);
    p->agent = ota_agent_of(agent);
    return 0;
}

uint32_t ota_ble_poll(struct ota_ble *ble)
{
    struct push *p = push_of(ble);
    uint64_t now_ms = now(p->agent);

    if (p->link.phase == OTA_BLE_IDLE) {
        return IDLE_SLEEP_MS;
    }
    if (ota_agent_is_stopped(p->agent)) {
        ota_ble_link_fail(&p->link, OTA_ESTOPPED);
        return 0;
    }
    if (p->link.phase == OTA_BLE_COMPLETE) {
        return settle(p, now_ms);
    }
    return ota_ble_link_step(&p->link) ? 0 : watch(p, now_ms);
}
