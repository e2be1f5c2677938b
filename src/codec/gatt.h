/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes over the control point and the information characteristic of the update service.
 *
 *     command                         answer, when it went well (else 01)
 *     01                prepare       00
 *     02 size(4)        download      00
 *     03 crc32(4)       verify        00
 *     04 or 07          abort         none
 *     20 size(4)        resume        00 offset(4) crc32(4), of the bytes before offset
 *
 * Numbers are little-endian. 20 is an extension: no command of the original, nor of the older
 * numbering that its peers use, has this number.
 */
#ifndef OTA_CODEC_GATT_H
#define OTA_CODEC_GATT_H

#include <stddef.h>
#include <stdint.h>

#include "ota/version.h"

enum ota_gatt_op {
    OTA_GATT_PREPARE = 0x01,
    OTA_GATT_DOWNLOAD = 0x02,
    OTA_GATT_VERIFY = 0x03,
    OTA_GATT_ABORT = 0x04,
    OTA_GATT_ABORT_OLD = 0x07, /* as the original's peers number it; decoded as OTA_GATT_ABORT */
    OTA_GATT_RESUME = 0x20,
};

#define OTA_GATT_OK 0x00u
#define OTA_GATT_BAD 0x01u
#define OTA_GATT_RESUME_ANSWER_LEN 9u

struct ota_gatt_command {
    enum ota_gatt_op op;
    uint32_t arg; /* size or CRC */
};

/* 0; OTA_ENOTSUP for an unknown command; OTA_EFORMAT if its length is wrong. */
int ota_gatt_command_decode(const uint8_t *raw, size_t len, struct ota_gatt_command *out);

/* Success of RESUME. */
void ota_gatt_resume_encode(uint32_t off, uint32_t crc, uint8_t raw[OTA_GATT_RESUME_ANSWER_LEN]);

#define OTA_GATT_INFO_SECURE 0x01u

/*
 *      0  layout, 1 (u8)              12  bytes of an image that RESUME would keep (u32)
 *      1  OTA_GATT_INFO_* (u8)        16  size of that image (u32)
 *      2  MTU (u16)                   20  last error, an ota_err without its sign (u8)
 *      4  running version: major, minor (u8), revision (u16), build (u32)
 *                                     21  0 (u8), length of the board (u16), board (text)
 */
struct ota_gatt_info {
    uint8_t flags;
    uint16_t mtu;
    struct ota_version version;
    uint32_t stored;
    uint32_t total;
    int err;
    const char *board;
};

/* Length written, or OTA_ENOSPC. */
int ota_gatt_info_encode(const struct ota_gatt_info *info, uint8_t *raw, size_t cap);

#define OTA_GATT_SIG_LEN 64u /* r | s, 32 bytes each, most significant byte first */
#define OTA_GATT_DER_MAX 72u

/* The same signature as a DER SEQUENCE of two INTEGERs. Its length. */
size_t ota_gatt_sig_to_der(const uint8_t raw[OTA_GATT_SIG_LEN], uint8_t der[OTA_GATT_DER_MAX]);

#endif
