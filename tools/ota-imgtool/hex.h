/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel HEX: lines of ":" count address type data checksum, all in hexadecimal. Types: 00 data,
 * 01 end, 02 and 04 upper part of the addresses, 03 and 05 start address (of no use here).
 */
#ifndef OTA_IMGTOOL_HEX_H
#define OTA_IMGTOOL_HEX_H

#include "common/file.h"

/* Longest range of addresses that is read. */
#define HEX_SPAN_MAX (64u << 20)

/* Bytes at an address. */
struct hex_segment {
    uint32_t addr;
    const uint8_t *data;
    size_t len;
};

/*
 * Reads a file of len bytes of text. *data receives the bytes from the lowest to the highest
 * address, gaps filled with 0xff, in memory that the caller frees; *out tells where they are.
 * 0, or OTA_EFORMAT and the reason with the line: anything but hexadecimal digits, wrong length or
 * checksum, an address given twice, no end record, no data, or a span beyond HEX_SPAN_MAX.
 */
int hex_read(const char *text, size_t len, uint8_t **data, struct hex_segment *out,
             struct ota_tool_why *why);

/*
 * Writes segments, in ascending order and not overlapping, as text in memory that the caller
 * frees: records of up to 16 bytes, which do not cross a 64 KiB boundary. 0 or OTA_EARG (a segment
 * leads beyond 32 bits, or no memory).
 */
int hex_write(const struct hex_segment *segments, size_t n, char **text, size_t *len);

#endif
