/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the parts of a board file fit together. */
#include <inttypes.h>
#include <string.h>

#include "ota/err.h"
#include "sim/board_internal.h"

static bool is_mode(const struct ota_board *b, const char *mode)
{
    return strcmp(b->boot.mode, mode) == 0;
}

static const struct ota_board_device *device_of(const struct ota_board *b,
                                                const struct ota_board_area *a)
{
    return &b->devices[a->device];
}

/* Messages name the area the way its fields are found in the file. */
struct area_place {
    char text[OTA_BOARD_NAME_MAX + 8];
};

static struct area_place place_of(const char *area)
{
    struct area_place p = {"areas."};
    size_t len = strlen(area);

    memcpy(p.text + 6, area, len + 1);
    return p;
}

static int check_area(const struct ota_board *b, const struct ota_board_area *a,
                      const struct ota_board_err *e)
{
    const struct ota_board_device *d = device_of(b, a);
    uint32_t unit = d->erase_rounds_out ? d->config.write_size : d->config.erase_size;
    struct area_place place = place_of(a->name);

    if (a->off > d->config.size || a->size > d->config.size - a->off) {
        return ota_board_fail(e, place.text,
                              "reaches beyond the end of device '%s' (%" PRIu32 " bytes)", d->name,
                              d->config.size);
    }
    if (a->off % unit != 0 || a->size % unit != 0) {
        return ota_board_fail(e, place.text,
                              "offset and size must be multiples of %" PRIu32
                              " bytes, the %s unit of device '%s'",
                              unit, d->erase_rounds_out ? "write" : "erase", d->name);
    }
    return 0;
}

/* Areas may not even share an erase unit: erasing one would erase a part of the other. */
static int check_disjoint(const struct ota_board *b, size_t i, size_t j,
                          const struct ota_board_err *e)
{
    const struct ota_board_area *x = &b->areas[i];
    const struct ota_board_area *y = &b->areas[j];
    uint32_t unit = device_of(b, x)->config.erase_size;
    const struct ota_board_area *low = x->off <= y->off ? x : y;
    const struct ota_board_area *high = low == x ? y : x;

    if (x->device != y->device || (low->off + low->size - 1) / unit < high->off / unit) {
        return 0;
    }
    return ota_board_fail(
        e, place_of(y->name).text, "%s area '%s'",
        high->off - low->off < low->size ? "overlaps" : "shares an erase unit with", x->name);
}

static int check_areas(const struct ota_board *b, const struct ota_board_err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < b->n_areas; i++) {
        rc = check_area(b, &b->areas[i], e);
    }
    for (size_t i = 0; rc == 0 && i < b->n_areas; i++) {
        for (size_t j = i + 1; rc == 0 && j < b->n_areas; j++) {
            rc = check_disjoint(b, i, j, e);
        }
    }
    return rc;
}

static int need(const struct ota_board *b, const char *name, const struct ota_board_err *e)
{
    if (ota_board_find(b, name) == NULL) {
        return ota_board_fail(e, place_of(name).text, "is missing; mode %s needs it", b->boot.mode);
    }
    return 0;
}

static int check_needed(const struct ota_board *b, const struct ota_board_err *e)
{
    int rc = need(b, "primary", e);

    if (rc == 0) {
        rc = need(b, "secondary", e);
    }
    if (rc == 0 && (is_mode(b, "swap-scratch") || is_mode(b, "swap-status-scratch"))) {
        rc = need(b, "scratch", e);
    }
    if (rc == 0 && is_mode(b, "swap-status-scratch")) {
        rc = need(b, "status", e);
    }
    return rc;
}

/* Erase units that an area has a byte in. */
static uint32_t units(const struct ota_board *b, const char *name)
{
    const struct ota_board_area *a = ota_board_find(b, name);
    uint32_t unit = device_of(b, a)->config.erase_size;

    return (a->off + a->size - 1) / unit - a->off / unit + 1;
}

/* Slots hold the same images; the moving modes keep one sector more on one side. */
static int check_slots(const struct ota_board *b, const struct ota_board_err *e)
{
    const struct ota_board_area *p = ota_board_find(b, "primary");
    const struct ota_board_area *s = ota_board_find(b, "secondary");
    uint32_t unit = ota_board_slot_unit(b);
    const char *place = "areas.secondary";

    if (is_mode(b, "swap-move") && p->size > s->size && p->size - s->size == unit) {
        return 0;
    }
    if (is_mode(b, "swap-offset") && s->size > p->size && s->size - p->size == unit) {
        return 0;
    }
    if (p->size != s->size && strncmp(b->boot.mode, "direct-xip", 10) != 0) {
        return ota_board_fail(e, place,
                              "has %" PRIu32 " bytes and the primary slot %" PRIu32
                              "; mode %s needs slots of equal size%s",
                              s->size, p->size, b->boot.mode,
                              is_mode(b, "swap-move")     ? ", or one sector more in the primary"
                              : is_mode(b, "swap-offset") ? ", or one sector more in the secondary"
                                                          : "");
    }
    return 0;
}

/* The second image's slots are of equal size in every mode, and it has both or none. */
static int check_second(const struct ota_board *b, const struct ota_board_err *e)
{
    const struct ota_board_area *p = ota_board_find(b, "primary2");
    const struct ota_board_area *s = ota_board_find(b, "secondary2");
    uint32_t most;

    if (p == NULL && s == NULL) {
        return 0;
    }
    if (p == NULL || s == NULL) {
        return ota_board_fail(e, p == NULL ? "areas.primary2" : "areas.secondary2",
                              "is missing; a second image needs two slots");
    }
    if (strncmp(b->boot.mode, "direct-xip", 10) == 0) {
        return ota_board_fail(e, "areas.primary2", "is not possible in mode %s", b->boot.mode);
    }
    if (p->size != s->size) {
        return ota_board_fail(e, "areas.secondary2",
                              "has %" PRIu32 " bytes and primary2 %" PRIu32
                              "; the second image needs slots of equal size",
                              s->size, p->size);
    }
    most = units(b, "primary2") > units(b, "secondary2") ? units(b, "primary2")
                                                         : units(b, "secondary2");
    if (most > b->boot.max_sectors) {
        return ota_board_fail(e, "boot.max_sectors",
                              "is %" PRIu32 " but a slot of the second image has %" PRIu32
                              " sectors",
                              b->boot.max_sectors, most);
    }
    return 0;
}

static int check_sectors(const struct ota_board *b, const struct ota_board_err *e)
{
    uint32_t primary = units(b, "primary");
    uint32_t secondary = units(b, "secondary");
    uint32_t most = primary > secondary ? primary : secondary;

    if (most > b->boot.max_sectors) {
        return ota_board_fail(e, "boot.max_sectors",
                              "is %" PRIu32 " but a slot has %" PRIu32 " sectors",
                              b->boot.max_sectors, most);
    }
    if (ota_board_max_image(b) <= b->header_size) {
        return ota_board_fail(e, "areas.primary",
                              "leaves no room for an image: the trailer for %" PRIu32
                              " sectors takes %" PRIu32 " of %" PRIu32 " bytes",
                              b->boot.max_sectors, ota_board_trailer_size(b),
                              ota_board_find(b, "primary")->size);
    }
    return 0;
}

/* Rows of 512 bytes, 500 of them for status bytes, one row for the trailer, everything twice, for
 * both slots of every image and scratch (MCUboot's Cypress port, status partition). */
static int check_status(const struct ota_board *b, const struct ota_board_err *e)
{
    const struct ota_board_area *status = ota_board_find(b, "status");
    uint32_t rows = (b->boot.max_sectors + 499) / 500 + 1;
    uint32_t needed = rows * 2 * 512 * (ota_board_has_second(b) ? 5 : 3);

    if (device_of(b, status)->config.write_size > 512 ||
        512 % device_of(b, status)->config.write_size != 0 ||
        !device_of(b, status)->config.is_row_write) {
        return ota_board_fail(e, "areas.status",
                              "must lie on a device with row_write: its rows are rewritten");
    }
    if (status->size < needed) {
        return ota_board_fail(e, "areas.status",
                              "has %" PRIu32 " bytes; %" PRIu32 " sectors need %" PRIu32,
                              status->size, b->boot.max_sectors, needed);
    }
    return 0;
}

/* A chunk of a swap is what the larger sector of the two slots spans. */
static int check_scratch(const struct ota_board *b, const struct ota_board_err *e)
{
    uint32_t unit = ota_board_slot_unit(b);
    const struct ota_board_area *scratch = ota_board_find(b, "scratch");

    if (scratch->size < unit) {
        return ota_board_fail(e, "areas.scratch",
                              "has %" PRIu32
                              " bytes, less than the largest sector of a slot (%" PRIu32 ")",
                              scratch->size, unit);
    }
    return 0;
}

static int check_align(const struct ota_board *b, const struct ota_board_err *e)
{
    static const char *const names[] = {"primary", "secondary", "scratch"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct ota_board_area *a = ota_board_find(b, names[i]);

        if (a != NULL && !device_of(b, a)->config.is_row_write &&
            device_of(b, a)->config.write_size > b->boot.align) {
            return ota_board_fail(
                e, "boot.align", "is %u, less than the write unit of device '%s' (%" PRIu32 ")",
                b->boot.align, device_of(b, a)->name, device_of(b, a)->config.write_size);
        }
    }
    return 0;
}

int ota_board_check(const struct ota_board *b, const struct ota_board_err *e)
{
    int rc = check_areas(b, e);

    if (rc == 0) {
        rc = check_needed(b, e);
    }
    if (rc == 0) {
        rc = check_slots(b, e);
    }
    if (rc == 0) {
        rc = check_second(b, e);
    }
    if (rc == 0) {
        rc = check_align(b, e);
    }
    if (rc == 0) {
        rc = check_sectors(b, e);
    }
    if (rc == 0 && is_mode(b, "swap-status-scratch")) {
        rc = check_status(b, e);
    }
    if (rc == 0 && ota_board_find(b, "scratch") != NULL) {
        rc = check_scratch(b, e);
    }
    return rc;
}
