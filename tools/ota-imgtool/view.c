/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-imgtool/view.h"

#include <stdlib.h>
#include <string.h>

#include "codec/trailer.h"
#include "ota/err.h"

/* First byte of the header's flags, which holds OTA_IMAGE_F_NON_BOOTABLE. */
#define FLAGS_OFF 16u

/* The alignment whose magic ends the file, if there is room for the trailer; else 0. */
static uint8_t find_trailer(const uint8_t *end, size_t room)
{
    static const uint8_t aligns[] = {8, 16, 32};

    for (size_t i = 0; i < sizeof aligns; i++) {
        uint8_t magic[OTA_TRAILER_MAGIC_LEN];

        ota_trailer_magic(aligns[i], magic);
        if (room >= ota_trailer_back(aligns[i], OTA_TRAILER_SWAP_SIZE) &&
            memcmp(end - sizeof magic, magic, sizeof magic) == 0) {
            return aligns[i];
        }
    }
    return 0;
}

static void look_behind(struct view *v)
{
    const uint8_t *start = v->file.data + v->image.tlv_end;
    size_t len = v->file.len - v->image.tlv_end;
    const uint8_t *end = start + len;
    struct view_tail *t = &v->tail;

    if (len == 0) {
        t->is_filled = true;
        t->erased = 0xff;
        return;
    }
    t->align = find_trailer(end, len);
    t->erased = start[0];
    if (t->align != 0) {
        uint32_t fields = ota_trailer_back(t->align, OTA_TRAILER_SWAP_SIZE);

        len -= fields;
        ota_trailer_decode(end - fields, t->align, t->erased, &t->trailer);
    }
    t->filler_len = (uint32_t)len;
    t->is_filled = t->erased == 0xff || t->erased == 0x00;
    for (size_t i = 0; i < len && t->is_filled; i++) {
        t->is_filled = start[i] == t->erased;
    }
}

/* The layout of an image that is not to be started. */
static int parse_without_flag(struct view *v)
{
    uint8_t *flags = v->file.data + FLAGS_OFF;
    int rc;

    *flags = (uint8_t)(*flags & ~OTA_IMAGE_F_NON_BOOTABLE);
    rc = ota_image_parse(&v->src, &v->image);
    *flags = (uint8_t)(*flags | OTA_IMAGE_F_NON_BOOTABLE);
    v->image.header.flags |= OTA_IMAGE_F_NON_BOOTABLE;
    return rc;
}

int view_load(struct view *v, const char *path)
{
    memset(v, 0, sizeof *v);
    if (imgtool_load(path, &v->file) != 0) {
        return IMGTOOL_FAILED;
    }
    ota_source_from_memory(&v->src, v->file.data, (uint32_t)v->file.len);
    if (v->file.len > 0 && v->file.data[0] == 0x00) {
        v->src.erased = 0x00;
    }
    v->rc = ota_image_parse(&v->src, &v->image);
    v->layout_rc = v->rc == OTA_ENOTBOOT ? parse_without_flag(v) : v->rc;
    if (v->layout_rc == 0) {
        look_behind(v);
    }
    return 0;
}

void view_free(struct view *v)
{
    free(v->file.data);
    v->file.data = NULL;
}

static const struct {
    uint16_t type;
    bool is_signature;
    const char *name;
} tlvs[] = {
    {OTA_TLV_KEYHASH, false, "KEYHASH"},
    {OTA_TLV_PUBKEY, false, "PUBKEY"},
    {OTA_TLV_SHA256, false, "SHA256"},
    {0x11, false, "SHA384"},
    {0x12, false, "SHA512"},
    {OTA_TLV_RSA2048_PSS, true, "RSA2048"},
    {0x21, true, "ECDSA224"},
    {OTA_TLV_ECDSA_SIG, true, "ECDSASIG"},
    {OTA_TLV_RSA3072_PSS, true, "RSA3072"},
    {OTA_TLV_ED25519, true, "ED25519"},
    {OTA_TLV_SIG_PURE, false, "SIG_PURE"},
    {OTA_TLV_ENC_RSA2048, false, "ENCRSA2048"},
    {OTA_TLV_ENC_KW, false, "ENCKW"},
    {OTA_TLV_ENC_EC256, false, "ENCEC256"},
    {OTA_TLV_ENC_X25519, false, "ENCX25519"},
    {0x34, false, "ENCX25519_SHA512"},
    {OTA_TLV_DEPENDENCY, false, "DEPENDENCY"},
    {OTA_TLV_SEC_CNT, false, "SEC_CNT"},
    {OTA_TLV_BOOT_RECORD, false, "BOOT_RECORD"},
    {0x70, false, "DECOMP_SIZE"},
    {0x71, false, "DECOMP_SHA"},
    {0x72, false, "DECOMP_SIGNATURE"},
    {0x73, false, "COMP_DEC_SIZE"},
    {0x74, false, "UUID_VID"},
    {0x75, false, "UUID_CID"},
    {OTA_TLV_BOARD, false, "BOARD"},
};

const char *view_tlv_name(uint16_t type)
{
    for (size_t i = 0; i < sizeof tlvs / sizeof tlvs[0]; i++) {
        if (tlvs[i].type == type) {
            return tlvs[i].name;
        }
    }
    return "?";
}

bool view_is_signature(uint16_t type)
{
    for (size_t i = 0; i < sizeof tlvs / sizeof tlvs[0]; i++) {
        if (tlvs[i].type == type) {
            return tlvs[i].is_signature;
        }
    }
    return false;
}

void view_hex(const uint8_t *data, size_t len, char *out, size_t cap)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;

    for (size_t i = 0; i < len && cap - n > 2; i++) {
        out[n++] = digits[data[i] >> 4];
        out[n++] = digits[data[i] & 15];
    }
    out[n] = '\0';
}
