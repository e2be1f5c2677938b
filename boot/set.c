/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several images. The boots of all are brought to where they know what they would do; then it is
 * decided what they may do, from what is on flash alone; then one after the other does it; last,
 * all primary images are checked. A reset anywhere leads to the same decision again:
 *
 *   - what is in the middle goes on, whatever else;
 *   - while an installation is still to be done, the trials of those that are done go on;
 *   - a set whose images would not fit each other is not installed: the trials end instead;
 *   - trials do not end if the images would then not fit each other.
 */
#include <string.h>

#include "flash/area.h"
#include "internal.h"
#include "ota/err.h"

enum { LOOK, DECIDE, ACT, SETTLE };

/* What is known about the image that would be in a primary slot. */
struct outlook {
    bool is_moving; /* in the middle of an installation: was looked at when that began */
    bool is_there;
    struct ota_area area;
    struct ota_source source;
    struct ota_image image;
};

/* ---- Dependencies ---------------------------------------------------------------------------- */

static bool is_at(const struct ota_boot *b, int (*next)(struct ota_boot *b))
{
    return b->next == next && b->erase.begin >= b->erase.end && b->copy.len == 0;
}

/* Is an installation in the middle, so that it cannot but go on? */
static bool is_moving(const struct ota_boot *b)
{
    return b->is_acting && b->next != b->config->mode->start;
}

static bool is_new(const struct ota_boot *b)
{
    return b->is_acting && b->type != OTA_SWAP_REVERT;
}

/* installs, ends: are new images installed, are trials ended? */
static int look_ahead(struct ota_boot *b, bool installs, bool ends, struct outlook *out)
{
    bool swaps = b->is_acting && (b->type == OTA_SWAP_REVERT ? ends : installs);
    int rc = 0;

    out->is_moving = is_moving(b);
    out->is_there = false;
    out->area = swaps ? b->config->secondary : b->config->primary;
    if (out->is_moving) {
        return 0;
    }
    if (swaps && b->config->mode->find_image != NULL) {
        rc = b->config->mode->find_image(b, &out->area);
    }
    ota_source_from_area(&out->source, &out->area);
    rc = rc == 0 ? ota_image_parse(&out->source, &out->image) : rc;
    out->is_there = rc == 0;
    return rc == OTA_EFLASH ? rc : 0;
}

static bool is_met(const struct outlook *all, uint8_t n, const struct ota_dependency *d)
{
    const struct outlook *other;

    if (d->image >= n) {
        return false;
    }
    other = &all[d->image];
    return other->is_moving ||
           (other->is_there && ota_version_compare(&other->image.header.version, &d->least) >= 0);
}

/* 1 if an image has what it needs, 0 if not, or an error. */
static int is_served(const struct outlook *all, uint8_t n, const struct outlook *o)
{
    struct ota_dependency d;
    struct ota_tlv_iter it;
    int rc;

    if (o->is_moving || !o->is_there) {
        return 1;
    }
    ota_tlv_begin(&it, &o->source, &o->image);
    while ((rc = ota_dependency_next(&it, &d)) == 1) {
        if (!is_met(all, n, &d)) {
            return 0;
        }
    }
    return rc == 0 ? 1 : rc == OTA_EFLASH ? rc : 0;
}

/* 1 if the images would fit each other, 0 if not, or an error. */
static int is_whole(const struct ota_boot_set *s, bool installs, bool ends)
{
    struct outlook all[OTA_BOOT_IMAGES_MAX];
    int rc = 1;

    for (uint8_t i = 0; i < s->n; i++) {
        rc = look_ahead(&s->boots[i], installs, ends, &all[i]);
        if (rc != 0) {
            return rc;
        }
    }
    for (uint8_t i = 0; i < s->n; i++) {
        rc = is_served(all, s->n, &all[i]);
        if (rc != 1) {
            break;
        }
    }
    return rc;
}

/* ---- Deciding -------------------------------------------------------------------------------- */

static void let_be(struct ota_boot *b)
{
    b->is_acting = false;
    b->type = OTA_SWAP_NONE;
    b->result.type = OTA_SWAP_NONE;
    (void)ota_boot_go(b, ota_boot_settle);
}

/* The rest of a confirmation: nothing waits for the end of the trial any more. */
static int keep(struct ota_boot *b)
{
    let_be(b);
    return b->config->mode->store->set(b, OTA_TRAILER_IMAGE_OK);
}

static int let_all_be(struct ota_boot_set *s, bool new_ones, int (*how)(struct ota_boot *b))
{
    int rc = 0;

    for (uint8_t i = 0; rc == 0 && i < s->n; i++) {
        struct ota_boot *b = &s->boots[i];

        if (b->is_acting && !is_moving(b) && is_new(b) == new_ones) {
            b->result.refused = how == NULL && new_ones ? OTA_EDEPENDS : b->result.refused;
            if (how == NULL) {
                let_be(b);
            } else {
                rc = how(b);
            }
        }
    }
    return rc;
}

static int decide_end(struct ota_boot_set *s)
{
    int rc = is_whole(s, false, true);

    return rc == 0 ? let_all_be(s, false, keep) : rc < 0 ? rc : 0;
}

static int decide(struct ota_boot_set *s)
{
    bool installs = false;
    int rc;

    for (uint8_t i = 0; i < s->n; i++) {
        installs = installs || is_new(&s->boots[i]);
    }
    if (!installs) {
        return decide_end(s);
    }
    rc = is_whole(s, true, false);
    if (rc == 0) {
        s->refused = OTA_EDEPENDS;
        rc = let_all_be(s, true, NULL);
        return rc == 0 ? decide_end(s) : rc;
    }
    return rc == 1 ? let_all_be(s, false, NULL) : rc;
}

/* ---- Steps ----------------------------------------------------------------------------------- */

/* Has this boot come as far as the phase goes? */
static bool is_through(const struct ota_boot_set *s, const struct ota_boot *b)
{
    return (s->phase == LOOK && b->is_acting) ||
           (s->phase != SETTLE && is_at(b, ota_boot_settle)) || b->outcome == 0;
}

static int step(struct ota_boot_set *s)
{
    struct ota_boot *b = &s->boots[s->at];
    int rc;

    if (s->phase == DECIDE) {
        rc = decide(s);
        s->phase = ACT;
        return rc == 0 ? 1 : rc;
    }
    if (is_through(s, b)) {
        s->at++;
        if (s->at < s->n) {
            return 1;
        }
        s->at = 0;
        return s->phase++ == SETTLE ? 0 : 1;
    }
    rc = ota_boot_step(b);
    return rc < 0 ? rc : 1;
}

int ota_boot_set_init(struct ota_boot_set *set, struct ota_boot *boots,
                      const struct ota_boot_config *configs, uint8_t n)
{
    if (n == 0 || n > OTA_BOOT_IMAGES_MAX) {
        return OTA_EARG;
    }
    memset(set, 0, sizeof *set);
    set->boots = boots;
    set->n = n;
    set->outcome = 1;
    for (uint8_t i = 0; i < n; i++) {
        int rc = ota_boot_init(&boots[i], &configs[i]);

        if (rc != 0 || configs[i].image != i || configs[i].mode->start == NULL) {
            return rc != 0 ? rc : configs[i].image != i ? OTA_EARG : OTA_ENOTSUP;
        }
    }
    return 0;
}

int ota_boot_set_step(struct ota_boot_set *set)
{
    if (set->outcome == 1) {
        set->outcome = step(set);
    }
    return set->outcome;
}

int ota_boot_set_run(struct ota_boot_set *set)
{
    int rc;

    do {
        rc = ota_boot_set_step(set);
    } while (rc == 1);
    return rc;
}
