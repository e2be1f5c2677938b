/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encrypted images. An image is encrypted wherever it lies but in the primary slot: what is copied
 * there is decrypted with the new image's key, and what leaves it for the secondary slot is
 * encrypted with the old one's. Scratch and the secondary slot never hold a plain payload.
 *
 * A swap may go on after a reset when the TLVs that carry the keys are under way themselves, so
 * both keys are kept in the trailer that tells of the swap, the primary image's nearest to its
 * fields:
 *
 *     ... status | key of the new image | key of the old image | swap_size | ...
 *
 * An image that is not encrypted leaves its place erased. A status partition has the same order in
 * its trailer row.
 */
#include <string.h>

#include "flash/area.h"
#include "internal.h"
#include "ota/err.h"

enum { OLD, NEW, N_IMAGES };

/* ---- Checks of images ------------------------------------------------------------------------ */

static int open(struct ota_boot *b, bool is_primary)
{
    struct ota_boot_encryption *e = b->config->encryption;
    int rc;

    if (is_primary) {
        b->source.is_plain = true;
        return 0;
    }
    e->stored = b->source;
    rc = ota_decrypted_open(&e->decrypted, &e->stored, e->cipher);
    if (rc == 0 && e->decrypted.plain.is_plain && e->decrypted.key.len != e->key_len) {
        rc = OTA_ENOTSUP; /* the trailer has no room for it */
    }
    if (rc == 0) {
        b->source = e->decrypted.plain;
    }
    return rc;
}

/* ---- Keys ------------------------------------------------------------------------------------ */

/* An old image whose key cannot be opened is none that could run again: it is copied as it is. */
static int open_old(struct ota_boot *b, struct ota_boot_payload *p)
{
    const struct ota_boot_encryption *e = b->config->encryption;
    struct ota_source src;
    struct ota_image image;
    int rc;

    ota_source_from_area(&src, &b->config->primary);
    rc = ota_image_parse(&src, &image);
    if (rc == 0 && ota_image_is_encrypted(&image.header)) {
        rc = ota_image_key_open(&src, &image, e->cipher, &p->key);
        if (rc == 0 && p->key.len == e->key_len) {
            p->begin = image.header.header_size;
            p->end = image.tlv_off;
        }
    }
    return rc == OTA_EFLASH || rc == OTA_ECRYPTO ? rc : 0;
}

static int begin(struct ota_boot *b)
{
    struct ota_boot_encryption *e = b->config->encryption;
    struct ota_boot_payload *new_image = &e->image[NEW];

    memset(e->image, 0, sizeof e->image);
    if (e->decrypted.plain.is_plain) {
        new_image->begin = e->decrypted.begin;
        new_image->end = e->decrypted.end;
        new_image->key = e->decrypted.key;
    }
    return b->config->mode->is_swap ? open_old(b, &e->image[OLD]) : 0;
}

/* Where a header lies. */
struct place {
    const struct ota_area *area;
    uint32_t off;
};

/* A header moves with the last chunk, in which it is the first thing. */
static void find_in_chunks(const struct ota_boot *b, struct place at[N_IMAGES])
{
    const struct ota_boot_config *c = b->config;

    if (b->chunk_off == 0 && b->state > 1) {
        at[NEW].area = &c->scratch;
    }
    if (b->chunk_off == 0 && b->state > 2) {
        at[OLD].area = &c->secondary;
    }
}

/* The same for swaps without scratch; swap_units.c lists their steps. */
static void find_in_units(const struct ota_boot *b, struct place at[N_IMAGES])
{
    const struct ota_boot_config *c = b->config;
    const uint32_t unit = ota_boot_unit_end(&c->primary, 0);
    const uint32_t units = (b->swap_size + unit - 1) / unit;
    const bool is_offset = c->mode->has_tlv_sizes;
    const bool is_revert = is_offset && b->type == OTA_SWAP_REVERT;
    /* The steps that take the headers away from where they were in the beginning. */
    uint32_t old_step = units + 1, new_step = units;

    if (is_offset) {
        old_step = is_revert ? 2 * units - 2 : 0;
        new_step = old_step + 1;
        at[NEW].off = is_revert ? 0 : unit;
    } else if (b->done >= units) {
        at[OLD].off = unit; /* up by one */
    }
    if (b->done > old_step) {
        at[OLD] = (struct place){&c->secondary, is_revert ? unit : 0};
    }
    if (b->done > new_step) {
        at[NEW] = (struct place){&c->primary, 0};
    }
}

/* 1 and a key from a trailer, 0 if there is none. */
static int read_key(const struct ota_boot *b, enum ota_boot_where where, int i, uint8_t *key)
{
    const struct ota_boot_config *c = b->config;
    const struct ota_area *trailer = ota_boot_area(c, where);
    uint32_t off = ota_boot_key_off(c, where, i);
    int rc = ota_area_is_erased(trailer, off, c->encryption->key_len);

    if (rc != 0) {
        return rc < 0 ? rc : 0;
    }
    rc = ota_area_read(trailer, off, key, c->encryption->key_len);
    return rc == 0 ? 1 : rc;
}

/* The header of one image tells where its payload is; the trailer has its key. */
static int restore(struct ota_boot *b, enum ota_boot_where where, int i, const struct place *place)
{
    const struct ota_boot_config *c = b->config;
    const struct ota_boot_store *store = c->mode->store;
    struct ota_boot_payload *p = &c->encryption->image[i];
    uint8_t raw[OTA_IMAGE_HEADER_LEN];
    struct ota_image_header h;
    int rc = ota_area_read(place->area, place->off, raw, sizeof raw);

    if (rc != 0 || ota_image_header_decode(raw, &h) != 0 || !ota_image_is_encrypted(&h)) {
        return rc;
    }
    rc = (store->read_key != NULL ? store->read_key : read_key)(b, where, i, p->key.bytes);
    if (rc == 1) {
        p->key.len = c->encryption->key_len;
        p->begin = h.header_size;
        p->end = h.header_size + h.payload_size;
    }
    return rc < 0 ? rc : 0;
}

static int resume(struct ota_boot *b, enum ota_boot_where where)
{
    const struct ota_boot_config *c = b->config;
    struct place at[N_IMAGES] = {{&c->primary, 0}, {&c->secondary, 0}};
    int rc;

    if (c->mode->uses_scratch) {
        find_in_chunks(b, at);
    } else {
        find_in_units(b, at);
    }
    memset(c->encryption->image, 0, sizeof c->encryption->image);
    rc = restore(b, where, OLD, &at[OLD]);
    return rc == 0 ? restore(b, where, NEW, &at[NEW]) : rc;
}

static int put_keys(const struct ota_boot *b, enum ota_boot_where where)
{
    const struct ota_boot_config *c = b->config;
    const struct ota_area *area = ota_boot_area(c, where);
    uint32_t room = ota_boot_key_room(c);
    uint8_t raw[sizeof c->encryption->image[0].key.bytes];
    int rc = 0;

    for (int i = OLD; rc == 0 && i < N_IMAGES; i++) {
        const struct ota_image_key *key = &c->encryption->image[i].key;

        if (c->encryption->image[i].end > 0) {
            memset(raw, area->flash->erased, sizeof raw);
            memcpy(raw, key->bytes, key->len);
            rc = ota_area_write(area, ota_boot_key_off(c, where, i), raw, room);
        }
    }
    return rc;
}

static void wipe(const struct ota_boot_config *c)
{
    for (int i = OLD; i < N_IMAGES; i++) {
        ota_image_key_wipe(&c->encryption->image[i].key);
    }
    ota_image_key_wipe(&c->encryption->decrypted.key);
}

/* ---- Copies ---------------------------------------------------------------------------------- */

/* The image whose bytes cross the border of the primary slot, and where in it they begin. Without
 * scratch an image may lie one unit further up in the slot that has the spare unit. */
static int crossing(const struct ota_boot_config *c, const struct ota_boot_copy *copy,
                    uint32_t *off)
{
    if (copy->to == &c->primary && copy->from != &c->primary) {
        *off = copy->to_off;
        return NEW;
    }
    if (copy->from == &c->primary && copy->to == &c->secondary) {
        *off = copy->from_off < copy->to_off ? copy->from_off : copy->to_off;
        return OLD;
    }
    return -1;
}

static int transform(const struct ota_boot *b, uint8_t *buf, uint32_t len)
{
    const struct ota_boot_encryption *e = b->config->encryption;
    const struct ota_boot_payload *p;
    uint32_t off, first, last;
    int i = crossing(b->config, &b->copy, &off);

    if (i < 0) {
        return 0;
    }
    p = &e->image[i];
    first = off > p->begin ? off : p->begin;
    last = off + len < p->end ? off + len : p->end;
    return first >= last ? 0
                         : e->cipher->ops->ctr(e->cipher->ctx, &p->key, first - p->begin,
                                               buf + (first - off), last - first);
}

/* ---- Set-up ---------------------------------------------------------------------------------- */

int ota_boot_encryption_init(struct ota_boot_encryption *e, const struct ota_cipher *cipher,
                             uint8_t key_len)
{
    static const struct ota_boot_encryption_ops ops = {
        .open = open,
        .begin = begin,
        .resume = resume,
        .put_keys = put_keys,
        .wipe = wipe,
        .transform = transform,
    };

    memset(e, 0, sizeof *e);
    e->ops = &ops;
    e->cipher = cipher;
    e->key_len = key_len == 0 ? 16 : key_len;
    return e->key_len == 16 || e->key_len == 32 ? 0 : OTA_EARG;
}
