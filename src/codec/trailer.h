/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trailer at the end of a slot, without the flash: where its fields are, what they mean, and
 * which swap follows from two of them. ota/slot.h draws the layout.
 */
#ifndef OTA_CODEC_TRAILER_H
#define OTA_CODEC_TRAILER_H

#include "ota/slot.h"

#define OTA_TRAILER_MAGIC_LEN 16u

/* Fields in the order in which they lie, from the end of the slot towards its start. */
enum ota_trailer_field {
    OTA_TRAILER_MAGIC,
    OTA_TRAILER_IMAGE_OK,
    OTA_TRAILER_COPY_DONE,
    OTA_TRAILER_SWAP_INFO,
    OTA_TRAILER_SWAP_SIZE,
};

/* Bytes of the fixed fields for the largest alignment. */
#define OTA_TRAILER_LEN_MAX 160u

/* A flag that is set. */
#define OTA_TRAILER_FLAG 0x01u

/* Low nibble of swap_info. */
#define OTA_TRAILER_TYPE_MASK 0x0fu

/* The alignment that a slot is built for: 8 for zero; 0 if it is none of 8, 16 and 32. */
uint8_t ota_trailer_align(uint8_t align);

/* Distance from the slot's end back to the first byte of a field, for a checked alignment. */
uint32_t ota_trailer_back(uint8_t align, enum ota_trailer_field field);

/* The magic that marks a trailer written for this alignment. */
void ota_trailer_magic(uint8_t align, uint8_t out[OTA_TRAILER_MAGIC_LEN]);

/* Decodes the last ota_trailer_back(align, OTA_TRAILER_SWAP_SIZE) bytes of a slot. */
void ota_trailer_decode(const uint8_t *raw, uint8_t align, uint8_t erased, struct ota_trailer *out);

/* State of a magic, and of a flag byte, in flash that reads as erased when it is. */
enum ota_field ota_trailer_magic_state(const uint8_t *raw, uint8_t align, uint8_t erased);
enum ota_field ota_trailer_flag_state(uint8_t raw, uint8_t erased);

#endif
