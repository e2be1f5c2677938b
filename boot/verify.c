/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the images in the slots, stepwise. */
#include <string.h>

#include "flash/area.h"
#include "internal.h"
#include "ota/err.h"

int ota_boot_check_begin(struct ota_boot *b, const struct ota_area *area)
{
    struct ota_boot_encryption *e = b->config->encryption;
    int rc;

    b->checked = *area;
    ota_source_from_area(&b->source, &b->checked);
    rc = e == NULL ? 0 : e->ops->open(b, area == &b->config->primary);
    return rc != 0 ? rc : ota_image_check_init(&b->check, &b->source, b->config->trust);
}

static int step_check(struct ota_boot *b)
{
    return ota_image_check_step(&b->check, b->config->buf, b->config->buf_len);
}

int ota_boot_check_step(struct ota_boot *b)
{
    int rc = step_check(b);

    return rc == 0 && b->config->counter != NULL ? b->config->counter->ops->admit(b) : rc;
}

/* Begins the check of an image that is to be exchanged: one that reaches into the trailer cannot
 * be. */
static int begin_movable(struct ota_boot *b, const struct ota_area *area)
{
    int rc = ota_boot_check_begin(b, area);

    if (rc == 0 && b->check.image.tlv_end > b->config->mode->max_image(b->config)) {
        rc = OTA_ESIZE;
    }
    return rc;
}

/* ---- Secondary ------------------------------------------------------------------------------- */

bool ota_boot_is_final(int err)
{
    switch (err) {
    case OTA_EFLASH:
    case OTA_ECRYPTO:
    case OTA_EKEY:
    case OTA_ENOTSUP:
        return false;
    default:
        return true;
    }
}

static int continue_secondary(struct ota_boot *b)
{
    int rc = ota_boot_check_step(b);

    return rc == 1 ? 1 : ota_boot_judge(b, rc, ota_boot_is_final(rc));
}

int ota_boot_check_secondary(struct ota_boot *b)
{
    const struct ota_boot_mode *mode = b->config->mode;
    struct ota_area area = b->config->secondary;
    int rc = mode->find_image == NULL ? 0 : mode->find_image(b, &area);

    rc = rc == 0 ? begin_movable(b, &area) : rc;
    if (rc != 0) {
        /* Before anything is computed, these are about the image: nobody here can decrypt it.
         */
        return ota_boot_judge(b, rc, rc == OTA_ENOTSUP || ota_boot_is_final(rc));
    }
    return ota_boot_go(b, continue_secondary);
}

/* ---- Primary, before a swap ------------------------------------------------------------------ */

static int continue_old(struct ota_boot *b)
{
    int rc = step_check(b);

    return rc == 1 ? 1 : ota_boot_begin(b, rc);
}

int ota_boot_check_old(struct ota_boot *b)
{
    int rc = begin_movable(b, &b->config->primary);

    if (rc != 0) {
        return ota_boot_begin(b, rc);
    }
    b->primary_size = b->check.image.tlv_end;
    b->tlv_sizes |= b->primary_size - b->check.image.hashed_size;
    b->primary_version = b->check.image.header.version;
    if (b->type == OTA_SWAP_TEST && b->config->mode->is_swap) {
        return ota_boot_go(b, continue_old);
    }
    return ota_boot_begin(b, 0);
}

/* ---- Primary, to be started ------------------------------------------------------------------ */

static int start_image(struct ota_boot *b, const struct ota_image_header *h)
{
    struct ota_boot_result *r = &b->result;

    r->version = h->version;
    r->image_off = (r->slot == OTA_BOOT_PRIMARY ? &b->config->primary : &b->config->secondary)->off;
    r->entry_off = r->image_off + h->header_size;
    return 0;
}

int ota_boot_start(struct ota_boot *b)
{
    const struct ota_boot_counter *counter = b->config->counter;
    int rc = counter == NULL ? 0 : counter->ops->raise(b);

    return rc == 0 ? start_image(b, &b->check.image.header) : rc;
}

static int continue_settle(struct ota_boot *b)
{
    int rc = ota_boot_check_step(b);

    return rc == 0 ? ota_boot_start(b) : rc;
}

static int trust_header(struct ota_boot *b)
{
    struct ota_image_header h;
    uint8_t raw[OTA_IMAGE_HEADER_LEN];
    int rc = ota_area_read(&b->config->primary, 0, raw, sizeof raw);

    if (rc == 0) {
        rc = ota_image_header_decode(raw, &h);
    }
    return rc == 0 ? start_image(b, &h) : rc;
}

int ota_boot_settle(struct ota_boot *b)
{
    int rc;

    if (b->config->encryption != NULL) {
        b->config->encryption->ops->wipe(b->config);
    }
    if ((b->config->flags & OTA_BOOT_TRUST_PRIMARY) != 0) {
        return trust_header(b);
    }
    rc = ota_boot_check_begin(b, &b->config->primary);
    return rc == 0 ? ota_boot_go(b, continue_settle) : rc;
}
