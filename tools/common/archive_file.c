/* SPDX-License-Identifier: Apache-2.0 */
#include "common/archive_file.h"

#include "common/image_file.h"
#include "common/log.h"
#include "engine/archive.h"
#include "ota/err.h"

#include <string.h>

bool archive_file_is(const struct ota_source *src)
{
    uint8_t head[OTA_ARCHIVE_HEAD];

    return src->size >= sizeof head && src->read(src->ctx, 0, head, sizeof head) == 0 &&
           ota_archive_is(head);
}

/* ---- Taking it apart ------------------------------------------------------------------------ */

static int read_part(void *ctx, uint32_t off, void *buf, size_t len)
{
    const struct archive_image *i = ctx;

    return i->archive->read(i->archive->ctx, i->off + off, buf, len);
}

static void begin_image(struct archive_image *i, const struct ota_source *src, uint32_t off,
                        uint32_t size)
{
    i->archive = src;
    i->off = off;
    i->source = (struct ota_source){.read = read_part, .ctx = i, .size = size, .erased = 0xff};
}

/* The events of one piece of the archive, which ends at off. */
static int take_piece(struct archive_file *out, const struct ota_source *src, struct ota_archive *a,
                      struct ota_tar_input *in, uint32_t off)
{
    struct ota_tar_input content;
    int rc;

    while ((rc = ota_archive_next(a, in, &content)) > 0) {
        if (rc == OTA_ARCHIVE_BEGIN) {
            begin_image(&out->images[a->image], src, off - (uint32_t)in->len,
                        a->list.image[a->image].size);
        }
    }
    return rc;
}

static int take_apart(struct archive_file *out, const struct ota_source *src, struct ota_archive *a)
{
    uint8_t piece[OTA_TAR_BLOCK];
    int rc = 0;

    ota_archive_init(a);
    for (uint32_t off = 0; rc == 0 && off < src->size;) {
        uint32_t n = src->size - off < sizeof piece ? src->size - off : (uint32_t)sizeof piece;
        struct ota_tar_input in = {piece, n};

        rc = src->read(src->ctx, off, piece, n);
        off += n;
        rc = rc == 0 ? take_piece(out, src, a, &in, off) : rc;
    }
    return rc == 0 ? ota_archive_finish(a) : rc;
}

/* What is wrong with the archive as such. */
static int explain(const struct ota_archive *a, int rc, struct ota_tool_why *why)
{
    char name[OTA_TAR_NAME_MAX + 1];

    if (rc == OTA_EINCOMPLETE) {
        for (size_t i = 0; a->has_list && i < OTA_IMAGES_MAX; i++) {
            if (a->list.image[i].is_listed && (a->done & 1u << i) == 0) {
                return ota_tool_fail(why, rc, "ends before %s is complete",
                                     tool_printable(name, sizeof name, a->list.image[i].name));
            }
        }
        return ota_tool_fail(why, rc, "is cut short");
    }
    if (!a->has_list) {
        return ota_tool_fail(why, rc, "begins with no usable list (%s): %s", OTA_COMPONENTS_NAME,
                             ota_err_text(rc));
    }
    return ota_tool_fail(why, rc,
                         "is damaged, or holds what its list does not name with this size, "
                         "at or behind %s: %s",
                         tool_printable(name, sizeof name, a->tar.name), ota_err_text(rc));
}

/* ---- Its images ----------------------------------------------------------------------------- */

static int check_image(struct archive_image *i, const char *name, const struct ota_key *key,
                       struct ota_tool_why *why)
{
    int rc = image_source_check(&i->source, key, &i->image);
    char shown[OTA_TAR_NAME_MAX + 1];

    if (rc != 0) {
        return ota_tool_fail(why, rc, "holds %s, which a device refuses: %s",
                             tool_printable(shown, sizeof shown, name),
                             image_file_why(rc, &i->image));
    }
    (void)image_source_board(&i->source, &i->image, i->board, sizeof i->board);
    return 0;
}

static int check_version(const struct archive_file *a, struct ota_tool_why *why)
{
    const struct ota_version *app = &a->images[0].image.header.version;
    const struct ota_version *list = &a->list.version;

    if (ota_version_compare(app, list) == 0) {
        return 0;
    }
    return ota_tool_fail(why, OTA_EVERSION,
                         "has version %u.%u.%u in its list, and %u.%u.%u in its application: "
                         "devices would fetch it again and again",
                         list->major, list->minor, list->revision, app->major, app->minor,
                         app->revision);
}

/* The version that an image needs of another one; false if it needs none. */
static bool find_need(const struct archive_image *i, uint8_t other, struct ota_version *least)
{
    struct ota_tlv_iter it;
    struct ota_dependency d;

    ota_tlv_begin(&it, &i->source, &i->image);
    while (ota_dependency_next(&it, &d) > 0) {
        if (d.image == other) {
            *least = d.least;
            return true;
        }
    }
    return false;
}

/* No bootloader would install images that need more of each other than comes. */
static int check_needs(const struct archive_file *a, struct ota_tool_why *why)
{
    for (uint8_t i = 0; a->list.image[1].is_listed && i < OTA_IMAGES_MAX; i++) {
        uint8_t other = (uint8_t)(1 - i);
        struct ota_version least;
        char name[OTA_TAR_NAME_MAX + 1];

        if (find_need(&a->images[i], other, &least) &&
            ota_version_compare(&a->images[other].image.header.version, &least) < 0) {
            return ota_tool_fail(why, OTA_EDEPENDS,
                                 "holds %s, which needs image %u in version %u.%u.%u or newer",
                                 tool_printable(name, sizeof name, a->list.image[i].name), other,
                                 least.major, least.minor, least.revision);
        }
    }
    return 0;
}

int archive_file_check(struct archive_file *out, const struct ota_source *src,
                       const struct ota_key *key, struct ota_tool_why *why)
{
    struct ota_archive a;
    int rc;

    memset(out, 0, sizeof *out);
    out->board = "";
    rc = take_apart(out, src, &a);
    if (rc != 0) {
        return explain(&a, rc, why);
    }
    out->list = a.list;
    for (size_t i = 0; rc == 0 && i < OTA_IMAGES_MAX; i++) {
        struct archive_image *image = &out->images[i];

        if (!out->list.image[i].is_listed) {
            continue;
        }
        rc = check_image(image, out->list.image[i].name, key, why);
        if (rc == 0 && image->board[0] != '\0' && out->board[0] != '\0' &&
            strcmp(image->board, out->board) != 0) {
            return ota_tool_fail(why, OTA_EBOARD, "holds images for two boards, %s and %s",
                                 out->board, image->board);
        }
        out->board = image->board[0] != '\0' ? image->board : out->board;
    }
    rc = rc == 0 ? check_version(out, why) : rc;
    return rc == 0 ? check_needs(out, why) : rc;
}

bool archive_file_is_bound(const struct archive_file *a)
{
    struct ota_version least;

    return !a->list.image[1].is_listed ||
           (find_need(&a->images[0], 1, &least) &&
            ota_version_compare(&least, &a->images[1].image.header.version) == 0);
}
