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

#define STATES 3u
#define ALIGN_MAX 32u

/* ---- Layout ---------------------------------------------------------------------------------- */

static uint32_t entry_size(const struct ota_boot_config *c)
{
    uint32_t p = c->primary.flash->write_size;
    uint32_t s = c->scratch.flash == NULL ? 0 : c->scratch.flash->write_size;

    return p > s ? p : s;
}

static uint32_t fields_size(const struct ota_boot_config *c)
{
    return ota_trailer_back(ota_boot_align(c), OTA_TRAILER_SWAP_SIZE);
}

static uint32_t trailer_size(const struct ota_boot_config *c, enum ota_boot_where where)
{
    bool is_short = where == OTA_BOOT_SCRATCH && (c->flags & OTA_BOOT_V1) == 0;
    uint32_t chunks = is_short ? 1 : ota_boot_sectors(c);

    return STATES * chunks * entry_size(c) + fields_size(c);
}

static const struct ota_area *area_of(const struct ota_boot_config *c, enum ota_boot_where where)
{
    if (where == OTA_BOOT_PRIMARY) {
        return &c->primary;
    }
    return where == OTA_BOOT_SECONDARY ? &c->secondary : &c->scratch;
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

int ota_boot_trailer_check(const struct ota_boot_config *c, bool with_status)
{
    uint8_t align = ota_boot_align(c);
    int rc;

    if (!is_writable(&c->primary, align) || !is_writable(&c->secondary, align)) {
        return OTA_EARG;
    }
    if (c->primary.size < fields_size(c) || c->secondary.size < fields_size(c)) {
        return OTA_ERANGE;
    }
    if (!with_status) {
        return 0;
    }
    rc = ota_area_check(&c->scratch);
    if (rc != 0) {
        return rc;
    }
    if (entry_size(c) > align) {
        return OTA_EARG;
    }
    if (c->buf_len < c->scratch.flash->write_size) {
        return OTA_ENOSPC;
    }
    return c->primary.size > trailer_size(c, OTA_BOOT_PRIMARY) + ALIGN_MAX * STATES &&
                   c->scratch.size >= trailer_size(c, OTA_BOOT_SCRATCH)
               ? 0
               : OTA_ERANGE;
}

/* ---- Trailers -------------------------------------------------------------------------------- */

static int read_trailer(const struct ota_boot *b, enum ota_boot_where where,
                        struct ota_trailer *out)
{
    struct ota_slot slot = {*area_of(b->config, where), b->align, 0};

    return ota_slot_read_trailer(&slot, out);
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

/* Writes all fields that a swap begins with, into erased flash. */
static int put_fields(const struct ota_boot *b, const struct ota_area *area)
{
    uint8_t raw[2 * ALIGN_MAX];
    uint8_t magic[OTA_TRAILER_MAGIC_LEN];
    uint8_t flag = OTA_TRAILER_FLAG;
    int rc;

    memset(raw, area->flash->erased, sizeof raw);
    ota_put_le32(raw, b->swap_size);
    raw[b->align] = (uint8_t)b->type;
    rc = ota_area_write(area, area->size - fields_size(b->config), raw, 2u * b->align);
    if (rc == 0 && b->type == OTA_SWAP_PERM) {
        rc = patch_field(b, area, OTA_TRAILER_IMAGE_OK, &flag, sizeof flag);
    }
    if (rc == 0) {
        ota_trailer_magic(b->align, magic);
        rc = patch_field(b, area, OTA_TRAILER_MAGIC, magic, sizeof magic);
    }
    return rc;
}

static void erase_fields(struct ota_boot *b, const struct ota_area *area)
{
    ota_boot_plan_erase_backwards(b, area, area->size - fields_size(b->config), area->size);
}

static int clear(struct ota_boot *b, enum ota_boot_where where, uint8_t phase)
{
    const struct ota_area *area = area_of(b->config, where);
    uint32_t len = fields_size(b->config);
    int rc;

    if (phase > 0) {
        return 0;
    }
    rc = ota_area_is_erased(area, area->size - len, len);
    if (rc != 0) {
        return rc < 0 ? rc : 0;
    }
    erase_fields(b, area);
    return 1;
}

/* ---- Status ---------------------------------------------------------------------------------- */

static uint32_t entry_off(const struct ota_boot_config *c, enum ota_boot_where where, uint32_t n)
{
    return area_of(c, where)->size - trailer_size(c, where) + n * entry_size(c);
}

static int scan(const struct ota_boot *b, enum ota_boot_where where, uint32_t *n)
{
    const struct ota_area *area = area_of(b->config, where);
    uint32_t max = STATES * (where == OTA_BOOT_SCRATCH ? 1 : ota_boot_sectors(b->config));

    for (*n = 0; *n < max; ++*n) {
        uint8_t value;
        int rc = ota_area_read(area, entry_off(b->config, where, *n), &value, 1);

        if (rc != 0 || value == area->flash->erased) {
            return rc;
        }
    }
    return 0;
}

static int put(const struct ota_boot *b, enum ota_boot_where where)
{
    const struct ota_area *area = area_of(b->config, where);
    uint32_t n = (b->index - 1u) * STATES + b->state - 1u;
    uint8_t row[ALIGN_MAX];

    memset(row, area->flash->erased, sizeof row);
    row[0] = b->state;
    return ota_area_write(area, entry_off(b->config, where, n), row, entry_size(b->config));
}

static int put_big(const struct ota_boot *b, enum ota_boot_where where)
{
    const struct ota_area *area = area_of(b->config, where);
    uint32_t w = entry_size(b->config);
    uint8_t rows[2 * ALIGN_MAX];
    int rc = 0;

    if (where == OTA_BOOT_PRIMARY) {
        memset(rows, area->flash->erased, sizeof rows);
        rows[0] = 1;
        rows[w] = 2;
        rc = ota_area_write(area, entry_off(b->config, where, 0), rows, 2 * w);
    }
    return rc == 0 ? put_fields(b, area) : rc;
}

/*
 * The trailer of the primary slot has to be erased before it can say what begins. For a revert it
 * is all that says so, hence a copy in scratch first.
 */
static int prepare(struct ota_boot *b, uint8_t phase)
{
    const struct ota_boot_config *c = b->config;
    bool needs_copy = b->info_in == OTA_BOOT_NOWHERE && b->type == OTA_SWAP_REVERT;
    int rc = 0;

    if (b->info_in == OTA_BOOT_PRIMARY) {
        return 0;
    }
    switch (phase) {
    case 0:
        if (needs_copy) {
            erase_fields(b, &c->scratch);
        }
        break;
    case 1:
        rc = needs_copy ? put_fields(b, &c->scratch) : 0;
        break;
    case 2:
        ota_boot_plan_erase_backwards(b, &c->primary, data_end(c), c->primary.size);
        break;
    case 3:
        rc = put_fields(b, &c->primary);
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
    .put_big = put_big,
    .prepare = prepare,
    .clear = clear,
    .data_end = data_end,
    .max_image = max_image,
};
