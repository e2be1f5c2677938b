/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Swap status in the trailers of the primary slot and of scratch, as MCUboot has it.
 *
 *     primary  ... | 3 * S entries | swap_size | swap_info | copy_done | image_ok | magic | end
 *     scratch  ... | 3 entries     | swap_size | ...
 *
 * An entry is one write unit whose first byte is programmed once the state is complete. The magic
 * is written last and erased first, so that a good one vouches for the rest.
 */
#include <string.h>

#include "base/le.h"
#include "flash/area.h"
#include "internal.h"
#include "ota/err.h"

#define STATES 3u /* of a chunk in scratch */
#define ALIGN_MAX 32u

/* ---- Layout ---------------------------------------------------------------------------------- */

static uint32_t entry_size(const struct ota_boot_config *c)
{
    uint32_t p = c->primary.flash->write_size;
    uint32_t s = c->mode->uses_scratch ? c->scratch.flash->write_size : 0;

    return p > s ? p : s;
}

static uint32_t fields_size(const struct ota_boot_config *c)
{
    int last = OTA_TRAILER_SWAP_SIZE + (c->mode->has_tlv_sizes ? 1 : 0);

    return ota_trailer_back(ota_boot_align(c), (enum ota_trailer_field)last);
}

uint32_t ota_boot_key_room(const struct ota_boot_config *c)
{
    uint8_t align = ota_boot_align(c);

    return align > c->encryption->key_len ? align : c->encryption->key_len;
}

/* Fields and keys. */
static uint32_t record_size(const struct ota_boot_config *c)
{
    return fields_size(c) + (c->encryption == NULL ? 0 : 2 * ota_boot_key_room(c));
}

static uint32_t trailer_size(const struct ota_boot_config *c, enum ota_boot_where where)
{
    bool is_short = where == OTA_BOOT_SCRATCH && (c->flags & OTA_BOOT_V1) == 0;
    uint32_t entries = is_short ? STATES : c->mode->entries * ota_boot_sectors(c);

    return entries * entry_size(c) + record_size(c);
}

const struct ota_area *ota_boot_area(const struct ota_boot_config *c, enum ota_boot_where where)
{
    if (where == OTA_BOOT_PRIMARY) {
        return &c->primary;
    }
    return where == OTA_BOOT_SECONDARY ? &c->secondary : &c->scratch;
}

uint32_t ota_boot_key_off(const struct ota_boot_config *c, enum ota_boot_where where, int image)
{
    return ota_boot_area(c, where)->size - fields_size(c) -
           (uint32_t)(image + 1) * ota_boot_key_room(c);
}

static uint32_t data_end(const struct ota_boot_config *c)
{
    return c->primary.size - trailer_size(c, OTA_BOOT_PRIMARY);
}

/* A full chunk that ends with the trailer's first unit must leave room for scratch's trailer. */
static uint32_t max_image(const struct ota_boot_config *c)
{
    uint32_t end = data_end(c);
    uint32_t in_unit = ota_boot_unit_end(&c->primary, end) - end;
    uint32_t scratch = trailer_size(c, OTA_BOOT_SCRATCH);

    return scratch > in_unit ? end - (scratch - in_unit) : end;
}

static bool is_writable(const struct ota_area *area, uint8_t align)
{
    return area->flash->write_size <= align || (area->flash->flags & OTA_FLASH_REWRITE) != 0;
}

static int check_scratch(const struct ota_boot_config *c)
{
    int rc = ota_boot_check_area(c, &c->scratch);

    if (rc != 0) {
        return rc;
    }
    if (c->scratch.flash->write_size > ota_boot_align(c)) {
        return OTA_EARG;
    }
    return c->scratch.size < trailer_size(c, OTA_BOOT_SCRATCH) ? OTA_ERANGE : 0;
}

int ota_boot_trailer_check(const struct ota_boot_config *c, bool with_status)
{
    uint8_t align = ota_boot_align(c);
    int rc = 0;

    if (!is_writable(&c->primary, align) || !is_writable(&c->secondary, align)) {
        return OTA_EARG;
    }
    if (c->primary.size < record_size(c) || c->secondary.size < record_size(c)) {
        return OTA_ERANGE;
    }
    if (!with_status) {
        return 0;
    }
    if (c->mode->uses_scratch) {
        rc = check_scratch(c);
    }
    if (rc == 0 && c->primary.flash->write_size > align) {
        rc = OTA_EARG;
    }
    if (rc == 0 && c->primary.size <= trailer_size(c, OTA_BOOT_PRIMARY) + 3 * ALIGN_MAX) {
        rc = OTA_ERANGE;
    }
    return rc;
}

uint32_t ota_boot_trailer_unit(const struct ota_boot_config *c, enum ota_boot_where where)
{
    const struct ota_area *area = ota_boot_area(c, where);
    uint32_t len = where == OTA_BOOT_PRIMARY ? trailer_size(c, where) : record_size(c);

    return ota_boot_unit_begin(area, area->size - len);
}

/* ---- Trailers -------------------------------------------------------------------------------- */

void ota_boot_own_trailer(const struct ota_boot *b, enum ota_boot_where where,
                          struct ota_trailer *t)
{
    if (where == OTA_BOOT_SCRATCH && t->swap_info >> 4 != b->config->image) {
        t->magic = OTA_FIELD_UNSET;
    }
    t->swap_info &= 0x0f;
}

static int read_trailer(const struct ota_boot *b, enum ota_boot_where where,
                        struct ota_trailer *out)
{
    const struct ota_area *area = ota_boot_area(b->config, where);
    struct ota_slot slot = {*area, b->align, 0};
    uint8_t raw[4];
    int rc = ota_slot_read_trailer(&slot, out);

    if (rc == 0 && b->config->mode->has_tlv_sizes) {
        rc = ota_area_read(area, area->size - fields_size(b->config), raw, sizeof raw);
        out->swap_size = ota_get_le32(raw);
    }
    ota_boot_own_trailer(b, where, out);
    return rc;
}

static int patch_field(const struct ota_boot *b, const struct ota_area *area,
                       enum ota_trailer_field field, const uint8_t *value, size_t len)
{
    return ota_area_patch(area, area->size - ota_trailer_back(b->align, field), value, len);
}

static int set(const struct ota_boot *b, enum ota_trailer_field field)
{
    uint8_t flag = OTA_TRAILER_FLAG;

    return patch_field(b, &b->config->primary, field, &flag, sizeof flag);
}

static int put_magic(const struct ota_boot *b, enum ota_boot_where where)
{
    uint8_t magic[OTA_TRAILER_MAGIC_LEN];

    ota_trailer_magic(b->align, magic);
    return patch_field(b, ota_boot_area(b->config, where), OTA_TRAILER_MAGIC, magic, sizeof magic);
}

int ota_boot_trailer_write(const struct ota_boot *b, enum ota_boot_where where, uint32_t flags)
{
    const struct ota_area *area = ota_boot_area(b->config, where);
    uint32_t len = fields_size(b->config) - ota_trailer_back(b->align, OTA_TRAILER_COPY_DONE);
    uint8_t raw[3 * ALIGN_MAX];
    uint8_t flag = OTA_TRAILER_FLAG;
    int rc;

    /* swap_size, TLV sizes if there are any, swap_info: neighbours, and one write. */
    memset(raw, area->flash->erased, sizeof raw);
    ota_put_le32(raw, b->swap_size);
    if (b->config->mode->has_tlv_sizes) {
        ota_put_le32(raw + b->align, b->tlv_sizes);
    }
    raw[len - b->align] = (uint8_t)((unsigned)b->type | (unsigned)b->config->image << 4);
    rc = ota_area_write(area, area->size - fields_size(b->config), raw, len);
    for (int f = OTA_TRAILER_IMAGE_OK; rc == 0 && f <= OTA_TRAILER_COPY_DONE; f++) {
        if ((flags & 1u << f) != 0) {
            rc = patch_field(b, area, (enum ota_trailer_field)f, &flag, sizeof flag);
        }
    }
    /* The secondary's only announces a swap, which begins with the images' own keys. */
    if (rc == 0 && b->config->encryption != NULL && where != OTA_BOOT_SECONDARY) {
        rc = b->config->encryption->ops->put_keys(b, where);
    }
    return rc == 0 ? put_magic(b, where) : rc;
}

/* The trailer of a swap that begins: an image that is to stay is marked at once. */
static int put_fields(const struct ota_boot *b, enum ota_boot_where where)
{
    return ota_boot_trailer_write(b, where,
                                  b->type == OTA_SWAP_PERM ? 1u << OTA_TRAILER_IMAGE_OK : 0);
}

void ota_boot_trailer_erase(struct ota_boot *b, enum ota_boot_where where)
{
    const struct ota_area *area = ota_boot_area(b->config, where);

    ota_boot_plan_erase_backwards(b, area, ota_boot_trailer_unit(b->config, where), area->size);
}

static int clear(struct ota_boot *b, enum ota_boot_where where, uint8_t phase)
{
    const struct ota_area *area = ota_boot_area(b->config, where);
    uint32_t len = record_size(b->config);
    int rc;

    if (phase > 0) {
        return 0;
    }
    rc = ota_boot_is_doubtful(b, area) ? 0 : ota_area_is_erased(area, area->size - len, len);
    if (rc != 0) {
        return rc < 0 ? rc : 0;
    }
    ota_boot_trailer_erase(b, where);
    return 1;
}

bool ota_boot_is_swap(const struct ota_boot *b, const struct ota_trailer *t)
{
    return t->magic == OTA_FIELD_SET && t->swap_info >= OTA_SWAP_TEST &&
           t->swap_info <= OTA_SWAP_REVERT && t->swap_size > 0 &&
           t->swap_size <= b->config->mode->max_image(b->config);
}

/* ---- Status ---------------------------------------------------------------------------------- */

static uint32_t entry_off(const struct ota_boot_config *c, enum ota_boot_where where, uint32_t n)
{
    return ota_boot_area(c, where)->size - trailer_size(c, where) + n * entry_size(c);
}

static uint32_t n_entries(const struct ota_boot_config *c, enum ota_boot_where where)
{
    return where == OTA_BOOT_SCRATCH ? STATES : c->mode->entries * ota_boot_sectors(c);
}

/* 1 if an entry is written, 0 if not, or an error. */
static int is_written(const struct ota_boot *b, enum ota_boot_where where, uint32_t n)
{
    const struct ota_area *area = ota_boot_area(b->config, where);
    uint8_t value;
    uint32_t off = entry_off(b->config, where, n);
    int rc = ota_area_read(area, off, &value, 1);

    if (rc == 0 && value == area->flash->erased) {
        /* One that is written at times was written: the state is complete. */
        rc = ota_area_read_steady(area, off, &value, 1);
    }
    return rc == 0 ? value != area->flash->erased : rc;
}

static int scan(const struct ota_boot *b, enum ota_boot_where where, uint32_t *n)
{
    uint32_t max = n_entries(b->config, where);
    int rc = 1;

    for (*n = 0; *n < max; ++*n) {
        rc = is_written(b, where, *n);
        if (rc != 1) {
            return rc;
        }
    }
    return 0;
}

int ota_boot_trailer_last(const struct ota_boot *b, uint32_t *n)
{
    for (*n = n_entries(b->config, OTA_BOOT_PRIMARY); *n > 0; --*n) {
        int rc = is_written(b, OTA_BOOT_PRIMARY, *n - 1);

        if (rc != 0) {
            return rc < 0 ? rc : 0;
        }
    }
    return 0;
}

static int put(const struct ota_boot *b, enum ota_boot_where where, uint32_t n, uint8_t value)
{
    const struct ota_area *area = ota_boot_area(b->config, where);
    uint8_t entry[ALIGN_MAX];

    memset(entry, area->flash->erased, sizeof entry);
    entry[0] = value;
    return ota_area_write(area, entry_off(b->config, where, n), entry, entry_size(b->config));
}

static int firm(const struct ota_boot *b, enum ota_boot_where where, uint32_t n)
{
    int rc = 0;

    if (!ota_boot_is_doubtful(b, ota_boot_area(b->config, where))) {
        return 0;
    }
    if (n > 0) {
        rc = put(b, where, n - 1, (uint8_t)((n - 1) % STATES + 1));
    }
    return rc == 0 ? put_magic(b, where) : rc;
}

static int put_big(const struct ota_boot *b, enum ota_boot_where where)
{
    const struct ota_area *area = ota_boot_area(b->config, where);
    uint32_t w = entry_size(b->config);
    uint8_t entries[2 * ALIGN_MAX];
    int rc = 0;

    if (where == OTA_BOOT_PRIMARY) {
        memset(entries, area->flash->erased, sizeof entries);
        entries[0] = 1;
        entries[w] = 2;
        rc = ota_area_write(area, entry_off(b->config, where, 0), entries, 2 * w);
    }
    return rc == 0 ? put_fields(b, where) : rc;
}

/*
 * The trailer of the primary slot has to be erased before it can say what begins. For a revert it
 * is all that says so, hence a copy in scratch first.
 */
static int prepare(struct ota_boot *b, uint8_t phase)
{
    bool needs_copy = b->info_in == OTA_BOOT_NOWHERE && b->type == OTA_SWAP_REVERT;
    int rc = 0;

    if (b->info_in == OTA_BOOT_PRIMARY) {
        return 0;
    }
    switch (phase) {
    case 0:
        if (needs_copy) {
            ota_boot_trailer_erase(b, OTA_BOOT_SCRATCH);
        }
        break;
    case 1:
        rc = needs_copy ? put_fields(b, OTA_BOOT_SCRATCH) : 0;
        break;
    case 2:
        ota_boot_trailer_erase(b, OTA_BOOT_PRIMARY);
        break;
    case 3:
        rc = put_fields(b, OTA_BOOT_PRIMARY);
        break;
    default:
        return 0;
    }
    return rc == 0 ? 1 : rc;
}

const struct ota_boot_store ota_boot_store_trailer = {
    .read = read_trailer,
    .set = set,
    .scan = scan,
    .put = put,
    .firm = firm,
    .put_big = put_big,
    .prepare = prepare,
    .clear = clear,
    .data_end = data_end,
    .max_image = max_image,
};
