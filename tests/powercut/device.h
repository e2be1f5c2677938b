/* SPDX-License-Identifier: Apache-2.0 */
/* The device whose power is cut: two flash chips in memory, a bootloader, and what it boots. */
#ifndef OTA_TEST_POWERCUT_DEVICE_H
#define OTA_TEST_POWERCUT_DEVICE_H

#include "ota/boot.h"
#include "unit/cut_flash.h"
#include "unit/fake_cipher.h"
#include "unit/fake_image.h"

#define OLD 1
#define NEW 2
#define NEXT 3 /* what is downloaded when all is over */
#define SLOT 8192u

/* A mode, two slots on devices of their own, and a pair of images. Scratch and status lie behind
 * the primary slot. */
struct geometry {
    const char *name;
    const char *mode_name;
    const struct ota_boot_mode *mode;
    struct ota_flash internal;  /* primary, then scratch, then status */
    struct ota_flash secondary; /* size: of a slot */
    uint32_t scratch;
    uint32_t status;
    uint16_t sectors;
    uint8_t align;
    uint8_t flags; /* OTA_BOOT_* */
    uint32_t old_size;
    uint32_t new_size;
    bool is_large;     /* too many operations for every pair of cuts */
    uint8_t encrypted; /* which images are: OLD | NEW */
};

extern const struct geometry geometries[];
extern const size_t n_geometries;

struct device {
    const struct geometry *geometry;
    struct power power;
    struct cut_flash internal, external;
    struct ota_boot_config config;
    struct ota_boot_encryption encryption;
    struct ota_slot primary, secondary;
    uint32_t image_at;            /* offset of a new image in the secondary slot */
    enum ota_swap_type swap_type; /* what the last boot did */
    uint8_t buf[512];
};

struct snapshot {
    bool is_weak[2];
    uint8_t mem[2][CUT_FLASH_MAX];
    uint8_t weak[2][CUT_FLASH_MAX];
};

extern struct device device;

/* Flash as it leaves the factory, with the old image running and the new one downloaded. */
void device_build(const struct geometry *g);

/* An image of this version as it is sent: encrypted if the geometry says so. */
void device_image(uint8_t *out, uint32_t size, uint8_t version);

/* Everything that is on flash. */
void device_save(struct snapshot *s);
void device_restore(const struct snapshot *s);

void device_power_on(uint32_t cut_at, enum tear tear);

/* Version that boots; 0 after a cut; negative: why the device refuses to boot. */
int device_boot(void);

/* Does the secondary slot hold this image, byte by byte as it was or would have been sent? */
bool device_holds(uint8_t version);

/* Is the swap complete, or may it look so, with what is on flash? */
bool device_may_be_complete(void);

/* Writes an image of this version into the secondary slot, as a download does. */
int device_download(uint8_t version, uint32_t size);

#endif
