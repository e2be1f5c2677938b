/* SPDX-License-Identifier: Apache-2.0 */
#include "powercut/device.h"

#include <string.h>

#include "flash/area.h"

struct device device;

static struct ota_slot slot_of(const struct ota_area *area)
{
    struct ota_slot slot = {*area, device.config.align, 0};

    if (device.config.mode == &ota_boot_swap_status_scratch) {
        slot.flags = OTA_SLOT_MAILBOX;
    }
    return slot;
}

static bool is_encrypted(uint8_t version)
{
    return version != NEXT && (device.geometry->encrypted & version) != 0;
}

/* An image as it is sent; is_plain: as it lies in the primary slot. */
static void build_image(uint8_t *out, uint32_t size, uint8_t version, bool is_plain)
{
    struct ota_image_key key = {.len = FAKE_KEY_LEN};
    struct ota_image_header h;

    if (!is_encrypted(version)) {
        fake_image(out, size, version);
        return;
    }
    for (uint32_t i = 0; i < key.len; i++) {
        key.bytes[i] = (uint8_t)(version * 91u + i * 17u);
    }
    fake_image(out, size - (4 + FAKE_KEY_LEN), version);
    (void)ota_image_header_decode(out, &h); /* just made */
    h.flags = OTA_IMAGE_F_ENCRYPTED_AES128;
    ota_image_header_encode(&h, out);
    fake_tlvs(out, FAKE_HEADER + h.payload_size, FAKE_KEY_TLV, key.bytes, key.len);
    if (!is_plain) {
        (void)fake_ctr(NULL, &key, 0, out + FAKE_HEADER, h.payload_size); /* cannot fail */
    }
}

void device_image(uint8_t *out, uint32_t size, uint8_t version)
{
    build_image(out, size, version, false);
}

bool device_holds(uint8_t version)
{
    static uint8_t image[SLOT];
    uint32_t size = version == OLD ? device.geometry->old_size : device.geometry->new_size;
    uint32_t at = version == OLD ? 0 : device.image_at;

    build_image(image, size, version, false);
    return memcmp(device.external.mem + at, image, size) == 0;
}

static void set_config(const struct geometry *g)
{
    struct ota_boot_config *c = &device.config;

    memset(c, 0, sizeof *c);
    c->mode = g->mode;
    c->primary = (struct ota_area){&device.internal.flash, 0, SLOT};
    c->secondary = (struct ota_area){&device.external.flash, 0, SLOT};
    if (g->scratch > 0) {
        c->scratch = (struct ota_area){&device.internal.flash, SLOT, g->scratch};
    }
    if (g->status > 0) {
        c->status = (struct ota_area){&device.internal.flash, SLOT + g->scratch, g->status};
    }
    c->trust = &fake_trust;
    c->buf = device.buf;
    c->buf_len = sizeof device.buf;
    c->max_sectors = g->sectors;
    c->align = g->align;
    c->flags = g->flags;
    if (g->encrypted != 0) {
        (void)ota_boot_encryption_init(&device.encryption, &fake_cipher, FAKE_KEY_LEN);
        c->encryption = &device.encryption;
    }
}

void device_build(const struct geometry *g)
{
    struct ota_flash f = g->internal;

    device.geometry = g;
    device.image_at = g->mode == &ota_boot_swap_offset ? f.erase_size : 0;
    f.size = SLOT + g->scratch + g->status;
    cut_flash_init(&device.internal, &device.power, &f);
    f = g->secondary;
    f.size = SLOT;
    cut_flash_init(&device.external, &device.power, &f);
    set_config(g);
    device.primary = slot_of(&device.config.primary);
    device.secondary = slot_of(&device.config.secondary);
    if (device.image_at > 0) {
        device.secondary.area.off += device.image_at;
        device.secondary.area.size -= device.image_at;
        device.secondary.flags = OTA_SLOT_SPARE;
    }
    device_power_on(CUT_NEVER, TEAR_NONE);
    build_image(device.internal.mem, g->old_size, OLD, true);
    build_image(device.external.mem + device.image_at, g->new_size, NEW, false);
}

static struct cut_flash *chip(int i)
{
    return i == 0 ? &device.internal : &device.external;
}

void device_save(struct snapshot *s)
{
    for (int i = 0; i < 2; i++) {
        s->is_weak[i] = chip(i)->is_weak;
        memcpy(s->mem[i], chip(i)->mem, chip(i)->flash.size);
        memcpy(s->weak[i], chip(i)->weak, chip(i)->flash.size);
    }
}

void device_restore(const struct snapshot *s)
{
    for (int i = 0; i < 2; i++) {
        chip(i)->is_weak = s->is_weak[i];
        memcpy(chip(i)->mem, s->mem[i], chip(i)->flash.size);
        memcpy(chip(i)->weak, s->weak[i], chip(i)->flash.size);
    }
}

void device_power_on(uint32_t cut_at, enum tear tear)
{
    device.power.is_off = false;
    device.power.ops = 0;
    device.power.cut_at = cut_at;
    device.power.tear = tear;
    device.power.weak = WEAK_ANY;
}

int device_boot(void)
{
    static struct ota_boot boot;
    int rc = ota_boot_init(&boot, &device.config);

    if (rc == 0) {
        rc = ota_boot_run(&boot);
    }
    if (device.power.is_off) {
        return 0;
    }
    device.swap_type = boot.result.type;
    return rc == 0 ? boot.result.version.major : rc;
}

bool device_may_be_complete(void)
{
    struct ota_trailer t;
    bool is_complete = false;

    for (int how = WEAK_OLD; how <= WEAK_NEW; how++) {
        device_power_on(CUT_NEVER, TEAR_NONE);
        device.power.weak = (enum weak_bits)how;
        if (ota_boot_read_trailer(&device.config, 0, &t) == 0 && t.magic == OTA_FIELD_SET &&
            t.copy_done != OTA_FIELD_UNSET) {
            is_complete = true;
        }
    }
    return is_complete;
}

int device_download(uint8_t version, uint32_t size)
{
    static uint8_t image[SLOT];
    uint8_t row[512];
    struct ota_writer w;
    struct ota_area area = device.config.secondary;
    int rc;

    area.off += device.image_at;
    area.size -= device.image_at;
    build_image(image, size, version, false);
    if (device.image_at > 0) {
        /* A header at the slot's start would say that the image is in the wrong place. */
        rc = ota_area_erase(&device.config.secondary, 0, device.image_at);
        if (rc != 0) {
            return rc;
        }
    }
    rc = ota_writer_init(&w, &area, area.size, row, 0);
    rc = rc == 0 ? ota_writer_push(&w, image, size) : rc;
    return rc == 0 ? ota_writer_finish(&w) : rc;
}
