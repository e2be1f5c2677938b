/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/le.h"
#include "common/cipher_openssl.h"
#include "ota-imgtool/view.h"
#include "ota/err.h"

#define HEX_PER_LINE 32u

static const char help[] = "usage: ota-imgtool dump [--json] FILE\n"
                           "\n"
                           "Shows header, TLVs and trailer of an image. Nothing is verified.\n"
                           "\n"
                           "      --json        one JSON object\n"
                           "  -h, --help        this text\n";

static const struct {
    uint32_t flag;
    const char *name;
} flags[] = {
    {0x00000001u, "PIC"},
    {OTA_IMAGE_F_ENCRYPTED_AES128, "ENCRYPTED_AES128"},
    {OTA_IMAGE_F_ENCRYPTED_AES256, "ENCRYPTED_AES256"},
    {OTA_IMAGE_F_NON_BOOTABLE, "NON_BOOTABLE"},
    {OTA_IMAGE_F_RAM_LOAD, "RAM_LOAD"},
    {OTA_IMAGE_F_ROM_FIXED, "ROM_FIXED"},
    {OTA_IMAGE_F_COMPRESSED_LZMA1, "COMPRESSED_LZMA1"},
    {OTA_IMAGE_F_COMPRESSED_LZMA2, "COMPRESSED_LZMA2"},
    {OTA_IMAGE_F_COMPRESSED_ARM_THUMB, "COMPRESSED_ARM_THUMB"},
};

/* ---- What the values mean ----------------------------------------------------------------- */

/* Text for a TLV whose value says something to people; "" otherwise. */
static void describe(const struct ota_tlv *tlv, const uint8_t *value, char *out, size_t cap)
{
    out[0] = '\0';
    if (tlv->type == OTA_TLV_SEC_CNT && tlv->len == 4) {
        (void)snprintf(out, cap, "%" PRIu32, ota_get_le32(value));
    } else if (tlv->type == OTA_TLV_DEPENDENCY && tlv->len == OTA_DEPENDENCY_LEN) {
        struct ota_dependency d;
        char version[OTA_VERSION_TEXT_MAX];

        ota_dependency_decode(value, &d);
        (void)ota_version_format(&d.least, version, sizeof version); /* always fits */
        (void)snprintf(out, cap, "image %u, version %s or newer", d.image, version);
    } else if (tlv->type == OTA_TLV_ENC_EC256) {
        (void)snprintf(out, cap, "key of AES-%u for the holder of a P-256 key (ECIES)",
                       tlv->len == OTA_TOOL_ECIES_HEAD + 32 ? 256u : 128u);
    } else if (tlv->type == OTA_TLV_BOARD) {
        size_t n = tlv->len < cap - 1 ? tlv->len : cap - 1;

        for (size_t i = 0; i < n; i++) {
            out[i] = (char)(value[i] >= 0x20 && value[i] < 0x7f ? value[i] : '?');
        }
        out[n] = '\0';
    }
}

static const char *field_name(enum ota_field f)
{
    return f == OTA_FIELD_SET ? "set" : f == OTA_FIELD_UNSET ? "unset" : "bad";
}

static const char *swap_name(const struct ota_trailer *t)
{
    return t->image_ok == OTA_FIELD_SET     ? "permanent"
           : t->image_ok == OTA_FIELD_UNSET ? "test"
                                            : "none";
}

/* ---- Text --------------------------------------------------------------------------------- */

static void print_value(const uint8_t *value, size_t len)
{
    char line[2 * HEX_PER_LINE + 1];

    for (size_t off = 0; off < len; off += HEX_PER_LINE) {
        view_hex(value + off, len - off < HEX_PER_LINE ? len - off : HEX_PER_LINE, line,
                 sizeof line);
        (void)printf("    %s\n", line);
    }
}

static void print_header(const struct ota_image_header *h)
{
    char version[OTA_VERSION_TEXT_MAX];

    (void)ota_version_format(&h->version, version, sizeof version); /* always fits */
    (void)printf("header\n"
                 "  version          %s\n"
                 "  header size      0x%x\n"
                 "  payload size     %" PRIu32 "\n"
                 "  protected TLVs   %u\n"
                 "  load address     0x%08" PRIx32 "\n"
                 "  flags            0x%08" PRIx32,
                 version, h->header_size, h->payload_size, h->protected_size, h->load_addr,
                 h->flags);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if ((h->flags & flags[i].flag) != 0) {
            (void)printf(" %s", flags[i].name);
        }
    }
    (void)printf("\n");
}

static int print_tlvs(const struct view *v)
{
    struct ota_tlv_iter it;
    struct ota_tlv tlv;
    int last = -1;
    int rc;

    ota_tlv_begin(&it, &v->src, &v->image);
    while ((rc = ota_tlv_next(&it, &tlv)) > 0) {
        const uint8_t *value = v->file.data + tlv.off;
        char text[96];

        if (last != tlv.is_protected) {
            (void)printf("%s\n", tlv.is_protected ? "protected TLVs" : "TLVs");
        }
        last = tlv.is_protected;
        describe(&tlv, value, text, sizeof text);
        (void)printf("  0x%04x %-12s %u bytes at 0x%" PRIx32 "%s%s\n", tlv.type,
                     view_tlv_name(tlv.type), tlv.len, tlv.off, text[0] != '\0' ? ": " : "", text);
        print_value(value, tlv.len);
    }
    return rc;
}

static void print_tail(const struct view_tail *t)
{
    if (t->filler_len > 0) {
        (void)printf("behind the image\n  %" PRIu32 " bytes, %s\n", t->filler_len,
                     !t->is_filled       ? "not padding"
                     : t->erased == 0xff ? "all 0xff"
                                         : "all 0x00");
    }
    if (t->align != 0) {
        (void)printf("trailer\n"
                     "  alignment        %u\n"
                     "  image_ok         %s\n"
                     "  copy_done        %s\n"
                     "  swap_info        0x%02x\n"
                     "  installs         %s\n",
                     t->align, field_name(t->trailer.image_ok), field_name(t->trailer.copy_done),
                     t->trailer.swap_info, swap_name(&t->trailer));
    }
}

static int dump_text(const struct view *v)
{
    int rc;

    print_header(&v->image.header);
    (void)printf("  image size       %" PRIu32 "\n", v->image.tlv_end);
    rc = print_tlvs(v);
    print_tail(&v->tail);
    return rc;
}

/* ---- JSON --------------------------------------------------------------------------------- */

static json_t *json_header(const struct ota_image_header *h)
{
    char version[OTA_VERSION_TEXT_MAX];
    json_t *names = json_array();

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if ((h->flags & flags[i].flag) != 0) {
            (void)json_array_append_new(names, json_string(flags[i].name));
        }
    }
    (void)ota_version_format(&h->version, version, sizeof version); /* always fits */
    return json_pack("{s:s, s:i, s:I, s:i, s:I, s:I, s:o}", "version", version, "header_size",
                     (int)h->header_size, "payload_size", (json_int_t)h->payload_size,
                     "protected_size", (int)h->protected_size, "load_addr",
                     (json_int_t)h->load_addr, "flags", (json_int_t)h->flags, "flag_names", names);
}

static json_t *json_tlv(const struct ota_tlv *tlv, const uint8_t *value)
{
    char *hex = malloc(2 * (size_t)tlv->len + 1);
    char text[96];
    json_t *o;

    if (hex == NULL) {
        return NULL;
    }
    view_hex(value, tlv->len, hex, 2 * (size_t)tlv->len + 1);
    describe(tlv, value, text, sizeof text);
    o = json_pack("{s:b, s:i, s:s, s:i, s:I, s:s}", "protected", (int)tlv->is_protected, "type",
                  (int)tlv->type, "name", view_tlv_name(tlv->type), "length", (int)tlv->len,
                  "offset", (json_int_t)tlv->off, "value", hex);
    if (text[0] != '\0') {
        (void)json_object_set_new(o, "text", json_string(text));
    }
    free(hex);
    return o;
}

static json_t *json_trailer(const struct view_tail *t)
{
    if (t->align == 0) {
        return json_null();
    }
    return json_pack("{s:i, s:s, s:s, s:i, s:s}", "align", (int)t->align, "image_ok",
                     field_name(t->trailer.image_ok), "copy_done", field_name(t->trailer.copy_done),
                     "swap_info", (int)t->trailer.swap_info, "installs", swap_name(&t->trailer));
}

static int dump_json(const struct view *v, const char *path)
{
    json_t *tlvs = json_array();
    struct ota_tlv_iter it;
    struct ota_tlv tlv;
    json_t *root;
    int rc;

    ota_tlv_begin(&it, &v->src, &v->image);
    while ((rc = ota_tlv_next(&it, &tlv)) > 0) {
        (void)json_array_append_new(tlvs, json_tlv(&tlv, v->file.data + tlv.off));
    }
    root =
        json_pack("{s:s, s:I, s:o, s:I, s:I, s:o, s:I, s:b, s:o}", "file", path, "file_size",
                  (json_int_t)v->file.len, "header", json_header(&v->image.header), "hashed_size",
                  (json_int_t)v->image.hashed_size, "image_size", (json_int_t)v->image.tlv_end,
                  "tlvs", tlvs, "padding", (json_int_t)v->tail.filler_len, "padding_is_erased",
                  (int)v->tail.is_filled, "trailer", json_trailer(&v->tail));
    if (root == NULL || json_dumpf(root, stdout, JSON_INDENT(2)) != 0 || putchar('\n') == EOF) {
        rc = OTA_EARG;
    }
    json_decref(root);
    return rc;
}

/* ---- The command -------------------------------------------------------------------------- */

int imgtool_dump(int argc, char **argv)
{
    static const struct option longs[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    bool is_json = false;
    struct view v;
    int c, rc;

    while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (c == 'h') {
            (void)fputs(help, stdout);
            return IMGTOOL_OK;
        }
        if (c != 'j') {
            return IMGTOOL_USAGE;
        }
        is_json = true;
    }
    if (argc - optind != 1) {
        return imgtool_misuse(argv[0], "one FILE is needed");
    }
    rc = view_load(&v, argv[optind]);
    if (rc == 0 && v.layout_rc != 0) {
        rc = imgtool_fail("%s: %s", argv[optind], ota_err_text(v.layout_rc));
    } else if (rc == 0) {
        rc = is_json ? dump_json(&v, argv[optind]) : dump_text(&v);
        if (rc != 0) {
            rc = imgtool_fail("%s: %s", argv[optind], ota_err_text(rc));
        }
    }
    view_free(&v);
    return rc;
}
