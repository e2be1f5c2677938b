/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overwrite: the whole secondary slot is copied over the primary one, trailer included. Nothing is
 * recorded; as long as there is a request every boot begins again. The request is erased before the
 * header: an erase that is cut may leave bits that read as the old ones now and not a moment later,
 * and a header like that must not be copied over a good one.
 * The fast variant copies the image only.
 */
#include "flash/area.h"
#include "internal.h"
#include "ota/err.h"

static uint32_t max_image(const struct ota_boot_config *c)
{
    return c->primary.size - ota_trailer_back(ota_boot_align(c), OTA_TRAILER_SWAP_INFO);
}

static int check(const struct ota_boot_config *c)
{
    return ota_boot_trailer_check(c, false);
}

static int fits(const struct ota_boot_config *c)
{
    return c->primary.size == c->secondary.size ? 0 : OTA_ESIZE;
}

static int erase_header(struct ota_boot *b)
{
    ota_boot_plan_erase(b, &b->config->secondary, 0, 1);
    return ota_boot_go(b, ota_boot_settle);
}

static int erase_request(struct ota_boot *b)
{
    const struct ota_area *s = &b->config->secondary;
    uint32_t last = ota_boot_unit_begin(s, s->size - 1);

    if (last > 0) {
        ota_boot_plan_erase(b, s, last, s->size);
    }
    return ota_boot_go(b, erase_header);
}

static int start(struct ota_boot *b)
{
    ota_boot_plan_erase(b, &b->config->primary, 0, b->config->primary.size);
    ota_boot_plan_copy(b, &b->config->secondary, &b->config->primary, 0, b->config->primary.size);
    return ota_boot_go(b, erase_request);
}

const struct ota_boot_mode ota_boot_overwrite = {
    .store = &ota_boot_store_trailer,
    .check = check,
    .fits = fits,
    .max_image = max_image,
    .start = start,
};

/* ---- Only the image -------------------------------------------------------------------------- */

/* As MCUboot leaves it: a magic and nothing else. */
static int write_magic(struct ota_boot *b)
{
    uint8_t magic[OTA_TRAILER_MAGIC_LEN];
    const struct ota_area *p = &b->config->primary;
    int rc;

    ota_trailer_magic(b->align, magic);
    rc = ota_area_patch(p, p->size - ota_trailer_back(b->align, OTA_TRAILER_MAGIC), magic,
                        sizeof magic);
    return rc == 0 ? ota_boot_go(b, erase_request) : rc;
}

static int copy_image(struct ota_boot *b)
{
    const struct ota_area *p = &b->config->primary;
    uint32_t trailer = ota_boot_unit_begin(p, max_image(b->config));
    uint32_t end = ota_boot_unit_end(p, b->new_size - 1);

    /* The trailer's units are erased already. */
    ota_boot_plan_erase(b, p, 0, end < trailer ? end : trailer);
    ota_boot_plan_copy(b, &b->config->secondary, p, 0, b->new_size);
    return ota_boot_go(b, write_magic);
}

static int start_fast(struct ota_boot *b)
{
    const struct ota_area *p = &b->config->primary;

    ota_boot_plan_erase(b, p, ota_boot_unit_begin(p, max_image(b->config)), p->size);
    return ota_boot_go(b, copy_image);
}

const struct ota_boot_mode ota_boot_overwrite_fast = {
    .store = &ota_boot_store_trailer,
    .check = check,
    .fits = fits,
    .max_image = max_image,
    .start = start_fast,
};
