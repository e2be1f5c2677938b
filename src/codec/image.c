/* SPDX-License-Identifier: Apache-2.0 */
#include "ota/image.h"

#include <string.h>

#include "base/le.h"
#include "ota/err.h"

/* Header fields: offset in the 32 bytes. */
enum {
    OFF_MAGIC = 0,
    OFF_LOAD_ADDR = 4,
    OFF_HEADER_SIZE = 8,
    OFF_PROTECTED_SIZE = 10,
    OFF_PAYLOAD_SIZE = 12,
    OFF_FLAGS = 16,
    OFF_MAJOR = 20,
    OFF_MINOR = 21,
    OFF_REVISION = 22,
    OFF_BUILD = 24,
};

#define TLV_ENTRY_LEN 4u /* type and length */

/* ---- Sources ------------------------------------------------------------------------------ */

static int read_memory(void *ctx, uint32_t off, void *buf, size_t len)
{
    memcpy(buf, (uint8_t *)ctx + off, len);
    return 0;
}

void ota_source_from_memory(struct ota_source *src, const void *data, uint32_t len)
{
    src->read = read_memory;
    src->ctx = (void *)data; /* only read from */
    src->size = len;
    src->erased = 0xff;
    src->is_plain = false;
}

/* ---- Header ------------------------------------------------------------------------------- */

static void take_version(const uint8_t *raw, struct ota_version *out)
{
    out->major = raw[0];
    out->minor = raw[1];
    out->revision = ota_get_le16(raw + 2);
    out->build = ota_get_le32(raw + 4);
}

int ota_image_header_decode(const uint8_t raw[OTA_IMAGE_HEADER_LEN], struct ota_image_header *out)
{
    uint32_t magic = ota_get_le32(raw + OFF_MAGIC);

    out->load_addr = ota_get_le32(raw + OFF_LOAD_ADDR);
    out->header_size = ota_get_le16(raw + OFF_HEADER_SIZE);
    out->protected_size = ota_get_le16(raw + OFF_PROTECTED_SIZE);
    out->payload_size = ota_get_le32(raw + OFF_PAYLOAD_SIZE);
    out->flags = ota_get_le32(raw + OFF_FLAGS);
    take_version(raw + OFF_MAJOR, &out->version);
    if (magic == 0 || magic == UINT32_MAX) {
        return OTA_ENOIMAGE;
    }
    if ((out->flags & OTA_IMAGE_F_NON_BOOTABLE) != 0) {
        return OTA_ENOTBOOT;
    }
    if (magic != OTA_IMAGE_MAGIC) {
        return OTA_EMAGIC;
    }
    if (out->header_size < OTA_IMAGE_HEADER_LEN ||
        out->payload_size > UINT32_MAX - out->header_size) {
        return OTA_ESIZE;
    }
    return 0;
}

void ota_image_header_encode(const struct ota_image_header *h, uint8_t raw[OTA_IMAGE_HEADER_LEN])
{
    memset(raw, 0, OTA_IMAGE_HEADER_LEN);
    ota_put_le32(raw + OFF_MAGIC, OTA_IMAGE_MAGIC);
    ota_put_le32(raw + OFF_LOAD_ADDR, h->load_addr);
    ota_put_le16(raw + OFF_HEADER_SIZE, h->header_size);
    ota_put_le16(raw + OFF_PROTECTED_SIZE, h->protected_size);
    ota_put_le32(raw + OFF_PAYLOAD_SIZE, h->payload_size);
    ota_put_le32(raw + OFF_FLAGS, h->flags);
    raw[OFF_MAJOR] = (uint8_t)h->version.major;
    raw[OFF_MINOR] = (uint8_t)h->version.minor;
    ota_put_le16(raw + OFF_REVISION, h->version.revision);
    ota_put_le32(raw + OFF_BUILD, h->version.build);
}

/* ---- Image -------------------------------------------------------------------------------- */

static int read_header(const struct ota_source *src, struct ota_image_header *out)
{
    uint8_t raw[OTA_IMAGE_HEADER_LEN];
    int rc = OTA_ESIZE;

    if (src->size >= sizeof raw) {
        rc = src->read(src->ctx, 0, raw, sizeof raw);
    }
    if (rc != 0) {
        return rc;
    }
    rc = ota_image_header_decode(raw, out);
    if (rc == OTA_ENOIMAGE && raw[OFF_MAGIC] != src->erased) {
        rc = (out->flags & OTA_IMAGE_F_NON_BOOTABLE) != 0 ? OTA_ENOTBOOT : OTA_EMAGIC;
    }
    return rc;
}

/* Size of the TLV area whose info is at off (inside of the source); OTA_ETLV if none begins there.
 */
static int read_info(const struct ota_source *src, uint32_t off, uint16_t magic)
{
    uint8_t raw[OTA_TLV_INFO_LEN];
    uint16_t total;
    int rc;

    if (sizeof raw > src->size - off) {
        return OTA_ETLV;
    }
    rc = src->read(src->ctx, off, raw, sizeof raw);
    if (rc != 0) {
        return rc;
    }
    total = ota_get_le16(raw + 2);
    if (ota_get_le16(raw) != magic || total < OTA_TLV_INFO_LEN || total > src->size - off) {
        return OTA_ETLV;
    }
    return total;
}

int ota_image_parse(const struct ota_source *src, struct ota_image *out)
{
    struct ota_image_header *h = &out->header;
    int rc;

    memset(out, 0, sizeof *out);
    rc = read_header(src, h);
    if (rc != 0) {
        return rc;
    }
    out->tlv_off = h->header_size + h->payload_size;
    if (out->tlv_off >= src->size) {
        return OTA_ESIZE;
    }
    if (h->protected_size != 0) {
        rc = read_info(src, out->tlv_off, OTA_TLV_PROT_INFO_MAGIC);
        if (rc < 0 || rc != h->protected_size) {
            return rc < 0 ? rc : OTA_ETLV;
        }
    }
    out->hashed_size = out->tlv_off + h->protected_size;
    rc = read_info(src, out->hashed_size, OTA_TLV_INFO_MAGIC);
    if (rc < 0) {
        return rc;
    }
    out->tlv_end = out->hashed_size + (uint32_t)rc;
    return 0;
}

/* ---- TLVs --------------------------------------------------------------------------------- */

void ota_tlv_begin(struct ota_tlv_iter *it, const struct ota_source *src,
                   const struct ota_image *image)
{
    it->src = src;
    it->image = image;
    it->next = image->tlv_off + OTA_TLV_INFO_LEN;
}

int ota_tlv_next(struct ota_tlv_iter *it, struct ota_tlv *out)
{
    uint32_t prot_end = it->image->hashed_size;
    uint8_t raw[TLV_ENTRY_LEN];
    uint32_t room;
    int rc;

    /* Without a protected area its end lies before the first entry. */
    if (it->next == prot_end) {
        it->next += OTA_TLV_INFO_LEN;
    }
    out->is_protected = it->next < prot_end;
    room = (out->is_protected ? prot_end : it->image->tlv_end) - it->next;
    if (room == 0) {
        return 0;
    }
    if (room < sizeof raw) {
        return OTA_ETLV;
    }
    rc = it->src->read(it->src->ctx, it->next, raw, sizeof raw);
    if (rc < 0) {
        return rc;
    }
    out->type = ota_get_le16(raw);
    out->len = ota_get_le16(raw + 2);
    out->off = it->next + TLV_ENTRY_LEN;
    if (out->len > room - TLV_ENTRY_LEN) {
        return OTA_ETLV;
    }
    it->next = out->off + out->len;
    return 1;
}

void ota_dependency_decode(const uint8_t raw[OTA_DEPENDENCY_LEN], struct ota_dependency *out)
{
    out->image = raw[0];
    take_version(raw + 4, &out->least); /* behind three bytes of filler */
}

int ota_dependency_next(struct ota_tlv_iter *it, struct ota_dependency *out)
{
    uint8_t raw[OTA_DEPENDENCY_LEN];
    struct ota_tlv tlv;
    int rc;

    do {
        rc = ota_tlv_next(it, &tlv);
        if (rc <= 0) {
            return rc;
        }
    } while (tlv.type != OTA_TLV_DEPENDENCY || !tlv.is_protected);
    if (tlv.len != sizeof raw) {
        return OTA_ETLV;
    }
    rc = it->src->read(it->src->ctx, tlv.off, raw, sizeof raw);
    if (rc == 0) {
        ota_dependency_decode(raw, out);
    }
    return rc == 0 ? 1 : rc;
}

int ota_tlv_find(const struct ota_source *src, const struct ota_image *image, uint16_t type,
                 bool only_protected, void *buf, size_t cap)
{
    struct ota_tlv_iter it;
    struct ota_tlv tlv;
    int rc;

    ota_tlv_begin(&it, src, image);
    while ((rc = ota_tlv_next(&it, &tlv)) > 0) {
        if (only_protected && !tlv.is_protected) {
            break;
        }
        if (tlv.type != type) {
            continue;
        }
        if (tlv.len > cap) {
            return OTA_ENOSPC;
        }
        rc = src->read(src->ctx, tlv.off, buf, tlv.len);
        return rc < 0 ? rc : tlv.len;
    }
    return rc < 0 ? rc : OTA_ETLV;
}
