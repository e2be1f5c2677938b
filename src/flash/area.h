/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access to flash areas: the one place where ranges and alignment are checked before a device is
 * called. Offsets count from the start of the area. All return 0 or a negative ota_err.
 */
#ifndef OTA_FLASH_AREA_H
#define OTA_FLASH_AREA_H

#include "ota/port.h"

/* Checks geometry and position of an area once. OTA_EARG or OTA_ERANGE. */
int ota_area_check(const struct ota_area *area);

int ota_area_read(const struct ota_area *area, uint32_t off, void *buf, size_t len);

/*
 * Reads at most 160 bytes that a power cut may have left with bits that read differently each time:
 * reads them many times, and returns OTA_AREA_UNSTEADY for a byte that is not always the same.
 */
#define OTA_AREA_UNSTEADY 0xa5u
int ota_area_read_steady(const struct ota_area *area, uint32_t off, uint8_t *buf, size_t len);

/* Programs whole write units. OTA_EALIGN otherwise. */
int ota_area_write(const struct ota_area *area, uint32_t off, const void *buf, size_t len);

/*
 * Programs a few bytes (at most 32) at any offset, leaving the rest of their write units as it
 * is: erased on plain devices, kept on devices that rewrite whole rows.
 */
int ota_area_patch(const struct ota_area *area, uint32_t off, const void *buf, size_t len);

/* The erase unit that holds off, cut to the area: on a device whose units do not meet the area's
 * ends, the part of the unit inside of the area. */
int ota_area_unit(const struct ota_area *area, uint32_t off, struct ota_flash_unit *out);

/* Erases every unit that has a byte in [off, off + len). Units are erased as the device has them:
 * one that reaches over the area's end is erased whole. */
int ota_area_erase(const struct ota_area *area, uint32_t off, uint32_t len);

int ota_area_sync(const struct ota_area *area);

/* 1 if len bytes at off are erased, 0 if not, or an error. */
int ota_area_is_erased(const struct ota_area *area, uint32_t off, uint32_t len);

#endif
