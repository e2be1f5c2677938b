/* SPDX-License-Identifier: Apache-2.0 */
/* What outlives a reset: where the download stands, and what became of an image. */
#include <string.h>

#include "agent/memory.h"
#include "ota/err.h"

static int write_stage(struct agent *a, enum ota_stage stage, int err)
{
    struct ota_record r = a->journal.last;

    r.stage = stage;
    r.err = err;
    r.is_reported = false;
    return ota_journal_write(&a->journal, &r);
}

/* An image that is not to be tried again, however often it may be. */
#define RETURNS_MAX UINT8_MAX

#define RETURNS 3u

/* ---- After a reset ------------------------------------------------------------------------------
 */

static bool is_same_version(const struct ota_version *x, const struct ota_version *y)
{
    return ota_version_compare(x, y) == 0 && x->build == y->build;
}

/* True if the secondary slot holds the image whose fate is asked for: it was swapped in and out. */
static bool is_back_in_secondary(const struct agent *a)
{
    struct ota_source src;
    struct ota_image image;

    ota_source_from_area(&src, &a->config->secondary->area);
    return ota_image_parse(&src, &image) == 0 &&
           is_same_version(&image.header.version, &a->journal.last.version);
}

/*
 * Image 1 of an update whose image 0 was marked or runs already, but which is neither marked nor
 * installed itself: the power went in between. Marks it. 1 if it is to be installed now, else 0.
 */
static int complete_second(struct agent *a)
{
    const struct ota_config *c = a->config;
    struct ota_trailer t;
    int rc;

    if (a->journal.last.second == 0 || !ota_agent_has_second(a)) {
        return 0;
    }
    rc = ota_slot_read_trailer(c->secondary2, &t);
    if (rc != 0 || t.magic == OTA_FIELD_SET) {
        return rc != 0 ? rc : 1;
    }
    /* An overwriting bootloader may have left a copy of what it has installed. */
    if (ota_agent_second_of(&c->secondary2->area) != a->journal.last.second ||
        ota_agent_second_of(&c->primary2->area) == a->journal.last.second) {
        return 0;
    }
    rc = ota_agent_unmark_second(a);
    rc = rc == 0 ? ota_slot_set_pending(c->secondary2, c->is_permanent) : rc;
    a->is_due = rc == 0;
    return rc != 0 ? rc : 1;
}

static int settle_new_image(struct agent *a)
{
    int completed = complete_second(a);
    int confirmed = completed < 0 ? completed : ota_agent_is_confirmed(a);

    if (confirmed < 0 || completed > 0) {
        return confirmed < 0 ? confirmed : 0;
    }
    if (confirmed > 0) {
        return write_stage(a, OTA_STAGE_DONE, 0);
    }
    return a->journal.last.stage != OTA_STAGE_TRIAL ? write_stage(a, OTA_STAGE_TRIAL, 0) : 0;
}

/* The image before it runs: it was not installed yet, it went back, or it was never installed. */
static int settle_old_image(struct agent *a)
{
    struct ota_trailer t;
    int rc = ota_slot_read_trailer(a->config->secondary, &t);

    if (rc != 0 || t.magic == OTA_FIELD_SET) {
        rc = rc == 0 ? complete_second(a) : rc;
        return rc < 0 ? rc : 0;
    }
    if (a->journal.last.stage == OTA_STAGE_MARKING) {
        /* The power went before it was marked: it is in the slot, to be verified again. */
        return write_stage(a, OTA_STAGE_LOADING, 0);
    }
    if (a->journal.last.returns < RETURNS_MAX) {
        a->journal.last.returns++;
    }
    if (a->journal.last.stage == OTA_STAGE_TRIAL || is_back_in_secondary(a)) {
        return write_stage(a, OTA_STAGE_DONE, OTA_EREVERTED);
    }
    return write_stage(a, OTA_STAGE_DONE, OTA_EBOOTREFUSED);
}

int ota_memory_open(struct agent *a)
{
    int rc = ota_journal_open(&a->journal, a->config->journal);
    enum ota_stage stage = a->journal.last.stage;

    if (rc == 0 && stage >= OTA_STAGE_LOADING && stage <= OTA_STAGE_TRIAL) {
        rc = ota_journal_renew(&a->journal);
    }
    if (rc != 0 || stage < OTA_STAGE_MARKING || stage > OTA_STAGE_TRIAL) {
        return rc;
    }
    return is_same_version(&a->env.running, &a->journal.last.version) ? settle_new_image(a)
                                                                      : settle_old_image(a);
}

/* ---- While downloading
 * --------------------------------------------------------------------------- */

/* The record of a session that loads an image: of the same one as before, or a new one. */
static int begin_record(struct agent *a, const struct ota_version *offered, struct ota_record *r)
{
    *r = a->journal.last;
    if (!a->is_resumed) {
        bool is_same = ota_version_compare(&r->version, offered) == 0;
        struct ota_record fresh = {
            .returns = is_same ? r->returns : 0,
            .sessions = is_same ? r->sessions : 0,
            .fetched = is_same ? r->fetched : 0,
        };

        *r = fresh;
    }
    r->stage = OTA_STAGE_LOADING;
    r->version = *offered;
    r->sessions++;
    a->fetched += r->fetched;
    a->is_noted = true;
    return a->config->job_sessions != 0 && r->sessions > a->config->job_sessions ? OTA_ERETRIES : 0;
}

/* The last archive whose images' places the log has room for. */
#define PART_BEGIN_MAX (UINT16_MAX * OTA_TAR_BLOCK)

/* What is programmed for sure is whole blocks; in an archive those that end within an image. True
 * if that is another place than before. */
static bool note_place(const struct agent *a, struct ota_record *r)
{
    uint32_t off = a->env.xfer.next - a->env.xfer.next % OTA_CHUNK_LEN;
    struct ota_part part;

    if (off == r->offset) {
        return false;
    }
    if (OTA_CONFIG_ARCHIVE && a->sink.is_archive) {
        if (!ota_sink_part(&a->sink, off, &part) || part.begin > PART_BEGIN_MAX) {
            return false;
        }
        r->part = part;
    }
    r->offset = off;
    return true;
}

int ota_memory_note_data(struct agent *a, const struct ota_version *offered)
{
    struct ota_record r = a->journal.last;
    /* A verification that failed has closed the record; the next try opens it again. */
    bool is_open = a->is_noted && r.stage == OTA_STAGE_LOADING;
    int rc = a->is_noted ? 0 : begin_record(a, offered, &r);

    if (rc == 0 && a->config->job_bytes != 0 && a->fetched > a->config->job_bytes) {
        rc = OTA_ERETRIES;
    }
    if (rc != 0) {
        return rc;
    }
    if (!is_open) { /* then it is written, wherever the download is */
        r.offset = 0;
        r.part.len = 0;
    }
    if (!note_place(a, &r) && is_open) {
        return 0;
    }
    r.stage = OTA_STAGE_LOADING;
    r.total = a->env.xfer.total;
    r.fetched = a->fetched;
    return ota_journal_write(&a->journal, &r);
}

int ota_memory_note_loss(struct agent *a, uint32_t off)
{
    struct ota_record r = a->journal.last;

    if ((r.stage != OTA_STAGE_LOADING && r.stage != OTA_STAGE_MARKING) || r.offset <= off) {
        return 0;
    }
    r.offset = off - off % OTA_CHUNK_LEN;
    if (OTA_CONFIG_ARCHIVE && r.offset == 0) {
        memset(&r.part, 0, sizeof r.part);
    }
    r.fetched = a->fetched;
    return ota_journal_write(&a->journal, &r);
}

uint32_t ota_memory_resume_at(const struct agent *a)
{
    const struct ota_record *r = &a->journal.last;
    /* Marked, but not installed: the bootloader waited for the second image's mark. */
    bool is_here = r->stage == OTA_STAGE_LOADING ||
                   (OTA_CONFIG_ARCHIVE && r->second != 0 &&
                    (r->stage == OTA_STAGE_MARKING || r->stage == OTA_STAGE_MARKED));

    /* Jobs have no build number, but the record may have the image's. */
    if (!is_here || (a->config->flow == OTA_FLOW_JOB &&
                     ota_version_compare(&r->version, &a->job.version) != 0)) {
        return 0;
    }
    return r->offset;
}

/* ---- Outcome
 * ------------------------------------------------------------------------------------- */

bool ota_memory_is_refused(const struct agent *a, const struct ota_version *version)
{
    const struct ota_record *r = &a->journal.last;
    uint8_t limit = a->config->max_trials != 0 ? a->config->max_trials : RETURNS;

    return r->stage == OTA_STAGE_DONE && r->err != 0 && r->returns >= limit &&
           ota_version_compare(&r->version, version) == 0;
}

int ota_memory_note(struct agent *a, enum ota_note note)
{
    struct ota_record r = a->journal.last;

    switch (note) {
    case OTA_NOTE_NOTHING:
        return r.stage == OTA_STAGE_NONE ? 0 : write_stage(a, OTA_STAGE_NONE, 0);
    case OTA_NOTE_MARKING:
        r.stage = OTA_STAGE_MARKING;
        r.version = a->new_version;
        r.second = a->second;
        break;
    case OTA_NOTE_MARKED:
        return write_stage(a, OTA_STAGE_MARKED, 0);
    case OTA_NOTE_CONFIRMED:
        return r.stage == OTA_STAGE_TRIAL ? write_stage(a, OTA_STAGE_DONE, 0) : 0;
    case OTA_NOTE_REJECTED:
        if (r.stage != OTA_STAGE_TRIAL) {
            return 0;
        }
        r.returns = RETURNS_MAX;
        break;
    case OTA_NOTE_REPORTED:
        r.is_reported = true;
        break;
    }
    return ota_journal_write(&a->journal, &r);
}
