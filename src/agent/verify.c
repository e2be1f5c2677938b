/* SPDX-License-Identifier: Apache-2.0 */
/* The last look at what is in the secondary slots, and the marks that have it installed. */
#include <string.h>

#include "agent/memory.h"
#include "base/le.h"
#include "base/text.h"
#include "flash/area.h"
#include "ota/err.h"

/* ---- All images ------------------------------------------------------------------------------ */

int ota_agent_is_confirmed(const struct agent *a)
{
    int rc = ota_slot_is_confirmed(a->config->primary);

    return rc > 0 && ota_agent_has_second(a) ? ota_slot_is_confirmed(a->config->primary2) : rc;
}

/* A power cut in between leaves image 1 on trial: it goes back, and is marked again (memory.c). */
int ota_agent_confirm_all(const struct agent *a)
{
    int rc = ota_slot_confirm(a->config->primary);

    return rc == 0 && ota_agent_has_second(a) ? ota_slot_confirm(a->config->primary2) : rc;
}

/* Image 1 first: a power cut in between leaves what is completed after the reset. */
int ota_agent_cancel_all(const struct agent *a)
{
    int rc = ota_agent_has_second(a) && a->journal.last.second != 0
                 ? ota_slot_cancel_pending(a->config->secondary2)
                 : 0;

    return rc == 0 ? ota_slot_cancel_pending(a->config->secondary) : rc;
}

/* Is image 1 neither marked nor half marked? 1, 0 or a flash error. */
static int is_unmarked(const struct agent *a)
{
    struct ota_trailer t;
    int rc = ota_slot_read_trailer(a->config->secondary2, &t);

    if (rc == 0 && t.magic != OTA_FIELD_SET && a->journal.last.second == 0) {
        return 1; /* whatever it is, it is no mark */
    }
    return rc != 0 ? rc : t.magic == OTA_FIELD_UNSET && t.image_ok == OTA_FIELD_UNSET;
}

int ota_agent_unmark_second(const struct agent *a)
{
    int rc = is_unmarked(a);

    return rc == 0 ? ota_slot_cancel_pending(a->config->secondary2) : rc < 0 ? rc : 0;
}

uint32_t ota_agent_second_of(const struct ota_area *area)
{
    struct ota_source src;
    struct ota_image image;
    uint8_t hash[OTA_SHA256_LEN];

    ota_source_from_area(&src, area);
    if (ota_image_parse(&src, &image) != 0 ||
        ota_tlv_find(&src, &image, OTA_TLV_SHA256, false, hash, sizeof hash) < (int)sizeof hash) {
        return 0;
    }
    return ota_get_le32(hash) | 1u;
}

/* ---- One by one ------------------------------------------------------------------------------ */

static int begin_image(struct agent *a, uint8_t image)
{
    const struct ota_config *c = a->config;
    bool is_first = !ota_agent_has_second(a) || image == 0;

    a->verifying = image;
    ota_source_from_area(&a->source, is_first ? &c->secondary->area : &c->secondary2->area);
    a->source.size = ota_sink_image_len(&a->sink, image, a->env.xfer.total);
    if (ota_agent_decrypts(a)) {
        int rc = c->decryption->ops->open(c->decryption, &a->source);

        if (rc != 0) {
            return rc;
        }
    }
    return ota_image_check_init(&a->check, &a->source, &c->trust);
}

/* Nothing to go on with. A flash that fails here, too, has failed already. */
static void drop(struct agent *a)
{
    ota_agent_forget_key(a);
    a->env.xfer.next = 0;
    (void)ota_agent_note(a, OTA_NOTE_NOTHING);
}

int ota_agent_begin_verify(struct agent *a)
{
    int rc;

    if (!ota_xfer_is_done(&a->env.xfer)) {
        return OTA_EINCOMPLETE;
    }
    a->second = 0;
    rc = begin_image(a, 0);
    if (rc != 0) {
        drop(a);
    }
    return rc;
}

/* The board an image says it is made for, if it says so. */
static int check_board(const struct agent *a)
{
    uint8_t board[OTA_BOARD_MAX];
    int len = ota_tlv_find(&a->source, &a->check.image, OTA_TLV_BOARD, true, board, sizeof board);

    if (len == OTA_ETLV) {
        return 0;
    }
    return len >= 0 && ota_text_is(a->config->board, (const char *)board, (size_t)len) ? 0
                                                                                       : OTA_EBOARD;
}

/* ---- What images need of each other ---------------------------------------------------------- */

/* Where an image will be found that this update leaves in place or brings. */
static const struct ota_area *area_of(const struct agent *a, uint8_t image)
{
    const struct ota_config *c = a->config;

    if (image == 0) {
        return &c->secondary->area;
    }
    return a->second != 0 ? &c->secondary2->area : &c->primary2->area;
}

/* 0, OTA_EDEPENDS if the other image is not as new as it has to be, or a flash error. */
static int check_need(const struct agent *a, const struct ota_dependency *d)
{
    uint8_t head[OTA_IMAGE_HEADER_LEN];
    struct ota_image_header h;
    int rc =
        d->image > 1 ? OTA_EDEPENDS : ota_area_read(area_of(a, d->image), 0, head, sizeof head);

    if (rc != 0) {
        return rc;
    }
    return ota_image_header_decode(head, &h) != 0 || ota_version_compare(&h.version, &d->least) < 0
               ? OTA_EDEPENDS
               : 0;
}

static int check_needs(const struct agent *a, uint8_t image)
{
    struct ota_source src;
    struct ota_image parsed;
    struct ota_tlv_iter it;
    struct ota_dependency d;
    int rc;

    ota_source_from_area(&src, area_of(a, image));
    rc = ota_image_parse(&src, &parsed);
    if (rc != 0) {
        return rc;
    }
    ota_tlv_begin(&it, &src, &parsed);
    while ((rc = ota_dependency_next(&it, &d)) > 0) {
        rc = check_need(a, &d);
        if (rc != 0) {
            return rc;
        }
    }
    return rc == OTA_ETLV ? OTA_EDEPENDS : rc;
}

/* A set that the bootloader would never install is not marked. */
static int check_set(const struct agent *a)
{
    int rc = 0;

    if (ota_agent_has_second(a)) {
        rc = check_needs(a, 0);
        rc = rc == 0 && a->second != 0 ? check_needs(a, 1) : rc;
    }
    return rc;
}

/* ---- Marking --------------------------------------------------------------------------------- */

/*
 * Each durable step before the act that it describes: an image is never marked unknown. Image 0
 * comes first: if the power goes in between, the bootloader installs it alone or, where it names
 * image 1 as a dependency, not at all; in either case the agent marks image 1 after the reset.
 */
static int mark(struct agent *a)
{
    const struct ota_config *c = a->config;
    int rc = check_set(a);

    rc = rc == 0 ? ota_agent_note(a, OTA_NOTE_MARKING) : rc;
    if (rc == 0) {
        rc = ota_slot_set_pending(c->secondary, c->is_permanent);
    }
    a->is_marked = rc == 0;
    if (rc == 0 && ota_agent_has_second(a) && a->second != 0) {
        rc = ota_slot_set_pending(c->secondary2, c->is_permanent);
    }
    if (rc == 0) {
        ota_agent_tell(a, OTA_LOG_NOTICE, "image is marked to be installed", 0);
    }
    return rc != 0 ? rc : ota_agent_note(a, OTA_NOTE_MARKED);
}

/* 1: not done yet. */
static int judge(struct agent *a)
{
    int rc = ota_image_check_step(&a->check, a->env.chunk, OTA_CHUNK_LEN);

    if (rc != 0) {
        return rc;
    }
    if (ota_agent_has_second(a) && a->verifying == 1) {
        a->second = ota_get_le32(a->check.image.hash) | 1u;
        return check_board(a);
    }
    a->new_version = a->check.image.header.version;
    if (ota_version_compare(&a->new_version, &a->env.running) <= 0) {
        return OTA_EVERSION;
    }
    rc = check_board(a);
    if (rc != 0 || !ota_agent_has_second(a) ||
        ota_sink_image_len(&a->sink, 1, a->env.xfer.total) == 0) {
        return rc;
    }
    rc = begin_image(a, 1);
    return rc != 0 ? rc : 1;
}

int ota_agent_run_verify(struct agent *a)
{
    int rc = judge(a);

    if (rc != 1) {
        ota_agent_forget_key(a);
    }
    rc = rc == 0 ? mark(a) : rc;
    if (rc < 0 && !a->is_marked) {
        drop(a);
    }
    return rc;
}
