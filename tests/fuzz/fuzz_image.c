/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an image: parser, TLV walk, find and check, for every signature type. All reads
 * must stay inside of the source. The fake cryptography finds every hash to be zero and every
 * signature of an even length right, so that the fuzzer gets to the end of a check.
 */
#include <stdlib.h>
#include <string.h>

#include "ota/err.h"
#include "ota/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *data;
    size_t size;
};

static int read_input(void *ctx, uint32_t off, void *buf, size_t len)
{
    const struct input *in = ctx;

    if (off > in->size || len > in->size - off) {
        abort();
    }
    memcpy(buf, in->data + off, len);
    return 0;
}

static int fake_sha256(void *ctx, enum ota_hash_step step, const void *data, size_t len,
                       uint8_t digest[OTA_SHA256_LEN])
{
    (void)ctx;
    (void)data;
    (void)len;
    if (step == OTA_HASH_FINISH) {
        memset(digest, 0, OTA_SHA256_LEN);
    }
    return 0;
}

static int fake_verify(void *ctx, enum ota_sig_type type, const uint8_t *key, size_t key_len,
                       const uint8_t digest[OTA_SHA256_LEN], const uint8_t *sig, size_t sig_len)
{
    (void)ctx;
    (void)type;
    (void)key;
    (void)key_len;
    (void)digest;
    (void)sig;
    return sig_len % 2 == 0 ? 0 : OTA_ESIG;
}

/* Every entry lies in its area, and find agrees with the walk. */
static void walk(const struct ota_source *src, const struct ota_image *image)
{
    struct ota_tlv_iter it;
    struct ota_tlv tlv;
    uint8_t value[64];

    ota_tlv_begin(&it, src, image);
    while (ota_tlv_next(&it, &tlv) > 0) {
        uint32_t end = tlv.is_protected ? image->hashed_size : image->tlv_end;

        if (tlv.off > end || tlv.len > end - tlv.off) {
            abort();
        }
        if (ota_tlv_find(src, image, tlv.type, false, value, sizeof value) == OTA_ETLV) {
            abort();
        }
    }
    (void)ota_tlv_find(src, image, OTA_TLV_BOARD, true, value, sizeof value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum ota_sig_type types[] = {OTA_SIG_NONE, OTA_SIG_RSA2048, OTA_SIG_ECDSA_P256,
                                              OTA_SIG_RSA3072, OTA_SIG_ED25519};
    static const struct ota_crypto_ops ops = {fake_sha256, fake_verify};
    const struct ota_crypto crypto = {&ops, NULL};
    struct input in = {data, size};
    const struct ota_source src = {
        .read = read_input, .ctx = &in, .size = (uint32_t)size, .erased = 0xff};
    struct ota_image image;

    if (ota_image_parse(&src, &image) == 0) {
        if (image.tlv_off > image.hashed_size || image.hashed_size > image.tlv_end ||
            image.tlv_end > size) {
            abort();
        }
        walk(&src, &image);
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct ota_key key = {types[i], data, 0};
        const struct ota_trust trust = {&crypto, &key, 1, types[i]};
        uint8_t buf[256];

        (void)ota_image_check(&src, &trust, buf, sizeof buf, &image);
    }
    return 0;
}
