/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-ble/update.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/crc32.h"
#include "base/le.h"
#include "common/log.h"
#include "ota/err.h"
#include "ota/gatt.h"

#define ANSWER_MS 30000u
#define VERDICT_MS 300000u /* a slow device hashes for minutes */
#define BLOCK_DEFAULT 20u  /* what the smallest MTU takes */

struct update {
    struct central *central;
    const struct update_config *config;
    struct update_report *report;
    uint32_t off;      /* bytes sent */
    unsigned expected; /* answers that have not come yet */
};

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int update_read_info(struct central *c, struct ota_gatt_info *out, char *board)
{
    uint8_t raw[OTA_GATT_INFO_MAX];
    int len = central_info(c, raw, sizeof raw);
    size_t board_len;

    if (len < 0) {
        return len;
    }
    if (len < 24 || raw[0] != 1) {
        return OTA_ENOTSUP;
    }
    board_len = ota_get_le16(raw + 22);
    if (board_len != (size_t)len - 24 || board_len >= OTA_BOARD_MAX) {
        return OTA_EPROTO;
    }
    memset(out, 0, sizeof *out);
    out->flags = raw[1];
    out->mtu = ota_get_le16(raw + 2);
    out->version.major = raw[4];
    out->version.minor = raw[5];
    out->version.revision = ota_get_le16(raw + 6);
    out->version.build = ota_get_le32(raw + 8);
    out->stored = ota_get_le32(raw + 12);
    out->total = ota_get_le32(raw + 16);
    out->err = -(int)raw[20];
    memcpy(board, raw + 24, board_len);
    board[board_len] = '\0';
    out->board = board;
    return 0;
}

/* ---- Commands and answers ---------------------------------------------------------------------*/

static int send_command(struct update *u, uint8_t op, uint32_t arg)
{
    uint8_t raw[5] = {op};
    size_t len = op == OTA_GATT_PREPARE || op == OTA_GATT_ABORT ? 1 : sizeof raw;

    ota_put_le32(raw + 1, arg);
    tool_debug("command %02x, %u", (unsigned)op, (unsigned)arg);
    return central_command(u->central, raw, len);
}

/* The device has said BAD: with the extension it also says why. */
static int refused(struct update *u)
{
    struct ota_gatt_info info;
    char board[OTA_BOARD_MAX];

    if (update_read_info(u->central, &info, board) == 0) {
        u->report->device_err = info.err;
        tool_debug("refused: %s", ota_err_name(info.err));
    }
    return OTA_EREFUSED;
}

static int take_answer(struct update *u, unsigned ms, struct central_note *out)
{
    int rc = central_note(u->central, out, ms);

    if (rc != 0) {
        return rc;
    }
    tool_debug("answer %02x", out->len > 0 ? out->value[0] : 0xffu);
    if (out->len == 0 || out->value[0] != OTA_GATT_OK) {
        return refused(u);
    }
    u->expected -= u->expected > 0;
    return 0;
}

/* Looks at the answers that have come, without waiting. */
static int take_answers(struct update *u)
{
    struct central_note note;
    int rc = 0;

    while (rc == 0 && u->central->n_notes > 0) {
        rc = take_answer(u, 0, &note);
    }
    return rc;
}

/* ---- Begin ------------------------------------------------------------------------------------*/

static int begin_new(struct update *u)
{
    int rc = send_command(u, OTA_GATT_PREPARE, 0);

    u->off = 0;
    if (rc == 0) {
        rc = send_command(u, OTA_GATT_DOWNLOAD, u->config->len);
    }
    /* The answers come while the data is on its way: nothing is won by waiting for them. */
    u->expected = 2;
    return rc;
}

/* Goes on if what the device has is the beginning of our image. */
static int resume(struct update *u)
{
    struct central_note note;
    uint32_t off;
    int rc = send_command(u, OTA_GATT_RESUME, u->config->len);

    u->expected = 1;
    u->report->waits++;
    if (rc == 0) {
        rc = take_answer(u, ANSWER_MS, &note);
    }
    if (rc != 0) {
        return rc;
    }
    off = note.len == OTA_GATT_RESUME_ANSWER_LEN ? ota_get_le32(note.value + 1) : UINT32_MAX;
    if (off <= u->config->len &&
        ota_get_le32(note.value + 5) == ota_crc32(OTA_CRC32_POLY, 0, u->config->data, off)) {
        u->off = off;
        u->report->resumed_at = off;
        return 0;
    }
    return begin_new(u);
}

static bool may_resume(const struct update *u, const struct ota_gatt_info *info)
{
    uint32_t sig_len = u->config->is_secure ? OTA_GATT_SIG_LEN : 0;

    return !u->config->from_start && info->stored > 0 && info->total == u->config->len - sig_len;
}

/* ---- Transfer ---------------------------------------------------------------------------------*/

static uint32_t block_len(const struct update *u, uint16_t mtu)
{
    uint32_t len = u->config->block;

    if (len == 0) {
        len = mtu > 3 ? mtu - 3u : BLOCK_DEFAULT;
    }
    return len < OTA_GATT_VALUE_MAX ? len : OTA_GATT_VALUE_MAX;
}

static int send_data(struct update *u)
{
    const struct update_config *c = u->config;
    int rc = 0;

    while (rc == 0 && u->off < c->len) {
        uint32_t n = c->len - u->off < u->report->block ? c->len - u->off : u->report->block;

        rc = central_data(u->central, c->data + u->off, n);
        if (rc == 0) {
            u->off += n;
            rc = take_answers(u);
        } else if (rc == OTA_EREFUSED) {
            rc = refused(u);
        }
        if (c->progress != NULL) {
            c->progress(c->arg, u->off, c->len);
        }
    }
    return rc == 0 ? central_drain(u->central) : rc;
}

static int verify(struct update *u)
{
    struct central_note note;
    int rc = take_answers(u);

    if (rc == 0) {
        rc = send_command(u, OTA_GATT_VERIFY,
                          ota_crc32(OTA_CRC32_POLY, 0, u->config->data, u->config->len));
    }
    u->expected++;
    u->report->waits++;
    while (rc == 0 && u->expected > 0) {
        rc = take_answer(u, VERDICT_MS, &note);
    }
    return rc;
}

int update_run(struct central *c, const struct update_config *config, struct update_report *report)
{
    struct update u = {.central = c, .config = config, .report = report};
    struct ota_gatt_info info;
    char board[OTA_BOARD_MAX];
    double start = now_s();
    int rc;

    memset(report, 0, sizeof *report);
    memset(&info, 0, sizeof info);
    (void)update_read_info(c, &info, board); /* devices of the original have none */
    rc = may_resume(&u, &info) ? resume(&u) : begin_new(&u);
    if (rc == 0) {
        rc = central_open_data(c, !config->with_response);
    }
    report->block = block_len(&u, c->mtu != 0 ? c->mtu : info.mtu);
    tool_debug("blocks of %u bytes from %u on, MTU %u", (unsigned)report->block, (unsigned)u.off,
               (unsigned)(c->mtu != 0 ? c->mtu : info.mtu));
    if (rc == 0) {
        rc = send_data(&u);
    }
    if (rc == 0) {
        rc = verify(&u);
    }
    if (rc == OTA_ESTOPPED) {
        (void)update_abort(c); /* the device notices in the end that nothing more comes */
    }
    report->seconds = now_s() - start;
    return rc;
}

int update_abort(struct central *c)
{
    const uint8_t raw = OTA_GATT_ABORT;

    return central_command(c, &raw, sizeof raw);
}
