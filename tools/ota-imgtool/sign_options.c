/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ota-imgtool/sign.h"

#define MAX_SECTORS_DEFAULT 128u
#define MAX_SECTORS_MAX 65536u
#define BOOT_RECORD_TYPE_MAX 12u
#define BOARD_MAX 64u

static const char help[] =
    "usage: ota-imgtool sign [-k KEY] -v VERSION -H N -S N [OPTION...] INPUT OUTPUT\n"
    "\n"
    "Makes a MCUboot image of a binary. INPUT and OUTPUT are Intel HEX if their names end in "
    ".hex.\n"
    "\n"
    "  -k, --key KEY             private key: PEM file or pkcs11: URI; without it the image\n"
    "                            carries a hash only\n"
    "  -v, --version VER         major.minor.revision+build, the later parts optional\n"
    "  -H, --header-size N       bytes of the header, 32 or more\n"
    "  -S, --slot-size N         bytes of the slot that the image must fit with its trailer\n"
    "      --pad-header          put the header before the input; without this the input begins\n"
    "                            with N zero bytes as room for it\n"
    "      --align N             write size of the flash: 1 (default), 2, 4, 8, 16, 32\n"
    "      --max-align N         alignment that the bootloader is built for: 8, 16, 32;\n"
    "                            default: 8, or --align if that is more\n"
    "  -M, --max-sectors N       sectors that the bootloader keeps status of (default 128)\n"
    "      --pad, --test         fill up to the slot size and mark for installation\n"
    "      --confirm             the same, permanently\n"
    "      --overwrite-only      for a bootloader that does not swap\n"
    "  -R, --erased-val V        erased byte of the flash: 0xff (default) or 0\n"
    "  -s, --security-counter N  number, or auto: from the version\n"
    "  -d, --dependencies TEXT   \"(image, version), ...\"\n"
    "      --custom-tlv TYPE VAL protected TLV, type 0xa0 to 0xfffe, value 0x... or text\n"
    "      --board NAME          board that the image is made for: devices refuse others\n"
    "      --boot-record TYPE    boot record for attestation, with this software type\n"
    "      --public-key-format F hash (default) or full\n"
    "      --pad-sig             pad ECDSA signatures to 72 bytes, for old bootloaders\n"
    "  -L, --load-addr N         address in RAM to run from\n"
    "  -F, --rom-fixed N         address in flash that the image is linked for\n"
    "      --non-bootable        mark as not to be started\n"
    "  -E, --encrypt FILE        encrypt for the holder of this P-256 key (public is enough)\n"
    "      --encrypt-keylen N    128 (default) or 256\n"
    "      --clear               leave the payload in the clear, for the primary slot\n"
    "      --save-enctlv         the bootloader keeps the key's TLV in the trailer, not the key\n"
    "      --vector-to-sign V    write what a signature is made over instead of the image:\n"
    "                            digest (32 bytes) or payload\n"
    "      --fix-sig FILE        signature made elsewhere, as base64, instead of -k\n"
    "      --fix-sig-pubkey FILE public key to that signature\n"
    "      --sig-out FILE        write the signature there, too, as base64\n"
    "  -x, --hex-addr N          address of the image in Intel HEX output\n"
    "  -e, --endian E            little (default) or big\n"
    "  -h, --help                this text\n";

enum {
    OPT_PAD_HEADER = 256,
    OPT_ALIGN,
    OPT_MAX_ALIGN,
    OPT_PAD,
    OPT_TEST,
    OPT_CONFIRM,
    OPT_OVERWRITE_ONLY,
    OPT_CUSTOM_TLV,
    OPT_BOARD,
    OPT_BOOT_RECORD,
    OPT_KEY_FORMAT,
    OPT_PAD_SIG,
    OPT_NON_BOOTABLE,
    OPT_ENCRYPT_KEYLEN,
    OPT_CLEAR,
    OPT_SAVE_ENCTLV,
    OPT_VECTOR,
    OPT_FIX_SIG,
    OPT_FIX_SIG_PUBKEY,
    OPT_SIG_OUT,
};

static const struct option longs[] = {
    {"key", required_argument, NULL, 'k'},
    {"version", required_argument, NULL, 'v'},
    {"header-size", required_argument, NULL, 'H'},
    {"slot-size", required_argument, NULL, 'S'},
    {"pad-header", no_argument, NULL, OPT_PAD_HEADER},
    {"align", required_argument, NULL, OPT_ALIGN},
    {"max-align", required_argument, NULL, OPT_MAX_ALIGN},
    {"max-sectors", required_argument, NULL, 'M'},
    {"pad", no_argument, NULL, OPT_PAD},
    {"test", no_argument, NULL, OPT_TEST},
    {"confirm", no_argument, NULL, OPT_CONFIRM},
    {"overwrite-only", no_argument, NULL, OPT_OVERWRITE_ONLY},
    {"erased-val", required_argument, NULL, 'R'},
    {"security-counter", required_argument, NULL, 's'},
    {"dependencies", required_argument, NULL, 'd'},
    {"custom-tlv", required_argument, NULL, OPT_CUSTOM_TLV},
    {"board", required_argument, NULL, OPT_BOARD},
    {"boot-record", required_argument, NULL, OPT_BOOT_RECORD},
    {"public-key-format", required_argument, NULL, OPT_KEY_FORMAT},
    {"pad-sig", no_argument, NULL, OPT_PAD_SIG},
    {"load-addr", required_argument, NULL, 'L'},
    {"rom-fixed", required_argument, NULL, 'F'},
    {"non-bootable", no_argument, NULL, OPT_NON_BOOTABLE},
    {"encrypt", required_argument, NULL, 'E'},
    {"encrypt-keylen", required_argument, NULL, OPT_ENCRYPT_KEYLEN},
    {"clear", no_argument, NULL, OPT_CLEAR},
    {"save-enctlv", no_argument, NULL, OPT_SAVE_ENCTLV},
    {"vector-to-sign", required_argument, NULL, OPT_VECTOR},
    {"fix-sig", required_argument, NULL, OPT_FIX_SIG},
    {"fix-sig-pubkey", required_argument, NULL, OPT_FIX_SIG_PUBKEY},
    {"sig-out", required_argument, NULL, OPT_SIG_OUT},
    {"hex-addr", required_argument, NULL, 'x'},
    {"endian", required_argument, NULL, 'e'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool parse_version(const char *text, size_t len, struct ota_version *out)
{
    return ota_version_parse(text, len, out) == 0 && out->major <= UINT8_MAX &&
           out->minor <= UINT8_MAX;
}

/* One of a few numbers. */
static bool parse_choice(const char *text, const char *choices, uint8_t *out)
{
    uint32_t v;

    if (!imgtool_number(text, UINT8_MAX, &v) || v == 0 || strchr(choices, (int)v) == NULL) {
        return false;
    }
    *out = (uint8_t)v;
    return true;
}

/* One of two words. */
static bool parse_word(const char *text, const char *no, const char *yes, bool *out)
{
    *out = strcmp(text, yes) == 0;
    return *out || strcmp(text, no) == 0;
}

static bool parse_erased(const char *text, uint8_t *out)
{
    uint32_t v;

    if (!imgtool_number(text, UINT8_MAX, &v) || (v != 0 && v != 0xff)) {
        return false;
    }
    *out = (uint8_t)v;
    return true;
}

static bool parse_counter(const char *text, struct sign_options *o)
{
    o->recipe.has_counter = true;
    o->is_counter_auto = strcmp(text, "auto") == 0;
    return o->is_counter_auto || imgtool_number(text, UINT32_MAX, &o->recipe.counter);
}

/* "(image, version)", spaces allowed between the parts; moves *text behind it. */
static bool parse_dependency(const char **text, struct dependency *out)
{
    const char *p = *text + strspn(*text, " ,");
    char image[4] = "";
    size_t n;
    uint32_t v;

    if (*p++ != '(') {
        return false;
    }
    p += strspn(p, " ");
    n = strspn(p, "0123456789");
    if (n == 0 || n >= sizeof image) {
        return false;
    }
    memcpy(image, p, n);
    p += n;
    p += strspn(p, " ");
    if (!imgtool_number(image, UINT8_MAX, &v) || *p++ != ',') {
        return false;
    }
    out->image = (uint8_t)v;
    p += strspn(p, " ");
    n = strspn(p, "0123456789.+");
    if (!parse_version(p, n, &out->version)) {
        return false;
    }
    p += n;
    p += strspn(p, " ");
    *text = p + 1;
    return *p == ')';
}

static bool parse_dependencies(const char *text, struct recipe *r)
{
    r->n_dependencies = 0;
    do {
        if (r->n_dependencies == DEPENDENCIES_MAX ||
            !parse_dependency(&text, &r->dependencies[r->n_dependencies])) {
            return false;
        }
        r->n_dependencies++;
    } while (text[strspn(text, " ")] != '\0');
    return true;
}

/* Appends bytes written as 0x..., or text as it is. */
static bool parse_value(const char *text, struct sign_options *o, struct custom_tlv *tlv)
{
    bool is_hex = strncmp(text, "0x", 2) == 0;
    size_t len = strlen(text);
    uint8_t *out = o->values + o->values_len;

    if (len > VALUES_MAX - o->values_len || (is_hex && len % 2 != 0)) {
        return false;
    }
    tlv->data = out;
    if (is_hex) {
        len = len / 2 - 1;
        for (size_t i = 0; i < len; i++) {
            char byte[5] = {'0', 'x', text[2 + 2 * i], text[3 + 2 * i], '\0'};
            uint32_t v;

            if (!imgtool_number(byte, UINT8_MAX, &v)) {
                return false;
            }
            out[i] = (uint8_t)v;
        }
    } else {
        memcpy(out, text, len);
    }
    tlv->len = (uint16_t)len;
    o->values_len += len;
    return len <= UINT16_MAX;
}

static int add_custom(struct sign_options *o, uint32_t type, const char *value, bool is_text)
{
    struct recipe *r = &o->recipe;
    struct custom_tlv *tlv = &r->custom[r->n_custom];

    for (size_t i = 0; i < r->n_custom; i++) {
        if (r->custom[i].type == type) {
            return imgtool_misuse("sign", "TLV type 0x%02x is given twice", (unsigned)type);
        }
    }
    if (r->n_custom == CUSTOM_TLVS_MAX) {
        return imgtool_misuse("sign", "more than %u custom TLVs", CUSTOM_TLVS_MAX);
    }
    tlv->type = (uint16_t)type;
    if (is_text) {
        tlv->data = (const uint8_t *)value;
        tlv->len = (uint16_t)strlen(value);
    } else if (!parse_value(value, o, tlv)) {
        return imgtool_misuse("sign", "value '%s' of TLV 0x%02x is malformed or too long", value,
                              (unsigned)type);
    }
    r->n_custom++;
    return -1;
}

/* The option takes two arguments, of which getopt knows one. */
static int parse_custom(int argc, char **argv, struct sign_options *o)
{
    uint32_t type;

    if (!imgtool_number(optarg, CUSTOM_TLV_MAX, &type) || type < CUSTOM_TLV_MIN) {
        return imgtool_misuse("sign", "TLV type '%s' is not from 0x%02x to 0x%x", optarg,
                              CUSTOM_TLV_MIN, CUSTOM_TLV_MAX);
    }
    if (optind >= argc) {
        return imgtool_misuse("sign", "--custom-tlv takes a type and a value");
    }
    return add_custom(o, type, argv[optind++], false);
}

/* Options without an argument; false if c is another one. */
static bool take_flag(int c, struct sign_options *o)
{
    struct recipe *r = &o->recipe;

    switch (c) {
    case OPT_PAD_HEADER:
        r->pad_header = true;
        return true;
    case OPT_TEST:
        o->is_test = true;
        r->pad = true;
        return true;
    case OPT_PAD:
        r->pad = true;
        return true;
    case OPT_CONFIRM:
        r->confirm = true;
        r->pad = true;
        return true;
    case OPT_OVERWRITE_ONLY:
        r->overwrite_only = true;
        return true;
    case OPT_PAD_SIG:
        r->pad_sig = true;
        return true;
    case OPT_NON_BOOTABLE:
        r->is_not_bootable = true;
        return true;
    case OPT_CLEAR:
        r->is_clear = true;
        return true;
    case OPT_SAVE_ENCTLV:
        r->saves_enc_tlv = true;
        return true;
    default:
        return false;
    }
}

/* "128" or "256", as bytes. */
static bool parse_key_len(const char *text, uint8_t *out)
{
    bool is_long = false;

    if (!parse_word(text, "128", "256", &is_long)) {
        return false;
    }
    *out = is_long ? 32 : 16;
    return true;
}

/* Options about encryption and about signatures made elsewhere; false if malformed. */
static bool take_outside(int c, const char *arg, struct sign_options *o)
{
    bool is_payload = false;

    switch (c) {
    case 'E':
        o->encrypt_to = arg;
        return true;
    case OPT_ENCRYPT_KEYLEN:
        return parse_key_len(arg, &o->recipe.encrypt_key_len);
    case OPT_VECTOR:
        if (!parse_word(arg, "digest", "payload", &is_payload)) {
            return false;
        }
        o->recipe.vector = is_payload ? VECTOR_PAYLOAD : VECTOR_DIGEST;
        return true;
    case OPT_FIX_SIG:
        o->fixed_sig = arg;
        return true;
    case OPT_FIX_SIG_PUBKEY:
        o->fixed_sig_pubkey = arg;
        return true;
    case OPT_SIG_OUT:
        o->sig_out = arg;
        return true;
    default:
        return false;
    }
}

/* Options with one argument; false if it is malformed. */
static bool take_value(int c, const char *arg, struct sign_options *o)
{
    struct recipe *r = &o->recipe;

    switch (c) {
    case 'k':
        o->key = arg;
        return true;
    case 'v':
        o->has_version = parse_version(arg, strlen(arg), &r->header.version);
        return o->has_version;
    case 'H':
        return imgtool_number(arg, UINT16_MAX, &o->header_size) &&
               o->header_size >= OTA_IMAGE_HEADER_LEN;
    case 'S':
        o->has_slot_size = true;
        return imgtool_number(arg, UINT32_MAX, &r->slot_size);
    case 'M':
        return imgtool_number(arg, MAX_SECTORS_MAX, &r->max_sectors);
    case 'R':
        return parse_erased(arg, &r->erased);
    case 's':
        return parse_counter(arg, o);
    case 'd':
        return parse_dependencies(arg, r);
    case 'L':
        r->has_load_addr = true;
        return imgtool_number(arg, UINT32_MAX, &r->header.load_addr);
    case 'F':
        r->is_rom_fixed = true;
        return imgtool_number(arg, UINT32_MAX, &r->header.load_addr);
    case 'x':
        o->has_hex_addr = true;
        return imgtool_number(arg, UINT32_MAX, &o->hex_addr);
    case 'e':
        return parse_word(arg, "little", "big", &r->is_big_endian);
    case OPT_ALIGN:
        return parse_choice(arg, "\x01\x02\x04\x08\x10\x20", &r->align);
    case OPT_MAX_ALIGN:
        return parse_choice(arg, "\x08\x10\x20", &r->max_align);
    case OPT_BOARD:
        o->board = arg;
        return arg[0] != '\0' && strlen(arg) <= BOARD_MAX;
    case OPT_BOOT_RECORD:
        r->boot_record = arg;
        return strlen(arg) <= BOOT_RECORD_TYPE_MAX;
    case OPT_KEY_FORMAT:
        return parse_word(arg, "hash", "full", &r->full_key);
    default:
        return take_outside(c, arg, o);
    }
}

static const char *name_of(int c)
{
    for (size_t i = 0; longs[i].name != NULL; i++) {
        if (longs[i].val == c) {
            return longs[i].name;
        }
    }
    return "";
}

/* Options that exclude or need each other. An exit code, or negative. */
static int check_outside(const struct sign_options *o)
{
    const struct recipe *r = &o->recipe;
    bool is_vector = r->vector != VECTOR_NONE;

    if (o->fixed_sig != NULL && (o->key != NULL || is_vector)) {
        return imgtool_misuse("sign", "--fix-sig excludes -k and --vector-to-sign");
    }
    if (o->fixed_sig != NULL && o->fixed_sig_pubkey == NULL) {
        return imgtool_misuse("sign", "--fix-sig needs --fix-sig-pubkey");
    }
    if (o->fixed_sig_pubkey != NULL && o->key != NULL) {
        return imgtool_misuse("sign", "-k and --fix-sig-pubkey exclude each other");
    }
    if (o->fixed_sig_pubkey != NULL && o->fixed_sig == NULL && !is_vector) {
        return imgtool_misuse("sign", "--fix-sig-pubkey needs --fix-sig");
    }
    if (is_vector && r->boot_record != NULL && o->key == NULL && o->fixed_sig_pubkey == NULL) {
        return imgtool_misuse("sign", "--boot-record names the signer, so --vector-to-sign needs "
                                      "--fix-sig-pubkey here");
    }
    if (is_vector && imgtool_is_hex(o->out)) {
        return imgtool_misuse("sign", "--vector-to-sign writes plain bytes, not Intel HEX");
    }
    if (o->sig_out != NULL && (is_vector || (o->key == NULL && o->fixed_sig == NULL))) {
        return imgtool_misuse("sign", "--sig-out needs a signature: give -k");
    }
    if (o->encrypt_to == NULL && (r->is_clear || r->saves_enc_tlv || r->encrypt_key_len != 0)) {
        return imgtool_misuse("sign", "--clear, --save-enctlv and --encrypt-keylen need -E");
    }
    return -1;
}

/* What only all options together tell. */
static int finish(struct sign_options *o)
{
    struct recipe *r = &o->recipe;
    int rc;

    if (!o->has_version || o->header_size == 0 || !o->has_slot_size) {
        return imgtool_misuse("sign", "-v VERSION, -H SIZE and -S SIZE are needed");
    }
    if (o->in == NULL || o->out == NULL) {
        return imgtool_misuse("sign", "INPUT and OUTPUT are needed, and nothing else");
    }
    if (r->has_load_addr && r->is_rom_fixed) {
        return imgtool_misuse("sign", "--load-addr and --rom-fixed exclude each other");
    }
    if (o->is_test && r->confirm) {
        return imgtool_misuse("sign", "--test and --confirm exclude each other");
    }
    rc = check_outside(o);
    if (rc >= 0) {
        return rc;
    }
    if (r->encrypt_key_len == 0) {
        r->encrypt_key_len = 16;
    }
    if (r->max_align == 0) {
        r->max_align = r->align > 8 ? r->align : 8;
    }
    if (r->align > r->max_align) {
        return imgtool_misuse("sign", "--align is more than --max-align");
    }
    r->header.header_size = (uint16_t)o->header_size;
    if (o->is_counter_auto) {
        const struct ota_version *v = &r->header.version;

        r->counter = (uint32_t)v->major << 24 | (uint32_t)v->minor << 16 | v->revision;
    }
    return o->board == NULL ? -1 : add_custom(o, OTA_TLV_BOARD, o->board, true);
}

int sign_parse(int argc, char **argv, struct sign_options *o)
{
    int rc = -1;
    int c;

    memset(o, 0, sizeof *o);
    o->recipe.align = 1;
    o->recipe.max_sectors = MAX_SECTORS_DEFAULT;
    o->recipe.erased = 0xff;
    while (rc < 0 &&
           (c = getopt_long(argc, argv, "k:v:H:S:M:R:s:d:L:F:x:e:E:h", longs, NULL)) != -1) {
        if (c == 'h') {
            (void)fputs(help, stdout);
            return IMGTOOL_OK;
        }
        if (c == '?') {
            return IMGTOOL_USAGE;
        }
        if (c == OPT_CUSTOM_TLV) {
            rc = parse_custom(argc, argv, o);
        } else if (!take_flag(c, o) && !take_value(c, optarg, o)) {
            rc = imgtool_misuse("sign", "'%s' is no value for --%s", optarg, name_of(c));
        }
    }
    if (rc >= 0) {
        return rc;
    }
    if (argc - optind == 2) {
        o->in = argv[optind];
        o->out = argv[optind + 1];
    }
    return finish(o);
}
