/* SPDX-License-Identifier: Apache-2.0 */
/* The last look at an image in the secondary slot, and the mark that has it installed. */
#include <string.h>

#include "agent/agent.h"
#include "ota/err.h"

int ota_agent_begin_verify(struct agent *a, uint64_t now_ms)
{
    (void)now_ms;
    if (!ota_xfer_is_done(&a->xfer)) {
        return OTA_EINCOMPLETE;
    }
    ota_source_from_area(&a->source, &a->config->secondary->area);
    a->source.size = a->xfer.total;
    return ota_image_check_init(&a->check, &a->source, &a->config->trust);
}

/* The board an image says it is made for, if it says so. */
static int check_board(const struct agent *a)
{
    uint8_t board[OTA_BOARD_MAX];
    int len = ota_tlv_find(&a->source, &a->check.image, OTA_TLV_BOARD, true, board, sizeof board);
    size_t want = strlen(a->config->board);

    if (len == OTA_ETLV) {
        return 0;
    }
    return len >= 0 && (size_t)len == want && memcmp(board, a->config->board, want) == 0
               ? 0
               : OTA_EBOARD;
}

/* Each durable step before the act that it describes: an image is never marked unknown. */
static int mark(struct agent *a)
{
    int rc = ota_agent_note_marking(a, &a->check.image.header.version);

    if (rc == 0) {
        rc = ota_slot_set_pending(a->config->secondary, a->config->is_permanent);
    }
    a->is_marked = rc == 0;
    if (rc == 0) {
        ota_agent_tell(a, OTA_LOG_NOTICE, "image is marked to be installed", 0);
    }
    return rc != 0 ? rc : ota_agent_note_marked(a);
}

static int judge(struct agent *a)
{
    int rc = ota_image_check_step(&a->check, a->env.chunk, OTA_CHUNK_LEN);

    if (rc != 0) {
        return rc;
    }
    if (ota_version_compare(&a->check.image.header.version, &a->running) <= 0) {
        return OTA_EVERSION;
    }
    return check_board(a);
}

int ota_agent_run_verify(struct agent *a, uint64_t now_ms)
{
    int rc = judge(a);

    (void)now_ms;
    if (rc == 0) {
        return mark(a);
    }
    if (rc < 0) {
        /* Nothing to go on with. A flash that fails here, too, has failed already. */
        a->xfer.next = 0;
        (void)ota_agent_note_nothing(a);
    }
    return rc;
}
