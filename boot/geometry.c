/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Erase units of two slots side by side. Only where units of both end can one slot's content be
 * erased without touching what was not exchanged yet; between two such boundaries lies a group.
 *
 *     primary    |--|--|--|--|--|--|--|--|
 *     secondary  |-----------|-----------|
 *     boundaries ^           ^           ^
 */
#include "internal.h"
#include "ota/err.h"

/* The boundary that follows from, and how many primary units lie in between. */
static int next_boundary(const struct ota_boot_config *c, uint32_t from, uint32_t *out,
                         uint32_t *units)
{
    uint32_t p = from, s = from;

    do {
        if (p <= s && p < c->primary.size) {
            p = ota_boot_unit_end(&c->primary, p);
            ++*units;
        } else if (s < c->secondary.size) {
            s = ota_boot_unit_end(&c->secondary, s);
        } else {
            return OTA_ESIZE;
        }
    } while (p != s);
    *out = p;
    return 0;
}

int ota_boot_boundary(const struct ota_boot_config *c, uint32_t at_least, uint32_t *out)
{
    uint32_t at = 0, units = 0;

    while (at < at_least) {
        int rc = next_boundary(c, at, &at, &units);

        if (rc != 0) {
            return rc;
        }
    }
    *out = at;
    return 0;
}

int ota_boot_fits(const struct ota_boot_config *c)
{
    uint32_t at = 0, units = 0;

    if (c->primary.size != c->secondary.size) {
        return OTA_ESIZE;
    }
    while (at < c->primary.size) {
        uint32_t begin = at;
        int rc = next_boundary(c, begin, &at, &units);

        if (rc != 0 || at - begin > c->scratch.size || units > ota_boot_sectors(c)) {
            return OTA_ESIZE;
        }
    }
    return 0;
}

int ota_boot_chunk(const struct ota_boot_config *c, uint32_t end, uint32_t *begin)
{
    uint32_t at = end, best = end;

    while (at > 0) {
        at = ota_boot_unit_begin(&c->primary, at - 1);
        if (end - at > c->scratch.size) {
            break;
        }
        if (at == 0 || ota_boot_unit_begin(&c->secondary, at) == at) {
            best = at;
        }
    }
    *begin = best;
    return best < end ? 0 : OTA_ESIZE;
}
