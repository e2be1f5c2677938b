/* SPDX-License-Identifier: Apache-2.0 */
#include "flash/area.h"

#include <string.h>

#include "ota/err.h"

/* Largest write unit of a device (PSoC 6 row). */
#define STEADY_MAX 160u
#define STEADY_READS 24
#define WRITE_SIZE_MAX 512u

static bool is_inside(const struct ota_area *area, uint32_t off, size_t len)
{
    return off <= area->size && len <= area->size - off;
}

int ota_area_check(const struct ota_area *area)
{
    const struct ota_flash *f = area->flash;
    uint32_t within; /* bits of an offset within a write unit */

    if (f == NULL || f->ops == NULL || f->write_size == 0 || f->write_size > WRITE_SIZE_MAX) {
        return OTA_EARG;
    }
    within = f->write_size - 1;
    if ((f->write_size & within) != 0 || f->erase_size == 0 || (f->erase_size & within) != 0) {
        return OTA_EARG;
    }
    if (area->off > f->size || area->size > f->size - area->off) {
        return OTA_ERANGE;
    }
    if (((area->off | area->size) & within) != 0) {
        return OTA_EALIGN;
    }
    return 0;
}

int ota_area_read(const struct ota_area *area, uint32_t off, void *buf, size_t len)
{
    if (!is_inside(area, off, len)) {
        return OTA_ERANGE;
    }
    return area->flash->ops->read(area->flash, area->off + off, buf, len);
}

int ota_area_read_steady(const struct ota_area *area, uint32_t off, uint8_t *buf, size_t len)
{
    uint8_t again[STEADY_MAX];
    int rc = len > sizeof again ? OTA_EARG : ota_area_read(area, off, buf, len);

    for (int n = 1; rc == 0 && n < STEADY_READS; n++) {
        rc = ota_area_read(area, off, again, len);
        for (size_t i = 0; rc == 0 && i < len; i++) {
            buf[i] = buf[i] == again[i] ? buf[i] : OTA_AREA_UNSTEADY;
        }
    }
    return rc;
}

int ota_area_write(const struct ota_area *area, uint32_t off, const void *buf, size_t len)
{
    const struct ota_flash *f = area->flash;

    if (!is_inside(area, off, len)) {
        return OTA_ERANGE;
    }
    if ((((area->off + off) | len) & (f->write_size - 1)) != 0) {
        return OTA_EALIGN;
    }
    return f->ops->write(f, area->off + off, buf, len);
}

int ota_area_patch(const struct ota_area *area, uint32_t off, const void *buf, size_t len)
{
    const struct ota_flash *f = area->flash;
    uint32_t lead = off % f->write_size;
    size_t span = (lead + len + f->write_size - 1) / f->write_size * f->write_size;
    uint8_t row[WRITE_SIZE_MAX];
    int rc = 0;

    if (len > sizeof row || span > sizeof row) {
        return OTA_EARG;
    }
    memset(row, f->erased, span);
    if ((f->flags & OTA_FLASH_REWRITE) != 0) {
        rc = ota_area_read(area, off - lead, row, span);
    }
    if (rc == 0) {
        memcpy(row + lead, buf, len);
        rc = ota_area_write(area, off - lead, row, span);
    }
    return rc;
}

/* The unit that holds off: as the device has it, in device offsets, and what of it is in the area.
 */
static int find_unit(const struct ota_area *area, uint32_t off, struct ota_flash_unit *dev,
                     struct ota_flash_unit *part)
{
    const struct ota_flash *f = area->flash;
    uint32_t end;

    if (!is_inside(area, off, 1)) {
        return OTA_ERANGE;
    }
    dev->size = f->erase_size;
    dev->off = area->off + off - (area->off + off) % f->erase_size;
    if (f->ops->unit != NULL) {
        int rc = f->ops->unit(f, area->off + off, dev);

        if (rc != 0) {
            return rc;
        }
    }
    end = dev->size > f->size - dev->off ? f->size : dev->off + dev->size;
    part->off = dev->off > area->off ? dev->off - area->off : 0;
    part->size = (end - area->off < area->size ? end - area->off : area->size) - part->off;
    return 0;
}

int ota_area_unit(const struct ota_area *area, uint32_t off, struct ota_flash_unit *out)
{
    struct ota_flash_unit dev;

    return find_unit(area, off, &dev, out);
}

int ota_area_erase(const struct ota_area *area, uint32_t off, uint32_t len)
{
    uint32_t end;

    if (!is_inside(area, off, len)) {
        return OTA_ERANGE;
    }
    end = off + len;
    while (off < end) {
        struct ota_flash_unit dev, part;
        int rc = find_unit(area, off, &dev, &part);

        if (rc == 0) {
            rc = area->flash->ops->erase(area->flash, dev.off);
        }
        if (rc != 0) {
            return rc;
        }
        off = part.off + part.size;
    }
    return 0;
}

int ota_area_sync(const struct ota_area *area)
{
    return area->flash->ops->sync == NULL ? 0 : area->flash->ops->sync(area->flash);
}

int ota_area_is_erased(const struct ota_area *area, uint32_t off, uint32_t len)
{
    uint8_t buf[32];

    while (len > 0) {
        size_t n = len < sizeof buf ? len : sizeof buf;
        int rc = ota_area_read(area, off, buf, n);

        if (rc != 0) {
            return rc;
        }
        for (size_t i = 0; i < n; i++) {
            if (buf[i] != area->flash->erased) {
                return 0;
            }
        }
        off += (uint32_t)n;
        len -= (uint32_t)n;
    }
    return 1;
}
