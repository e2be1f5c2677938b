/* SPDX-License-Identifier: Apache-2.0 */
#include "ota/err.h"
#include "psoc6/psoc6.h"

#define PRIMARY_OFF 0x18000u
#define SLOT_INTERNAL 0xee000u
#define SLOT_EXTERNAL 0x1c0000u
#define JOURNAL_OFF 0x1fe000u
#define JOURNAL_LEN 0x2000u
#define ALIGN 8u

/* What differs. A test compares it with boards/. */
static const struct layout {
    uint32_t secondary_off;
    uint32_t slot;
    bool is_external;
    uint8_t flags; /* of the primary: with a status partition its end is a mailbox */
} layouts[] = {
    [OTA_PSOC6_INTERNAL_COPY] = {0x106000u, SLOT_INTERNAL, false, 0},
    [OTA_PSOC6_INTERNAL_SWAP] = {0x106000u, SLOT_INTERNAL, false, OTA_SLOT_MAILBOX},
    [OTA_PSOC6_EXTERNAL_COPY] = {0x24400u, SLOT_EXTERNAL, true, 0},
    [OTA_PSOC6_EXTERNAL_SWAP] = {0x24400u, SLOT_EXTERNAL, true, OTA_SLOT_MAILBOX},
};

static bool is_in(const struct ota_area *a)
{
    return a->off <= a->flash->size && a->size <= a->flash->size - a->off;
}

/* Reading a secondary's trailer can erase the unit it ends in, so no byte of an image may be there.
 */
static uint32_t image_max(const struct ota_area *a)
{
    uint32_t end = a->off + a->size - 1;
    uint32_t unit = a->flash->erase_size;

    return end - end % unit - a->off;
}

int ota_psoc6_slots(enum ota_psoc6_layout layout, const struct ota_flash *internal,
                    const struct ota_flash *external, struct ota_psoc6_slots *out)
{
    const struct layout *l;

    if ((unsigned)layout >= sizeof layouts / sizeof layouts[0] || internal == NULL) {
        return OTA_EARG;
    }
    l = &layouts[layout];
    if (l->is_external && external == NULL) {
        return OTA_EARG;
    }
    *out = (struct ota_psoc6_slots){
        .primary = {{internal, PRIMARY_OFF, l->slot}, ALIGN, l->flags},
        .secondary = {{l->is_external ? external : internal, l->secondary_off, l->slot}, ALIGN, 0},
        .journal = {internal, JOURNAL_OFF, JOURNAL_LEN},
    };
    if (!is_in(&out->primary.area) || !is_in(&out->secondary.area) || !is_in(&out->journal)) {
        return OTA_ERANGE;
    }
    out->image_max = image_max(&out->secondary.area);
    return 0;
}
