/* SPDX-License-Identifier: Apache-2.0 */
/* ota-imgtool archive: several images in one update. The same images give the same bytes. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/archive_file.h"
#include "common/crypto_openssl.h"
#include "common/image_file.h"
#include "engine/archive.h"
#include "ota-imgtool/imgtool.h"
#include "ota/err.h"

/* tar programs write whole records of 20 blocks. */
#define RECORD (20u * OTA_TAR_BLOCK)

static const char help[] =
    "usage: ota-imgtool archive [-s IMAGE] [-k KEY] [--posix] APPLICATION ARCHIVE\n"
    "\n"
    "Puts signed images into one archive (tar with components.json), which a device verifies and\n"
    "installs as a whole. The same images always give the same bytes.\n"
    "\n"
    "  -s, --second IMAGE  image of the secure firmware (SPE, image 1)\n"
    "  -k, --key KEY       refuse images that are not signed with this key (PEM); without it\n"
    "                      only their hashes are checked\n"
    "      --posix         headers as POSIX has them. Default are GNU's, which devices of the\n"
    "                      original know, too\n"
    "  -h, --help          this text\n";

struct options {
    const char *images[OTA_IMAGES_MAX]; /* NULL: there is none */
    const char *out;
    const char *key;
    bool is_posix;
};

struct work {
    struct imgtool_file files[OTA_IMAGES_MAX];
    struct ota_version version;
    uint8_t *data;
    size_t len;
};

/* An exit code, or negative to go on. */
static int parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {{"second", required_argument, NULL, 's'},
                                          {"key", required_argument, NULL, 'k'},
                                          {"posix", no_argument, NULL, 'p'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c;

    memset(o, 0, sizeof *o);
    while ((c = getopt_long(argc, argv, "s:k:h", longs, NULL)) != -1) {
        switch (c) {
        case 's':
            o->images[1] = optarg;
            break;
        case 'k':
            o->key = optarg;
            break;
        case 'p':
            o->is_posix = true;
            break;
        case 'h':
            (void)fputs(help, stdout);
            return IMGTOOL_OK;
        default:
            return IMGTOOL_USAGE;
        }
    }
    if (argc - optind != 2) {
        return imgtool_misuse(argv[0], "APPLICATION and ARCHIVE are needed");
    }
    o->images[0] = argv[optind];
    o->out = argv[optind + 1];
    return -1;
}

/* ---- Names and list ------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Names that need no escapes in the list and fit into a header. */
static int check_names(const struct options *o)
{
    for (size_t i = 0; i < OTA_IMAGES_MAX; i++) {
        const char *name;
        size_t len;

        if (o->images[i] == NULL) {
            continue;
        }
        name = base_name(o->images[i]);
        len = strlen(name);

        if (len == 0 || len >= OTA_TAR_NAME_MAX || strpbrk(name, "\"\\") != NULL ||
            strcmp(name, OTA_COMPONENTS_NAME) == 0) {
            return imgtool_fail("%s: this name cannot be listed in an archive; it needs 1 to %u "
                                "characters without quotes and backslashes",
                                o->images[i], OTA_TAR_NAME_MAX - 1);
        }
        for (size_t k = 0; k < len; k++) {
            if (name[k] < ' ' || name[k] > '~') {
                return imgtool_fail("%s: only ASCII can be listed in an archive", o->images[i]);
            }
        }
    }
    if (o->images[1] != NULL && strcmp(base_name(o->images[0]), base_name(o->images[1])) == 0) {
        return imgtool_fail("both images are named %s; an archive tells them by their names",
                            base_name(o->images[0]));
    }
    return 0;
}

/* Spaced as the original's signing script does. Its length, or 0 if it does not fit. */
static size_t write_list(const struct options *o, const struct work *w,
                         char list[OTA_COMPONENTS_LEN_MAX])
{
    static const char *const types[] = {"NSPE", "SPE"};
    size_t cap = OTA_COMPONENTS_LEN_MAX;
    int n = snprintf(list, cap,
                     "{\"numberOfComponents\":\"%u\",\"version\":\"%u.%u.%u\",\"files\":[\n"
                     "{\"fileName\":\"" OTA_COMPONENTS_NAME "\",\"fileType\": \"component_list\"}",
                     o->images[1] != NULL ? 3u : 2u, w->version.major, w->version.minor,
                     w->version.revision);
    size_t len = (size_t)n;

    for (size_t i = 0; i < OTA_IMAGES_MAX && o->images[i] != NULL; i++) {
        n = snprintf(list + len, cap - len,
                     ",\n{\"fileName\":\"%s\",\"fileType\": \"%s\",\"fileSize\":\"%zu\"}",
                     base_name(o->images[i]), types[i], w->files[i].len);
        if (n < 0 || (size_t)n >= cap - len) {
            return 0;
        }
        len += (size_t)n;
    }
    n = snprintf(list + len, cap - len, "]}\n");
    return n < 0 || (size_t)n >= cap - len ? 0 : len + (size_t)n;
}

/* ---- The archive ---------------------------------------------------------------------------- */

static size_t padded(size_t len)
{
    return (len + OTA_TAR_BLOCK - 1) / OTA_TAR_BLOCK * OTA_TAR_BLOCK;
}

/* Nobody's file of no date, so that nothing but names and content shows. */
static void write_header(uint8_t block[OTA_TAR_BLOCK], const char *name, size_t len, bool is_posix)
{
    char number[12];
    unsigned sum = 0;

    memset(block, 0, OTA_TAR_BLOCK);
    memcpy(block, name, strlen(name));
    memcpy(block + 100, "0000644\0000000000\0000000000", 24);
    (void)snprintf(number, sizeof number, "%011zo", len);
    memcpy(block + 124, number, sizeof number);
    memcpy(block + 136, "00000000000\0        0", 21);
    memcpy(block + 257, is_posix ? "ustar\00000" : "ustar  ", 8);
    for (size_t i = 0; i < OTA_TAR_BLOCK; i++) {
        sum += block[i];
    }
    (void)snprintf(number, sizeof number, "%06o", sum);
    memcpy(block + 148, number, 7);
}

static void add(struct work *w, const char *name, const void *content, size_t len, bool is_posix)
{
    write_header(w->data + w->len, name, len, is_posix);
    memcpy(w->data + w->len + OTA_TAR_BLOCK, content, len);
    w->len += OTA_TAR_BLOCK + padded(len);
}

static int build(const struct options *o, struct work *w)
{
    char list[OTA_COMPONENTS_LEN_MAX];
    size_t list_len = write_list(o, w, list);
    size_t cap = 4 * OTA_TAR_BLOCK + padded(list_len);

    if (list_len == 0) {
        return imgtool_fail("the images' names are too long for the list of an archive");
    }
    for (size_t i = 0; i < OTA_IMAGES_MAX; i++) {
        cap += OTA_TAR_BLOCK + padded(w->files[i].len);
    }
    w->data = calloc(1, cap + RECORD);
    if (w->data == NULL) {
        return imgtool_fail("out of memory");
    }
    add(w, OTA_COMPONENTS_NAME, list, list_len, o->is_posix);
    for (size_t i = 0; i < OTA_IMAGES_MAX && o->images[i] != NULL; i++) {
        add(w, base_name(o->images[i]), w->files[i].data, w->files[i].len, o->is_posix);
    }
    w->len += 2 * (size_t)OTA_TAR_BLOCK;
    w->len = (w->len + RECORD - 1) / RECORD * RECORD;
    return 0;
}

/* ---- The command ---------------------------------------------------------------------------- */

static int load(const struct options *o, struct work *w)
{
    int rc = check_names(o);

    for (size_t i = 0; rc == 0 && i < OTA_IMAGES_MAX && o->images[i] != NULL; i++) {
        struct ota_source src;
        struct ota_image image;
        int verdict;

        rc = imgtool_load(o->images[i], &w->files[i]);
        if (rc != 0) {
            return rc;
        }
        ota_source_from_memory(&src, w->files[i].data, (uint32_t)w->files[i].len);
        verdict = image_source_check(&src, NULL, &image);
        if (verdict != 0) {
            return imgtool_fail("%s: %s; an archive holds images that ota-imgtool sign has made",
                                o->images[i], ota_err_text(verdict));
        }
        w->files[i].len = image.tlv_end; /* devices have no use for what pads a slot */
        if (i == 0) {
            w->version = image.header.version;
        }
    }
    return rc;
}

/* Looks at it as a device would. */
static int check(const struct options *o, const struct work *w, const struct ota_key *key)
{
    struct archive_file archive;
    struct ota_tool_why why;
    struct ota_source src;

    ota_source_from_memory(&src, w->data, (uint32_t)w->len);
    if (archive_file_check(&archive, &src, key, &why) != 0) {
        return imgtool_fail("%s: the archive %s", o->out, why.text);
    }
    if (!archive_file_is_bound(&archive)) {
        const struct ota_version *v = &archive.images[1].image.header.version;

        (void)fprintf(stderr,
                      "ota-imgtool: warning: %s does not depend on %s: if the power goes while a "
                      "device marks them, it may run once with the old one. Sign it with "
                      "-d \"(1, %u.%u.%u)\"\n",
                      o->images[0], o->images[1], v->major, v->minor, v->revision);
    }
    imgtool_detail("%s: %zu bytes, version %u.%u.%u, %s", o->out, w->len, w->version.major,
                   w->version.minor, w->version.revision,
                   o->images[1] != NULL ? "two images" : "one image");
    return 0;
}

static int make(const struct options *o, struct work *w, const struct ota_key *key)
{
    static const struct ota_tool_file_mode mode = {.is_secret = false};
    struct ota_tool_file_data out;
    struct ota_tool_why why;
    int rc = load(o, w);

    rc = rc == 0 ? build(o, w) : rc;
    rc = rc == 0 ? check(o, w, key) : rc;
    if (rc != 0) {
        return rc;
    }
    out = (struct ota_tool_file_data){w->data, w->len};
    return ota_tool_file_write(o->out, &out, &mode, &why) == 0 ? 0 : imgtool_fail("%s", why.text);
}

int imgtool_archive(int argc, char **argv)
{
    struct options o;
    struct work w = {.data = NULL};
    struct ota_tool_key key;
    struct ota_tool_why why;
    int rc = parse(argc, argv, &o);

    if (rc >= 0) {
        return rc;
    }
    if (o.key != NULL && ota_tool_key_load(&key, o.key, NULL, &why) != 0) {
        return imgtool_fail("%s", why.text);
    }
    rc = make(&o, &w, o.key != NULL ? &key.pub : NULL);
    if (o.key != NULL) {
        ota_tool_key_free(&key);
    }
    free(w.data);
    for (size_t i = 0; i < OTA_IMAGES_MAX; i++) {
        free(w.files[i].data);
    }
    return rc;
}
