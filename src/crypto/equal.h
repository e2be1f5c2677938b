/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTA_CRYPTO_EQUAL_H
#define OTA_CRYPTO_EQUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Compares in a time that depends on len alone. */
static inline bool ota_crypto_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    uint8_t diff = 0;

    while (len-- > 0) {
        diff = (uint8_t)(diff | (a[len] ^ b[len]));
    }
    return diff == 0;
}

#endif
