/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/journal.h"

#include <string.h>

#include "base/crc32.h"
#include "base/le.h"
#include "flash/area.h"
#include "ota/config.h"
#include "ota/err.h"

#define RECORD_LEN 48u
#define CRC_OFF 44u
#define LAYOUT 2u
#define F_REPORTED 0x01u
#define F_PART_SECOND 0x02u /* of an archive, image 1 is under way */
#define F_PART_OTHER 0x04u  /* it has the other image, too */
#define F_PART_DONE 0x08u   /* which has come before */

/* A record and the rest of its last write unit. */
#define SLOT_MAX 512u

static void encode_part(const struct ota_part *p, uint8_t *raw)
{
    raw[8] = (uint8_t)(raw[8] | (p->image == 1 ? F_PART_SECOND : 0) |
                       (p->has_other ? F_PART_OTHER : 0) | (p->is_other_done ? F_PART_DONE : 0));
    ota_put_le16(raw + 18, (uint16_t)(p->begin / OTA_TAR_BLOCK));
    ota_put_le32(raw + 40, p->len);
}

static void decode_part(const uint8_t *raw, struct ota_part *p)
{
    p->begin = ota_get_le16(raw + 18) * OTA_TAR_BLOCK;
    p->len = ota_get_le32(raw + 40);
    p->image = (raw[8] & F_PART_SECOND) != 0;
    p->has_other = (raw[8] & F_PART_OTHER) != 0;
    p->is_other_done = (raw[8] & F_PART_DONE) != 0;
}

static void encode(const struct ota_record *r, uint32_t seq, uint8_t *raw)
{
    memset(raw, 0, RECORD_LEN);
    raw[0] = 'J';
    raw[1] = LAYOUT;
    raw[2] = (uint8_t)r->stage;
    raw[3] = (uint8_t)-r->err;
    ota_put_le32(raw + 4, seq);
    raw[8] = r->is_reported ? F_REPORTED : 0;
    raw[9] = r->returns;
    ota_put_le16(raw + 10, r->sessions);
    ota_put_le16(raw + 12, r->version.major);
    ota_put_le16(raw + 14, r->version.minor);
    ota_put_le16(raw + 16, r->version.revision);
    ota_put_le32(raw + 20, r->version.build);
    ota_put_le32(raw + 24, r->total);
    ota_put_le32(raw + 28, r->offset);
    ota_put_le32(raw + 32, r->fetched);
    ota_put_le32(raw + 36, r->second);
    if (OTA_CONFIG_ARCHIVE) {
        encode_part(&r->part, raw);
    }
    ota_put_le32(raw + CRC_OFF, ota_crc32(OTA_CRC32_POLY, 0, raw, CRC_OFF));
}

static bool decode(const uint8_t *raw, struct ota_record *r, uint32_t *seq)
{
    if (raw[0] != 'J' || raw[1] != LAYOUT || raw[2] > OTA_STAGE_DONE ||
        ota_get_le32(raw + CRC_OFF) != ota_crc32(OTA_CRC32_POLY, 0, raw, CRC_OFF)) {
        return false;
    }
    *seq = ota_get_le32(raw + 4);
    r->stage = (enum ota_stage)raw[2];
    r->err = -(int)raw[3];
    r->is_reported = (raw[8] & F_REPORTED) != 0;
    r->returns = raw[9];
    r->sessions = ota_get_le16(raw + 10);
    r->version.major = ota_get_le16(raw + 12);
    r->version.minor = ota_get_le16(raw + 14);
    r->version.revision = ota_get_le16(raw + 16);
    r->version.build = ota_get_le32(raw + 20);
    r->total = ota_get_le32(raw + 24);
    r->offset = ota_get_le32(raw + 28);
    r->fetched = ota_get_le32(raw + 32);
    r->second = ota_get_le32(raw + 36);
    if (OTA_CONFIG_ARCHIVE) {
        decode_part(raw, &r->part);
    }
    return true;
}

static int set_geometry(struct ota_journal *j, const struct ota_area *area)
{
    uint32_t erase = area->flash->erase_size;
    uint32_t write = area->flash->write_size;

    j->area = area;
    j->half = area->size / 2 / erase * erase;
    j->slot = (RECORD_LEN + write - 1) / write * write;
    return j->half == 0 || area->off % erase != 0 || j->slot > SLOT_MAX ? OTA_EARG : 0;
}

/* Offset behind a slot, skipping the rest of a half that holds no whole slot. */
static uint32_t behind(const struct ota_journal *j, uint32_t off)
{
    uint32_t base = off < j->half ? 0 : j->half;

    off += j->slot;
    return off - base > j->half - j->slot ? base + j->half : off;
}

int ota_journal_open(struct ota_journal *j, const struct ota_area *area)
{
    bool is_empty = true;
    int rc;

    memset(j, 0, sizeof *j);
    if (area == NULL) {
        return 0;
    }
    rc = ota_area_check(area);
    if (rc == 0) {
        rc = set_geometry(j, area);
    }
    for (uint32_t off = 0; rc == 0 && off < 2 * j->half; off = behind(j, off)) {
        uint8_t raw[RECORD_LEN];
        struct ota_record r;
        uint32_t seq;

        rc = ota_area_read(area, off, raw, sizeof raw);
        if (rc == 0 && decode(raw, &r, &seq) && (is_empty || (int32_t)(seq - j->seq) > 0)) {
            is_empty = false;
            j->last = r;
            j->seq = seq;
            j->next = behind(j, off);
        }
    }
    if (is_empty) {
        j->next = 2 * j->half; /* begin with the first half */
    }
    return rc;
}

/* Finds room: the next erased slot of this half, else the other half, erased. */
static int make_room(struct ota_journal *j)
{
    while (j->next % j->half != 0) {
        int rc = ota_area_is_erased(j->area, j->next, j->slot);

        if (rc != 0) {
            return rc < 0 ? rc : 0;
        }
        j->next = behind(j, j->next); /* what a power cut left of a record */
    }
    if (j->next == 2 * j->half) {
        j->next = 0;
    }
    return ota_area_erase(j->area, j->next, j->half);
}

int ota_journal_write(struct ota_journal *j, const struct ota_record *record)
{
    uint8_t raw[SLOT_MAX];
    int rc;

    if (j->area != NULL) {
        rc = make_room(j);
        if (rc == 0) {
            memset(raw, j->area->flash->erased, j->slot);
            encode(record, j->seq + 1, raw);
            rc = ota_area_write(j->area, j->next, raw, j->slot);
        }
        if (rc == 0) {
            rc = ota_area_sync(j->area);
        }
        if (rc != 0) {
            return rc;
        }
        j->next = behind(j, j->next);
    }
    j->seq++;
    j->last = *record;
    return 0;
}

int ota_journal_renew(struct ota_journal *j)
{
    struct ota_record r = j->last;

    j->seq++; /* the torn record has the next number */
    return ota_journal_write(j, &r);
}
