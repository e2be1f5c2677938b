/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what is on flash to what is done: an interrupted swap goes first, then the trailers decide,
 * then the wanted image is checked. An image that fails the check is removed, so that the next
 * boot does not meet it again; a device that fails is not taken for a bad image.
 */
#include "flash/area.h"
#include "internal.h"
#include "ota/err.h"

static const struct ota_boot_store *store(const struct ota_boot *b)
{
    return b->config->mode->store;
}

static enum ota_swap_rules rules(const struct ota_boot *b)
{
    return (b->config->flags & OTA_BOOT_V1) != 0 ? OTA_SWAP_RULES_V1 : b->config->mode->rules;
}

/* ---- Refusing -------------------------------------------------------------------------------- */

static int clear_secondary(struct ota_boot *b)
{
    int rc = store(b)->clear(b, OTA_BOOT_SECONDARY, b->phase++);

    return rc == 0 ? ota_boot_go(b, ota_boot_settle) : rc;
}

/* Takes the refused image out of the way: where there is none, only the request for it. */
static int remove_image(struct ota_boot *b)
{
    if (b->result.refused != OTA_ENOIMAGE && b->result.refused != OTA_ENOTBOOT) {
        ota_boot_plan_erase(b, &b->config->secondary, 0, b->config->secondary.size);
    }
    return ota_boot_go(b, clear_secondary);
}

/* Ends a revert, or a swap that was prepared, in favour of the image that runs: there is nothing
 * to go back to, and nothing may wait for it. */
static int keep_primary(struct ota_boot *b)
{
    struct ota_trailer t;
    int rc = store(b)->read(b, OTA_BOOT_PRIMARY, &t);

    if (rc == 0 && t.magic == OTA_FIELD_SET && t.image_ok == OTA_FIELD_UNSET) {
        rc = store(b)->set(b, OTA_TRAILER_IMAGE_OK);
    }
    if (rc == 0 && t.magic == OTA_FIELD_SET && t.copy_done == OTA_FIELD_UNSET) {
        rc = store(b)->set(b, OTA_TRAILER_COPY_DONE);
    }
    return rc == 0 ? ota_boot_go(b, remove_image) : rc;
}

static int abandon_swap(struct ota_boot *b)
{
    int rc = 0;

    /* Also beside a trailer that was prepared scratch may have the announcement of a revert. */
    if (b->config->mode->uses_scratch) {
        rc = store(b)->clear(b, OTA_BOOT_SCRATCH, b->phase++);
    }
    return rc == 0 ? ota_boot_go(b, keep_primary) : rc;
}

/* ---- Deciding -------------------------------------------------------------------------------- */

/* A prepared trailer is used as it is if its size covers both images. */
static void set_swap_size(struct ota_boot *b)
{
    uint32_t size = b->new_size > b->primary_size ? b->new_size : b->primary_size;

    if (b->info_in == OTA_BOOT_PRIMARY && b->swap_size >= size) {
        return;
    }
    b->info_in = b->info_in == OTA_BOOT_PRIMARY ? OTA_BOOT_NOWHERE : b->info_in;
    b->swap_size = size;
}

/* OTA_EVERSION if the new image is older than the one that it replaces and that is not allowed. */
static int compare(struct ota_boot *b)
{
    uint32_t flags = b->config->flags;

    if (b->primary_size == 0 || b->type == OTA_SWAP_REVERT) {
        return 0;
    }
    if ((flags & OTA_BOOT_NO_DOWNGRADE) != 0 &&
        ota_version_compare(&b->new_version, &b->primary_version) < 0) {
        return OTA_EVERSION;
    }
    return (flags & OTA_BOOT_NO_COUNTER_DOWNGRADE) == 0 ? 0 : b->config->counter->ops->compare(b);
}

int ota_boot_begin(struct ota_boot *b, int verdict)
{
    int rc = verdict == OTA_EFLASH || verdict == OTA_ECRYPTO ? verdict : compare(b);

    if (rc != 0) {
        return rc == OTA_EVERSION ? ota_boot_judge(b, rc, true) : rc;
    }
    if (b->type == OTA_SWAP_TEST && verdict != 0 && b->config->mode->is_swap &&
        b->info_in != OTA_BOOT_PRIMARY) {
        /* A trial whose end would be a device without an image is none. */
        b->type = OTA_SWAP_PERM;
        b->result.is_forced = true;
    }
    b->result.type = b->type;
    set_swap_size(b);
    if (b->config->encryption != NULL) {
        rc = b->config->encryption->ops->begin(b);
        if (rc != 0) {
            return rc;
        }
    }
    b->is_acting = true;
    return ota_boot_go(b, b->config->mode->start);
}

int ota_boot_judge(struct ota_boot *b, int verdict, bool is_final)
{
    if (verdict == 0) {
        b->new_size = b->check.image.tlv_end;
        b->tlv_sizes = (b->new_size - b->check.image.hashed_size) << 16;
        b->new_version = b->check.image.header.version;
        return ota_boot_go(b, ota_boot_check_old);
    }
    b->result.refused = verdict;
    if (!is_final) {
        return ota_boot_go(b, ota_boot_settle);
    }
    if (b->info_in != OTA_BOOT_NOWHERE) {
        b->result.type = OTA_SWAP_FAIL;
        return ota_boot_go(b, abandon_swap);
    }
    return ota_boot_go(b, b->type == OTA_SWAP_REVERT ? keep_primary : remove_image);
}

int ota_boot_restart(struct ota_boot *b, enum ota_swap_type type, enum ota_boot_where where)
{
    b->type = type;
    b->info_in = (uint8_t)where;
    b->result.is_resumed = true;
    return ota_boot_go(b, ota_boot_check_secondary);
}

static int decide(struct ota_boot *b)
{
    struct ota_trailer p, s;
    int rc = store(b)->read(b, OTA_BOOT_PRIMARY, &p);

    if (rc != 0) {
        return rc;
    }
    b->result.refused = store(b)->read(b, OTA_BOOT_SECONDARY, &s);
    if (b->result.refused != 0) {
        /* A secondary device that does not answer is no reason not to start the primary image. */
        return ota_boot_go(b, ota_boot_settle);
    }
    if (p.copy_done == OTA_FIELD_BAD) {
        /* Torn while it was written. The image in the primary slot may have run by then. */
        p.copy_done = OTA_FIELD_SET;
    }
    b->type = ota_swap_type(&p, &s, rules(b));
    if (b->type == OTA_SWAP_PERM && b->config->mode->is_swap && s.swap_info == OTA_SWAP_REVERT) {
        /* The announcement of a revert that was about to begin. */
        b->type = OTA_SWAP_REVERT;
    }
    return ota_boot_go(b, b->type == OTA_SWAP_NONE ? ota_boot_settle : ota_boot_check_secondary);
}

static int absorb(struct ota_boot *b)
{
    int rc = store(b)->absorb == NULL ? 0 : store(b)->absorb(b, b->phase++);

    return rc == 0 ? ota_boot_go(b, decide) : rc;
}

int ota_boot_open(struct ota_boot *b)
{
    const struct ota_boot_mode *mode = b->config->mode;
    int rc = mode->fits(b->config);

    if (rc != 0) {
        b->result.refused = rc;
        return ota_boot_go(b, ota_boot_settle);
    }
    rc = mode->resume == NULL ? 0 : mode->resume(b);
    b->is_acting = rc == 1 && b->next != ota_boot_check_secondary && b->next != ota_boot_settle;
    return rc == 0 ? ota_boot_go(b, absorb) : rc;
}
