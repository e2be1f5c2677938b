/* SPDX-License-Identifier: Apache-2.0 */
#include "template/conformance.h"

#include <string.h>

#include "ota/err.h"
#include "ota/slot.h"

#define N_UNITS 3u
#define GUARD 0xa5u

/* One run. */
struct run {
    const struct ota_conformance *test;
    const struct ota_flash *flash;
    struct ota_flash_unit unit[N_UNITS]; /* the area's first ones */
    uint32_t piece;                      /* bytes to write or compare at a time */
    int n_violations;
};

static void violate(struct run *r, enum ota_conform_rule rule, uint32_t off, int rc)
{
    r->n_violations++;
    r->test->tell(r->test->arg, rule, off, rc);
}

static void rest(struct run *r)
{
    if (r->test->kick != NULL) {
        r->test->kick(r->test->arg);
    }
}

/* Bytes that tell where they belong; seeds tell one writing from the next. */
static uint8_t pattern(uint32_t off, uint8_t seed)
{
    return (uint8_t)(off * 31u + (off >> 8) * 7u + (off >> 16) * 3u + seed);
}

static void fill(uint8_t *buf, uint32_t off, uint32_t len, uint8_t seed)
{
    for (uint32_t i = 0; i < len; i++) {
        buf[i] = pattern(off + i, seed);
    }
}

/* ---- Operations whose result is checked ------------------------------------------------------ */

static bool erase(struct run *r, uint32_t off)
{
    int rc = r->flash->ops->erase(r->flash, off);

    rest(r);
    if (rc != 0) {
        violate(r, OTA_CONFORM_RESULT, off, rc);
    }
    return rc == 0;
}

static bool write(struct run *r, uint32_t off, const void *buf, uint32_t len)
{
    int rc = r->flash->ops->write(r->flash, off, buf, len);

    rest(r);
    if (rc == 0 && r->flash->ops->sync != NULL) {
        rc = r->flash->ops->sync(r->flash);
    }
    if (rc != 0) {
        violate(r, OTA_CONFORM_RESULT, off, rc);
    }
    return rc == 0;
}

static bool read(struct run *r, uint32_t off, void *buf, uint32_t len)
{
    int rc = r->flash->ops->read(r->flash, off, buf, len);

    if (rc != 0) {
        violate(r, OTA_CONFORM_RESULT, off, rc);
    }
    return rc == 0;
}

/* Writes the pattern, from a buffer that begins at an odd address. */
static bool write_pattern(struct run *r, uint32_t off, uint32_t len, uint8_t seed)
{
    fill(r->test->work + 1, off, len, seed);
    return write(r, off, r->test->work + 1, len);
}

/* Does [off, off+len) hold the pattern, or with is_erased erased bytes? One violation at most. */
static bool expect(struct run *r, uint32_t off, uint32_t len, const uint8_t *seed,
                   enum ota_conform_rule rule)
{
    uint32_t done = 0;

    while (done < len) {
        uint32_t n = len - done < r->piece ? len - done : r->piece;

        if (!read(r, off + done, r->test->work, n)) {
            return false;
        }
        for (uint32_t i = 0; i < n; i++) {
            uint8_t want = seed != NULL ? pattern(off + done + i, *seed) : r->flash->erased;

            if (r->test->work[i] != want) {
                violate(r, rule, off + done + i, 0);
                return false;
            }
        }
        done += n;
        rest(r);
    }
    return true;
}

/* ---- Rules ----------------------------------------------------------------------------------- */

static bool is_possible(const struct ota_flash *f, const struct ota_area *a)
{
    uint32_t w = f->write_size;

    return f->ops->read != NULL && f->ops->write != NULL && f->ops->erase != NULL && w >= 1 &&
           w <= 512 && (w & (w - 1)) == 0 && f->erase_size >= w && f->erase_size % w == 0 &&
           f->size >= f->erase_size && (f->erased == 0x00 || f->erased == 0xff) &&
           a->off <= f->size && a->size <= f->size - a->off;
}

static int find_unit(const struct ota_flash *f, uint32_t off, struct ota_flash_unit *out)
{
    if (f->ops->unit != NULL) {
        return f->ops->unit(f, off, out);
    }
    out->off = off - off % f->erase_size;
    out->size = f->erase_size;
    return 0;
}

/* The same unit must be told for its first, second and last byte. */
static bool find_units(struct run *r, const struct ota_area *a)
{
    uint32_t off = a->off;

    for (unsigned i = 0; i < N_UNITS; i++) {
        struct ota_flash_unit *u = &r->unit[i], same;
        int rc = off - a->off < a->size ? find_unit(r->flash, off, u) : OTA_ERANGE;

        if (rc != 0 || u->off != off || u->size < r->flash->write_size ||
            u->size % r->flash->write_size != 0 || u->size > a->size - (off - a->off)) {
            violate(r, i == 0 || rc == OTA_ERANGE ? OTA_CONFORM_GEOMETRY : OTA_CONFORM_UNITS, off,
                    rc);
            return false;
        }
        for (uint32_t at = 1; at < u->size; at = at == 1 && u->size > 2 ? u->size - 1 : u->size) {
            rc = find_unit(r->flash, off + at, &same);
            if (rc != 0 || same.off != u->off || same.size != u->size) {
                violate(r, OTA_CONFORM_UNITS, off + at, rc);
                return false;
            }
        }
        off += u->size;
    }
    return true;
}

static bool fill_unit(struct run *r, const struct ota_flash_unit *u, uint8_t seed)
{
    for (uint32_t done = 0; done < u->size;) {
        uint32_t n = u->size - done < r->piece ? u->size - done : r->piece;

        if (!write_pattern(r, u->off + done, n, seed)) {
            return false;
        }
        done += n;
    }
    return true;
}

/* Every byte of three units, all written before any is compared: addresses that fold show up. */
static bool check_whole_units(struct run *r)
{
    const uint8_t seed = 1;

    for (unsigned i = 0; i < N_UNITS; i++) {
        if (!erase(r, r->unit[i].off) ||
            !expect(r, r->unit[i].off, r->unit[i].size, NULL, OTA_CONFORM_ERASE_FILLS)) {
            return false;
        }
    }
    for (unsigned i = 0; i < N_UNITS; i++) {
        if (!fill_unit(r, &r->unit[i], seed)) {
            return false;
        }
    }
    for (unsigned i = 0; i < N_UNITS; i++) {
        if (!expect(r, r->unit[i].off, r->unit[i].size, &seed, OTA_CONFORM_WRITE_TAKES)) {
            return false;
        }
    }
    return true;
}

/* Erasing the middle unit, twice: an erase of an erased unit is no error. */
static bool check_erase(struct run *r)
{
    const uint8_t seed = 1;

    for (int i = 0; i < 2; i++) {
        if (!erase(r, r->unit[1].off)) {
            return false;
        }
    }
    return expect(r, r->unit[1].off, r->unit[1].size, NULL, OTA_CONFORM_ERASE_FILLS) &&
           expect(r, r->unit[0].off, r->unit[0].size, &seed, OTA_CONFORM_ERASE_SPARES) &&
           expect(r, r->unit[2].off, r->unit[2].size, &seed, OTA_CONFORM_ERASE_SPARES);
}

/* The last write unit first, as trailers are written. */
static bool check_write(struct run *r)
{
    const struct ota_flash_unit *u = &r->unit[1];
    uint32_t w = r->flash->write_size;
    const uint8_t seed = 2, before = 1;

    return write_pattern(r, u->off + u->size - w, w, seed) &&
           expect(r, u->off + u->size - w, w, &seed, OTA_CONFORM_WRITE_TAKES) &&
           expect(r, u->off, u->size - w, NULL, OTA_CONFORM_WRITE_SPARES) &&
           (u->size == w ||
            (write_pattern(r, u->off, w, seed) &&
             expect(r, u->off, w, &seed, OTA_CONFORM_WRITE_TAKES) &&
             expect(r, u->off + u->size - w, w, &seed, OTA_CONFORM_WRITE_SPARES) &&
             expect(r, u->off + w, u->size - 2 * w, NULL, OTA_CONFORM_WRITE_SPARES))) &&
           expect(r, r->unit[0].off, r->unit[0].size, &before, OTA_CONFORM_WRITE_SPARES) &&
           expect(r, r->unit[2].off, r->unit[2].size, &before, OTA_CONFORM_WRITE_SPARES);
}

/* Reads of the first unit, which still holds the pattern; the target begins at an odd address. */
static bool check_reads(struct run *r)
{
    const uint8_t seed = 1;
    const uint32_t start = r->unit[0].off;
    const uint32_t cross = start + r->unit[0].size - 1;
    const uint32_t at[] = {start, start + 1, start + 3};
    const uint32_t len[] = {0, 1, 2, 3, 5, 31};
    uint8_t *buf = r->test->work + 1;

    for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++) {
        for (unsigned j = 0; j < sizeof len / sizeof len[0]; j++) {
            uint32_t off = at[i] - start < r->unit[0].size ? at[i] : start;
            uint32_t n = len[j] < cross + 1 - off ? len[j] : cross + 1 - off;

            memset(buf, (int)GUARD, n + 1);
            if (!read(r, off, buf, n)) {
                return false;
            }
            for (uint32_t k = 0; k < n; k++) {
                if (buf[k] != pattern(off + k, seed)) {
                    violate(r, OTA_CONFORM_READ_ANY, off + k, 0);
                    return false;
                }
            }
            if (buf[n] != GUARD) {
                violate(r, OTA_CONFORM_READ_BOUNDS, off, 0);
                return false;
            }
        }
    }
    /* Over the border of two units. */
    if (!read(r, cross, buf, 2)) {
        return false;
    }
    if (buf[0] != pattern(cross, seed)) {
        violate(r, OTA_CONFORM_READ_ANY, cross, 0);
        return false;
    }
    return true;
}

/* What the flags promise, at the first write unit of the middle unit. */
static bool check_flags(struct run *r)
{
    const uint32_t off = r->unit[1].off, w = r->flash->write_size;
    const uint8_t seed = 2, other = 77;

    if ((r->flash->flags & OTA_FLASH_REFRESH) != 0 &&
        !(write_pattern(r, off, w, seed) && expect(r, off, w, &seed, OTA_CONFORM_REFRESH))) {
        return false;
    }
    return (r->flash->flags & OTA_FLASH_REWRITE) == 0 ||
           (write_pattern(r, off, w, other) && expect(r, off, w, &other, OTA_CONFORM_REWRITE));
}

/* The library's own steps at the end of the area, in the order of an update. */
static bool check_slot(struct run *r)
{
    const struct ota_slot slot = {.area = *r->test->area,
                                  .align = (uint8_t)(r->flash->write_size == 16   ? 16
                                                     : r->flash->write_size == 32 ? 32
                                                                                  : 8)};
    struct ota_trailer t;
    uint32_t end = slot.area.off + slot.area.size;
    int rc = ota_slot_cancel_pending(&slot);

    rest(r);
    if (rc == 0) {
        rc = ota_slot_set_pending(&slot, true);
        rest(r);
    }
    if (rc == 0) {
        rc = ota_slot_read_trailer(&slot, &t);
    }
    if (rc != 0 || t.magic != OTA_FIELD_SET || t.image_ok != OTA_FIELD_SET) {
        violate(r, OTA_CONFORM_SLOT, end, rc);
        return false;
    }
    rc = ota_slot_cancel_pending(&slot);
    rest(r);
    if (rc == 0) {
        rc = ota_slot_read_trailer(&slot, &t);
    }
    if (rc != 0 || t.magic != OTA_FIELD_UNSET) {
        violate(r, OTA_CONFORM_SLOT, end, rc);
        return false;
    }
    return true;
}

int ota_conform_run(const struct ota_conformance *test)
{
    static bool (*const checks[])(struct run *) = {
        check_whole_units, check_erase, check_write, check_reads, check_flags, check_slot,
    };
    struct run r = {.test = test};

    if (test == NULL || test->area == NULL || test->work == NULL || test->tell == NULL ||
        test->area->flash == NULL || test->area->flash->ops == NULL) {
        return OTA_EARG;
    }
    r.flash = test->area->flash;
    if (!is_possible(r.flash, test->area)) {
        violate(&r, OTA_CONFORM_GEOMETRY, test->area->off, 0);
        return r.n_violations;
    }
    if (test->work_len < OTA_CONFORM_WORK_LEN(r.flash->write_size)) {
        return OTA_ENOSPC;
    }
    r.piece = (uint32_t)(test->work_len - 1) / r.flash->write_size * r.flash->write_size;
    if (!find_units(&r, test->area)) {
        return r.n_violations;
    }
    /* Each check builds on what the one before has left. */
    for (unsigned i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (!checks[i](&r)) {
            break;
        }
    }
    return r.n_violations;
}

const char *ota_conform_name(enum ota_conform_rule rule)
{
    static const char *const names[] = {
#define NAME(name, text) #name,
        OTA_CONFORM_MAP(NAME)
#undef NAME
    };

    return (unsigned)rule < OTA_CONFORM_N_RULES ? names[rule] : "?";
}

const char *ota_conform_text(enum ota_conform_rule rule)
{
    static const char *const texts[] = {
#define TEXT(name, text) text,
        OTA_CONFORM_MAP(TEXT)
#undef TEXT
    };

    return (unsigned)rule < OTA_CONFORM_N_RULES ? texts[rule] : "?";
}
