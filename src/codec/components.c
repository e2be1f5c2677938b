/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/components.h"

#include <string.h>

#include "base/text.h"
#include "codec/json.h"
#include "ota/err.h"

#define VERSION_MAX 32
#define TYPE_MAX 16

/* The list itself and the images. */
#define FILES_MAX (1 + OTA_IMAGES_MAX)

/* A nested value, to be parsed when what it lies in is done with. */
struct piece {
    const char *text;
    size_t len;
};

enum { SEEN_COUNT = 1, SEEN_VERSION = 2, SEEN_FILES = 4, SEEN_ALL = 7 };

struct reader {
    struct ota_components *out;
    unsigned seen;
    uint32_t count; /* as stated */
    struct piece files;
    struct piece file[FILES_MAX];
    size_t n_files;
};

/* ---- One file ----------------------------------------------------------------------------- */

enum { SEEN_NAME = 1, SEEN_TYPE = 2, SEEN_SIZE = 4 };

struct file {
    unsigned seen;
    char name[OTA_TAR_NAME_MAX + 1];
    char type[TYPE_MAX];
    uint32_t size;
};

static int take_file_member(void *arg, const struct ota_json_member *m)
{
    struct file *f = arg;
    unsigned bit;
    int rc;

    if (ota_json_is(m, "fileName")) {
        bit = SEEN_NAME;
        rc = ota_json_copy(m, f->name, sizeof f->name);
    } else if (ota_json_is(m, "fileType")) {
        bit = SEEN_TYPE;
        rc = ota_json_copy(m, f->type, sizeof f->type);
    } else if (ota_json_is(m, "fileSize")) {
        bit = SEEN_SIZE;
        rc = ota_json_u32(m, UINT32_MAX, &f->size);
    } else {
        return 0;
    }
    if (rc < 0 || (f->seen & bit) != 0) {
        return OTA_EFORMAT;
    }
    f->seen |= bit;
    return 0;
}

static int add_image(struct ota_components *out, size_t index, const struct file *f)
{
    struct ota_component *c = &out->image[index];

    if (c->is_listed || (f->seen & SEEN_SIZE) == 0 || f->size == 0 ||
        ota_text_same(f->name, OTA_COMPONENTS_NAME)) {
        return OTA_EFORMAT;
    }
    memcpy(c->name, f->name, sizeof c->name);
    c->size = f->size;
    c->is_listed = true;
    return 0;
}

/* has_list: the list itself has been found among the files. */
static int take_file(struct ota_components *out, const struct piece *piece, bool *has_list)
{
    struct file f = {.seen = 0};
    int rc = ota_json_object(piece->text, piece->len, take_file_member, &f);

    if (rc != 0 || (f.seen & (SEEN_NAME | SEEN_TYPE)) != (SEEN_NAME | SEEN_TYPE)) {
        return rc != 0 ? rc : OTA_EFORMAT;
    }
    if (ota_text_same(f.type, "NSPE")) {
        return add_image(out, 0, &f);
    }
    if (ota_text_same(f.type, "SPE")) {
        return add_image(out, 1, &f);
    }
    if (!ota_text_same(f.type, "component_list") || !ota_text_same(f.name, OTA_COMPONENTS_NAME) ||
        *has_list) {
        return OTA_EFORMAT;
    }
    *has_list = true;
    return 0;
}

/* ---- The list ----------------------------------------------------------------------------- */

static int take_version(struct reader *r, const struct ota_json_member *m)
{
    char text[VERSION_MAX];
    int len = ota_json_copy(m, text, sizeof text);

    return len < 0 ? len : ota_version_parse(text, (size_t)len, &r->out->version);
}

static int take_member(void *arg, const struct ota_json_member *m)
{
    struct reader *r = arg;
    unsigned bit;
    int rc = 0;

    if (ota_json_is(m, "numberOfComponents")) {
        bit = SEEN_COUNT;
        rc = ota_json_u32(m, UINT8_MAX, &r->count);
    } else if (ota_json_is(m, "version")) {
        bit = SEEN_VERSION;
        rc = take_version(r, m);
    } else if (ota_json_is(m, "files")) {
        bit = SEEN_FILES;
        rc = m->type == OTA_JSON_NESTED ? 0 : OTA_EFORMAT;
        r->files.text = m->value;
        r->files.len = m->value_len;
    } else {
        return 0;
    }
    if (rc < 0 || (r->seen & bit) != 0) {
        return OTA_EFORMAT;
    }
    r->seen |= bit;
    return 0;
}

static int take_element(void *arg, const struct ota_json_member *m)
{
    struct reader *r = arg;

    if (m->type != OTA_JSON_NESTED) {
        return OTA_EFORMAT;
    }
    if (r->n_files == FILES_MAX) {
        return OTA_ELIMIT;
    }
    r->file[r->n_files].text = m->value;
    r->file[r->n_files].len = m->value_len;
    r->n_files++;
    return 0;
}

static int take_files(struct reader *r)
{
    bool has_list = false;
    int rc = ota_json_array(r->files.text, r->files.len, take_element, r);

    for (size_t i = 0; rc == 0 && i < r->n_files; i++) {
        rc = take_file(r->out, &r->file[i], &has_list);
    }
    if (rc != 0) {
        return rc;
    }
    return !has_list || r->count != r->n_files || !r->out->image[0].is_listed ||
                   ota_text_same(r->out->image[0].name, r->out->image[1].name)
               ? OTA_EFORMAT
               : 0;
}

int ota_components_parse(const char *text, size_t len, struct ota_components *out)
{
    struct reader r = {.out = out};
    int rc;

    memset(out, 0, sizeof *out);
    rc = ota_json_object(text, len, take_member, &r);
    if (rc == 0 && r.seen != SEEN_ALL) {
        rc = OTA_EFORMAT;
    }
    return rc != 0 ? rc : take_files(&r);
}
