/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a board's bootloader trusts: the keys of its board file, or those of the command line.
 */
#ifndef OTA_TOOLS_COMMON_TRUST_H
#define OTA_TOOLS_COMMON_TRUST_H

#include "common/crypto_openssl.h"
#include "sim/board.h"

struct ota_tool_trust {
    struct ota_trust trust;
    struct ota_crypto crypto;
    struct ota_tool_crypto state;
    struct ota_key keys[OTA_BOARD_KEYS_MAX];
    uint8_t der[OTA_BOARD_KEYS_MAX][OTA_TOOL_KEY_DER_MAX];
};

/*
 * Loads the keys at n paths, PEM or the DER bytes that a bootloader embeds. n zero: the board
 * file's keys. Keys of the command line stand for a bootloader built with them: the signature
 * type follows them; bare DER and the board file's keys are of the board's type. A board of
 * signature type none needs no key. 0, OTA_EKEY or OTA_EARG with the reason in *why, OTA_ECRYPTO.
 * Free it after success only; its address must stay.
 */
int ota_tool_trust_init(struct ota_tool_trust *t, const struct ota_board *board, char *const *paths,
                        size_t n, struct ota_tool_why *why);
void ota_tool_trust_free(struct ota_tool_trust *t);

#endif
