/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-imgtool/build.h"

#include <stdlib.h>
#include <string.h>

#include "base/le.h"
#include "codec/trailer.h"
#include "ota/err.h"

#define TLV_HEAD_LEN 4u
#define TLV_AREA_MAX 0xffffu
#define ECDSA_SIG_LEN_MAX 72u
#define CIPHER_BLOCK 16u
#define KEY_256 32u

/* Collects the image. Room is made for the largest possible one, so only TLV areas, whose sizes
 * have 16 bits, need to be checked. */
struct builder {
    const struct recipe *r;
    struct built *out;
    uint8_t *data;
    size_t len;
    size_t area; /* offset of the open TLV area */
    bool is_too_long;
};

static void put(struct builder *b, const void *data, size_t len)
{
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

/* Numbers of 16 and 32 bits at a place, in the byte order of the image. */
static void set16(const struct builder *b, uint8_t *at, uint16_t v)
{
    if (b->r->is_big_endian) {
        at[0] = (uint8_t)(v >> 8);
        at[1] = (uint8_t)(v & 0xff);
    } else {
        ota_put_le16(at, v);
    }
}

static void set32(const struct builder *b, uint8_t *at, uint32_t v)
{
    if (b->r->is_big_endian) {
        set16(b, at, (uint16_t)(v >> 16));
        set16(b, at + 2, (uint16_t)v);
    } else {
        ota_put_le32(at, v);
    }
}

static void open_area(struct builder *b, uint16_t magic)
{
    b->area = b->len;
    set16(b, b->data + b->len, magic);
    set16(b, b->data + b->len + 2, OTA_TLV_INFO_LEN);
    b->len += OTA_TLV_INFO_LEN;
}

static void put_tlv(struct builder *b, uint16_t type, const void *value, size_t len)
{
    size_t total = b->len - b->area;

    if (b->is_too_long || len > TLV_AREA_MAX - TLV_HEAD_LEN ||
        total > TLV_AREA_MAX - TLV_HEAD_LEN - len) {
        b->is_too_long = true;
        return;
    }
    /* MCUboot's tool writes its own types as a byte and a zero in either byte order. */
    if (type < CUSTOM_TLV_MIN) {
        ota_put_le16(b->data + b->len, type);
    } else {
        set16(b, b->data + b->len, type);
    }
    set16(b, b->data + b->len + 2, (uint16_t)len);
    b->len += TLV_HEAD_LEN;
    put(b, value, len);
    set16(b, b->data + b->area + 2, (uint16_t)(b->len - b->area));
}

/* ---- Protected TLVs ----------------------------------------------------------------------- */

/*
 * Boot record for attestation: a CBOR map of five entries, whose hash of the component is left
 * zero for the bootloader to fill in.
 *
 *     1: software type   4: version   5: hash of the signer's key   6: "SHA256"   2: zeroes
 */
static void put_boot_record(struct builder *b, const uint8_t signer[OTA_SHA256_LEN])
{
    static const uint8_t algorithm[] = {0x06, 0x66, 'S', 'H', 'A', '2', '5', '6'};
    static const uint8_t measurement[3 + OTA_SHA256_LEN] = {0x02, 0x58, OTA_SHA256_LEN};
    struct ota_version v = b->r->header.version;
    uint8_t record[128];
    char version[OTA_VERSION_TEXT_MAX];
    size_t type_len = strlen(b->r->boot_record);
    size_t n = 0;
    int len;

    v.build = 0;
    len = ota_version_format(&v, version, sizeof version);
    record[n++] = 0xa5;
    record[n++] = 0x01;
    record[n++] = (uint8_t)(0x60 + type_len);
    memcpy(record + n, b->r->boot_record, type_len);
    n += type_len;
    record[n++] = 0x04;
    record[n++] = (uint8_t)(0x60 + len);
    memcpy(record + n, version, (size_t)len);
    n += (size_t)len;
    record[n++] = 0x05;
    record[n++] = 0x58;
    record[n++] = OTA_SHA256_LEN;
    memcpy(record + n, signer, OTA_SHA256_LEN);
    n += OTA_SHA256_LEN;
    memcpy(record + n, algorithm, sizeof algorithm);
    n += sizeof algorithm;
    memcpy(record + n, measurement, sizeof measurement);
    put_tlv(b, OTA_TLV_BOOT_RECORD, record, n + sizeof measurement);
}

static void put_dependency(struct builder *b, const struct dependency *d)
{
    uint8_t raw[12] = {d->image};

    raw[4] = (uint8_t)d->version.major;
    raw[5] = (uint8_t)d->version.minor;
    set16(b, raw + 6, d->version.revision);
    set32(b, raw + 8, d->version.build);
    put_tlv(b, OTA_TLV_DEPENDENCY, raw, sizeof raw);
}

/* Leaves no area if there is nothing to put into it. */
static void put_protected(struct builder *b, const uint8_t signer[OTA_SHA256_LEN])
{
    const struct recipe *r = b->r;

    open_area(b, OTA_TLV_PROT_INFO_MAGIC);
    if (r->has_counter) {
        uint8_t raw[4];

        set32(b, raw, r->counter);
        put_tlv(b, OTA_TLV_SEC_CNT, raw, sizeof raw);
    }
    if (r->boot_record != NULL) {
        put_boot_record(b, signer);
    }
    for (size_t i = 0; i < r->n_dependencies; i++) {
        put_dependency(b, &r->dependencies[i]);
    }
    for (size_t i = 0; i < r->n_custom; i++) {
        put_tlv(b, r->custom[i].type, r->custom[i].data, r->custom[i].len);
    }
    if (b->len == b->area + OTA_TLV_INFO_LEN) {
        b->len = b->area;
    }
}

/* ---- Header, hash and signature ----------------------------------------------------------- */

static void set_header(const struct builder *b, size_t payload_size)
{
    struct ota_image_header h = b->r->header;
    uint8_t *raw = b->data;

    h.payload_size = (uint32_t)payload_size;
    h.protected_size = (uint16_t)(b->len - h.header_size - payload_size);
    h.flags = (b->r->has_load_addr ? OTA_IMAGE_F_RAM_LOAD : 0) |
              (b->r->is_rom_fixed ? OTA_IMAGE_F_ROM_FIXED : 0) |
              (b->r->is_not_bootable ? OTA_IMAGE_F_NON_BOOTABLE : 0) |
              (b->r->encrypt_to == NULL           ? 0
               : b->r->encrypt_key_len == KEY_256 ? OTA_IMAGE_F_ENCRYPTED_AES256
                                                  : OTA_IMAGE_F_ENCRYPTED_AES128);
    ota_image_header_encode(&h, raw);
    if (b->r->is_big_endian) {
        static const uint8_t halves[] = {8, 10, 22};
        static const uint8_t words[] = {0, 4, 12, 16, 24};

        for (size_t i = 0; i < sizeof halves; i++) {
            set16(b, raw + halves[i], ota_get_le16(raw + halves[i]));
        }
        for (size_t i = 0; i < sizeof words; i++) {
            set32(b, raw + words[i], ota_get_le32(raw + words[i]));
        }
    }
}

static int digest(const void *data, size_t len, uint8_t out[OTA_SHA256_LEN])
{
    struct ota_tool_crypto tool;
    struct ota_crypto c;
    int rc = ota_tool_crypto_init(&tool, &c);

    if (rc == 0) {
        rc = c.ops->sha256(c.ctx, OTA_HASH_INIT, NULL, 0, NULL);
    }
    if (rc == 0) {
        rc = c.ops->sha256(c.ctx, OTA_HASH_UPDATE, data, len, NULL);
    }
    if (rc == 0) {
        rc = c.ops->sha256(c.ctx, OTA_HASH_FINISH, NULL, 0, out);
    }
    ota_tool_crypto_free(&tool);
    return rc;
}

/* Signs the digest, or takes the signature that somebody else made of it. Its length. */
static int find_signature(struct built *out, const struct recipe *r)
{
    if (r->fixed_sig == NULL) {
        return ota_tool_key_sign(r->key, out->digest, out->sig, sizeof out->sig);
    }
    memcpy(out->sig, r->fixed_sig, r->fixed_sig_len);
    return ota_tool_key_verify(r->key, out->digest, out->sig, r->fixed_sig_len)
               ? (int)r->fixed_sig_len
               : OTA_ESIG;
}

static int put_signature(struct builder *b, const uint8_t signer[OTA_SHA256_LEN])
{
    const struct ota_tool_key *key = b->r->key;
    uint8_t *sig = b->out->sig;
    int len = find_signature(b->out, b->r);

    if (len < 0) {
        return len;
    }
    if (b->r->pad_sig && key->pub.type == OTA_SIG_ECDSA_P256 && len < (int)ECDSA_SIG_LEN_MAX) {
        memset(sig + len, 0, ECDSA_SIG_LEN_MAX - (size_t)len);
        len = ECDSA_SIG_LEN_MAX;
    }
    b->out->sig_len = (size_t)len;
    if (b->r->full_key) {
        put_tlv(b, OTA_TLV_PUBKEY, key->pub.der, key->pub.der_len);
    } else {
        put_tlv(b, OTA_TLV_KEYHASH, signer, OTA_SHA256_LEN);
    }
    put_tlv(b, (uint16_t)key->pub.type, sig, (size_t)len);
    return 0;
}

/* Adds the payload's key as a TLV and encrypts what was hashed and signed. */
static int encrypt(struct builder *b, size_t payload_size)
{
    const struct recipe *r = b->r;
    uint8_t tlv[OTA_TOOL_ECIES_MAX];
    struct ota_image_key key;
    int rc = ota_tool_image_key_make(&key, r->encrypt_key_len);

    if (rc == 0) {
        rc = ota_tool_ecies_seal(r->encrypt_to, &key, tlv);
    }
    if (rc > 0) {
        put_tlv(b, OTA_TLV_ENC_EC256, tlv, (size_t)rc);
        rc = r->is_clear ? 0 : ota_tool_ctr(&key, 0, b->data + r->header.header_size, payload_size);
    }
    ota_image_key_wipe(&key);
    return rc;
}

static int complete(struct builder *b, size_t payload_size)
{
    const struct recipe *r = b->r;
    uint8_t signer[OTA_SHA256_LEN] = {0};
    int rc = r->key == NULL ? 0 : digest(r->key->pub.der, r->key->pub.der_len, signer);

    put_protected(b, signer);
    set_header(b, payload_size);
    if (rc == 0) {
        rc = digest(b->data, b->len, b->out->digest);
    }
    if (rc != 0 || r->vector != VECTOR_NONE) {
        return rc;
    }
    open_area(b, OTA_TLV_INFO_MAGIC);
    put_tlv(b, OTA_TLV_SHA256, b->out->digest, OTA_SHA256_LEN);
    rc = r->key == NULL ? 0 : put_signature(b, signer);
    return rc == 0 && r->encrypt_to != NULL ? encrypt(b, payload_size) : rc;
}

/* ---- Trailer ------------------------------------------------------------------------------ */

uint32_t build_image_ok_back(const struct recipe *r)
{
    return ota_trailer_back(r->max_align, OTA_TRAILER_IMAGE_OK);
}

/* Of one of the two keys that the trailer of an encrypted image holds during a swap. */
static uint32_t key_room(const struct recipe *r)
{
    uint32_t len = r->saves_enc_tlv ? OTA_TOOL_ECIES_HEAD + r->encrypt_key_len : r->encrypt_key_len;
    uint32_t unit = r->saves_enc_tlv || r->max_align > CIPHER_BLOCK ? r->max_align : CIPHER_BLOCK;

    return r->encrypt_to == NULL ? 0 : (len + unit - 1) / unit * unit;
}

uint32_t build_trailer_size(const struct recipe *r)
{
    /* copy_done is the last field that overwriting needs. */
    if (r->overwrite_only) {
        return ota_trailer_back(r->max_align, OTA_TRAILER_COPY_DONE);
    }
    return ota_trailer_back(r->max_align, OTA_TRAILER_SWAP_SIZE) + 2 * key_room(r) +
           r->max_sectors * 3 * r->align;
}

void build_trailer(const struct recipe *r, uint8_t *end)
{
    ota_trailer_magic(r->max_align, end - OTA_TRAILER_MAGIC_LEN);
    if (r->confirm && !r->overwrite_only) {
        *(end - build_image_ok_back(r)) = OTA_TRAILER_FLAG;
    }
}

/* ---- All of it ---------------------------------------------------------------------------- */

/* Checks the input against the header that it shall have; *payload_size without that header. */
static int check_input(const struct recipe *r, const struct imgtool_file *in, size_t *payload_size)
{
    size_t header = r->header.header_size;

    *payload_size = in->len;
    if (r->pad_header) {
        return in->len > 0 ? 0 : imgtool_fail("the input is empty");
    }
    if (in->len <= header) {
        return imgtool_fail("the input has %zu bytes, no more than the header; without "
                            "--pad-header it begins with room for the header",
                            in->len);
    }
    for (size_t i = 0; i < header; i++) {
        if (in->data[i] != 0) {
            return imgtool_fail("byte 0x%zx of the input is not zero: without --pad-header it "
                                "must begin with %zu zero bytes as room for the header",
                                i, header);
        }
    }
    *payload_size -= header;
    return 0;
}

static int check_fit(const struct recipe *r, size_t len)
{
    uint32_t trailer = build_trailer_size(r);

    if (len <= r->slot_size && trailer <= r->slot_size - len) {
        return 0;
    }
    return imgtool_fail("image of 0x%zx bytes and trailer of 0x%x do not fit a slot of 0x%x", len,
                        (unsigned)trailer, (unsigned)r->slot_size);
}

static int explain(const struct builder *b, int rc)
{
    if (rc == OTA_ESIG) {
        return imgtool_fail("the fixed signature is not of this image by that key: the input and "
                            "all options must be those of the run that gave what was signed");
    }
    if (rc == OTA_EKEY) {
        return imgtool_fail("the key is a public one: signing takes the private key");
    }
    if (rc != 0) {
        return imgtool_fail("signing failed: %s", ota_err_text(rc));
    }
    if (b->is_too_long) {
        return imgtool_fail("TLVs are longer than the 65535 bytes that an area can have");
    }
    return check_fit(b->r, b->len);
}

/* What is handed out instead of the image. */
static void keep_vector(struct builder *b)
{
    if (b->r->vector == VECTOR_DIGEST) {
        memcpy(b->data, b->out->digest, OTA_SHA256_LEN);
        b->len = OTA_SHA256_LEN;
    }
}

/* Header, payload, and what fills up the last cipher block. */
static size_t put_input(struct builder *b, const struct imgtool_file *in, size_t payload_size)
{
    const struct recipe *r = b->r;
    size_t fill = 0;

    if (r->pad_header) {
        memset(b->data, r->erased, r->header.header_size);
        b->len = r->header.header_size;
    }
    put(b, in->data, in->len);
    if (r->encrypt_to != NULL) {
        fill = (CIPHER_BLOCK - b->len % CIPHER_BLOCK) % CIPHER_BLOCK;
        memset(b->data + b->len, 0, fill);
        b->len += fill;
    }
    return payload_size + fill;
}

int build_image(const struct recipe *r, const struct imgtool_file *in, struct built *out)
{
    struct builder b = {.r = r, .out = out};
    size_t header = r->header.header_size;
    size_t payload_size;

    if (check_input(r, in, &payload_size) != 0 || check_fit(r, header + payload_size) != 0) {
        return IMGTOOL_FAILED;
    }
    memset(out, 0, sizeof *out);
    b.data = malloc(header + payload_size + CIPHER_BLOCK + 2 * TLV_AREA_MAX + r->slot_size);
    if (b.data == NULL) {
        return imgtool_fail("out of memory");
    }
    payload_size = put_input(&b, in, payload_size);
    if (explain(&b, complete(&b, payload_size)) != 0) {
        free(b.data);
        return IMGTOOL_FAILED;
    }
    if (r->vector != VECTOR_NONE) {
        keep_vector(&b);
    } else if (r->pad) {
        memset(b.data + b.len, r->erased, r->slot_size - b.len);
        build_trailer(r, b.data + r->slot_size);
    }
    out->data = b.data;
    out->len = b.len;
    return 0;
}
