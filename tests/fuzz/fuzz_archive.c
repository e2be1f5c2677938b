/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an archive, at once and in pieces whose sizes the first byte tells: the same events
 * with the same content. No more comes of a file than its size says.
 */
#include <stdlib.h>

#include "base/crc32.h"
#include "engine/archive.h"
#include "ota/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    int rc;
    uint32_t crc; /* of content and order of events */
    uint32_t events;
};

static void note(struct outcome *o, const struct ota_archive *a, int event,
                 const struct ota_tar_input *content)
{
    const uint8_t what[2] = {(uint8_t)event, a->image};

    if (event != OTA_ARCHIVE_DATA) {
        o->crc = ota_crc32(OTA_CRC32_POLY, o->crc, what, sizeof what);
        o->events++;
    } else {
        o->crc = ota_crc32(OTA_CRC32_POLY, o->crc, content->data, content->len);
    }
}

static struct outcome run(const uint8_t *data, size_t size, size_t step)
{
    struct outcome o = {0, 0, 0};
    struct ota_tar_input in, content;
    struct ota_archive a;
    uint32_t got = 0;

    ota_archive_init(&a);
    for (size_t off = 0; off < size && o.rc == 0; off += step) {
        in.data = data + off;
        in.len = size - off < step ? size - off : step;
        while ((o.rc = ota_archive_next(&a, &in, &content)) > 0) {
            if (o.rc == OTA_ARCHIVE_BEGIN) {
                got = 0;
            }
            got += (uint32_t)content.len;
            if (a.image >= OTA_IMAGES_MAX || got > a.list.image[a.image].size ||
                (o.rc == OTA_ARCHIVE_END && got != a.list.image[a.image].size)) {
                abort();
            }
            note(&o, &a, o.rc, &content);
        }
    }
    if (o.rc == 0) {
        o.rc = ota_archive_finish(&a);
    }
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole, parts;

    if (size < 2) {
        return 0;
    }
    whole = run(data + 1, size - 1, size);
    parts = run(data + 1, size - 1, data[0] == 0 ? 1 : data[0]);
    if (whole.rc != parts.rc || whole.crc != parts.crc || whole.events != parts.events) {
        abort();
    }
    return 0;
}
