/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc32.h"

uint32_t ota_crc32(uint32_t poly, uint32_t crc, const void *data, size_t len)
{
    const uint8_t *p = data;

    crc = ~crc;
    while (len-- > 0) {
        crc ^= *p++;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (poly & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}
