/* SPDX-License-Identifier: Apache-2.0 */
/* See kernel.h. */
#ifndef OTA_TEST_ZEPHYR_FLASH_MAP_H
#define OTA_TEST_ZEPHYR_FLASH_MAP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct flash_area {
    uint8_t fa_id;
    off_t fa_off;
    size_t fa_size;
};

enum { double_slot0_partition = 1, double_slot1_partition = 2 };
#define FIXED_PARTITION_ID(label) ((uint8_t)double_##label)

int flash_area_open(uint8_t id, const struct flash_area **fa);
int flash_area_read(const struct flash_area *fa, off_t off, void *dst, size_t len);
int flash_area_write(const struct flash_area *fa, off_t off, const void *src, size_t len);
int flash_area_erase(const struct flash_area *fa, off_t off, size_t len);
uint32_t flash_area_align(const struct flash_area *fa);
uint8_t flash_area_erased_val(const struct flash_area *fa);

#endif
