/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes a board file: the tables of its fields, and what they become. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ota/err.h"
#include "ota/version.h"
#include "sim/fields.h"

#define FILE_MAX_LEN 65536u

/* ---- Devices -------------------------------------------------------------------------------- */

struct raw_device {
    uint32_t base, size, erase, write, erased, row_write, erase_rounds_out;
};

static const struct ota_board_field device_fields[] = {
    {"base", OTA_KIND_NUMBER, false, offsetof(struct raw_device, base), 0, UINT32_MAX},
    {"size", OTA_KIND_NUMBER, true, offsetof(struct raw_device, size), 1, 0x20000000},
    {"erase", OTA_KIND_NUMBER, true, offsetof(struct raw_device, erase), 1, 0x1000000},
    {"write", OTA_KIND_NUMBER, true, offsetof(struct raw_device, write), 1, 512},
    {"erased", OTA_KIND_NUMBER, true, offsetof(struct raw_device, erased), 0, 255},
    {"row_write", OTA_KIND_BOOL, false, offsetof(struct raw_device, row_write), 0, 0},
    {"erase_rounds_out", OTA_KIND_BOOL, false, offsetof(struct raw_device, erase_rounds_out), 0, 0},
    {"timing", OTA_KIND_OTHER, false, 0, 0, 0},
    {"note", OTA_KIND_NOTE, false, 0, 0, 0},
};

struct raw_timing {
    uint32_t erase_us, write_ns_per_byte;
};

static const struct ota_board_field timing_fields[] = {
    {"erase_us", OTA_KIND_NUMBER, true, offsetof(struct raw_timing, erase_us), 0, 60000000},
    {"write_ns_per_byte", OTA_KIND_NUMBER, true, offsetof(struct raw_timing, write_ns_per_byte), 0,
     1000000000},
};

static const struct ota_board_table device_table = OTA_BOARD_TABLE(device_fields);
static const struct ota_board_table timing_table = OTA_BOARD_TABLE(timing_fields);

static int check_geometry(const struct ota_board_err *e, const char *place,
                          const struct raw_device *d)
{
    if ((d->write & (d->write - 1)) != 0) {
        return ota_board_fail(e, place, "write (%" PRIu32 ") must be a power of two", d->write);
    }
    if (d->erase % d->write != 0) {
        return ota_board_fail(e, place,
                              "erase (%" PRIu32 ") must be a multiple of write (%" PRIu32 ")",
                              d->erase, d->write);
    }
    if (d->size % d->erase != 0) {
        return ota_board_fail(e, place,
                              "size (%" PRIu32 ") must be a multiple of erase (%" PRIu32 ")",
                              d->size, d->erase);
    }
    if (d->erased != 0x00 && d->erased != 0xff) {
        return ota_board_fail(e, place, "erased must be \"0x00\" or \"0xff\"");
    }
    if (d->base > UINT32_MAX - (d->size - 1)) {
        return ota_board_fail(e, place, "base and size reach beyond 32-bit addresses");
    }
    return 0;
}

static int read_device(const struct ota_board_err *e, const struct ota_board_node *n,
                       struct ota_board_device *d)
{
    struct raw_device raw = {0};
    struct raw_timing timing = {0};
    struct ota_board_node t;
    int rc = ota_board_read_object(e, n, &device_table, &raw);

    if (rc == 0) {
        rc = check_geometry(e, n->place, &raw);
    }
    if (rc == 0) {
        t = ota_board_child(n, "timing");
        rc = t.json == NULL ? 0 : ota_board_read_object(e, &t, &timing_table, &timing);
    }
    if (rc != 0) {
        return rc;
    }
    d->base = raw.base;
    d->erase_rounds_out = raw.erase_rounds_out != 0;
    d->config = (struct ota_nor_config){
        .name = d->name,
        .size = raw.size,
        .erase_size = raw.erase,
        .write_size = raw.write,
        .erased = (uint8_t)raw.erased,
        .is_row_write = raw.row_write != 0,
        .erase_us = timing.erase_us,
        .write_ns_per_byte = timing.write_ns_per_byte,
    };
    d->flash.size = raw.size;
    d->flash.erase_size = raw.erase;
    d->flash.write_size = raw.write;
    d->flash.erased = (uint8_t)raw.erased;
    d->flash.flags = raw.row_write != 0 ? OTA_FLASH_REWRITE : 0;
    return 0;
}

static int read_devices(const struct ota_board_err *e, const struct ota_board_node *root,
                        struct ota_board *b)
{
    struct ota_board_node n = ota_board_child(root, "devices");
    const char *key;
    json_t *value;

    if (!json_is_object(n.json) || json_object_size(n.json) == 0 ||
        json_object_size(n.json) > OTA_BOARD_DEVICES_MAX) {
        return ota_board_fail(e, n.place, "must be an object with 1 to %d devices",
                              OTA_BOARD_DEVICES_MAX);
    }
    json_object_foreach((json_t *)n.json, key, value)
    {
        struct ota_board_node c = ota_board_child(&n, key);
        struct ota_board_device *d = &b->devices[b->n_devices];
        int rc;

        if (!ota_board_is_name(key)) {
            return ota_board_fail(e, c.place, "is not a name: letters, digits and . _ - + only");
        }
        (void)snprintf(d->name, sizeof d->name, "%s", key);
        rc = read_device(e, &c, d);
        if (rc != 0) {
            return rc;
        }
        b->n_devices++;
    }
    return 0;
}

/* ---- Areas ---------------------------------------------------------------------------------- */

struct raw_area {
    char device[OTA_BOARD_NAME_MAX];
    uint32_t offset, size;
};

static const struct ota_board_field area_fields[] = {
    {"device", OTA_KIND_NAME, true, offsetof(struct raw_area, device), 0, 0},
    {"offset", OTA_KIND_NUMBER, true, offsetof(struct raw_area, offset), 0, UINT32_MAX},
    {"size", OTA_KIND_NUMBER, true, offsetof(struct raw_area, size), 1, UINT32_MAX},
    {"note", OTA_KIND_NOTE, false, 0, 0, 0},
};

static const struct ota_board_table area_table = OTA_BOARD_TABLE(area_fields);

static int read_area(const struct ota_board_err *e, const struct ota_board_node *n,
                     struct ota_board *b)
{
    struct ota_board_area *a = &b->areas[b->n_areas];
    struct raw_area raw = {0};
    struct ota_board_device *d;
    int rc = ota_board_read_object(e, n, &area_table, &raw);

    if (rc != 0) {
        return rc;
    }
    while (a->device < b->n_devices && strcmp(b->devices[a->device].name, raw.device) != 0) {
        a->device++;
    }
    if (a->device == b->n_devices) {
        return ota_board_fail(e, n->place, "device '%s' is not among the devices", raw.device);
    }
    d = &b->devices[a->device];
    a->off = raw.offset;
    a->size = raw.size;
    a->region = d->nor.n_regions++;
    d->regions[a->region] = (struct ota_nor_region){.off = a->off, .size = a->size};
    return 0;
}

static int read_areas(const struct ota_board_err *e, const struct ota_board_node *root,
                      struct ota_board *b)
{
    struct ota_board_node n = ota_board_child(root, "areas");
    const char *key;
    json_t *value;

    if (!json_is_object(n.json) || json_object_size(n.json) > OTA_BOARD_AREAS_MAX) {
        return ota_board_fail(e, n.place, "must be an object with at most %d areas",
                              OTA_BOARD_AREAS_MAX);
    }
    json_object_foreach((json_t *)n.json, key, value)
    {
        struct ota_board_node c = ota_board_child(&n, key);
        int rc;

        if (!ota_board_is_name(key)) {
            return ota_board_fail(e, c.place, "is not a name: letters, digits and . _ - + only");
        }
        (void)snprintf(b->areas[b->n_areas].name, OTA_BOARD_NAME_MAX, "%s", key);
        rc = read_area(e, &c, b);
        if (rc != 0) {
            return rc;
        }
        b->n_areas++;
    }
    return 0;
}

/* ---- Bootloader ----------------------------------------------------------------------------- */

struct raw_boot {
    char mode[OTA_BOARD_NAME_MAX];
    char version[OTA_BOARD_NAME_MAX];
    char signature[OTA_BOARD_NAME_MAX];
    uint32_t align, max_sectors, validate_primary;
};

static const struct ota_board_field boot_fields[] = {
    {"mode", OTA_KIND_NAME, true, offsetof(struct raw_boot, mode), 0, 0},
    {"align", OTA_KIND_NUMBER, true, offsetof(struct raw_boot, align), 8, 32},
    {"max_sectors", OTA_KIND_NUMBER, true, offsetof(struct raw_boot, max_sectors), 1, 65535},
    {"version", OTA_KIND_NAME, true, offsetof(struct raw_boot, version), 0, 0},
    {"validate_primary", OTA_KIND_BOOL, false, offsetof(struct raw_boot, validate_primary), 0, 0},
    {"signature", OTA_KIND_NAME, true, offsetof(struct raw_boot, signature), 0, 0},
    {"keys", OTA_KIND_OTHER, false, 0, 0, 0},
    {"note", OTA_KIND_NOTE, false, 0, 0, 0},
};

static const struct ota_board_table boot_table = OTA_BOARD_TABLE(boot_fields);

static const char *const modes[] = {"overwrite",  "overwrite-fast",   "swap-scratch",
                                    "swap-move",  "swap-offset",      "swap-status-scratch",
                                    "direct-xip", "direct-xip-revert"};

static const struct {
    const char *name;
    enum ota_sig_type type;
} signatures[] = {
    {"none", OTA_SIG_NONE},       {"ec256", OTA_SIG_ECDSA_P256}, {"rsa2048", OTA_SIG_RSA2048},
    {"rsa3072", OTA_SIG_RSA3072}, {"ed25519", OTA_SIG_ED25519},
};

const char *ota_board_signature_name(enum ota_sig_type type)
{
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        if (signatures[i].type == type) {
            return signatures[i].name;
        }
    }
    return "unknown";
}

static int check_mode(const struct ota_board_err *e, const char *mode)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(modes[i], mode) == 0) {
            return 0;
        }
    }
    return ota_board_fail(e, "boot.mode",
                          "'%s' is not a mode: use overwrite, overwrite-fast, swap-scratch, "
                          "swap-move, swap-offset or swap-status-scratch",
                          mode);
}

static int find_signature(const struct ota_board_err *e, const char *name, enum ota_sig_type *out)
{
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        if (strcmp(signatures[i].name, name) == 0) {
            *out = signatures[i].type;
            return 0;
        }
    }
    return ota_board_fail(e, "boot.signature",
                          "'%s' is not a signature type: use ec256, rsa2048, rsa3072, ed25519 or "
                          "none",
                          name);
}

/* MCUboot's version: three numbers, or the same with the name of the Cypress port behind. */
static int check_version(const struct ota_board_err *e, const char *text)
{
    static const char suffix[] = "-cypress";
    size_t len = strlen(text);
    struct ota_version v;

    if (len >= sizeof suffix && strcmp(text + len - (sizeof suffix - 1), suffix) == 0) {
        len -= sizeof suffix - 1;
    }
    if (ota_version_parse(text, len, &v) != 0) {
        return ota_board_fail(e, "boot.version",
                              "'%s' is not an MCUboot version, like 2.4.0 or 1.7.2-cypress", text);
    }
    return 0;
}

/* Paths in a board file start at the directory of the file. */
static char *resolve(const char *file, const char *key)
{
    const char *slash = strrchr(file, '/');
    size_t dir = key[0] == '/' || slash == NULL ? 0 : (size_t)(slash - file) + 1;
    size_t cap = dir + strlen(key) + 1;
    char *path = malloc(cap);

    if (path != NULL) {
        (void)snprintf(path, cap, "%.*s%s", (int)dir, file, key);
    }
    return path;
}

static int read_keys(const struct ota_board_err *e, const struct ota_board_node *boot,
                     struct ota_board_boot *out)
{
    struct ota_board_node n = ota_board_child(boot, "keys");

    if (n.json == NULL) {
        return 0;
    }
    if (!json_is_array(n.json) || json_array_size(n.json) > OTA_BOARD_KEYS_MAX) {
        return ota_board_fail(e, n.place, "must be a list of at most %d file names",
                              OTA_BOARD_KEYS_MAX);
    }
    for (size_t i = 0; i < json_array_size(n.json); i++) {
        const json_t *item = json_array_get(n.json, i);

        if (!json_is_string(item) || json_string_length(item) == 0 ||
            json_string_length(item) > 1024) {
            return ota_board_fail(e, n.place, "item %zu must be a file name", i);
        }
        out->keys[i] = resolve(e->file, json_string_value(item));
        if (out->keys[i] == NULL) {
            (void)ota_board_fail(e, n.place, "no memory");
            return OTA_ENOSPC;
        }
        out->n_keys = i + 1;
    }
    return 0;
}

static int read_boot(const struct ota_board_err *e, const struct ota_board_node *root,
                     struct ota_board *b)
{
    struct ota_board_node n = ota_board_child(root, "boot");
    struct raw_boot raw = {.validate_primary = 1};
    int rc = ota_board_read_object(e, &n, &boot_table, &raw);

    if (rc == 0) {
        rc = check_mode(e, raw.mode);
    }
    if (rc == 0) {
        rc = find_signature(e, raw.signature, &b->boot.signature);
    }
    if (rc == 0) {
        rc = check_version(e, raw.version);
    }
    if (rc == 0 && (raw.align & (raw.align - 1)) != 0) {
        rc = ota_board_fail(e, "boot.align", "must be 8, 16 or 32");
    }
    if (rc == 0) {
        rc = read_keys(e, &n, &b->boot);
    }
    memcpy(b->boot.mode, raw.mode, sizeof raw.mode);
    memcpy(b->boot.version, raw.version, sizeof raw.version);
    b->boot.align = (uint8_t)raw.align;
    b->boot.max_sectors = raw.max_sectors;
    b->boot.validate_primary = raw.validate_primary != 0;
    return rc;
}

/* ---- The file ------------------------------------------------------------------------------- */

static const struct ota_board_field board_fields[] = {
    {"name", OTA_KIND_NAME, true, offsetof(struct ota_board, name), 0, 0},
    {"board", OTA_KIND_NAME, false, offsetof(struct ota_board, board), 0, 0},
    {"note", OTA_KIND_NOTE, false, 0, 0, 0},
    {"header_size", OTA_KIND_NUMBER, false, offsetof(struct ota_board, header_size), 32, 65535},
    {"watchdog_ms", OTA_KIND_NUMBER, false, offsetof(struct ota_board, watchdog_ms), 0, 600000},
    {"devices", OTA_KIND_OTHER, true, 0, 0, 0},
    {"areas", OTA_KIND_OTHER, true, 0, 0, 0},
    {"boot", OTA_KIND_OTHER, true, 0, 0, 0},
};

static const struct ota_board_table board_table = OTA_BOARD_TABLE(board_fields);

static int read_board(const struct ota_board_err *e, const json_t *json, struct ota_board *b)
{
    struct ota_board_node root = {.json = json};
    int rc = ota_board_read_object(e, &root, &board_table, b);

    if (rc == 0) {
        rc = read_devices(e, &root, b);
    }
    if (rc == 0) {
        rc = read_areas(e, &root, b);
    }
    if (rc == 0) {
        rc = read_boot(e, &root, b);
    }
    if (rc == 0) {
        rc = ota_board_check(b, e);
    }
    return rc;
}

int ota_board_parse(const struct ota_board_text *text, struct ota_board **out, char *err,
                    size_t err_cap)
{
    struct ota_board_err e = {.file = text->name, .buf = err, .cap = err_cap};
    struct ota_board *b = calloc(1, sizeof *b);
    json_error_t je;
    json_t *json;
    int rc;

    if (b == NULL) {
        (void)ota_board_fail(&e, "", "no memory");
        return OTA_ENOSPC;
    }
    json = json_loadb(text->text, text->len, JSON_REJECT_DUPLICATES, &je);
    if (json == NULL) {
        rc = ota_board_fail(&e, "", "line %d, column %d: %s", je.line, je.column, je.text);
    } else {
        b->header_size = 1024;
        ota_nor_power_init(&b->power);
        rc = read_board(&e, json, b);
        json_decref(json);
    }
    if (rc != 0) {
        ota_board_free(b);
        return rc;
    }
    if (b->board[0] == '\0') {
        memcpy(b->board, b->name, sizeof b->board);
    }
    *out = b;
    return 0;
}

int ota_board_load(const char *path, struct ota_board **out, char *err, size_t err_cap)
{
    struct ota_board_err e = {.file = path, .buf = err, .cap = err_cap};
    FILE *f = fopen(path, "rb");
    char *text = malloc(FILE_MAX_LEN + 1);
    size_t len = 0;
    int rc = 0;

    if (f == NULL || text == NULL) {
        (void)ota_board_fail(&e, "", "cannot open the board file: %s", strerror(errno));
        rc = OTA_EARG;
    }
    if (rc == 0) {
        len = fread(text, 1, FILE_MAX_LEN + 1, f);
        if (ferror(f)) {
            (void)ota_board_fail(&e, "", "cannot read the board file: %s", strerror(errno));
            rc = OTA_EARG;
        } else if (len > FILE_MAX_LEN) {
            (void)ota_board_fail(&e, "", "larger than a board file may be (%u bytes)",
                                 FILE_MAX_LEN);
            rc = OTA_ELIMIT;
        }
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    if (rc == 0) {
        const struct ota_board_text whole = {.text = text, .len = len, .name = path};

        rc = ota_board_parse(&whole, out, err, err_cap);
    }
    free(text);
    return rc;
}
