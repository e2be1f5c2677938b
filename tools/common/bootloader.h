/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader that a board file describes. */
#ifndef OTA_TOOLS_COMMON_BOOTLOADER_H
#define OTA_TOOLS_COMMON_BOOTLOADER_H

#include "common/cipher_openssl.h"
#include "ota/boot.h"
#include "sim/board.h"

/* Copy buffer, as large as MCUboot's. */
#define OTA_TOOL_BOOT_BUF 1024u

struct ota_tool_bootloader {
    struct ota_boot_config config;
    struct ota_boot_encryption encryption;
    struct ota_tool_key decrypt_key;
    struct ota_cipher cipher;
    uint8_t buf[OTA_TOOL_BOOT_BUF];
};

/*
 * Fills in the configuration for a board. trust and the board must stay, and so must the address
 * of out. 0, or OTA_ENOTSUP for a mode that the bootloader does not have, with the reason in *why.
 */
int ota_tool_bootloader_init(struct ota_tool_bootloader *out, const struct ota_board *board,
                             const struct ota_trust *trust, struct ota_tool_why *why);

/* Lets it install encrypted images with a private key of type ecdsa-p256 and AES keys of key_len
 * bytes. 0, or OTA_EKEY and the reason. ota_tool_bootloader_free is to follow. */
int ota_tool_bootloader_decrypt(struct ota_tool_bootloader *out, const char *key, uint8_t key_len,
                                struct ota_tool_why *why);
void ota_tool_bootloader_free(struct ota_tool_bootloader *out);

/* Most bytes of an image, header to TLVs, that the board's bootloader installs. The board's flash
 * is open. */
uint32_t ota_tool_max_image(const struct ota_board *board);

/* Name of a swap type ("test"). Never NULL. */
const char *ota_tool_swap_type_name(enum ota_swap_type type);

#endif
