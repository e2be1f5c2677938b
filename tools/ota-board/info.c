/* SPDX-License-Identifier: Apache-2.0 */
/* ota-board info: what is in the slots, and what the next boot will do. Works on a copy. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/bootloader.h"
#include "ota/err.h"
#include "ota_board.h"

struct slot_info {
    const char *name;
    uint8_t where; /* 0: the primary slot of its image */
    struct ota_area area;
    int verdict; /* of the image's check; OTA_ENOIMAGE if there is none */
    bool has_image;
    bool is_encrypted;
    char version[OTA_VERSION_TEXT_MAX];
    uint32_t image_size;
    struct ota_trailer trailer;
};

struct info {
    const struct ota_board *board;
    struct ota_tool_trust trust;
    struct ota_tool_bootloader loader;
    struct slot_info slots[4]; /* of the second image: the last two */
    size_t n_slots;
    int boot_rc;
    struct ota_boot_result next;
    char next_version[OTA_VERSION_TEXT_MAX];
};

/* ---- Gathering ------------------------------------------------------------------------------ */

/* Encrypted images are in the clear in the primary slot, where they run. */
static int check(const struct info *info, const struct slot_info *s, struct ota_source *source)
{
    const struct ota_boot_encryption *e = info->loader.config.encryption;
    struct ota_decrypted decrypted;
    struct ota_image image;
    uint8_t buf[1024];
    int rc = 0;

    memset(&decrypted, 0, sizeof decrypted);
    source->is_plain = s->where == 0;
    if (s->where != 0 && e != NULL) {
        rc = ota_decrypted_open(&decrypted, source, e->cipher);
        source = &decrypted.plain;
    }
    rc = rc == 0 ? ota_image_check(source, &info->trust.trust, buf, sizeof buf, &image) : rc;
    ota_image_key_wipe(&decrypted.key);
    return rc;
}

static int read_slot(struct info *info, const struct ota_boot_config *config, struct slot_info *s)
{
    struct ota_source source;
    struct ota_image image;
    struct ota_slot slot;
    int rc = ota_board_area(info->board, s->name, &s->area);

    if (rc != 0) {
        return rc;
    }
    ota_source_from_area(&source, &s->area);
    rc = ota_image_parse(&source, &image);
    if (rc != 0 && ota_board_slot(info->board, s->name, &slot) == 0) {
        s->area = slot.area; /* a new image, with swap-offset */
        rc = ota_image_parse(&source, &image);
    }
    if (rc == 0) {
        s->has_image = true;
        s->is_encrypted = ota_image_is_encrypted(&image.header);
        s->image_size = image.tlv_end;
        (void)ota_version_format(&image.header.version, s->version, sizeof s->version);
    }
    s->verdict = check(info, s, &source);
    return ota_boot_read_trailer(config, s->where, &s->trailer);
}

/* The bootloader itself tells what it will do: it boots the copy. */
static int gather(struct info *info)
{
    static const char *const names[] = {"primary", "secondary", "primary2", "secondary2"};
    static struct ota_tool_boot boot;
    int rc = 0;

    info->n_slots = info->loader.second.mode == NULL ? 2 : 4;
    for (size_t i = 0; rc == 0 && i < info->n_slots; i++) {
        info->slots[i].name = names[i];
        info->slots[i].where = (uint8_t)(i % 2);
        rc = read_slot(info, i < 2 ? &info->loader.config : &info->loader.second, &info->slots[i]);
    }
    rc = rc == 0 ? ota_tool_boot_init(&boot, &info->loader) : rc;
    if (rc == 0) {
        info->boot_rc = ota_tool_boot_run(&boot);
        info->next = boot.boots[0].result;
        (void)ota_version_format(&info->next.version, info->next_version,
                                 sizeof info->next_version);
    }
    return rc;
}

/* ---- Telling -------------------------------------------------------------------------------- */

static const char *field_name(enum ota_field f, bool is_magic)
{
    switch (f) {
    case OTA_FIELD_UNSET:
        return "unset";
    case OTA_FIELD_SET:
        return is_magic ? "good" : "set";
    case OTA_FIELD_BAD:
        break;
    }
    return "bad";
}

static const char *verdict_text(const struct slot_info *s)
{
    if (s->is_encrypted && s->verdict == OTA_ENOTSUP) {
        return "not checked (--decrypt)";
    }
    return s->verdict == 0 ? "valid" : ota_err_text(s->verdict);
}

static void print_slot(const struct slot_info *s)
{
    const struct ota_trailer *t = &s->trailer;

    if (s->has_image) {
        (void)printf("%-10s %s, %" PRIu32 " bytes, %s%s\n", s->name, s->version, s->image_size,
                     s->is_encrypted && s->where != 0 ? "encrypted, " : "", verdict_text(s));
    } else {
        (void)printf("%-10s %s\n", s->name, ota_err_text(s->verdict));
    }
    (void)printf("%-10s magic %s, image_ok %s, copy_done %s\n", "", field_name(t->magic, true),
                 field_name(t->image_ok, false), field_name(t->copy_done, false));
}

static void print_info(const struct info *info)
{
    const struct ota_board *b = info->board;

    (void)printf("board      %s (%s)\n", b->board, b->name);
    (void)printf("bootloader MCUboot %s, %s, %s\n", b->boot.version, b->boot.mode,
                 ota_board_signature_name(info->trust.trust.sig_type));
    for (size_t i = 0; i < b->n_areas; i++) {
        (void)printf("area       %-10s 0x%08" PRIx32 " +0x%06" PRIx32 " %s\n", b->areas[i].name,
                     ota_board_address(b, b->areas[i].name), b->areas[i].size,
                     b->devices[b->areas[i].device].name);
    }
    (void)printf("limit      %" PRIu32 " bytes of image, header to TLVs\n",
                 ota_boot_max_image(&info->loader.config));
    for (size_t i = 0; i < info->n_slots; i++) {
        print_slot(&info->slots[i]);
    }
    if (info->next.refused != 0) {
        (void)printf("next boot  refuses the secondary image: %s\n",
                     ota_err_text(info->next.refused));
    }
    if (info->boot_rc != 0) {
        (void)printf("next boot  does not start anything: %s\n", ota_err_text(info->boot_rc));
    } else {
        (void)printf("next boot  %s%s, starts %s\n", ota_tool_swap_type_name(info->next.type),
                     info->next.is_resumed ? " (goes on with an interrupted one)" : "",
                     info->next_version);
    }
}

static json_t *slot_json(const struct info *info, const struct slot_info *s)
{
    const struct ota_trailer *t = &s->trailer;
    json_t *image = s->has_image ? json_pack("{s:s, s:I, s:b}", "version", s->version, "size",
                                             (json_int_t)s->image_size, "encrypted",
                                             s->is_encrypted && s->where != 0)
                                 : json_null();

    return json_pack("{s:I, s:I, s:o, s:s, s:{s:s, s:s, s:s}}", "address",
                     (json_int_t)ota_board_address(info->board, s->name), "size",
                     (json_int_t)s->area.size, "image", image, "check", ota_err_name(s->verdict),
                     "trailer", "magic", field_name(t->magic, true), "image_ok",
                     field_name(t->image_ok, false), "copy_done", field_name(t->copy_done, false));
}

static int print_json(const struct info *info)
{
    const struct ota_board *b = info->board;
    bool boots = info->boot_rc == 0;
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:{s:b, s:s, s:s, s:b, s:s?, s:s}}", "board",
        b->board, "name", b->name, "mode", b->boot.mode, "mcuboot", b->boot.version, "signature",
        ota_board_signature_name(info->trust.trust.sig_type), "max_image",
        (json_int_t)ota_boot_max_image(&info->loader.config), "primary",
        slot_json(info, &info->slots[0]), "secondary", slot_json(info, &info->slots[1]),
        "next_boot", "boots", boots, "error", ota_err_name(info->boot_rc), "swap_type",
        ota_tool_swap_type_name(info->next.type), "resumes", info->next.is_resumed, "version",
        boots ? info->next_version : NULL, "refused", ota_err_name(info->next.refused));
    int rc;

    for (size_t i = 2; i < info->n_slots; i++) {
        (void)json_object_set_new(json, info->slots[i].name, slot_json(info, &info->slots[i]));
    }
    if (json == NULL) {
        return complain("no memory");
    }
    rc =
        json_dumpf(json, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF ? EXIT_OK : EXIT_FAILED;
    json_decref(json);
    return rc;
}

static int show(struct info *info, const struct options *o)
{
    struct ota_tool_why why;
    int rc = ota_tool_bootloader_init(&info->loader, info->board, &info->trust.trust, &why);

    if (rc != 0) {
        return complain("%s", why.text);
    }
    if (o->decrypt != NULL &&
        ota_tool_bootloader_decrypt(&info->loader, o->decrypt, o->key_len, &why) != 0) {
        return complain("%s", why.text);
    }
    rc = gather(info);
    if (rc != 0) {
        return complain("cannot read the slots: %s", ota_err_text(rc));
    }
    if (o->json) {
        return print_json(info);
    }
    print_info(info);
    return EXIT_OK;
}

int command_info(const struct options *o)
{
    static struct info info;
    struct ota_board *b = load_board(o);
    struct ota_tool_why why;
    int rc = b == NULL ? EXIT_FAILED : open_flash(b, o, true);

    info.board = b;
    if (rc == EXIT_OK) {
        if (ota_tool_trust_init(&info.trust, b, o->keys, o->n_keys, &why) != 0) {
            rc = complain("%s", why.text);
        } else {
            rc = show(&info, o);
            ota_tool_bootloader_free(&info.loader);
            ota_tool_trust_free(&info.trust);
        }
    }
    ota_board_free(b);
    return rc;
}
