/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at an image file: what verify and dump have in common. */
#ifndef OTA_IMGTOOL_VIEW_H
#define OTA_IMGTOOL_VIEW_H

#include "ota-imgtool/imgtool.h"
#include "ota/image.h"
#include "ota/slot.h"

/* What lies behind the image. */
struct view_tail {
    uint32_t filler_len; /* bytes up to the trailer's fields, or to the end */
    bool is_filled;      /* all of them have the erased value */
    uint8_t erased;      /* 0xff or 0x00; meaningful with is_filled */
    uint8_t align;       /* of the trailer, 8, 16 or 32; 0: there is none */
    struct ota_trailer trailer;
};

struct view {
    struct imgtool_file file;
    struct ota_source src;
    struct ota_image image;
    int rc;                /* of ota_image_parse */
    int layout_rc;         /* the same without regard to the flag "not bootable" */
    struct view_tail tail; /* if layout_rc is 0 */
};

/* Reads a file and parses it. 0, or IMGTOOL_FAILED with a message if it cannot be read. */
int view_load(struct view *v, const char *path);
void view_free(struct view *v);

/* Name of a TLV type in capitals ("KEYHASH"), "?" if it has none. */
const char *view_tlv_name(uint16_t type);

/* True for the types that hold a signature. */
bool view_is_signature(uint16_t type);

/* Bytes in hexadecimal, with NUL; cap is 2 * len + 1 at least. */
void view_hex(const uint8_t *data, size_t len, char *out, size_t cap);

#endif
