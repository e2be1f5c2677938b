/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/backoff.h"

uint32_t ota_backoff_ms(uint32_t first_ms, uint32_t cap_ms, unsigned n, uint32_t random)
{
    uint32_t delay = first_ms;

    while (n-- > 0 && delay < cap_ms) {
        delay = delay > cap_ms / 2 ? cap_ms : delay * 2;
    }
    if (delay > cap_ms) {
        delay = cap_ms;
    }
    return delay - random % (delay / 2 + 1);
}
