/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/trailer.h"

#include <string.h>

#include "base/le.h"

/* Of slots aligned to 8, and of others, which put their alignment first, as a 16-bit number. */
static const uint8_t magics[2][OTA_TRAILER_MAGIC_LEN] = {
    {0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f, 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79,
     0x80},
    {0, 0, 0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b, 0x8d, 0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a}};

/* Sets of field states, and of rules. */
enum {
    UNSET = 1u << OTA_FIELD_UNSET,
    SET = 1u << OTA_FIELD_SET,
    ANY = UNSET | SET | 1u << OTA_FIELD_BAD,
    V2 = 1u << OTA_SWAP_RULES_V2,
    V1 = 1u << OTA_SWAP_RULES_V1,
    OFFSET = 1u << OTA_SWAP_RULES_OFFSET,
};

struct swap_row {
    uint8_t rules;
    uint8_t p_magic, p_copy_done, p_image_ok;
    uint8_t s_magic, s_copy_done, s_image_ok;
    uint8_t type;
};

/* Which swap two trailers ask for. The first row whose sets hold all six states decides. */
static const struct swap_row swap_rows[] = {
    /* rules             P magic copy image_ok  S magic copy image_ok */
    {OFFSET, /*      */ ANY, ANY, ANY, /*    */ SET, SET, UNSET, OTA_SWAP_REVERT},
    {V1 | V2 | OFFSET, ANY, ANY, ANY, /*     */ SET, ANY, UNSET, OTA_SWAP_TEST},
    {V1 | V2 | OFFSET, ANY, ANY, ANY, /*     */ SET, ANY, SET, OTA_SWAP_PERM},
    {V1, /*          */ SET, SET, UNSET, /*  */ UNSET, ANY, ANY, OTA_SWAP_REVERT},
    {V2 | OFFSET, /* */ SET, SET, UNSET, /*  */ ANY, ANY, ANY, OTA_SWAP_REVERT},
};

uint8_t ota_trailer_align(uint8_t align)
{
    switch (align) {
    case 0:
        return 8;
    case 8:
    case 16:
    case 32:
        return align;
    default:
        return 0;
    }
}

uint32_t ota_trailer_back(uint8_t align, enum ota_trailer_field field)
{
    uint32_t magic_len = align > OTA_TRAILER_MAGIC_LEN ? align : OTA_TRAILER_MAGIC_LEN;

    /* The magic is always the last 16 bytes, also where its write unit is larger. */
    return field == OTA_TRAILER_MAGIC ? OTA_TRAILER_MAGIC_LEN : magic_len + align * (uint32_t)field;
}

void ota_trailer_magic(uint8_t align, uint8_t out[OTA_TRAILER_MAGIC_LEN])
{
    memcpy(out, magics[align != 8], OTA_TRAILER_MAGIC_LEN);
    if (align != 8) {
        out[0] = align;
    }
}

enum ota_field ota_trailer_magic_state(const uint8_t *raw, uint8_t align, uint8_t erased)
{
    uint8_t good[OTA_TRAILER_MAGIC_LEN];

    ota_trailer_magic(align, good);
    if (memcmp(raw, good, sizeof good) == 0) {
        return OTA_FIELD_SET;
    }
    for (size_t i = 0; i < OTA_TRAILER_MAGIC_LEN; i++) {
        if (raw[i] != erased) {
            return OTA_FIELD_BAD;
        }
    }
    return OTA_FIELD_UNSET;
}

enum ota_field ota_trailer_flag_state(uint8_t raw, uint8_t erased)
{
    if (raw == OTA_TRAILER_FLAG) {
        return OTA_FIELD_SET;
    }
    return raw == erased ? OTA_FIELD_UNSET : OTA_FIELD_BAD;
}

void ota_trailer_decode(const uint8_t *raw, uint8_t align, uint8_t erased, struct ota_trailer *out)
{
    const uint8_t *end = raw + ota_trailer_back(align, OTA_TRAILER_SWAP_SIZE);

    out->magic =
        ota_trailer_magic_state(end - ota_trailer_back(align, OTA_TRAILER_MAGIC), align, erased);
    out->image_ok =
        ota_trailer_flag_state(*(end - ota_trailer_back(align, OTA_TRAILER_IMAGE_OK)), erased);
    out->copy_done =
        ota_trailer_flag_state(*(end - ota_trailer_back(align, OTA_TRAILER_COPY_DONE)), erased);
    out->swap_info = *(end - ota_trailer_back(align, OTA_TRAILER_SWAP_INFO));
    out->swap_size = ota_get_le32(raw);
}

static bool has(uint8_t set, enum ota_field state)
{
    return (set & 1u << state) != 0;
}

enum ota_swap_type ota_swap_type(const struct ota_trailer *primary,
                                 const struct ota_trailer *secondary, enum ota_swap_rules rules)
{
    for (size_t i = 0; i < sizeof swap_rows / sizeof swap_rows[0]; i++) {
        const struct swap_row *row = &swap_rows[i];

        if ((row->rules & 1u << rules) != 0 && has(row->p_magic, primary->magic) &&
            has(row->p_copy_done, primary->copy_done) && has(row->p_image_ok, primary->image_ok) &&
            has(row->s_magic, secondary->magic) && has(row->s_copy_done, secondary->copy_done) &&
            has(row->s_image_ok, secondary->image_ok)) {
            return (enum ota_swap_type)row->type;
        }
    }
    return OTA_SWAP_NONE;
}
