/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTA_ENGINE_BACKOFF_H
#define OTA_ENGINE_BACKOFF_H

#include <stdint.h>

/*
 * Delay before attempt n (from 0): first_ms doubled n times, at most cap_ms, and then spread by
 * random over the upper half, so that a fleet that hit the cap does not come back at once.
 */
uint32_t ota_backoff_ms(uint32_t first_ms, uint32_t cap_ms, unsigned n, uint32_t random);

#endif
