/* SPDX-License-Identifier: Apache-2.0 */
/* A bootloader: installs or reverts what the trailers ask for, checks the image, starts it. */
#include <mbedtls/memory_buffer_alloc.h>

#include "board.h"
#include "ota/boot.h"
#include "ota/err.h"
#include "ota_psa.h"
#include "signing_key.h"

static const char *const reasons[] = {"power-on", "reset", "watchdog", "fault"};
static const char *const types[] = {"", "nothing", "test", "permanent", "revert", "failed"};

static void tell(const struct ota_boot_result *r)
{
    char version[OTA_VERSION_TEXT_MAX];

    if (r->type != OTA_SWAP_NONE) {
        board_log("boot: %s%s", types[r->type], r->is_resumed ? ", resumed" : "");
    }
    if (r->refused != 0) {
        board_log("boot: refused what is in the secondary slot: %s", ota_err_text(r->refused));
    }
    (void)ota_version_format(&r->version, version, sizeof version);
    board_log("boot: starting %s, %u bytes of stack used", version, (unsigned)board_stack_used());
}

int main(void)
{
    static uint8_t heap[8192]; /* of mbedTLS */
    static uint32_t buf[1024];
    static struct ota_psa psa;
    static struct ota_crypto crypto;
    static struct ota_boot boot;
    static const struct ota_trust trust = {
        .crypto = &crypto, .keys = &signing_key, .n_keys = 1, .sig_type = OTA_SIG_ECDSA_P256};
    static const struct ota_boot_config config = {
        .mode = &ota_boot_swap_scratch,
        .primary = BOARD_AREA(PRIMARY),
        .secondary = BOARD_AREA(SECONDARY),
        .scratch = BOARD_AREA(SCRATCH),
        .trust = &trust,
        .buf = buf,
        .buf_len = sizeof buf,
        .max_sectors = BOARD_MAX_SECTORS,
        .align = BOARD_ALIGN,
    };
    int rc;

    board_init();
    board_log("boot: %s", reasons[board_start_reason()]);
    board_watchdog_start(BOARD_WATCHDOG_MS);
    mbedtls_memory_buffer_alloc_init(heap, sizeof heap);
    rc = ota_psa_init(&psa, &crypto);
    if (rc == 0) {
        rc = ota_boot_init(&boot, &config);
    }
    if (rc == 0) {
        do {
            board_watchdog_feed();
            rc = ota_boot_step(&boot);
        } while (rc > 0);
    }
    if (rc == 0) {
        tell(&boot.result);
        board_watchdog_feed();
        board_start_image(boot.result.entry_off);
    }
    board_log("boot: nothing to start: %s", ota_err_text(rc));
    for (;;) {
        /* The watchdog tries again: somebody may program an image meanwhile. */
    }
}
