/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header of an image chunk in an MQTT message: 32 bytes, little-endian, then the data.
 *
 *     0  magic "OTAImage"        18  total image size (u32)
 *     8  offset of data (u16)    22  offset of the data in the image (u32)
 *    10  image type, 0 (u16)     26  bytes of data (u16)
 *    12  major (u16)             28  number of chunks (u16)
 *    14  minor (u16)             30  index of this chunk from 0 (u16)
 *    16  build (u16)
 */
#ifndef OTA_CODEC_CHUNK_H
#define OTA_CODEC_CHUNK_H

#include "ota/version.h"

#define OTA_CHUNK_HEADER_LEN 32u
#define OTA_CHUNK_MAGIC "OTAImage"

struct ota_chunk {
    struct ota_version version; /* the wire's build number is the revision */
    uint32_t total_size;        /* bytes of the image */
    uint32_t offset;            /* of this data in the image */
    uint16_t data_off;          /* of the data in the message: the header's length */
    uint16_t size;              /* bytes of data */
    uint16_t count;             /* chunks that make the image */
    uint16_t index;             /* of this chunk, from 0 */
};

/* Writes the header. data_off is written as given (normally OTA_CHUNK_HEADER_LEN). */
void ota_chunk_encode(const struct ota_chunk *c, uint8_t raw[OTA_CHUNK_HEADER_LEN]);

/*
 * Reads and checks the header of a message of len bytes: 0 if the data lies inside of the message
 * and of the image. OTA_EFORMAT if this is no chunk (too short, wrong magic or type), OTA_EPROTO
 * if its numbers contradict each other.
 */
int ota_chunk_decode(const uint8_t *msg, size_t len, struct ota_chunk *out);

#endif
