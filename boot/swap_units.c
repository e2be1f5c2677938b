/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Swaps without scratch: all erase units have the same size, and one spare unit is enough to walk
 * through both slots. Such a swap is a list of steps, each of which copies one unit onto one whose
 * content was copied before; a step is recorded when it is complete, and can be begun again.
 *
 * Using move, N units (P, S: primary, secondary; the spare is the primary's unit N):
 *
 *     step 0 to N-1     P[i] <- P[i-1]   i = N ... 1
 *     then, for each i  P[i] <- S[i], S[i] <- P[i+1]   i = 0 ... N-1
 *
 * Using offset (the spare is the secondary's; the new image lies at its unit 1):
 *
 *     upgrade, each i   S[i] <- P[i], P[i] <- S[i+1]   i = 0 ... N-1
 *     revert, each i    S[i+1] <- P[i], P[i] <- S[i]   i = N-1 ... 0
 *
 * What lies behind an image is not copied, but recorded all the same.
 */
#include "flash/area.h"
#include "internal.h"
#include "ota/err.h"

struct step {
    enum ota_boot_where from, to;
    uint32_t from_unit, to_unit;
    uint32_t entry; /* of the swap status */
    uint8_t value;  /* what is recorded there */
    bool is_old;    /* moves the primary's image */
};

static uint32_t unit_size(const struct ota_boot_config *c)
{
    return ota_boot_unit_end(&c->primary, 0);
}

static uint32_t units_of(const struct ota_boot *b, uint32_t size)
{
    uint32_t unit = unit_size(b->config);

    return (size + unit - 1) / unit;
}

static const struct ota_area *area_of(const struct ota_boot *b, enum ota_boot_where where)
{
    return where == OTA_BOOT_PRIMARY ? &b->config->primary : &b->config->secondary;
}

/* ---- Steps ----------------------------------------------------------------------------------- */

/* The modes are told apart by what they have, not by name: naming one would link it. */
static bool is_offset(const struct ota_boot *b)
{
    return b->config->mode->has_tlv_sizes;
}

static uint32_t n_steps(const struct ota_boot *b)
{
    return (is_offset(b) ? 2 : 3) * units_of(b, b->swap_size);
}

static void step_of_move(const struct ota_boot *b, uint32_t n, struct step *s)
{
    uint32_t units = units_of(b, b->swap_size);
    uint32_t i = (n - units) / 2;

    if (n < units) {
        *s =
            (struct step){OTA_BOOT_PRIMARY, OTA_BOOT_PRIMARY, units - n - 1, units - n, n, 1, true};
        return;
    }
    *s = (struct step){OTA_BOOT_SECONDARY, OTA_BOOT_PRIMARY, i, i, 0, 1, false};
    if ((n - units) % 2 == 1) {
        *s = (struct step){OTA_BOOT_PRIMARY, OTA_BOOT_SECONDARY, i + 1, i, 0, 2, true};
    }
    s->entry = ota_boot_sectors(b->config) + n - units;
}

static void step_of_offset(const struct ota_boot *b, uint32_t n, struct step *s)
{
    bool is_revert = b->type == OTA_SWAP_REVERT;
    uint32_t i = is_revert ? units_of(b, b->swap_size) - 1 - n / 2 : n / 2;
    uint32_t up = i + 1;

    if (n % 2 == 0) {
        *s = (struct step){OTA_BOOT_PRIMARY, OTA_BOOT_SECONDARY, i, is_revert ? up : i, n, 1, true};
    } else {
        *s =
            (struct step){OTA_BOOT_SECONDARY, OTA_BOOT_PRIMARY, is_revert ? i : up, i, n, 2, false};
    }
}

static void step_of(const struct ota_boot *b, uint32_t n, struct step *s)
{
    if (is_offset(b)) {
        step_of_offset(b, n, s);
    } else {
        step_of_move(b, n, s);
    }
}

/* First unit, in the slot where it is to be run or was, that the image does not reach. After a
 * reset the sizes are not known, and everything is copied. */
static bool is_needed(const struct ota_boot *b, const struct step *s)
{
    uint32_t size = s->is_old ? b->primary_size : b->new_size;
    bool is_primary = s->to == OTA_BOOT_PRIMARY;
    uint32_t unit = is_primary ? s->to_unit : s->from_unit;

    /* While the old image is up by one (move), its first unit is unit 1. */
    if (!is_offset(b) && s->is_old) {
        unit--;
    }
    return b->new_size == 0 || unit < units_of(b, size);
}

/* ---- End ------------------------------------------------------------------------------------- */

/* A revert using offset leaves the first unit of the secondary without meaning. */
static int end_swap(struct ota_boot *b)
{
    if (is_offset(b) && b->type == OTA_SWAP_REVERT) {
        ota_boot_plan_erase(b, &b->config->secondary, 0, 1);
    }
    return ota_boot_go(b, ota_boot_finish);
}

/* Two calls per step: the copy, and its record. */
static int run_step(struct ota_boot *b)
{
    uint32_t unit = unit_size(b->config);
    struct step s;
    int rc;

    if (b->done == n_steps(b)) {
        return ota_boot_go(b, end_swap);
    }
    step_of(b, b->done, &s);
    if (b->phase++ == 0) {
        if (is_needed(b, &s)) {
            ota_boot_plan_erase(b, area_of(b, s.to), s.to_unit * unit, (s.to_unit + 1) * unit);
            ota_boot_plan_copy(b, area_of(b, s.from), area_of(b, s.to), s.from_unit * unit, unit);
            b->copy.to_off = s.to_unit * unit;
        }
        return 1;
    }
    rc = ota_boot_store_trailer.put(b, OTA_BOOT_PRIMARY, s.entry, s.value);
    b->done++;
    b->phase = 0;
    return rc == 0 ? 1 : rc;
}

/* ---- Beginning ------------------------------------------------------------------------------- */

/* What the secondary's trailer says while the primary's is changed for a revert: using move a
 * permanent request for the old image, using offset that a copy is done. */
static uint32_t revert_mark(const struct ota_boot *b)
{
    return 1u << (is_offset(b) ? OTA_TRAILER_COPY_DONE : OTA_TRAILER_IMAGE_OK);
}

/* Is the revert announced in the secondary slot already? */
static int is_announced(const struct ota_boot *b)
{
    struct ota_trailer t;
    int rc = ota_boot_store_trailer.read(b, OTA_BOOT_SECONDARY, &t);

    return rc == 0 ? t.magic == OTA_FIELD_SET : rc;
}

/* The phase of prepare in which the primary's trailer is written. */
#define PREPARED 4

static int prepare(struct ota_boot *b)
{
    int rc = 0;

    switch (b->phase++) {
    case 0:
        rc = b->type == OTA_SWAP_REVERT ? is_announced(b) : 1;
        if (rc != 0) {
            b->phase = 2;
            return rc;
        }
        ota_boot_trailer_erase(b, OTA_BOOT_SECONDARY);
        break;
    case 1:
        rc = ota_boot_trailer_write(b, OTA_BOOT_SECONDARY, revert_mark(b));
        break;
    case 2:
        ota_boot_trailer_erase(b, OTA_BOOT_PRIMARY);
        break;
    case 3:
        rc = ota_boot_trailer_write(b, OTA_BOOT_PRIMARY,
                                    b->type == OTA_SWAP_PERM ? 1u << OTA_TRAILER_IMAGE_OK : 0);
        break;
    default:
        ota_boot_trailer_erase(b, OTA_BOOT_SECONDARY);
        return ota_boot_go(b, run_step);
    }
    return rc == 0 ? 1 : rc;
}

static int start(struct ota_boot *b)
{
    int rc = ota_boot_go(b, prepare);

    b->done = 0;
    if (b->info_in == OTA_BOOT_PRIMARY) {
        b->phase = PREPARED;
    }
    return rc;
}

/* ---- Interrupted swaps ----------------------------------------------------------------------- */

/* Steps that are complete, from the last entry that is written. */
static uint32_t steps_of(const struct ota_boot *b, uint32_t last)
{
    uint32_t sectors = ota_boot_sectors(b->config);

    return is_offset(b) || last <= sectors ? last : last - sectors + units_of(b, b->swap_size);
}

/* Makes firm what the resumption goes by. */
static int firm(struct ota_boot *b)
{
    int rc = ota_boot_store_trailer.firm(b, OTA_BOOT_PRIMARY, 0);
    struct step s;

    if (rc == 0 && b->done > 0 && ota_boot_is_doubtful(b, &b->config->primary)) {
        step_of(b, b->done - 1, &s);
        rc = ota_boot_store_trailer.put(b, OTA_BOOT_PRIMARY, s.entry, s.value);
    }
    return rc;
}

static int resume(struct ota_boot *b)
{
    struct ota_trailer p, s;
    uint32_t last;
    int rc = ota_boot_store_trailer.read(b, OTA_BOOT_PRIMARY, &p);

    if (rc != 0 || !ota_boot_is_swap(b, &p) || p.copy_done != OTA_FIELD_UNSET) {
        return rc;
    }
    rc = ota_boot_store_trailer.read(b, OTA_BOOT_SECONDARY, &s);
    rc = rc == 0 ? ota_boot_trailer_last(b, &last) : rc;
    if (rc != 0 || (s.magic == OTA_FIELD_SET && last > 0)) {
        return rc;
    }
    b->swap_size = p.swap_size;
    b->type = (enum ota_swap_type)p.swap_info;
    b->result.is_resumed = true;
    b->done = steps_of(b, last);
    if (b->done > n_steps(b)) {
        b->result.refused = OTA_ESTATE;
        return ota_boot_go(b, ota_boot_settle);
    }
    rc = firm(b);
    if (rc != 0 || last == 0) {
        return rc != 0 ? rc : ota_boot_restart(b, b->type, OTA_BOOT_PRIMARY);
    }
    if (b->config->encryption != NULL) {
        rc = b->config->encryption->ops->resume(b, OTA_BOOT_PRIMARY);
        if (rc != 0) {
            return rc;
        }
    }
    b->result.type = b->type;
    return ota_boot_go(b, run_step);
}

/* ---- Geometry -------------------------------------------------------------------------------- */

/* Units of an area if all have the size unit, or 0. */
static uint32_t count_units(const struct ota_area *area, uint32_t unit)
{
    uint32_t n = 0;

    for (uint32_t at = 0; at < area->size; at += unit) {
        if (ota_boot_unit_end(area, at) - at != unit) {
            return 0;
        }
        n++;
    }
    return n;
}

static int fits(const struct ota_boot_config *c)
{
    uint32_t p = count_units(&c->primary, unit_size(c));
    uint32_t s = count_units(&c->secondary, unit_size(c));
    bool is_move = !c->mode->has_tlv_sizes;

    if (p == 0 || s == 0 || p > ota_boot_sectors(c) || c->mode->max_image(c) == 0) {
        return OTA_ESIZE;
    }
    return is_move && p != s && p != s + 1 ? OTA_ESIZE : 0;
}

/* The trailers have units of their own, and one more unit is spare. */
static uint32_t max_image(const struct ota_boot_config *c)
{
    uint32_t p = ota_boot_trailer_unit(c, OTA_BOOT_PRIMARY);
    uint32_t s = ota_boot_trailer_unit(c, OTA_BOOT_SECONDARY);
    uint32_t unit = unit_size(c);

    if (!c->mode->has_tlv_sizes) {
        p = p > unit ? p - unit : 0;
    } else {
        s = s > unit ? s - unit : 0;
    }
    return p < s ? p : s;
}

static int check(const struct ota_boot_config *c)
{
    return ota_boot_trailer_check(c, true);
}

/* A new image begins at unit 1; an old one, to be reverted to, at unit 0. */
static int find_image(const struct ota_boot *b, struct ota_area *out)
{
    uint32_t unit = unit_size(b->config);
    struct ota_image_header h;
    uint8_t raw[OTA_IMAGE_HEADER_LEN];

    if (b->type == OTA_SWAP_REVERT) {
        return 0;
    }
    if (b->info_in == OTA_BOOT_NOWHERE) {
        /* Nothing was begun, so an image at the slot's start was written to the wrong place. */
        int rc = ota_area_read(out, 0, raw, sizeof raw);

        if (rc != 0 || ota_image_header_decode(raw, &h) == 0) {
            return rc != 0 ? rc : OTA_EMAGIC;
        }
    }
    out->off += unit;
    out->size -= unit;
    return 0;
}

const struct ota_boot_mode ota_boot_swap_move = {
    .store = &ota_boot_store_trailer,
    .is_swap = true,
    .entries = 3,
    .check = check,
    .fits = fits,
    .max_image = max_image,
    .resume = resume,
    .start = start,
};

const struct ota_boot_mode ota_boot_swap_offset = {
    .store = &ota_boot_store_trailer,
    .rules = OTA_SWAP_RULES_OFFSET,
    .is_swap = true,
    .has_tlv_sizes = true,
    .entries = 2,
    .find_image = find_image,
    .check = check,
    .fits = fits,
    .max_image = max_image,
    .resume = resume,
    .start = start,
};
