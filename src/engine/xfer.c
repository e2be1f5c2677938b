/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/xfer.h"

#include <string.h>

#include "ota/config.h"
#include "ota/err.h"
#include "ota/session.h"

/* In-order chunks after which a narrowed window opens by one. */
#define WIDEN_AFTER 16u

void ota_xfer_init(struct ota_xfer *x, const struct ota_xfer_config *config, uint32_t next,
                   uint32_t total, uint64_t now_ms)
{
    memset(x, 0, sizeof *x);
    x->config = config;
    x->next = next;
    x->asked = next;
    x->total = total;
    x->window = config->window;
    x->is_whole = OTA_CONFIG_WHOLE_IMAGE && config->is_whole;
    x->moved_ms = now_ms;
    x->asked_ms = now_ms;
}

bool ota_xfer_is_done(const struct ota_xfer *x)
{
    return x->total != 0 && x->next == x->total;
}

/* One chunk at a time until the line has shown that it keeps the order. */
static void narrow(struct ota_xfer *x)
{
    x->window = 1;
    x->in_order = 0;
}

int ota_xfer_offer(struct ota_xfer *x, uint32_t total, uint32_t off, uint32_t len, uint32_t *skip)
{
    if (total == OTA_TOTAL_UNKNOWN && x->total != 0) {
        total = x->total;
    }
    if (total < x->next || total == 0 || (x->total != 0 && total != x->total) || off > total ||
        len > total - off) {
        return OTA_EPROTO;
    }
    x->total = total == OTA_TOTAL_UNKNOWN ? 0 : total;
    if (off > x->next) {
        narrow(x);
        if (OTA_CONFIG_WHOLE_IMAGE && x->is_asked_whole && x->is_whole) {
            x->is_whole = false;
            x->asked = x->next;
        }
        return OTA_XFER_GAP;
    }
    *skip = x->next - off;
    return *skip >= len ? OTA_XFER_DUPLICATE : OTA_XFER_TAKE;
}

void ota_xfer_advance(struct ota_xfer *x, uint32_t len, uint64_t now_ms)
{
    x->next += len;
    if (x->asked < x->next) {
        x->asked = x->next;
    }
    x->moved_ms = now_ms;
    x->asked_ms = now_ms;
    if (x->window < x->config->window && ++x->in_order >= WIDEN_AFTER) {
        x->window++;
        x->in_order = 0;
    }
}

/* Nothing came for a while: what was asked for is taken as lost. */
static void ask_again(struct ota_xfer *x)
{
    narrow(x);
    x->asked = x->next;
    x->is_asked_whole = false;
    if (OTA_CONFIG_WHOLE_IMAGE && x->config->is_whole) {
        x->is_whole = !x->is_whole;
    }
}

static int ask_whole(struct ota_xfer *x, uint64_t now_ms, struct ota_xfer_ask *ask)
{
    if (x->is_asked_whole) {
        return 0;
    }
    x->is_asked_whole = true;
    x->asked_ms = now_ms;
    ask->is_whole = true;
    ask->offset = 0;
    ask->size = 0;
    ask->count = 0;
    return 1;
}

/* Chunks to ask for now: none until a run of them, or the rest of the image, fits the window. */
static uint32_t wanted(const struct ota_xfer *x)
{
    uint32_t chunk = x->config->chunk;
    uint32_t ahead = (x->asked - x->next + chunk - 1) / chunk;
    uint32_t free = ahead < x->window ? x->window - ahead : 0;
    uint32_t run = x->config->run < (x->window + 1u) / 2 ? x->config->run : (x->window + 1u) / 2;
    uint32_t left;

    if (x->total == 0) {
        return ahead == 0;
    }
    left = x->asked < x->total ? (x->total - x->asked + chunk - 1) / chunk : 0;
    run = run < 1 ? 1 : run;
    run = run < left ? run : left;
    return free < run ? 0 : run;
}

int ota_xfer_ask(struct ota_xfer *x, uint64_t now_ms, struct ota_xfer_ask *ask)
{
    uint32_t chunk = x->config->chunk;
    uint32_t left;

    if (ota_xfer_is_done(x)) {
        return 0;
    }
    if (x->config->give_up_ms != OTA_NEVER && now_ms - x->moved_ms >= x->config->give_up_ms) {
        return OTA_ETIMEOUT;
    }
    if (now_ms - x->asked_ms >= x->config->stall_ms) {
        ask_again(x);
    }
    if (OTA_CONFIG_WHOLE_IMAGE && x->is_whole) {
        return ask_whole(x, now_ms, ask);
    }
    ask->count = wanted(x);
    if (ask->count == 0) {
        return 0;
    }
    left = x->total == 0 ? UINT32_MAX : x->total - x->asked;
    ask->is_whole = false;
    ask->offset = x->asked;
    ask->size = left < chunk ? left : chunk;
    x->asked += left < ask->count * chunk ? left : ask->count * chunk;
    x->asked_ms = now_ms;
    return 1;
}

void ota_xfer_withdraw(struct ota_xfer *x, const struct ota_xfer_ask *ask)
{
    if (OTA_CONFIG_WHOLE_IMAGE && ask->is_whole) {
        x->is_asked_whole = false;
    } else {
        x->asked = ask->offset;
    }
}
