/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "flash/area.h"
#include "ota/config.h"
#include "ota/err.h"
#include "ota/slot.h"

/* Fixed trailer fields at the widest alignment: M + 4A with A = 32. */
#define TRAILER_MAX 160u

int ota_writer_init(struct ota_writer *w, const struct ota_area *area, uint32_t limit, uint8_t *row,
                    uint32_t off)
{
    uint32_t trailer = area->size < TRAILER_MAX ? area->size : TRAILER_MAX;
    struct ota_flash_unit u;
    int rc = ota_area_check(area);

    if (rc != 0) {
        return rc;
    }
    if (limit > area->size || off > limit) {
        return OTA_ERANGE;
    }
    if ((off & (area->flash->write_size - 1)) != 0 || area->size == 0) {
        return OTA_EALIGN;
    }
    rc = ota_area_unit(area, area->size - trailer, &u);
    if (rc != 0) {
        return rc;
    }
    memset(w, 0, sizeof *w);
    w->area = area;
    w->row = row;
    w->limit = limit;
    w->off = off;
    w->tail = u.off;
    if (off == 0) {
        return ota_area_erase(area, w->tail, area->size - w->tail);
    }
    if (!OTA_CONFIG_JOURNAL) {
        return OTA_ENOTSUP;
    }
    rc = ota_area_unit(area, off - 1, &u);
    w->erased = u.off + u.size;
    if ((area->flash->flags & OTA_FLASH_REWRITE) == 0) {
        w->dirty = w->erased < area->size ? w->erased : area->size;
        if (off >= w->tail) {
            w->dirty = area->size;
        }
    }
    return rc;
}

/* Erases units until everything below end is erased. */
static int erase_up_to(struct ota_writer *w, uint32_t end)
{
    if (end > w->tail) {
        end = w->tail;
    }
    while (w->erased < end) {
        struct ota_flash_unit u;
        int rc = ota_area_unit(w->area, w->erased, &u);

        if (rc == 0) {
            rc = ota_area_erase(w->area, u.off, u.size);
        }
        if (rc != 0) {
            return rc;
        }
        w->erased = u.off + u.size;
    }
    return 0;
}

/* 1 if a write unit holds these bytes already, 0 if it is erased, OTA_ESTATE if it is neither. */
static int is_written(const struct ota_writer *w, uint32_t off, const uint8_t *data)
{
    const uint32_t unit = w->area->flash->write_size;
    uint8_t piece[32];
    bool is_same = true;

    for (uint32_t done = 0; done < unit; done += (uint32_t)sizeof piece) {
        size_t n = unit - done < sizeof piece ? unit - done : sizeof piece;
        int rc = ota_area_read(w->area, off + done, piece, n);

        if (rc != 0) {
            return rc;
        }
        is_same = is_same && memcmp(piece, data + done, n) == 0;
    }
    if (is_same) {
        return 1;
    }
    return ota_area_is_erased(w->area, off, unit) == 1 ? 0 : OTA_ESTATE;
}

/* Unit by unit where an earlier run may have been. */
static int complete(struct ota_writer *w, uint32_t off, const uint8_t *data, size_t len)
{
    const uint32_t unit = w->area->flash->write_size;

    for (size_t done = 0; done < len; done += unit) {
        int rc = is_written(w, off + (uint32_t)done, data + done);

        /* Equal bytes may be so by chance, where the power was cut in the middle of a write. */
        if (rc == 0 || (rc == 1 && (w->area->flash->flags & OTA_FLASH_REFRESH) != 0)) {
            rc = ota_area_write(w->area, off + (uint32_t)done, data + done, unit);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int program(struct ota_writer *w, uint32_t off, const uint8_t *data, size_t len)
{
    size_t old = OTA_CONFIG_JOURNAL && off < w->dirty ? w->dirty - off : 0;
    int rc = erase_up_to(w, off + (uint32_t)len);

    old = old < len ? old : len;
    if (rc == 0 && old > 0) {
        rc = complete(w, off, data, old);
    }
    if (rc == 0 && old < len) {
        rc = ota_area_write(w->area, off + (uint32_t)old, data + old, len - old);
    }
    return rc;
}

int ota_writer_push(struct ota_writer *w, const void *data, size_t len)
{
    const uint32_t unit = w->area->flash->write_size;
    const uint8_t *p = data;

    if (len > w->limit - w->off) {
        return OTA_ESIZE;
    }
    while (len > 0) {
        size_t n;
        int rc = 0;

        if (w->row_len == 0 && len >= unit) {
            n = len & ~(size_t)(unit - 1);
            rc = program(w, w->off, p, n);
        } else {
            n = unit - w->row_len < len ? unit - w->row_len : len;
            memcpy(w->row + w->row_len, p, n);
            w->row_len += (uint32_t)n;
            if (w->row_len == unit) {
                rc = program(w, w->off + (uint32_t)n - unit, w->row, unit);
                w->row_len = 0;
            }
        }
        if (rc != 0) {
            return rc;
        }
        w->off += (uint32_t)n;
        p += n;
        len -= n;
    }
    return 0;
}

int ota_writer_finish(struct ota_writer *w)
{
    if (w->row_len > 0) {
        const uint32_t unit = w->area->flash->write_size;
        int rc;

        memset(w->row + w->row_len, w->area->flash->erased, unit - w->row_len);
        rc = program(w, w->off - w->row_len, w->row, unit);
        if (rc != 0) {
            return rc;
        }
        w->row_len = 0;
    }
    return ota_area_sync(w->area);
}
