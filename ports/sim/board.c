/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/board.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "flash/area.h"
#include "ota/err.h"
#include "sim/board_internal.h"

#define ROW_MAX 512u

const struct ota_board_area *ota_board_find(const struct ota_board *b, const char *name)
{
    for (size_t i = 0; i < b->n_areas; i++) {
        if (strcmp(b->areas[i].name, name) == 0) {
            return &b->areas[i];
        }
    }
    return NULL;
}

int ota_board_area(const struct ota_board *b, const char *name, struct ota_area *out)
{
    const struct ota_board_area *a = ota_board_find(b, name);

    if (a == NULL) {
        return OTA_EARG;
    }
    out->flash = &b->devices[a->device].flash;
    out->off = a->off;
    out->size = a->size;
    return 0;
}

bool ota_board_has_second(const struct ota_board *b)
{
    return ota_board_find(b, "primary2") != NULL && ota_board_find(b, "secondary2") != NULL;
}

int ota_board_slot(const struct ota_board *b, const char *name, struct ota_slot *out)
{
    uint32_t unit;
    int rc = ota_board_area(b, name, &out->area);

    out->align = b->boot.align;
    out->flags = strcmp(b->boot.mode, "swap-status-scratch") == 0 ? OTA_SLOT_MAILBOX : 0;
    if (rc == 0 && strcmp(b->boot.mode, "swap-offset") == 0 && strncmp(name, "secondary", 9) == 0) {
        unit = out->area.flash->erase_size;
        out->area.off += unit;
        out->area.size -= unit;
        out->flags = OTA_SLOT_SPARE;
    }
    return rc;
}

const struct ota_nor_count *ota_board_count(const struct ota_board *b, const char *name)
{
    const struct ota_board_area *a = ota_board_find(b, name);

    return a == NULL ? NULL : &b->devices[a->device].regions[a->region].count;
}

uint32_t ota_board_address(const struct ota_board *b, const char *name)
{
    const struct ota_board_area *a = ota_board_find(b, name);

    return a == NULL ? 0 : b->devices[a->device].base + a->off;
}

const char *ota_board_fault(const struct ota_board *b)
{
    const char *text = "";

    for (size_t i = 0; i < b->n_devices && text[0] == '\0'; i++) {
        text = ota_nor_fault(&b->devices[i].nor);
    }
    return text;
}

/* ---- Sizes ---------------------------------------------------------------------------------- */

static uint32_t round_up(uint32_t n, uint32_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static uint32_t max(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static const struct ota_nor_config *device_of(const struct ota_board *b, const char *area)
{
    return &b->devices[ota_board_find(b, area)->device].config;
}

uint32_t ota_board_slot_unit(const struct ota_board *b)
{
    return max(device_of(b, "primary")->erase_size, device_of(b, "secondary")->erase_size);
}

/* Status entries per sector that a mode keeps in the slot; 0 if its progress lives elsewhere. */
static uint32_t status_per_sector(const char *mode)
{
    if (strcmp(mode, "swap-scratch") == 0 || strcmp(mode, "swap-move") == 0) {
        return 3;
    }
    return strcmp(mode, "swap-offset") == 0 ? 2 : 0;
}

uint32_t ota_board_trailer_size(const struct ota_board *b)
{
    uint32_t align = b->boot.align;
    uint32_t magic = round_up(16, align);
    uint32_t entries = status_per_sector(b->boot.mode);
    uint32_t width = device_of(b, "primary")->write_size;

    if (entries == 0) {
        return magic + 3 * align;
    }
    if (ota_board_find(b, "scratch") != NULL) {
        width = max(width, device_of(b, "scratch")->write_size);
    }
    return entries * b->boot.max_sectors * width + magic + (entries == 2 ? 5 : 4) * align;
}

/* The Cypress bootloader erases the unit in which a slot ends whenever it has read the trailer
 * there: what of a slot lies in its last unit does not hold image bytes. */
static uint32_t last_unit_part(const struct ota_board *b, const char *area)
{
    const struct ota_board_area *a = ota_board_find(b, area);
    uint32_t unit = b->devices[a->device].config.erase_size;
    uint32_t part = (a->off + a->size) % unit;

    return part == 0 ? unit : part;
}

uint32_t ota_board_max_image(const struct ota_board *b)
{
    uint32_t size = ota_board_find(b, "primary")->size;
    uint32_t unit = ota_board_slot_unit(b);
    uint32_t taken = ota_board_trailer_size(b);

    if (strcmp(b->boot.mode, "swap-status-scratch") == 0) {
        taken = max(last_unit_part(b, "primary"), last_unit_part(b, "secondary"));
    } else if (strcmp(b->boot.mode, "swap-move") == 0) {
        taken = round_up(taken, unit) + unit;
    } else if (strcmp(b->boot.mode, "swap-offset") == 0) {
        taken = round_up(taken, unit);
        if (ota_board_find(b, "secondary")->size == size) {
            taken += unit; /* of the secondary, which has no unit to spare */
        }
    }
    return taken < size ? size - taken : 0;
}

/* ---- Devices -------------------------------------------------------------------------------- */

static void close_device(struct ota_board_device *d)
{
    if (d->is_open) {
        ota_nor_close(&d->nor);
    }
    free(d->path);
    d->path = NULL;
    d->is_open = false;
}

static char *device_path(const char *dir, const char *name)
{
    size_t cap = strlen(dir) + strlen(name) + sizeof "/.bin";
    char *path = malloc(cap);

    if (path != NULL) {
        (void)snprintf(path, cap, "%s/%s.bin", dir, name);
    }
    return path;
}

static int open_device(struct ota_board *b, struct ota_board_device *d, const char *dir, char *err,
                       size_t cap)
{
    struct ota_nor_config config = d->config;
    size_t n = d->nor.n_regions;
    int rc;

    for (size_t i = 0; i < n; i++) {
        d->regions[i].count = (struct ota_nor_count){0};
    }
    if (dir != NULL) {
        d->path = device_path(dir, d->name);
        if (d->path == NULL) {
            (void)snprintf(err, cap, "no memory");
            return OTA_ENOSPC;
        }
    }
    config.path = d->path;
    rc = ota_nor_open(&d->nor, &config, &d->flash, err, cap);
    d->is_open = rc == 0;
    d->nor.power = &b->power;
    d->nor.regions = d->regions;
    d->nor.n_regions = n;
    return rc;
}

static int make_dir(const char *dir, char *err, size_t cap)
{
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        (void)snprintf(err, cap, "%s: cannot create the flash directory: %s", dir, strerror(errno));
        return OTA_EFLASH;
    }
    return 0;
}

int ota_board_open_flash(struct ota_board *b, const char *dir, bool read_only, char *err,
                         size_t cap)
{
    int rc = dir == NULL || read_only ? 0 : make_dir(dir, err, cap);

    for (size_t i = 0; rc == 0 && i < b->n_devices; i++) {
        close_device(&b->devices[i]);
        b->devices[i].config.is_private = read_only;
        rc = open_device(b, &b->devices[i], dir, err, cap);
    }
    return rc;
}

int ota_board_erase(const struct ota_board *b, const char *name)
{
    struct ota_area area;
    int rc = ota_board_area(b, name, &area);

    return rc == 0 ? ota_area_erase(&area, 0, area.size) : rc;
}

int ota_board_program(const struct ota_board *b, const char *name, const void *data, size_t len)
{
    uint8_t row[ROW_MAX];
    struct ota_slot slot = {0}; /* of any area */
    struct ota_area area;
    size_t rest;
    int rc = ota_board_slot(b, name, &slot);

    area = slot.area;
    if (rc == 0 && len > area.size) {
        rc = OTA_ESIZE;
    }
    if (rc == 0) {
        rc = ota_board_erase(b, name);
    }
    if (rc != 0) {
        return rc;
    }
    rest = len % area.flash->write_size;
    if (len > rest) {
        rc = ota_area_write(&area, 0, data, len - rest);
    }
    if (rc == 0 && rest > 0) {
        memset(row, area.flash->erased, sizeof row);
        memcpy(row, (const uint8_t *)data + (len - rest), rest);
        rc = ota_area_write(&area, (uint32_t)(len - rest), row, area.flash->write_size);
    }
    return rc;
}

void ota_board_free(struct ota_board *b)
{
    if (b == NULL) {
        return;
    }
    for (size_t i = 0; i < b->n_devices; i++) {
        close_device(&b->devices[i]);
    }
    for (size_t i = 0; i < b->boot.n_keys; i++) {
        free(b->boot.keys[i]);
    }
    free(b);
}
