/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink.h"

#include <string.h>

#include "flash/area.h"
#include "ota/config.h"
#include "ota/err.h"

void ota_sink_open(struct ota_sink *s, const struct ota_slot *slot, uint32_t limit, uint8_t *row,
                   const struct ota_version *running)
{
    memset(s, 0, sizeof *s);
    s->slot = slot;
    s->limit = limit;
    s->row = row;
    s->running = running;
}

/* Refuses early what the check of the whole image would refuse late. */
static int check_header(const struct ota_sink *s, uint32_t total)
{
    struct ota_image_header h;
    int rc = ota_image_header_decode(s->head, &h);

    if (rc != 0) {
        return rc;
    }
    if (total > s->limit || h.header_size >= total || h.payload_size >= total - h.header_size) {
        return OTA_ESIZE;
    }
    if (s->refused != NULL && ota_version_compare(&h.version, s->refused) == 0) {
        return OTA_EREVERTED;
    }
    return ota_version_compare(&h.version, s->running) > 0 ? 0 : OTA_EVERSION;
}

/* The same for image 1: the same version may come again with a new image 0. */
static int check_second(const struct ota_sink *s, uint32_t total)
{
    struct ota_image_header h, old;
    uint8_t raw[OTA_IMAGE_HEADER_LEN];
    int rc = ota_image_header_decode(s->head, &h);

    if (rc != 0) {
        return rc;
    }
    if (total > s->extra->limit || h.header_size >= total ||
        h.payload_size >= total - h.header_size) {
        return OTA_ESIZE;
    }
    rc = ota_area_read(s->extra->primary, 0, raw, sizeof raw);
    if (rc != 0) {
        return rc;
    }
    return ota_image_header_decode(raw, &old) == 0 &&
                   ota_version_compare(&h.version, &old.version) < 0
               ? OTA_EVERSION
               : 0;
}

/* A build without archives has no code for them. */
static bool is_archive(const struct ota_sink *s)
{
    return OTA_CONFIG_ARCHIVE && s->is_archive;
}

static bool is_second(const struct ota_sink *s)
{
    return is_archive(s) && s->extra->archive->image == 1;
}

static int begin(struct ota_sink *s, uint32_t total)
{
    bool second = is_second(s);
    const struct ota_slot *slot = second ? s->extra->slot : s->slot;
    int rc = second ? check_second(s, total) : check_header(s, total);

    if (rc == 0) {
        rc = ota_writer_init(&s->writer, &slot->area, second ? s->extra->limit : s->limit, s->row,
                             0);
    }
    if (rc == 0) {
        rc = ota_slot_erase_spare(slot);
    }
    return rc != 0 ? rc : ota_writer_push(&s->writer, s->head, sizeof s->head);
}

int ota_sink_resume(struct ota_sink *s, uint32_t total, uint32_t off)
{
    int rc = ota_area_read(&s->slot->area, 0, s->head, sizeof s->head);

    if (rc == 0) {
        rc = off < sizeof s->head ? OTA_EINCOMPLETE : check_header(s, total);
    }
    if (rc == 0) {
        rc = ota_writer_init(&s->writer, &s->slot->area, s->limit, s->row, off);
    }
    if (rc == 0) {
        s->head_len = sizeof s->head;
        s->off = off;
    }
    return rc;
}

/* The next byte of an image in the archive begins a write unit, and its header is in the slot. */
static bool is_place(const struct ota_slot *slot, const struct ota_part *part, uint32_t off)
{
    return part->len > 0 && off >= part->begin && off - part->begin >= OTA_IMAGE_HEADER_LEN &&
           off - part->begin <= part->len &&
           (off - part->begin) % slot->area.flash->write_size == 0;
}

bool ota_sink_part(const struct ota_sink *s, uint32_t off, struct ota_part *out)
{
    if (!is_archive(s)) {
        return false;
    }
    ota_archive_part(s->extra->archive, out);
    return is_place(out->image == 1 ? s->extra->slot : s->slot, out, off);
}

int ota_sink_resume_archive(struct ota_sink *s, const struct ota_part *part, uint32_t off,
                            const struct ota_version *version)
{
    bool second = part->image == 1;
    const struct ota_slot *slot;
    struct ota_archive *a;
    int rc;

    if (!OTA_CONFIG_ARCHIVE || s->extra == NULL ||
        (s->extra->slot == NULL && (second || part->has_other))) {
        return OTA_ENOTSUP;
    }
    a = s->extra->archive;
    slot = second ? s->extra->slot : s->slot;
    if (!is_place(slot, part, off)) {
        return OTA_EINCOMPLETE;
    }
    rc = ota_area_read(&slot->area, 0, s->head, sizeof s->head);
    if (rc == 0) {
        rc = second ? check_second(s, part->len) : check_header(s, part->len);
    }
    if (rc == 0) {
        rc = ota_writer_init(&s->writer, &slot->area, second ? s->extra->limit : s->limit, s->row,
                             off - part->begin);
    }
    if (rc == 0) {
        ota_archive_resume(a, part, off);
        a->list.version = *version;
        /* Of an image that is in its slot, nothing is known but that it fits. */
        a->list.image[1 - part->image].size = !part->is_other_done ? 0
                                              : second             ? s->limit
                                                                   : s->extra->limit;
        s->head_len = sizeof s->head;
        s->off = off;
        s->is_archive = true;
    }
    return rc;
}

/* ---- Bytes -------------------------------------------------------------------------------- */

/* Fills the head from data; the bytes it took. */
static size_t fill_head(struct ota_sink *s, const uint8_t *data, size_t len)
{
    size_t n = sizeof s->head - s->head_len;

    n = n < len ? n : len;
    memcpy(s->head + s->head_len, data, n);
    s->head_len = (uint8_t)(s->head_len + n);
    return n;
}

/* A part of the image under way, which has total bytes. */
static int push_image(struct ota_sink *s, uint32_t total, const uint8_t *data, size_t len)
{
    if (s->head_len < sizeof s->head) {
        size_t n = fill_head(s, data, len);
        int rc = s->head_len < sizeof s->head ? 0 : begin(s, total);

        if (rc != 0 || n == len) {
            return rc;
        }
        data += n;
        len -= n;
    }
    return ota_writer_push(&s->writer, data, len);
}

/* Refuses an archive by its list. */
static int check_list(const struct ota_sink *s)
{
    const struct ota_components *list = &s->extra->archive->list;

    if (list->image[1].is_listed && s->extra->slot == NULL) {
        return OTA_ENOTSUP;
    }
    return ota_version_compare(&list->version, s->running) > 0 ? 0 : OTA_EVERSION;
}

static int finish_image(struct ota_sink *s)
{
    return s->head_len < sizeof s->head ? OTA_EINCOMPLETE : ota_writer_finish(&s->writer);
}

static int push_archive(struct ota_sink *s, const uint8_t *data, size_t len)
{
    struct ota_archive *a = s->extra->archive;
    struct ota_tar_input in = {data, len}, content;
    int rc;

    while ((rc = ota_archive_next(a, &in, &content)) > 0) {
        switch ((enum ota_archive_event)rc) {
        case OTA_ARCHIVE_LIST:
            rc = check_list(s);
            break;
        case OTA_ARCHIVE_BEGIN:
            s->head_len = 0;
            rc = 0;
            break;
        case OTA_ARCHIVE_DATA:
            rc = push_image(s, a->list.image[a->image].size, content.data, content.len);
            break;
        default:
            rc = finish_image(s);
            break;
        }
        if (rc != 0) {
            return rc;
        }
    }
    return rc;
}

/* The first bytes tell an archive from an image. */
static int begin_archive(struct ota_sink *s)
{
    uint8_t head[sizeof s->head];

    if (s->extra == NULL) {
        return OTA_ENOTSUP;
    }
    memcpy(head, s->head, sizeof head);
    s->is_archive = true;
    ota_archive_init(s->extra->archive);
    return push_archive(s, head, sizeof head);
}

int ota_sink_push(struct ota_sink *s, uint32_t total, const uint8_t *data, size_t len)
{
    bool is_first = !is_archive(s) && s->head_len < sizeof s->head;
    size_t n = 0;
    int rc = 0;

    s->off += (uint32_t)len;
    if (is_first) {
        n = fill_head(s, data, len);
        if (s->head_len < sizeof s->head) {
            return 0;
        }
        rc = OTA_CONFIG_ARCHIVE && ota_archive_is(s->head) ? begin_archive(s) : begin(s, total);
    }
    if (rc != 0 || n == len) {
        return rc;
    }
    return is_archive(s) ? push_archive(s, data + n, len - n)
                         : ota_writer_push(&s->writer, data + n, len - n);
}

int ota_sink_finish(struct ota_sink *s)
{
    return is_archive(s) ? ota_archive_finish(s->extra->archive) : finish_image(s);
}

uint32_t ota_sink_image_len(const struct ota_sink *s, uint8_t image, uint32_t total)
{
    const struct ota_component *c;

    if (!is_archive(s)) {
        return image == 0 ? total : 0;
    }
    c = &s->extra->archive->list.image[image];
    return c->is_listed ? c->size : 0;
}
