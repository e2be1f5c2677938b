/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Swap status in a partition of its own, as the PSoC 6 port of MCUboot 1.7.2 has it.
 *
 *     partition   primary's record | secondary's | scratch's | records of both slots of image 1 |
 * ... record      copy 0 | copy 1, each of ceil(S / 500) status rows and one trailer row row 500
 * bytes payload | magic | counter | CRC-32C of the 508 bytes before (LE)
 *
 * Of the two copies of a row the valid one with the higher counter counts; a change writes the
 * other one. A row is therefore replaced as a whole or not at all. Status rows hold one byte per
 * chunk, the last state completed. The trailer row holds, from its payload's end: magic (16),
 * image_ok, copy_done, swap_info (1 each), swap_size (4), and in the primary's, of encrypted
 * images, the key of the old image and that of the new one.
 *
 * The slots' own trailers are mailboxes: what the application writes there is taken over.
 */
#include <string.h>

#include "base/crc32.h"
#include "base/le.h"
#include "flash/area.h"
#include "internal.h"
#include "ota/err.h"

#define ROW 512u
#define PAYLOAD 500u
#define SEALED 508u /* bytes under the CRC */
#define ROW_MAGIC 0xdeadbeafu
#define RECORDS 3u
#define STATES 3u
#define STEADY_READS 16u

/* Payload of the trailer row. */
enum {
    OFF_SWAP_SIZE = 477,
    OFF_SWAP_INFO = 481,
    OFF_COPY_DONE = 482,
    OFF_IMAGE_OK = 483,
    OFF_MAGIC = 484,
};

/* ---- Rows ------------------------------------------------------------------------------------ */

static uint32_t status_rows(const struct ota_boot_config *c)
{
    return (ota_boot_sectors(c) + PAYLOAD - 1) / PAYLOAD;
}

static uint32_t row_off(const struct ota_boot_config *c, enum ota_boot_where where, uint32_t row,
                        uint32_t copy)
{
    uint32_t rows = status_rows(c) + 1;
    uint32_t record = (uint32_t)where;

    if (c->image > 0 && where != OTA_BOOT_SCRATCH) {
        record += RECORDS + 2u * (c->image - 1u);
    }
    return ((record * 2 + copy) * rows + row) * ROW;
}

/* 1 if a copy, which the buffer holds, reads the same each time, 0 if not, or an error. */
static int is_steady(const struct ota_boot_config *c, uint32_t off)
{
    const uint8_t *buf = c->buf;
    uint8_t again[64];

    for (uint32_t n = 0; n < STEADY_READS * ROW; n += sizeof again) {
        int rc = ota_area_read(&c->status, off + n % ROW, again, sizeof again);

        if (rc != 0 || memcmp(buf + n % ROW, again, sizeof again) != 0) {
            return rc;
        }
    }
    return 1;
}

/* Reads a copy of a row into the buffer: 1 and its counter if it is valid, 0 if not, or an error.
 * One whose write was cut may be valid at one time and not at the next: it never counts. */
static int read_copy(const struct ota_boot_config *c, uint32_t off, uint32_t *counter)
{
    uint8_t *buf = c->buf;
    int rc = ota_area_read(&c->status, off, buf, ROW);

    if (rc != 0) {
        return rc;
    }
    *counter = ota_get_le32(buf + PAYLOAD + 4);
    if (ota_get_le32(buf + PAYLOAD) != ROW_MAGIC ||
        ota_get_le32(buf + SEALED) != ota_crc32(OTA_CRC32C_POLY, 0, buf, SEALED)) {
        return 0;
    }
    return is_steady(c, off);
}

struct row {
    uint32_t next; /* offset of the copy that is to be written */
    uint32_t counter;
    bool is_valid; /* false: never written, reads as erased */
};

/* Reads a row's payload into the buffer. */
static int read_row(const struct ota_boot_config *c, enum ota_boot_where where, uint32_t row,
                    struct row *r)
{
    uint32_t off[2] = {row_off(c, where, row, 0), row_off(c, where, row, 1)};
    uint32_t counter = 0;
    int first = read_copy(c, off[0], &r->counter);
    int rc = first < 0 ? first : read_copy(c, off[1], &counter);

    if (rc < 0) {
        return rc;
    }
    r->is_valid = true;
    if (rc == 1 && (first == 0 || counter > r->counter)) {
        r->next = off[0];
        r->counter = counter;
        return 0;
    }
    r->next = off[first];
    /* The buffer holds the other copy. */
    rc = first == 1 ? read_copy(c, off[0], &r->counter) : 0;
    if (rc == 0) {
        r->is_valid = false;
        r->counter = 0;
        r->next = off[first];
        memset(c->buf, c->status.flash->erased, ROW);
    }
    return rc < 0 ? rc : 0;
}

/* Writes the payload in the buffer as the row's next copy. */
static int write_row(const struct ota_boot_config *c, const struct row *r)
{
    uint8_t *buf = c->buf;
    int rc = 0;

    ota_put_le32(buf + PAYLOAD, ROW_MAGIC);
    ota_put_le32(buf + PAYLOAD + 4, r->counter + 1);
    ota_put_le32(buf + SEALED, ota_crc32(OTA_CRC32C_POLY, 0, buf, SEALED));
    if ((c->status.flash->flags & OTA_FLASH_REWRITE) == 0) {
        rc = ota_area_erase(&c->status, r->next, ROW);
    }
    return rc == 0 ? ota_area_write(&c->status, r->next, buf, ROW) : rc;
}

/* Makes a row's payload erased: 1 if that took a write, 0 if it is already. */
static int blank_row(const struct ota_boot_config *c, enum ota_boot_where where, uint32_t row)
{
    uint8_t *buf = c->buf;
    struct row r;
    int rc = read_row(c, where, row, &r);

    if (rc != 0) {
        return rc;
    }
    for (uint32_t i = 0; i < PAYLOAD; i++) {
        if (buf[i] != c->status.flash->erased) {
            memset(buf, c->status.flash->erased, PAYLOAD);
            rc = write_row(c, &r);
            return rc == 0 ? 1 : rc;
        }
    }
    return 0;
}

/* ---- Trailers -------------------------------------------------------------------------------- */

static int read_trailer(const struct ota_boot *b, enum ota_boot_where where,
                        struct ota_trailer *out)
{
    const struct ota_boot_config *c = b->config;
    uint8_t erased = c->status.flash->erased;
    const uint8_t *buf = c->buf;
    struct row r;
    int rc = read_row(c, where, status_rows(c), &r);

    if (rc == 0) {
        out->magic = ota_trailer_magic_state(buf + OFF_MAGIC, b->align, erased);
        out->image_ok = ota_trailer_flag_state(buf[OFF_IMAGE_OK], erased);
        out->copy_done = ota_trailer_flag_state(buf[OFF_COPY_DONE], erased);
        out->swap_info = buf[OFF_SWAP_INFO];
        out->swap_size = ota_get_le32(buf + OFF_SWAP_SIZE);
        ota_boot_own_trailer(b, where, out);
    }
    return rc;
}

static int set(const struct ota_boot *b, enum ota_trailer_field field)
{
    const struct ota_boot_config *c = b->config;
    uint8_t *buf = c->buf;
    struct row r;
    int rc = read_row(c, OTA_BOOT_PRIMARY, status_rows(c), &r);

    if (rc != 0) {
        return rc;
    }
    buf[field == OTA_TRAILER_IMAGE_OK ? OFF_IMAGE_OK : OFF_COPY_DONE] = OTA_TRAILER_FLAG;
    return write_row(c, &r);
}

/* Place of an image's key (0: of the primary's) in the payload of a trailer row. */
static uint8_t *key_of(const struct ota_boot_config *c, int image)
{
    return (uint8_t *)c->buf + OFF_SWAP_SIZE - (image + 1) * c->encryption->key_len;
}

static int read_key(const struct ota_boot *b, enum ota_boot_where where, int image, uint8_t *key)
{
    const struct ota_boot_config *c = b->config;
    const uint8_t len = c->encryption->key_len;
    struct row r;
    int rc = read_row(c, where, status_rows(c), &r);

    if (rc != 0) {
        return rc;
    }
    memcpy(key, key_of(c, image), len);
    for (uint8_t i = 0; i < len; i++) {
        if (key[i] != c->status.flash->erased) {
            return 1;
        }
    }
    return 0;
}

static void put_keys(const struct ota_boot_config *c)
{
    for (int i = 0; c->encryption != NULL && i < 2; i++) {
        const struct ota_boot_payload *p = &c->encryption->image[i];

        if (p->end > 0) {
            memcpy(key_of(c, i), p->key.bytes, p->key.len);
        }
    }
}

/* Writes a trailer with good magic: of a swap, or of a request if swap_size is zero. */
static int write_trailer(const struct ota_boot *b, enum ota_boot_where where, uint32_t swap_size,
                         bool image_ok)
{
    const struct ota_boot_config *c = b->config;
    uint8_t *buf = c->buf;
    struct row r;
    int rc = read_row(c, where, status_rows(c), &r);

    if (rc != 0) {
        return rc;
    }
    memset(buf, c->status.flash->erased, PAYLOAD);
    if (swap_size != 0) {
        ota_put_le32(buf + OFF_SWAP_SIZE, swap_size);
        buf[OFF_SWAP_INFO] = (uint8_t)((unsigned)b->type | (unsigned)c->image << 4);
        put_keys(c);
    }
    if (image_ok) {
        buf[OFF_IMAGE_OK] = OTA_TRAILER_FLAG;
    }
    ota_trailer_magic(b->align, buf + OFF_MAGIC);
    return write_row(c, &r);
}

/* ---- Mailboxes ------------------------------------------------------------------------------- */

/* Plans the erase of a slot's mailbox: 1 if it needs one. */
static int empty_mailbox(struct ota_boot *b, const struct ota_area *slot)
{
    uint32_t len = ota_trailer_back(b->align, OTA_TRAILER_SWAP_INFO);
    int rc = ota_area_is_erased(slot, slot->size - len, len);

    if (rc != 0) {
        return rc < 0 ? rc : 0;
    }
    ota_boot_plan_erase(b, slot, slot->size - 1, slot->size);
    return 1;
}

static int read_mailbox(const struct ota_boot *b, const struct ota_area *area,
                        struct ota_trailer *out)
{
    struct ota_slot slot = {*area, b->align, OTA_SLOT_MAILBOX};

    return ota_slot_read_trailer(&slot, out);
}

/* A request in the secondary slot, or the rest of one that was only half taken over. */
static int absorb_request(struct ota_boot *b)
{
    const struct ota_area *slot = &b->config->secondary;
    struct ota_trailer known, box;
    int rc = read_trailer(b, OTA_BOOT_SECONDARY, &known);

    if (rc == 0) {
        rc = read_mailbox(b, slot, &box);
    }
    if (rc == 0 && box.magic == OTA_FIELD_SET &&
        (known.magic != OTA_FIELD_SET ||
         (known.image_ok == OTA_FIELD_UNSET && box.image_ok == OTA_FIELD_SET))) {
        rc = write_trailer(b, OTA_BOOT_SECONDARY, 0, box.image_ok == OTA_FIELD_SET);
    }
    return rc == 0 ? empty_mailbox(b, slot) : rc;
}

/* The confirmation of the running image. */
static int absorb_confirm(struct ota_boot *b)
{
    const struct ota_area *slot = &b->config->primary;
    struct ota_trailer known, box;
    int rc = read_trailer(b, OTA_BOOT_PRIMARY, &known);

    if (rc == 0) {
        rc = read_mailbox(b, slot, &box);
    }
    if (rc != 0 || known.magic != OTA_FIELD_SET || known.copy_done != OTA_FIELD_SET ||
        box.image_ok != OTA_FIELD_SET) {
        return rc;
    }
    if (known.image_ok == OTA_FIELD_UNSET) {
        rc = set(b, OTA_TRAILER_IMAGE_OK);
    }
    return rc == 0 ? empty_mailbox(b, slot) : rc;
}

static int absorb(struct ota_boot *b, uint8_t phase)
{
    int rc;

    switch (phase) {
    case 0:
        rc = absorb_confirm(b);
        return rc < 0 ? rc : 1;
    case 1:
        /* A secondary device that fails is met again, and named, when its trailer is read. */
        rc = absorb_request(b);
        return rc < 0 ? 0 : 1;
    default:
        return 0;
    }
}

/* ---- Status ---------------------------------------------------------------------------------- */

static int scan(const struct ota_boot *b, enum ota_boot_where where, uint32_t *n)
{
    const struct ota_boot_config *c = b->config;
    const uint8_t *buf = c->buf;
    struct row r;

    *n = 0;
    for (uint32_t chunk = 0; chunk < ota_boot_sectors(c); chunk++) {
        int rc = chunk % PAYLOAD == 0 ? read_row(c, where, chunk / PAYLOAD, &r) : 0;
        uint8_t done = buf[chunk % PAYLOAD];

        if (rc != 0 || done == c->status.flash->erased || done > STATES) {
            return rc;
        }
        *n += done;
        if (done < STATES) {
            return 0;
        }
    }
    return 0;
}

static int put(const struct ota_boot *b, enum ota_boot_where where, uint32_t n, uint8_t value)
{
    const struct ota_boot_config *c = b->config;
    uint32_t chunk = n / STATES;
    uint8_t *buf = c->buf;
    struct row r;
    int rc = read_row(c, where, chunk / PAYLOAD, &r);

    if (rc != 0) {
        return rc;
    }
    buf[chunk % PAYLOAD] = value;
    return write_row(c, &r);
}

/* No chunk reaches into a mailbox's unit: max_image sees to it. */
static int put_big(const struct ota_boot *b, enum ota_boot_where where)
{
    (void)b;
    (void)where;
    return OTA_ESTATE;
}

/*
 * While the primary's trailer tells of the last swap its status does not count, so that is erased
 * first; the trailer row then changes from the last swap to this one in a single write.
 */
static int prepare(struct ota_boot *b, uint8_t phase)
{
    const struct ota_boot_config *c = b->config;
    uint8_t rows = (uint8_t)status_rows(c);
    int rc = 0;

    if (phase == 0) {
        rc = empty_mailbox(b, &c->primary);
    } else if (phase <= rows) {
        rc = b->info_in == OTA_BOOT_PRIMARY ? 0 : blank_row(c, OTA_BOOT_PRIMARY, phase - 1u);
    } else if (phase == rows + 1) {
        rc = b->info_in == OTA_BOOT_PRIMARY
                 ? 0
                 : write_trailer(b, OTA_BOOT_PRIMARY, b->swap_size, b->type == OTA_SWAP_PERM);
    } else if (phase == rows + 2) {
        rc = blank_row(c, OTA_BOOT_SCRATCH, rows);
    } else {
        return 0;
    }
    return rc < 0 ? rc : 1;
}

static int clear(struct ota_boot *b, enum ota_boot_where where, uint8_t phase)
{
    const struct ota_boot_config *c = b->config;
    int rc;

    switch (phase) {
    case 0:
        rc = where == OTA_BOOT_SECONDARY ? empty_mailbox(b, &c->secondary) : 0;
        break;
    case 1:
        rc = blank_row(c, where, status_rows(c));
        break;
    default:
        return 0;
    }
    return rc < 0 ? rc : 1;
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static uint32_t data_end(const struct ota_boot_config *c)
{
    return ota_boot_unit_begin(&c->primary, c->primary.size - 1);
}

/* The erase units of both mailboxes are kept free. */
static uint32_t max_image(const struct ota_boot_config *c)
{
    uint32_t p = data_end(c);
    uint32_t s = ota_boot_unit_begin(&c->secondary, c->secondary.size - 1);

    return p < s ? p : s;
}

int ota_boot_partition_check(const struct ota_boot_config *c)
{
    const struct ota_flash *f;
    int rc = ota_area_check(&c->status);

    if (rc == 0) {
        rc = ota_boot_check_area(c, &c->scratch);
    }
    if (rc == 0) {
        rc = ota_boot_trailer_check(c, false);
    }
    if (rc != 0) {
        return rc;
    }
    f = c->status.flash;
    if (c->status.off % ROW != 0 || f->write_size > ROW ||
        ((f->flags & OTA_FLASH_REWRITE) == 0 && ROW % f->erase_size != 0)) {
        return OTA_EALIGN;
    }
    if (c->buf_len < ROW) {
        return OTA_ENOSPC;
    }
    return c->status.size / (2 * ROW * (RECORDS + 2u * c->image)) >= status_rows(c) + 1
               ? 0
               : OTA_ERANGE;
}

const struct ota_boot_store ota_boot_store_partition = {
    .read = read_trailer,
    .set = set,
    .scan = scan,
    .put = put,
    .put_big = put_big,
    .read_key = read_key,
    .absorb = absorb,
    .prepare = prepare,
    .clear = clear,
    .data_end = data_end,
    .max_image = max_image,
};
