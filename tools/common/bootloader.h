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
    struct ota_boot_config config; /* of the image that is started */
    struct ota_boot_config second; /* of the second image; mode is NULL if there is none */
    struct ota_boot_encryption encryption;
    struct ota_boot_encryption second_encryption;
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

/* A boot of all images of a board. */
struct ota_tool_boot {
    struct ota_boot_config configs[2];
    struct ota_boot boots[2]; /* the second one only if the board has a second image */
    struct ota_boot_set set;
};

/* Begins a boot with a bootloader that is set up. As ota_boot_init and ota_boot_set_init. */
int ota_tool_boot_init(struct ota_tool_boot *boot, const struct ota_tool_bootloader *loader);
/* As ota_boot_step. boots[0].result tells what to start. */
int ota_tool_boot_step(struct ota_tool_boot *boot);
/* As ota_boot_run. */
int ota_tool_boot_run(struct ota_tool_boot *boot);

/* Lets it install encrypted images with a private key of type ecdsa-p256 and AES keys of key_len
 * bytes. 0, or OTA_EKEY and the reason. ota_tool_bootloader_free is to follow. */
int ota_tool_bootloader_decrypt(struct ota_tool_bootloader *out, const char *key, uint8_t key_len,
                                struct ota_tool_why *why);
void ota_tool_bootloader_free(struct ota_tool_bootloader *out);

/* Most bytes of an image, header to TLVs, that the board's bootloader installs. The board's flash
 * is open. */
uint32_t ota_tool_max_image(const struct ota_board *board);
/* The same for the second image; 0 if the board has none. */
uint32_t ota_tool_max_second(const struct ota_board *board);

/* Name of a swap type ("test"). Never NULL. */
const char *ota_tool_swap_type_name(enum ota_swap_type type);

#endif
