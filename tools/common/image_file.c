/* SPDX-License-Identifier: Apache-2.0 */
#include "common/image_file.h"

#include "base/le.h"
#include "common/crypto_openssl.h"
#include "common/log.h"
#include "ota/err.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BOARD_LEN_MAX 63u

int image_file_read(int fd, uint32_t off, void *buf, size_t len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t n = pread(fd, (uint8_t *)buf + done, len - done, (off_t)off + (off_t)done);

        if (n == 0) {
            errno = 0;
        }
        if (n <= 0) {
            return -1;
        }
        done += (size_t)n;
    }
    return 0;
}

static int read_source(void *ctx, uint32_t off, void *buf, size_t len)
{
    return image_file_read(*(const int *)ctx, off, buf, len) == 0 ? OTA_OK : OTA_EDATA;
}

bool image_file_is_mcuboot(int fd, uint32_t size)
{
    uint8_t magic[4];

    return size >= OTA_IMAGE_HEADER_LEN && image_file_read(fd, 0, magic, sizeof magic) == 0 &&
           ota_get_le32(magic) == OTA_IMAGE_MAGIC;
}

void image_file_source(struct ota_source *src, const int *fd, uint32_t size)
{
    *src =
        (struct ota_source){.read = read_source, .ctx = (void *)fd, .size = size, .erased = 0xff};
}

/* Hash, signature, or that there is no hash of these bytes. */
static int check(const struct ota_source *src, const struct ota_key *key, struct ota_image *out)
{
    uint8_t block[16384];
    struct ota_tool_crypto sha;
    struct ota_crypto crypto;
    struct ota_trust trust = {.crypto = &crypto, .sig_type = OTA_SIG_NONE};
    struct ota_image_check check = {.off = 0};
    int rc = ota_tool_crypto_init(&sha, &crypto);

    if (rc != OTA_OK) {
        return rc;
    }
    if (key != NULL) {
        trust.keys = key;
        trust.n_keys = 1;
        trust.sig_type = key->type;
    }
    rc = ota_image_check_init(&check, src, &trust);
    if (rc == OTA_OK) {
        rc = 1;
    }
    while (rc == 1) {
        rc = ota_image_check_step(&check, block, sizeof block);
    }
    *out = check.image;
    ota_tool_crypto_free(&sha);
    return rc;
}

/* Without its key: that all of it is there, that it carries one, and that it is not in the clear.
 */
static int check_encrypted(const struct ota_source *stored, struct ota_image *image)
{
    struct ota_source src = *stored;
    uint8_t value[OTA_ENC_TLV_MAX];
    int rc = OTA_ETLV;

    for (uint16_t t = OTA_TLV_ENC_RSA2048; rc < 0 && t <= OTA_TLV_ENC_X25519_SHA512; t++) {
        rc = ota_tlv_find(&src, image, t, false, value, sizeof value);
    }
    if (rc < 0) {
        return rc;
    }
    src.is_plain = true;
    rc = check(&src, NULL, image);
    return rc == 0 ? OTA_EREFUSED : rc == OTA_EHASH ? 0 : rc;
}

int image_source_check(const struct ota_source *src, const struct ota_key *key,
                       struct ota_image *out)
{
    int rc;

    memset(out, 0, sizeof *out);
    rc = ota_image_parse(src, out);
    return rc == 0 && key == NULL && ota_image_is_encrypted(&out->header)
               ? check_encrypted(src, out)
               : check(src, key, out);
}

int image_file_check(int fd, uint32_t size, const struct ota_key *key, struct ota_image *out)
{
    struct ota_source src;

    image_file_source(&src, &fd, size);
    return image_source_check(&src, key, out);
}

const char *image_file_why(int rc, const struct ota_image *image)
{
    if (ota_image_is_encrypted(&image->header) && rc == OTA_ENOTSUP) {
        return "it is encrypted: only its devices can check hash and signature";
    }
    if (ota_image_is_encrypted(&image->header) && rc == OTA_EREFUSED) {
        return "its payload is in the clear (--clear), which is for a primary slot and not for "
               "updates";
    }
    return ota_err_text(rc);
}

bool image_source_board(const struct ota_source *src, const struct ota_image *image, char *buf,
                        size_t cap)
{
    char name[BOARD_LEN_MAX + 1];
    int len = ota_tlv_find(src, image, OTA_TLV_BOARD, true, name, BOARD_LEN_MAX);

    name[len < 0 ? 0 : len] = '\0';
    (void)tool_printable(buf, cap, name);
    return len >= 0;
}

bool image_file_board(int fd, uint32_t size, const struct ota_image *image, char *buf, size_t cap)
{
    struct ota_source src;

    image_file_source(&src, &fd, size);
    return image_source_board(&src, image, buf, cap);
}
