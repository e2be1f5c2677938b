/* SPDX-License-Identifier: Apache-2.0 */
/* Little-endian integers in byte buffers. */
#ifndef OTA_BASE_LE_H
#define OTA_BASE_LE_H

#include <stdint.h>

/* gcc counts the shifts, of which one or two instructions remain, and would call a function. */
#define OTA_LE static inline __attribute__((always_inline))

OTA_LE uint16_t ota_get_le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | (uint16_t)(p[1] << 8));
}

OTA_LE uint32_t ota_get_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

OTA_LE void ota_put_le16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

OTA_LE void ota_put_le32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

#endif
