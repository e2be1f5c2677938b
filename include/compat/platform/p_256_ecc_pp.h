/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: the type of the key that signs pushes. */
#ifndef P_256_ECC_PP_H
#define P_256_ECC_PP_H

#include <stdint.h>

#define KEY_LENGTH_DWORDS_P256 8

/* Coordinates, the least significant word first. */
typedef struct {
    uint32_t x[KEY_LENGTH_DWORDS_P256];
    uint32_t y[KEY_LENGTH_DWORDS_P256];
    uint32_t z[KEY_LENGTH_DWORDS_P256];
} Point;

#endif
