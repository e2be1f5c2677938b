/* SPDX-License-Identifier: Apache-2.0 */
/* From a link's bytes to the secondary slot. */
#include <string.h>

#include "agent/memory.h"
#include "flash/area.h"
#include "ota/err.h"

/* Headers, list and filler of an archive, whose size is a multiple of 10 KiB. */
#define ARCHIVE_OVERHEAD 16384u

uint32_t ota_agent_image_limit(const struct ota_config *c)
{
    return c->image_max != 0 ? c->image_max
                             : c->secondary->area.size - ota_slot_trailer_size(c->secondary);
}

/* The erase unit of the trailer is the mark's alone, so that a torn one can be made anew. */
static uint32_t second_limit(const struct ota_config *c)
{
    const struct ota_area *area = &c->secondary2->area;
    uint32_t end = area->size - ota_slot_trailer_size(c->secondary2);
    struct ota_flash_unit u;

    if (ota_area_unit(area, end, &u) == 0) {
        end = u.off;
    }
    return c->image2_max != 0 && c->image2_max < end ? c->image2_max : end;
}

uint32_t ota_agent_total_limit(const struct ota_config *c)
{
    uint32_t limit = ota_agent_image_limit(c);
    uint32_t more = c->archive == NULL ? 0 : ARCHIVE_OVERHEAD;

    if (c->archive != NULL && c->secondary2 != NULL) {
        more += second_limit(c);
    }
    return more > UINT32_MAX - limit ? UINT32_MAX : limit + more;
}

static void init_xfer(struct agent *a, uint32_t next, uint32_t total)
{
    ota_xfer_init(&a->env.xfer, &a->xfer_config, next, total, a->env.now_ms);
}

int ota_agent_begin_image(struct agent *a)
{
    int rc = ota_agent_is_confirmed(a);

    a->is_marked = false;
    a->is_noted = false;
    a->is_resumed = false;
    a->fetched = 0;
    a->begun_at = 0;
    if (OTA_CONFIG_HTTP) {
        a->validator[0] = '\0';
    }
    memset(&a->sink, 0, sizeof a->sink);
    init_xfer(a, 0, 0);
    if (rc == 0) {
        return OTA_ESTATE; /* a download would destroy the image to revert to */
    }
    return rc < 0 ? rc : 0;
}

static void open_sink(struct agent *a)
{
    const struct ota_config *c = a->config;
    uint8_t *row = (uint8_t *)c->work + OTA_MESSAGE_MAX + OTA_CHUNK_LEN + 64u;

    ota_sink_open(&a->sink, c->secondary, ota_agent_image_limit(c), row, &a->env.running);
    if (OTA_CONFIG_ARCHIVE && c->archive != NULL) {
        a->extra.archive = (struct ota_archive *)(void *)c->archive;
        if (c->secondary2 != NULL) {
            a->extra.primary = &c->primary2->area;
            a->extra.slot = c->secondary2;
            a->extra.limit = second_limit(c);
        }
        a->sink.extra = &a->extra;
    }
    if (ota_agent_is_refused(a, &a->journal.last.version)) {
        a->sink.refused = &a->journal.last.version;
    }
}

/* The record log is within an archive. A build without archives has no code for it. */
static bool is_in_archive(const struct agent *a)
{
    return OTA_CONFIG_ARCHIVE && a->journal.last.part.len > 0;
}

/* The last block of the download that begins before off in the slot of the image under way. */
static uint32_t block_at(const struct agent *a, uint32_t off)
{
    uint32_t begin = is_in_archive(a) ? a->journal.last.part.begin : 0;

    off += begin;
    off -= off % OTA_CHUNK_LEN;
    return off < begin ? 0 : off;
}

/* True if the secondary slot holds an image that ends at or before off. */
static bool has_image_before(const struct agent *a, uint32_t off)
{
    struct ota_source src;
    struct ota_image image;

    ota_source_from_area(&src, &a->config->secondary->area);
    return ota_image_parse(&src, &image) == 0 && image.tlv_end <= off;
}

/* How far of the download is left, up to off, if the secondary slot is erased from unit on. */
static uint32_t left_before(const struct agent *a, uint32_t unit, uint32_t off)
{
    const struct ota_part *p = &a->journal.last.part;

    if (!is_in_archive(a)) {
        return off > unit ? block_at(a, unit) : off;
    }
    if (p->image == 0) {
        return off - p->begin > unit ? block_at(a, unit) : off;
    }
    return !p->is_other_done || has_image_before(a, unit) ? off : 0;
}

/* Erases what an interrupted marking left at the end of the slot: it cannot be completed. What the
 * trailer's erase unit holds of the image is fetched again. */
static int clean_end(struct agent *a, uint32_t *off)
{
    const struct ota_slot *slot = a->config->secondary;
    struct ota_flash_unit u;
    struct ota_trailer t;
    int rc = ota_slot_read_trailer(slot, &t);

    if (rc != 0 || (t.magic == OTA_FIELD_UNSET && t.image_ok == OTA_FIELD_UNSET)) {
        return rc;
    }
    rc = ota_area_unit(&slot->area, slot->area.size - ota_slot_trailer_size(slot), &u);
    if (rc == 0) {
        *off = left_before(a, u.off, *off);
    }
    rc = rc == 0 ? ota_agent_note_loss(a, *off) : rc;
    return rc == 0 ? ota_slot_cancel_pending(slot) : rc;
}

static int resume_sink(struct agent *a, uint32_t off)
{
    const struct ota_record *r = &a->journal.last;

    return is_in_archive(a) ? ota_sink_resume_archive(&a->sink, &r->part, off, &r->version)
                            : ota_sink_resume(&a->sink, r->total, off);
}

/* Opens the sink and goes on at off of the image that the record log knows, if its part of the
 * image is there; else the sink awaits a new image. */
static bool resume(struct agent *a, uint32_t off)
{
    open_sink(a);
    if (!OTA_CONFIG_JOURNAL || off == 0) {
        return false;
    }
    if (clean_end(a, &off) != 0 || off == 0 || resume_sink(a, off) != 0) {
        open_sink(a);
        return false;
    }
    a->is_resumed = true;
    init_xfer(a, off, a->journal.last.total);
    return true;
}

static int open_slot(struct agent *a)
{
    a->is_resumed = false;
    if (resume(a, ota_agent_resume_at(a))) {
        return ota_agent_note_data(a, &a->journal.last.version);
    }
    init_xfer(a, 0, 0);
    /* What the log knows of another beginning does not hold for this one. */
    return ota_agent_note_loss(a, 0);
}

/* A retry goes on where the last try ended: what is stored stays. */
int ota_agent_open_storage(struct agent *a)
{
    int rc = 0;

    if (a->env.xfer.next != 0) {
        init_xfer(a, a->env.xfer.next, a->env.xfer.total);
    } else {
        rc = ota_agent_has_second(a) ? ota_agent_unmark_second(a) : 0;
        rc = rc == 0 ? open_slot(a) : rc;
    }
    a->begun_at = a->env.xfer.next;
    return rc;
}

int ota_agent_open_push(struct agent *a, uint32_t total, bool go_on)
{
    const struct ota_record *r = &a->journal.last;
    uint32_t off = 0;
    int rc = 0;

    /* The checksum over the transfer is taken from the slot, where no archive is as it came. */
    if (go_on && r->stage == OTA_STAGE_LOADING && r->total == total && !is_in_archive(a)) {
        off = r->offset;
    }
    if (!resume(a, off)) {
        init_xfer(a, 0, total);
        rc = ota_agent_note_loss(a, 0);
    }
    a->begun_at = a->env.xfer.next;
    return rc;
}

int ota_agent_close_storage(struct agent *a)
{
    /* What the application has stored itself, it has finished itself. */
    return a->env.xfer.next == 0 || a->sink.off == 0 ? 0 : ota_sink_finish(&a->sink);
}

/* The next try begins at off, as the record log has it then. */
static int begin_again(struct agent *a, uint32_t off, int why)
{
    int rc = ota_agent_note_loss(a, off);

    a->env.xfer.next = 0;
    a->begun_at = 0;
    return rc != 0 ? rc : why;
}

int ota_agent_restart_image(void *arg)
{
    struct agent *a = arg;
    uint32_t reached = a->env.xfer.next;
    int rc = begin_again(a, 0, 0);

    a->validator[0] = '\0';
    if (rc == 0) {
        rc = ota_agent_open_storage(a);
    }
    a->begun_at = reached; /* progress is what goes beyond that: an image that changes all the time
                            * is not fetched for ever */
    return rc;
}

/* What the slot holds behind the last known offset is not what comes: that block is fetched again.
 */
static int fetch_block_again(struct agent *a)
{
    const struct ota_record *r = &a->journal.last;
    bool is_second = is_in_archive(a) && r->part.image == 1;
    const struct ota_slot *slot = is_second ? a->config->secondary2 : a->sink.slot;
    uint32_t begin = is_in_archive(a) ? r->part.begin : 0;
    struct ota_flash_unit u;

    if (ota_area_unit(&slot->area, r->offset - begin, &u) != 0) {
        return begin_again(a, 0, OTA_ESTATE);
    }
    return begin_again(a, block_at(a, u.off), OTA_EDATA);
}

static int recover(struct agent *a, int why)
{
    return OTA_CONFIG_JOURNAL && why == OTA_ESTATE ? fetch_block_again(a) : begin_again(a, 0, why);
}

/* Which version the image is: as the job says, else its sender, else its header. */
static int note(struct agent *a, const struct ota_link_data *d)
{
    static const struct ota_version unknown;
    struct ota_image_header h;

    if (ota_agent_is_pushed(a) && OTA_CONFIG_ARCHIVE && a->sink.is_archive) {
        return a->extra.archive->has_list ? ota_agent_note_data(a, &a->extra.archive->list.version)
                                          : 0;
    }
    if (ota_agent_is_pushed(a)) {
        if (a->sink.head_len < sizeof a->sink.head) {
            return 0;
        }
        (void)ota_image_header_decode(a->sink.head, &h); /* good enough to be stored */
        return ota_agent_note_data(a, &h.version);
    }
    if (a->config->flow == OTA_FLOW_JOB) {
        return ota_agent_note_data(a, &a->job.version);
    }
    return ota_agent_note_data(a, d->version != NULL ? d->version : &unknown);
}

/* Storing takes time: what comes next in this step is later. */
static void advance(struct agent *a, uint32_t len)
{
    a->env.now_ms = a->config->system.ops->now_ms(a->config->system.ctx);
    ota_xfer_advance(&a->env.xfer, len, a->env.now_ms);
}

static int store(struct agent *a, const struct ota_link_data *d, uint32_t skip)
{
    uint32_t total = d->total == OTA_TOTAL_UNKNOWN ? ota_agent_image_limit(a->config) : d->total;
    int rc;

    if (OTA_CONFIG_HOOK &&
        a->sink.slot == NULL) { /* the application has opened it in its own way */
        open_sink(a);
    }
    rc = OTA_CONFIG_HOOK && a->sink.off != d->off + skip
             ? OTA_EDATA /* blocks before this one are the application's */
             : ota_sink_push(&a->sink, total, d->data + skip, d->len - skip);
    if (rc != 0) {
        return recover(a, rc);
    }
    advance(a, d->len - skip);
    return note(a, d);
}

/* True if this is not the image that an earlier session began. */
static bool is_other(const struct agent *a, const struct ota_link_data *d)
{
    const struct ota_record *r = &a->journal.last;

    return ota_agent_is_resumed(a) && ((d->total != r->total && d->total != OTA_TOTAL_UNKNOWN) ||
                                       (a->config->flow == OTA_FLOW_DIRECT && d->version != NULL &&
                                        ota_version_compare(d->version, &r->version) != 0));
}

int ota_agent_take_data(void *arg, const struct ota_link_data *d)
{
    struct agent *a = arg;
    uint32_t skip = 0;
    int rc;

    if (OTA_CONFIG_JOURNAL) {
        a->fetched += d->len;
    }
    if (d->version != NULL && ota_version_compare(d->version, &a->env.running) <= 0) {
        return OTA_EVERSION;
    }
    if (is_other(a, d)) {
        return begin_again(a, 0, OTA_EDATA);
    }
    rc = ota_xfer_offer(&a->env.xfer, d->total, d->off, d->len, &skip);
    if (rc != OTA_XFER_TAKE) {
        return rc < 0 ? rc : 0;
    }
    rc = ota_agent_ask_write(a, d->data + skip, d->len - skip);
    if (rc == 0) {
        return store(a, d, skip);
    }
    a->answer = rc < 0 ? rc : 0;
    if (rc > 0) { /* the application has stored it, wherever that is */
        advance(a, d->len - skip);
    }
    return a->answer;
}
