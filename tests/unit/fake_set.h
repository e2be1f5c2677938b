/* SPDX-License-Identifier: Apache-2.0 */
/* Images of a set: fake ones that need a version of another image, or of none. */
#ifndef OTA_TEST_UNIT_FAKE_SET_H
#define OTA_TEST_UNIT_FAKE_SET_H

#include "unit/fake_image.h"

#define FAKE_DEPENDS 20u /* bytes of the protected TLV area with one dependency */

/* Builds an image of size bytes in all that needs image other in version least or later. least 0:
 * it needs nothing. image tells payloads apart. */
static inline void fake_set_image(uint8_t *out, uint32_t size, uint8_t image, uint8_t version,
                                  uint8_t other, uint8_t least)
{
    struct ota_image_header h = {.header_size = FAKE_HEADER,
                                 .protected_size = least == 0 ? 0 : FAKE_DEPENDS,
                                 .version = {.major = version}};
    uint32_t end = size - FAKE_TLVS;
    uint8_t *tlv = out + end - h.protected_size;

    h.payload_size = end - h.protected_size - FAKE_HEADER;
    for (uint32_t i = 0; i < end; i++) {
        out[i] = (uint8_t)(i * 7 + (i >> 8) + version * 77u + image * 13u);
    }
    memset(out, 0xff, FAKE_HEADER);
    ota_image_header_encode(&h, out);
    if (least != 0) {
        memset(tlv, 0, FAKE_DEPENDS);
        ota_put_le16(tlv, OTA_TLV_PROT_INFO_MAGIC);
        ota_put_le16(tlv + 2, FAKE_DEPENDS);
        ota_put_le16(tlv + 4, OTA_TLV_DEPENDENCY);
        ota_put_le16(tlv + 6, 12);
        tlv[8] = other;
        tlv[12] = least;
    }
    fake_tlvs(out, end, 0, NULL, 0);
}

#endif
