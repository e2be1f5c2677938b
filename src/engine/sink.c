/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink.h"

#include <string.h>

#include "flash/area.h"
#include "ota/err.h"

void ota_sink_open(struct ota_sink *s, const struct ota_area *area, uint32_t limit, uint8_t *row,
                   const struct ota_version *running)
{
    memset(s, 0, sizeof *s);
    s->area = area;
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

static int begin(struct ota_sink *s, uint32_t total)
{
    int rc = check_header(s, total);

    if (rc == 0) {
        rc = ota_writer_init(&s->writer, s->area, s->limit, s->row, 0);
    }
    return rc != 0 ? rc : ota_writer_push(&s->writer, s->head, sizeof s->head);
}

int ota_sink_resume(struct ota_sink *s, uint32_t total, uint32_t off)
{
    int rc = ota_area_read(s->area, 0, s->head, sizeof s->head);

    if (rc == 0) {
        rc = off < sizeof s->head ? OTA_EINCOMPLETE : check_header(s, total);
    }
    if (rc == 0) {
        rc = ota_writer_init(&s->writer, s->area, s->limit, s->row, off);
    }
    if (rc == 0) {
        s->head_len = sizeof s->head;
        s->off = off;
    }
    return rc;
}

int ota_sink_push(struct ota_sink *s, uint32_t total, const uint8_t *data, size_t len)
{
    int rc = 0;

    s->off += (uint32_t)len;
    if (s->head_len < sizeof s->head) {
        size_t n = sizeof s->head - s->head_len;

        n = n < len ? n : len;
        memcpy(s->head + s->head_len, data, n);
        s->head_len = (uint8_t)(s->head_len + n);
        data += n;
        len -= n;
        if (s->head_len < sizeof s->head) {
            return 0;
        }
        rc = begin(s, total);
    }
    return rc != 0 || len == 0 ? rc : ota_writer_push(&s->writer, data, len);
}

int ota_sink_finish(struct ota_sink *s)
{
    return s->head_len < sizeof s->head ? OTA_EINCOMPLETE : ota_writer_finish(&s->writer);
}
