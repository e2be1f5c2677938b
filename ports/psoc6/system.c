/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "ota/err.h"
#include "psoc6/psoc6.h"

/* The generator is opened for one answer: TLS libraries and the application open it, too. */
int ota_psoc6_random(void *ctx, void *buf, size_t len)
{
    uint8_t *out = buf;
    cyhal_trng_t trng;

    (void)ctx;
    if (cyhal_trng_init(&trng) != CY_RSLT_SUCCESS) {
        return OTA_EENTROPY;
    }
    while (len > 0) {
        uint32_t word = cyhal_trng_generate(&trng);
        size_t n = len < sizeof word ? len : sizeof word;

        memcpy(out, &word, n);
        out += n;
        len -= n;
    }
    cyhal_trng_free(&trng);
    return 0;
}

void ota_psoc6_reset(void *ctx)
{
    (void)ctx;
    NVIC_SystemReset();
}

int ota_psoc6_watchdog_open(struct ota_psoc6_watchdog *w, uint32_t limit_ms)
{
    if (limit_ms == 0 || limit_ms > cyhal_wdt_get_max_timeout_ms()) {
        return OTA_EARG;
    }
    if (cyhal_wdt_init(&w->hal, limit_ms) != CY_RSLT_SUCCESS) {
        return OTA_ESTATE;
    }
    w->is_open = true;
    return 0;
}

void ota_psoc6_watchdog_kick(struct ota_psoc6_watchdog *w)
{
    if (w->is_open) {
        cyhal_wdt_kick(&w->hal);
    }
}

void ota_psoc6_watchdog_close(struct ota_psoc6_watchdog *w)
{
    if (w->is_open) {
        cyhal_wdt_stop(&w->hal);
        cyhal_wdt_free(&w->hal);
        w->is_open = false;
    }
}
