/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encrypted images: the secondary slot holds what was sent, and keeps holding it. Only what the
 * check of hash and signature reads is decrypted, so an image is never in the clear on flash before
 * the bootloader copies it to the primary slot.
 */
#include <string.h>

#include "agent/agent.h"
#include "ota/err.h"

static void wipe(struct ota_decryption *d)
{
    ota_image_key_wipe(&d->decrypted.key);
}

static int open(struct ota_decryption *d, struct ota_source *src)
{
    int rc;

    d->stored = *src;
    rc = ota_decrypted_open(&d->decrypted, &d->stored, d->cipher);
    if (rc == 0 && d->decrypted.plain.is_plain && d->decrypted.key.len != d->key_len) {
        rc = OTA_ENOTSUP; /* the bootloader would refuse it */
    }
    if (rc == 0) {
        *src = d->decrypted.plain;
    } else {
        wipe(d);
    }
    return rc;
}

int ota_decryption_init(struct ota_decryption *d, const struct ota_cipher *cipher, uint8_t key_len)
{
    static const struct ota_decryption_ops ops = {.open = open, .wipe = wipe};

    memset(d, 0, sizeof *d);
    d->ops = &ops;
    d->cipher = cipher;
    d->key_len = key_len == 0 ? 16 : key_len;
    return d->key_len == 16 || d->key_len == 32 ? 0 : OTA_EARG;
}
