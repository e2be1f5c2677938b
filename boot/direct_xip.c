/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Direct-XIP: the newest good image is started in the slot where it lies.
 *
 * With trials, an image's rank goes before its version: one that is marked and whose trial, if it
 * is one, is still to come or was confirmed; then one that nobody marked, as the first image of a
 * device may be; last, one whose trial is over. An image is erased only when another one was found
 * good, or when no device could start it.
 */
#include "flash/area.h"
#include "internal.h"
#include "ota/err.h"

#define SLOTS 2u

enum rank { RANK_NONE, RANK_OVER, RANK_UNMARKED, RANK_GOOD };

/* What a slot holds. */
struct candidate {
    enum rank rank;
    struct ota_version version;
    struct ota_trailer trailer;
};

static const struct ota_area *slot_area(const struct ota_boot *b, uint32_t slot)
{
    return slot == OTA_BOOT_PRIMARY ? &b->config->primary : &b->config->secondary;
}

static bool has_trials(const struct ota_boot *b)
{
    return b->config->mode->is_swap;
}

static enum rank rank_of(const struct ota_boot *b, const struct ota_trailer *t)
{
    if (!has_trials(b)) {
        return RANK_GOOD;
    }
    if (t->magic != OTA_FIELD_SET) {
        return RANK_UNMARKED;
    }
    return t->copy_done == OTA_FIELD_SET && t->image_ok != OTA_FIELD_SET ? RANK_OVER : RANK_GOOD;
}

/* An image that is linked for the other slot is none in this one. */
static bool is_at_home(const struct ota_boot *b, uint32_t slot, const struct ota_image_header *h)
{
    const uint32_t *address = b->config->address;

    return (h->flags & OTA_IMAGE_F_ROM_FIXED) == 0 || (address[0] == 0 && address[1] == 0) ||
           h->load_addr == address[slot];
}

static int look(const struct ota_boot *b, uint32_t slot, struct candidate *out)
{
    const struct ota_boot_store *store = b->config->mode->store;
    uint8_t raw[OTA_IMAGE_HEADER_LEN];
    struct ota_image_header h;
    int rc = ota_area_read(slot_area(b, slot), 0, raw, sizeof raw);

    if (rc == 0) {
        rc = store->read(b, (enum ota_boot_where)slot, &out->trailer);
    }
    if (rc != 0) {
        return rc;
    }
    rc = ota_image_header_decode(raw, &h);
    out->version = h.version;
    out->rank = RANK_NONE;
    if (rc == 0 && is_at_home(b, slot, &h)) {
        out->rank = rank_of(b, &out->trailer);
    }
    return rc;
}

static bool is_better(const struct candidate *a, const struct candidate *than)
{
    return a->rank > than->rank ||
           (a->rank == than->rank && ota_version_compare(&a->version, &than->version) > 0);
}

/* ---- A good image ---------------------------------------------------------------------------- */

/* Records that the image is started. A magic that a cut left unsteady would hide it later. */
static int begin_trial(struct ota_boot *b)
{
    const struct ota_area *area = slot_area(b, b->result.slot);
    uint8_t magic[OTA_TRAILER_MAGIC_LEN];
    uint8_t flag = OTA_TRAILER_FLAG;
    int rc = 0;

    if ((area->flash->flags & OTA_FLASH_REFRESH) != 0) {
        ota_trailer_magic(b->align, magic);
        rc = ota_area_patch(area, area->size - ota_trailer_back(b->align, OTA_TRAILER_MAGIC), magic,
                            sizeof magic);
    }
    return rc != 0 ? rc
                   : ota_area_patch(area,
                                    area->size - ota_trailer_back(b->align, OTA_TRAILER_COPY_DONE),
                                    &flag, sizeof flag);
}

/* Ends the other image's trial, and begins that of the image to start. */
static int accept(struct ota_boot *b)
{
    uint32_t other = 1u - b->result.slot;
    struct candidate c = {.rank = RANK_NONE};
    int rc;

    if (!has_trials(b)) {
        return ota_boot_start(b);
    }
    rc = look(b, b->result.slot, &c);
    if (rc == 0 && c.rank == RANK_GOOD && c.trailer.copy_done != OTA_FIELD_SET) {
        b->result.type = c.trailer.image_ok == OTA_FIELD_SET ? OTA_SWAP_PERM : OTA_SWAP_TEST;
        rc = begin_trial(b);
    }
    b->result.is_forced = c.rank == RANK_OVER;
    if (rc != 0) {
        return rc;
    }
    if (look(b, other, &c) == 0 && c.rank == RANK_OVER && !b->result.is_forced) {
        b->result.type = OTA_SWAP_REVERT;
        ota_boot_plan_erase(b, slot_area(b, other), 0, slot_area(b, other)->size);
    }
    return ota_boot_go(b, ota_boot_start);
}

/* ---- Choosing -------------------------------------------------------------------------------- */

static int choose(struct ota_boot *b);

static int set_aside(struct ota_boot *b, int why)
{
    b->result.refused = why;
    b->set_aside |= (uint8_t)(1u << b->result.slot);
    return ota_boot_go(b, choose);
}

/* One that is complete and marked, but not good, is removed, so that no boot meets it again. */
static int check(struct ota_boot *b)
{
    const struct ota_area *area = slot_area(b, b->result.slot);
    int rc = ota_boot_check_step(b);

    if (rc == 1) {
        return 1;
    }
    if (rc == 0) {
        return accept(b);
    }
    if (ota_boot_is_final(rc) && b->state == RANK_GOOD) {
        ota_boot_plan_erase(b, area, 0, area->size);
    }
    return set_aside(b, rc);
}

/* Chooses among the slots that are not set aside. */
static int choose(struct ota_boot *b)
{
    struct candidate best = {.rank = RANK_NONE};
    int why = OTA_ENOIMAGE;
    int rc;

    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        struct candidate c = {.rank = RANK_NONE};

        rc = (b->set_aside & 1u << slot) != 0 ? 0 : look(b, slot, &c);
        if (rc == OTA_EFLASH) {
            /* The other device may have an image. */
            why = rc;
        }
        if (is_better(&c, &best)) {
            best = c;
            b->result.slot = (uint8_t)slot;
        }
    }
    if (best.rank == RANK_NONE) {
        return b->result.refused != 0 ? b->result.refused : why;
    }
    b->state = (uint8_t)best.rank;
    rc = ota_boot_check_begin(b, slot_area(b, b->result.slot));
    if (rc == 0 && b->check.image.tlv_end > b->config->mode->max_image(b->config)) {
        rc = OTA_ESIZE;
    }
    return rc == 0 ? ota_boot_go(b, check) : set_aside(b, rc);
}

/* Nothing of this kind can be interrupted; what comes instead of looking for it chooses. */
static int begin(struct ota_boot *b)
{
    return ota_boot_go(b, choose);
}

/* ---- Modes ----------------------------------------------------------------------------------- */

static int check_config(const struct ota_boot_config *c)
{
    return c->encryption != NULL ? OTA_ENOTSUP : 0;
}

static int check_config_trials(const struct ota_boot_config *c)
{
    int rc = check_config(c);

    return rc == 0 ? ota_boot_trailer_check(c, false) : rc;
}

/* Slots need not be alike. */
static int fits(const struct ota_boot_config *c)
{
    (void)c;
    return 0;
}

static uint32_t smaller_slot(const struct ota_boot_config *c)
{
    return c->primary.size < c->secondary.size ? c->primary.size : c->secondary.size;
}

static uint32_t max_image(const struct ota_boot_config *c)
{
    return smaller_slot(c);
}

static uint32_t max_image_trials(const struct ota_boot_config *c)
{
    return smaller_slot(c) - ota_trailer_back(ota_boot_align(c), OTA_TRAILER_SWAP_INFO);
}

const struct ota_boot_mode ota_boot_direct_xip = {
    .store = &ota_boot_store_trailer,
    .check = check_config,
    .fits = fits,
    .max_image = max_image,
    .resume = begin,
};

const struct ota_boot_mode ota_boot_direct_xip_revert = {
    .store = &ota_boot_store_trailer,
    .is_swap = true,
    .check = check_config_trials,
    .fits = fits,
    .max_image = max_image_trials,
    .resume = begin,
};
