/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTA_BASE_CRC32_H
#define OTA_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Reflected polynomials: zlib's CRC-32 and Castagnoli's CRC-32C. */
#define OTA_CRC32_POLY 0xedb88320u
#define OTA_CRC32C_POLY 0x82f63b78u

/* Adds len bytes to a CRC; begin with crc = 0. Initial and final inversion are inside. */
uint32_t ota_crc32(uint32_t poly, uint32_t crc, const void *data, size_t len);

#endif
