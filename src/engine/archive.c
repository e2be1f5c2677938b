/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/archive.h"

#include <string.h>

#include "base/text.h"
#include "ota/err.h"

bool ota_archive_is(const uint8_t head[OTA_ARCHIVE_HEAD])
{
    /* With the NUL behind the name of the first file. */
    return memcmp(head, OTA_COMPONENTS_NAME, sizeof OTA_COMPONENTS_NAME) == 0;
}

void ota_archive_init(struct ota_archive *a)
{
    memset(a, 0, sizeof *a);
    ota_tar_init(&a->tar);
}

void ota_archive_resume(struct ota_archive *a, const struct ota_part *part, uint32_t off)
{
    struct ota_component *other = &a->list.image[1 - part->image];

    ota_archive_init(a);
    a->has_list = true;
    a->is_resumed = true;
    a->off = off;
    a->begin = part->begin;
    a->image = part->image;
    a->list.image[part->image].size = part->len;
    a->list.image[part->image].is_listed = true;
    other->is_listed = part->has_other;
    a->done = part->is_other_done ? (uint8_t)(1u << (1 - part->image)) : 0;
    ota_tar_resume(&a->tar, part->len, part->len - (off - part->begin));
}

void ota_archive_part(const struct ota_archive *a, struct ota_part *out)
{
    uint8_t other = (uint8_t)(1 - a->image);

    out->begin = a->begin;
    out->len = a->begin == 0 ? 0 : a->list.image[a->image].size;
    out->image = a->image;
    out->has_other = a->list.image[other].is_listed;
    out->is_other_done = (a->done & 1u << other) != 0;
}

/* The file that begins is this image: the archive is not read anew to know its name and size. */
static int begin_image(struct ota_archive *a, uint8_t image)
{
    struct ota_component *c = &a->list.image[image];

    if ((a->done & 1u << image) != 0 || a->tar.size == 0) {
        return OTA_EFORMAT;
    }
    if (a->is_resumed) {
        c->size = a->tar.size;
    }
    a->image = image;
    a->begin = a->off;
    return c->size == a->tar.size ? OTA_ARCHIVE_BEGIN : OTA_EFORMAT;
}

/* The list comes first and once; after it what it lists. */
static int begin_file(struct ota_archive *a)
{
    const struct ota_tar *t = &a->tar;

    if (!a->has_list) {
        if (!ota_text_same(t->name, OTA_COMPONENTS_NAME) || a->text_len > 0) {
            return OTA_EFORMAT;
        }
        return t->size > sizeof a->text ? OTA_ELIMIT : OTA_ARCHIVE_MORE;
    }
    for (uint8_t i = 0; i < OTA_IMAGES_MAX; i++) {
        const struct ota_component *c = &a->list.image[i];

        if (c->is_listed && (a->is_resumed ? i != a->image : ota_text_same(c->name, t->name))) {
            return begin_image(a, i);
        }
    }
    return OTA_EFORMAT;
}

static int take_content(struct ota_archive *a, const struct ota_tar_input *content)
{
    if (a->has_list) {
        return OTA_ARCHIVE_DATA;
    }
    memcpy(a->text + a->text_len, content->data, content->len);
    a->text_len = (uint16_t)(a->text_len + content->len);
    return OTA_ARCHIVE_MORE;
}

static int end_file(struct ota_archive *a)
{
    int rc;

    if (a->has_list) {
        a->done = (uint8_t)(a->done | 1u << a->image);
        return OTA_ARCHIVE_END;
    }
    rc = ota_components_parse(a->text, a->text_len, &a->list);
    a->has_list = rc == 0;
    return rc == 0 ? OTA_ARCHIVE_LIST : rc;
}

int ota_archive_next(struct ota_archive *a, struct ota_tar_input *in, struct ota_tar_input *content)
{
    int rc;

    do {
        size_t len = in->len;

        rc = ota_tar_next(&a->tar, in, content);
        a->off += (uint32_t)(len - in->len);
        switch (rc) {
        case OTA_TAR_BEGIN:
            rc = begin_file(a);
            break;
        case OTA_TAR_DATA:
            rc = take_content(a, content);
            break;
        case OTA_TAR_END:
            rc = end_file(a);
            break;
        default:
            return rc;
        }
    } while (rc == OTA_ARCHIVE_MORE);
    return rc;
}

int ota_archive_finish(const struct ota_archive *a)
{
    for (uint8_t i = 0; i < OTA_IMAGES_MAX; i++) {
        if (a->list.image[i].is_listed && (a->done & 1u << i) == 0) {
            return OTA_EINCOMPLETE;
        }
    }
    return a->has_list && ota_tar_is_between(&a->tar) ? 0 : OTA_EINCOMPLETE;
}
