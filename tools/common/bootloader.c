/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bootloader.h"

#include <stdio.h>
#include <string.h>

#include "ota/err.h"
#include "ota/version.h"

static const struct {
    const char *name;
    const struct ota_boot_mode *mode;
} modes[] = {
    {"direct-xip", &ota_boot_direct_xip},
    {"direct-xip-revert", &ota_boot_direct_xip_revert},
    {"overwrite", &ota_boot_overwrite},
    {"overwrite-fast", &ota_boot_overwrite_fast},
    {"swap-move", &ota_boot_swap_move},
    {"swap-offset", &ota_boot_swap_offset},
    {"swap-scratch", &ota_boot_swap_scratch},
    {"swap-status-scratch", &ota_boot_swap_status_scratch},
};

static const struct ota_boot_mode *find_mode(const char *name)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(modes[i].name, name) == 0) {
            return modes[i].mode;
        }
    }
    return NULL;
}

/* MCUboot before 1.9 has its own place for the swap status in scratch and its own swap types. */
static bool is_old(const char *text)
{
    static const struct ota_version changed = {.major = 1, .minor = 9};
    struct ota_version v;

    return ota_version_parse(text, strcspn(text, "-"), &v) == 0 &&
           ota_version_compare(&v, &changed) < 0;
}

int ota_tool_bootloader_init(struct ota_tool_bootloader *out, const struct ota_board *board,
                             const struct ota_trust *trust, struct ota_tool_why *why)
{
    struct ota_boot_config *c = &out->config;

    memset(c, 0, sizeof *c);
    c->mode = find_mode(board->boot.mode);
    if (c->mode == NULL) {
        (void)snprintf(why->text, sizeof why->text,
                       "board %s: the bootloader does not have mode %s (overwrite, swap-scratch "
                       "and swap-status-scratch it has)",
                       board->name, board->boot.mode);
        return OTA_ENOTSUP;
    }
    /* The areas that a mode needs are there: the board was checked for them. */
    (void)ota_board_area(board, "primary", &c->primary);
    (void)ota_board_area(board, "secondary", &c->secondary);
    (void)ota_board_area(board, "scratch", &c->scratch);
    (void)ota_board_area(board, "status", &c->status);
    c->trust = trust;
    c->buf = out->buf;
    c->buf_len = sizeof out->buf;
    c->max_sectors = (uint16_t)board->boot.max_sectors;
    c->align = board->boot.align;
    c->flags = (uint8_t)((board->boot.validate_primary ? 0 : OTA_BOOT_TRUST_PRIMARY) |
                         (is_old(board->boot.version) ? OTA_BOOT_V1 : 0));
    c->address[0] = ota_board_address(board, "primary");
    c->address[1] = ota_board_address(board, "secondary");
    memset(&out->second, 0, sizeof out->second);
    if (ota_board_has_second(board)) {
        out->second = *c;
        out->second.image = 1;
        (void)ota_board_area(board, "primary2", &out->second.primary);
        (void)ota_board_area(board, "secondary2", &out->second.secondary);
    }
    return 0;
}

int ota_tool_boot_init(struct ota_tool_boot *boot, const struct ota_tool_bootloader *loader)
{
    boot->configs[0] = loader->config;
    boot->configs[1] = loader->second;
    if (loader->second.mode == NULL) {
        boot->set.n = 1;
        return ota_boot_init(&boot->boots[0], &boot->configs[0]);
    }
    return ota_boot_set_init(&boot->set, boot->boots, boot->configs, 2);
}

int ota_tool_boot_step(struct ota_tool_boot *boot)
{
    return boot->set.n == 1 ? ota_boot_step(&boot->boots[0]) : ota_boot_set_step(&boot->set);
}

int ota_tool_boot_run(struct ota_tool_boot *boot)
{
    int rc;

    do {
        rc = ota_tool_boot_step(boot);
    } while (rc == 1);
    return rc;
}

int ota_tool_bootloader_decrypt(struct ota_tool_bootloader *out, const char *key, uint8_t key_len,
                                struct ota_tool_why *why)
{
    int rc = ota_tool_key_load(&out->decrypt_key, key, NULL, why);

    if (rc != 0) {
        return rc;
    }
    if (out->decrypt_key.pub.type != OTA_SIG_ECDSA_P256 || !out->decrypt_key.is_private) {
        ota_tool_bootloader_free(out);
        return ota_tool_fail(why, OTA_EKEY,
                             "key %.*s: decrypting takes a private key of type ecdsa-p256",
                             ota_tool_key_name_len(key), key);
    }
    ota_tool_cipher_init(&out->decrypt_key, &out->cipher);
    out->config.encryption = &out->encryption;
    if (out->second.mode != NULL) {
        out->second.encryption = &out->second_encryption;
        rc = ota_boot_encryption_init(&out->second_encryption, &out->cipher, key_len);
        if (rc != 0) {
            return rc;
        }
    }
    return ota_boot_encryption_init(&out->encryption, &out->cipher, key_len);
}

void ota_tool_bootloader_free(struct ota_tool_bootloader *out)
{
    ota_tool_key_free(&out->decrypt_key);
}

uint32_t ota_tool_max_image(const struct ota_board *board)
{
    static const struct ota_trust nobody = {0};
    struct ota_tool_bootloader loader;
    struct ota_tool_why why;

    if (ota_tool_bootloader_init(&loader, board, &nobody, &why) != 0) {
        return ota_board_max_image(board);
    }
    return ota_boot_max_image(&loader.config);
}

uint32_t ota_tool_max_second(const struct ota_board *board)
{
    static const struct ota_trust nobody = {0};
    struct ota_tool_bootloader loader;
    struct ota_tool_why why;

    if (!ota_board_has_second(board) ||
        ota_tool_bootloader_init(&loader, board, &nobody, &why) != 0) {
        return 0;
    }
    return ota_boot_max_image(&loader.second);
}

const char *ota_tool_swap_type_name(enum ota_swap_type type)
{
    static const char *const names[] = {"none", "none", "test", "permanent", "revert", "fail"};

    return (size_t)type < sizeof names / sizeof names[0] ? names[type] : "unknown";
}
