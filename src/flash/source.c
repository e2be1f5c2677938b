/* SPDX-License-Identifier: Apache-2.0 */
#include "flash/area.h"
#include "ota/image.h"

static int read_area(void *ctx, uint32_t off, void *buf, size_t len)
{
    return ota_area_read(ctx, off, buf, len);
}

void ota_source_from_area(struct ota_source *src, const struct ota_area *area)
{
    src->read = read_area;
    src->ctx = (void *)area; /* only read from */
    src->size = area->size;
    src->erased = area->flash->erased;
    src->is_plain = false;
}
