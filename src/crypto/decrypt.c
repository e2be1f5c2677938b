/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "ota/err.h"
#include "ota/image.h"

#define BOTH (OTA_IMAGE_F_ENCRYPTED_AES128 | OTA_IMAGE_F_ENCRYPTED_AES256)

bool ota_image_is_encrypted(const struct ota_image_header *h)
{
    return (h->flags & BOTH) != 0;
}

void ota_image_key_wipe(struct ota_image_key *key)
{
    volatile uint8_t *p = key->bytes;

    for (size_t i = 0; i < sizeof key->bytes; i++) {
        p[i] = 0;
    }
    key->len = 0;
}

static bool carries_key(uint16_t type)
{
    return type >= OTA_TLV_ENC_RSA2048 && type <= OTA_TLV_ENC_X25519_SHA512;
}

int ota_image_key_open(const struct ota_source *stored, const struct ota_image *image,
                       const struct ota_cipher *cipher, struct ota_image_key *key)
{
    uint8_t len = (image->header.flags & OTA_IMAGE_F_ENCRYPTED_AES256) != 0 ? 32 : 16;
    uint8_t value[OTA_ENC_TLV_MAX];
    struct ota_tlv_iter it;
    struct ota_tlv tlv;
    int rc;

    if ((image->header.flags & BOTH) == BOTH) {
        return OTA_ENOTSUP;
    }
    ota_tlv_begin(&it, stored, image);
    do {
        rc = ota_tlv_next(&it, &tlv);
    } while (rc > 0 && !carries_key(tlv.type));
    if (rc <= 0 || tlv.len > sizeof value) {
        return rc < 0 ? rc : OTA_ETLV;
    }
    rc = stored->read(stored->ctx, tlv.off, value, tlv.len);
    if (rc == 0) {
        rc = cipher->ops->unwrap(cipher->ctx, tlv.type, value, tlv.len, key);
    }
    return rc == 0 && key->len != len ? OTA_ETLV : rc;
}

static int read_plain(void *ctx, uint32_t off, void *buf, size_t len)
{
    const struct ota_decrypted *d = ctx;
    uint32_t read_end = off + (uint32_t)len; /* inside of the source */
    uint32_t begin = off > d->begin ? off : d->begin;
    uint32_t end = read_end < d->end ? read_end : d->end;
    int rc = d->stored->read(d->stored->ctx, off, buf, len);

    if (rc != 0 || begin >= end) {
        return rc;
    }
    return d->cipher->ops->ctr(d->cipher->ctx, &d->key, begin - d->begin,
                               (uint8_t *)buf + (begin - off), end - begin);
}

int ota_decrypted_open(struct ota_decrypted *d, const struct ota_source *stored,
                       const struct ota_cipher *cipher)
{
    struct ota_image image;
    int rc = ota_image_parse(stored, &image);

    memset(d, 0, sizeof *d);
    d->plain = *stored;
    if (rc != 0 || !ota_image_is_encrypted(&image.header)) {
        return rc;
    }
    d->plain.read = read_plain;
    d->plain.ctx = d;
    d->plain.is_plain = true;
    d->stored = stored;
    d->cipher = cipher;
    d->begin = image.header.header_size;
    d->end = image.tlv_off;
    return ota_image_key_open(stored, &image, cipher, &d->key);
}
