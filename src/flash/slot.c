/* SPDX-License-Identifier: Apache-2.0 */
#include "ota/slot.h"

#include "codec/trailer.h"
#include "flash/area.h"
#include "ota/err.h"

/* Can the fields of this alignment be programmed one by one on this device? */
static bool is_usable(const struct ota_flash *f, uint8_t align)
{
    return align != 0 && f != NULL &&
           (f->write_size <= align || (f->flags & OTA_FLASH_REWRITE) != 0);
}

uint32_t ota_slot_trailer_size(const struct ota_slot *slot)
{
    return ota_trailer_back(ota_trailer_align(slot->align), OTA_TRAILER_SWAP_SIZE);
}

int ota_slot_read_trailer(const struct ota_slot *slot, struct ota_trailer *out)
{
    uint8_t raw[OTA_TRAILER_LEN_MAX];
    uint8_t align = ota_trailer_align(slot->align);
    uint32_t len = ota_trailer_back(align, OTA_TRAILER_SWAP_SIZE);
    int rc;

    if (!is_usable(slot->area.flash, align)) {
        return OTA_EARG;
    }
    if (slot->area.size < len) {
        return OTA_ERANGE;
    }
    rc = ota_area_read_steady(&slot->area, slot->area.size - len, raw, len);
    if (rc == 0) {
        ota_trailer_decode(raw, align, slot->area.flash->erased, out);
    }
    return rc;
}

static int write_field(const struct ota_slot *slot, enum ota_trailer_field field, const void *value,
                       size_t len)
{
    uint8_t align = ota_trailer_align(slot->align);

    return ota_area_patch(&slot->area, slot->area.size - ota_trailer_back(align, field), value,
                          len);
}

static int write_byte(const struct ota_slot *slot, enum ota_trailer_field field, uint8_t value)
{
    return write_field(slot, field, &value, 1);
}

/* Can a field that reads as written be written again? If so it is: a power cut may have left it so
 * that it reads differently the next time. */
static bool can_refresh(const struct ota_slot *slot)
{
    return (slot->area.flash->flags & (OTA_FLASH_REFRESH | OTA_FLASH_REWRITE)) != 0;
}

/* Writes everything that a request consists of, the magic that makes it count last. */
static int write_request(const struct ota_slot *slot, const struct ota_trailer *t, bool permanent)
{
    uint8_t magic[OTA_TRAILER_MAGIC_LEN];
    int rc = 0;

    if (permanent && (t->image_ok == OTA_FIELD_UNSET || can_refresh(slot))) {
        rc = write_byte(slot, OTA_TRAILER_IMAGE_OK, OTA_TRAILER_FLAG);
    }
    if (rc == 0 && t->swap_info == slot->area.flash->erased) {
        rc = write_byte(slot, OTA_TRAILER_SWAP_INFO, permanent ? OTA_SWAP_PERM : OTA_SWAP_TEST);
    }
    if (rc == 0) {
        ota_trailer_magic(ota_trailer_align(slot->align), magic);
        rc = write_field(slot, OTA_TRAILER_MAGIC, magic, sizeof magic);
    }
    return rc == 0 ? ota_area_sync(&slot->area) : rc;
}

int ota_slot_set_pending(const struct ota_slot *secondary, bool permanent)
{
    struct ota_trailer t;
    int rc = ota_slot_read_trailer(secondary, &t);

    if (rc != 0) {
        return rc;
    }
    if (t.magic == OTA_FIELD_SET) {
        return can_refresh(secondary) ? write_request(secondary, &t, false) : 0;
    }
    /* A flag without magic is what an interrupted permanent request leaves; a test request must
     * not become permanent by it, and a torn flag cannot be completed. */
    if (t.magic == OTA_FIELD_BAD || t.image_ok == OTA_FIELD_BAD ||
        (t.image_ok == OTA_FIELD_SET && !permanent)) {
        return OTA_ESTATE;
    }
    return write_request(secondary, &t, permanent);
}

int ota_slot_cancel_pending(const struct ota_slot *secondary)
{
    uint32_t len = ota_slot_trailer_size(secondary);
    int rc;

    if (secondary->area.size < len) {
        return OTA_ERANGE;
    }
    rc = ota_area_erase(&secondary->area, secondary->area.size - len, len);
    return rc == 0 ? ota_area_sync(&secondary->area) : rc;
}

int ota_slot_erase_spare(const struct ota_slot *secondary)
{
    struct ota_area spare = secondary->area;

    if ((secondary->flags & OTA_SLOT_SPARE) == 0) {
        return 0;
    }
    spare.size = spare.flash->write_size;
    if (spare.off < spare.size) {
        return OTA_ERANGE;
    }
    spare.off -= spare.size;
    return ota_area_erase(&spare, 0, spare.size);
}

int ota_slot_confirm(const struct ota_slot *primary)
{
    struct ota_trailer t;
    int rc = ota_slot_read_trailer(primary, &t);

    if (rc != 0) {
        return rc;
    }
    if ((primary->flags & OTA_SLOT_MAILBOX) != 0) {
        if (t.image_ok == OTA_FIELD_SET && !can_refresh(primary)) {
            return 0;
        }
    } else if (t.magic == OTA_FIELD_BAD) {
        return OTA_ESTATE;
    } else if (t.magic == OTA_FIELD_UNSET ||
               (t.image_ok != OTA_FIELD_UNSET && !can_refresh(primary))) {
        return 0;
    }
    rc = write_byte(primary, OTA_TRAILER_IMAGE_OK, OTA_TRAILER_FLAG);
    if (rc == 0 && t.copy_done != OTA_FIELD_UNSET && can_refresh(primary)) {
        rc = write_byte(primary, OTA_TRAILER_COPY_DONE, OTA_TRAILER_FLAG);
    }
    return rc == 0 ? ota_area_sync(&primary->area) : rc;
}

int ota_slot_is_confirmed(const struct ota_slot *primary)
{
    struct ota_trailer t;
    int rc = ota_slot_read_trailer(primary, &t);

    if (rc != 0) {
        return rc;
    }
    if ((primary->flags & OTA_SLOT_MAILBOX) != 0) {
        return t.image_ok == OTA_FIELD_SET;
    }
    return !(t.magic == OTA_FIELD_SET && t.copy_done == OTA_FIELD_SET &&
             t.image_ok == OTA_FIELD_UNSET);
}
