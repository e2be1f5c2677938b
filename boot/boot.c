/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "flash/area.h"
#include "internal.h"
#include "ota/err.h"

#define SECTORS_DEFAULT 128u

/* ---- Plans ----------------------------------------------------------------------------------- */

int ota_boot_go(struct ota_boot *b, int (*next)(struct ota_boot *b))
{
    b->next = next;
    b->phase = 0;
    return 1;
}

void ota_boot_plan_erase(struct ota_boot *b, const struct ota_area *area, uint32_t begin,
                         uint32_t end)
{
    b->erase.area = area;
    b->erase.begin = begin;
    b->erase.end = end;
    b->erase.is_backwards = false;
}

void ota_boot_plan_erase_backwards(struct ota_boot *b, const struct ota_area *area, uint32_t begin,
                                   uint32_t end)
{
    ota_boot_plan_erase(b, area, begin, end);
    b->erase.is_backwards = true;
}

void ota_boot_plan_copy(struct ota_boot *b, const struct ota_area *from, const struct ota_area *to,
                        uint32_t off, uint32_t len)
{
    b->copy.from = from;
    b->copy.to = to;
    b->copy.from_off = off;
    b->copy.to_off = off;
    b->copy.len = len;
}

uint32_t ota_boot_unit_begin(const struct ota_area *area, uint32_t off)
{
    struct ota_flash_unit u;

    return ota_area_unit(area, off, &u) == 0 ? u.off : off;
}

uint32_t ota_boot_unit_end(const struct ota_area *area, uint32_t off)
{
    struct ota_flash_unit u;

    return ota_area_unit(area, off, &u) == 0 ? u.off + u.size : area->size;
}

static int erase_unit(struct ota_boot *b)
{
    struct ota_boot_erase *e = &b->erase;
    uint32_t at = e->is_backwards ? e->end - 1 : e->begin;
    struct ota_flash_unit u;
    int rc = ota_area_unit(e->area, at, &u);

    if (rc == 0) {
        rc = ota_area_erase(e->area, at, 1);
    }
    if (rc != 0) {
        return rc;
    }
    if (!e->is_backwards) {
        e->begin = u.off + u.size;
    } else {
        e->end = u.off > e->begin ? u.off : e->begin;
    }
    return 1;
}

/* Bytes that fill the last of len bytes up to a write unit. */
static uint32_t padding(const struct ota_area *to, uint32_t len)
{
    uint32_t unit = to->flash->write_size;

    return (unit - len % unit) % unit;
}

/* Rows that are rewritten whole need no erase before; what is copied replaces all of them. */
static void drop_needless_erase(struct ota_boot *b)
{
    struct ota_boot_erase *e = &b->erase;
    const struct ota_boot_copy *c = &b->copy;

    if (c->len > 0 && c->to == e->area && (c->to->flash->flags & OTA_FLASH_REWRITE) != 0 &&
        e->begin >= c->to_off && e->end - c->to_off <= c->len + padding(c->to, c->len)) {
        e->begin = e->end;
    }
}

/* Copies one buffer. The last bytes are filled up to a write unit with erased ones. */
static int copy_piece(struct ota_boot *b)
{
    struct ota_boot_copy *c = &b->copy;
    const struct ota_flash *to = c->to->flash;
    uint32_t room = b->config->buf_len - b->config->buf_len % to->write_size;
    uint32_t n = c->len < room ? c->len : room;
    uint32_t pad = padding(c->to, n);
    uint8_t *buf = b->config->buf;
    int rc = ota_area_read(c->from, c->from_off, buf, n);

    if (rc == 0 && b->config->encryption != NULL) {
        rc = b->config->encryption->ops->transform(b, buf, n);
    }
    if (rc == 0) {
        memset(buf + n, to->erased, pad);
        rc = ota_area_write(c->to, c->to_off, buf, n + pad);
    }
    if (rc != 0) {
        return rc;
    }
    c->from_off += n;
    c->to_off += n;
    c->len -= n;
    return 1;
}

bool ota_boot_is_doubtful(const struct ota_boot *b, const struct ota_area *area)
{
    return b->result.is_resumed &&
           (area->flash->flags & (OTA_FLASH_REFRESH | OTA_FLASH_REWRITE)) != 0;
}

int ota_boot_finish(struct ota_boot *b)
{
    bool is_doubtful = ota_boot_is_doubtful(b, &b->config->primary);
    const struct ota_boot_store *store = b->config->mode->store;
    struct ota_trailer t;
    int rc = store->read(b, OTA_BOOT_PRIMARY, &t);

    if (rc != 0) {
        return rc;
    }
    if (b->type != OTA_SWAP_TEST && (t.image_ok == OTA_FIELD_UNSET || is_doubtful)) {
        rc = store->set(b, OTA_TRAILER_IMAGE_OK);
    }
    if (rc == 0 && (t.copy_done == OTA_FIELD_UNSET || is_doubtful)) {
        rc = store->set(b, OTA_TRAILER_COPY_DONE);
    }
    return rc == 0 ? ota_boot_go(b, ota_boot_settle) : rc;
}

/* ---- Configuration --------------------------------------------------------------------------- */

uint32_t ota_boot_sectors(const struct ota_boot_config *c)
{
    return c->max_sectors == 0 ? SECTORS_DEFAULT : c->max_sectors;
}

uint8_t ota_boot_align(const struct ota_boot_config *c)
{
    return ota_trailer_align(c->align);
}

int ota_boot_check_area(const struct ota_boot_config *c, const struct ota_area *area)
{
    int rc = ota_area_check(area);

    return rc == 0 && c->buf_len < area->flash->write_size ? OTA_ENOSPC : rc;
}

static int check_config(const struct ota_boot_config *c)
{
    int rc;

    if (c->mode == NULL || c->trust == NULL || c->buf == NULL || ota_boot_align(c) == 0 ||
        (c->counter == NULL ? (c->flags & OTA_BOOT_NO_COUNTER_DOWNGRADE) != 0
                            : c->counter->ops == NULL)) {
        return OTA_EARG;
    }
    rc = ota_boot_check_area(c, &c->primary);
    rc = rc == 0 ? ota_boot_check_area(c, &c->secondary) : rc;
    return rc == 0 ? c->mode->check(c) : rc;
}

uint32_t ota_boot_max_image(const struct ota_boot_config *config)
{
    if (check_config(config) != 0 || config->mode->fits(config) != 0) {
        return 0;
    }
    return config->mode->max_image(config);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

int ota_boot_init(struct ota_boot *boot, const struct ota_boot_config *config)
{
    int rc = check_config(config);

    if (rc != 0) {
        return rc;
    }
    memset(boot, 0, sizeof *boot);
    boot->config = config;
    boot->outcome = 1;
    boot->align = ota_boot_align(config);
    boot->type = OTA_SWAP_NONE;
    boot->result.type = OTA_SWAP_NONE;
    boot->info_in = OTA_BOOT_NOWHERE;
    (void)ota_boot_go(boot, ota_boot_open);
    return 0;
}

int ota_boot_step(struct ota_boot *boot)
{
    int rc;

    if (boot->outcome != 1) {
        return boot->outcome;
    }
    drop_needless_erase(boot);
    if (boot->erase.begin < boot->erase.end) {
        rc = erase_unit(boot);
    } else if (boot->copy.len > 0) {
        rc = copy_piece(boot);
    } else {
        rc = boot->next(boot);
    }
    boot->outcome = rc;
    return rc;
}

int ota_boot_run(struct ota_boot *boot)
{
    int rc;

    do {
        rc = ota_boot_step(boot);
    } while (rc == 1);
    return rc;
}

int ota_boot_read_trailer(const struct ota_boot_config *config, uint8_t slot,
                          struct ota_trailer *out)
{
    struct ota_boot b;
    int rc = slot > OTA_BOOT_SECONDARY ? OTA_EARG : ota_boot_init(&b, config);

    return rc == 0 ? config->mode->store->read(&b, (enum ota_boot_where)slot, out) : rc;
}
