/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arbitrary flash under the bootloader: it may refuse, but has to settle, without leaving its
 * areas or breaking the rules of the device.
 *
 * Input: device (1 byte: geometry, and whether there are images to begin with), then patches of
 * area, distance from the area's end (2 bytes, LE), length, and that many bytes; or, with the top
 * bit of area set, of a trailer magic in place of the bytes.
 */
#include <stdlib.h>

#include "codec/trailer.h"
#include "ota/boot.h"
#include "unit/cut_flash.h"
#include "unit/fake_image.h"

#define SLOT 4096u
#define STATUS 6144u
#define N_AREAS 4u
#define STEPS_MAX 20000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct device {
    const struct ota_boot_mode *mode;
    struct ota_flash flash;
    uint32_t scratch;
    uint8_t align;
    uint8_t flags;
};

static const struct device devices[] = {
    {&ota_boot_swap_scratch, {.erase_size = 512, .write_size = 8, .erased = 0xff}, 1024, 8, 0},
    {&ota_boot_swap_scratch, {.erase_size = 1024, .write_size = 16, .erased = 0x00}, 2048, 16, 0},
    {&ota_boot_swap_scratch,
     {.erase_size = 256, .write_size = 1, .erased = 0xff},
     512,
     8,
     OTA_BOOT_V1 | OTA_BOOT_NO_DOWNGRADE},
    {&ota_boot_swap_status_scratch,
     {.erase_size = 512, .write_size = 512, .erased = 0x00, .flags = OTA_FLASH_REWRITE},
     1024,
     8,
     OTA_BOOT_V1},
    {&ota_boot_swap_move, {.erase_size = 512, .write_size = 8, .erased = 0xff}, 0, 8, 0},
    {&ota_boot_swap_offset, {.erase_size = 512, .write_size = 16, .erased = 0xff}, 0, 16, 0},
    {&ota_boot_overwrite_fast, {.erase_size = 512, .write_size = 8, .erased = 0xff}, 0, 8, 0},
    {&ota_boot_overwrite, {.erase_size = 512, .write_size = 8, .erased = 0xff}, 0, 8, 0},
};

static struct power power;
static struct cut_flash flash;
static uint8_t buf[512];

/* A device that ends the program where hardware would be misused. */
static int strict_read(const struct ota_flash *f, uint32_t off, void *out, size_t len)
{
    if (off > f->size || len > f->size - off) {
        abort();
    }
    return cut_flash_read(f, off, out, len);
}

static int strict_write(const struct ota_flash *f, uint32_t off, const void *in, size_t len)
{
    if (off > f->size || len > f->size - off || off % f->write_size != 0 ||
        len % f->write_size != 0) {
        abort();
    }
    return cut_flash_write(f, off, in, len);
}

static int strict_erase(const struct ota_flash *f, uint32_t off)
{
    if (off >= f->size || off % f->erase_size != 0) {
        abort();
    }
    return cut_flash_erase(f, off);
}

static void build(const struct device *d, struct ota_boot_config *c)
{
    static const struct ota_flash_ops ops = {
        .read = strict_read, .write = strict_write, .erase = strict_erase};
    struct ota_flash geometry = d->flash;

    geometry.size = 2 * SLOT + d->scratch + STATUS;
    cut_flash_init(&flash, &power, &geometry);
    flash.flash.ops = &ops;
    *c = (struct ota_boot_config){.mode = d->mode,
                                  .primary = {&flash.flash, 0, SLOT},
                                  .secondary = {&flash.flash, SLOT, SLOT},
                                  .status = {&flash.flash, 2 * SLOT, STATUS},
                                  .scratch = {&flash.flash, 2 * SLOT + STATUS, d->scratch},
                                  .trust = &fake_trust,
                                  .buf = buf,
                                  .buf_len = sizeof buf,
                                  .max_sectors = 16,
                                  .align = d->align,
                                  .flags = d->flags};
}

/* Puts one patch into an area; returns the bytes of input that it took, 0 at the end. */
static size_t patch(const struct ota_boot_config *c, const uint8_t *data, size_t len)
{
    const struct ota_area *areas[N_AREAS] = {&c->primary, &c->secondary, &c->scratch, &c->status};
    const struct ota_area *area;
    uint8_t magic[OTA_TRAILER_MAGIC_LEN];
    const uint8_t *bytes = data + 4;
    uint32_t back, n;
    bool is_magic;

    if (len < 4) {
        return 0;
    }
    area = areas[data[0] % N_AREAS];
    is_magic = (data[0] & 0x80) != 0;
    n = is_magic ? sizeof magic : data[3];
    if (!is_magic && n > len - 4) {
        return 0;
    }
    if (is_magic) {
        ota_trailer_magic(c->align, magic);
        bytes = magic;
    }
    back = ota_get_le16(data + 1);
    if (area->size != 0 && back <= area->size && n <= back) {
        memcpy(flash.mem + area->off + area->size - back, bytes, n);
    }
    return 4 + (is_magic ? 0 : n);
}

static void boot(const struct ota_boot_config *c)
{
    struct ota_boot b;
    int rc = ota_boot_init(&b, c);

    if (rc != 0) {
        abort();
    }
    for (uint32_t steps = 0; (rc = ota_boot_step(&b)) == 1; steps++) {
        if (steps == STEPS_MAX) {
            abort();
        }
    }
    if (rc > 1 || (rc == 0 && b.result.entry_off < b.result.image_off)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ota_boot_config c;
    size_t used;

    if (len == 0) {
        return 0;
    }
    power.cut_at = CUT_NEVER;
    build(&devices[(data[0] & 0x7f) % (sizeof devices / sizeof devices[0])], &c);
    if ((data[0] & 0x80) != 0) {
        fake_image(flash.mem, 1500, 1);
        fake_image(flash.mem + SLOT + (c.mode == &ota_boot_swap_offset ? 512 : 0), 2000, 2);
    }
    data++;
    len--;
    while ((used = patch(&c, data, len)) != 0) {
        data += used;
        len -= used;
    }
    boot(&c);
    boot(&c);
    return 0;
}
