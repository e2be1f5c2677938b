/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunk messages one after the other into a download: nothing is taken outside of the message or
 * of the image, and the position never goes back or beyond the end.
 */
#include <stdlib.h>

#include "base/le.h"
#include "codec/chunk.h"
#include "engine/xfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void take(struct ota_xfer *x, const uint8_t *msg, size_t len, uint64_t now_ms)
{
    struct ota_chunk c;
    uint32_t before = x->next;
    uint32_t skip = 0;

    if (ota_chunk_decode(msg, len, &c) != 0) {
        return;
    }
    expect(c.data_off <= len && c.size <= len - c.data_off && c.size > 0);
    expect(c.offset < c.total_size && c.size <= c.total_size - c.offset);
    if (ota_xfer_offer(x, c.total_size, c.offset, c.size, &skip) == OTA_XFER_TAKE) {
        expect(skip < c.size && c.offset + skip == before);
        ota_xfer_advance(x, c.size - skip, now_ms);
    }
    expect(x->next >= before && (x->total == 0 || x->next <= x->total));
}

/* Each message: two bytes of length, then so many bytes, as far as there are some. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct ota_xfer_config config = {
        .chunk = 4096, .stall_ms = 5000, .give_up_ms = 60000, .window = 4, .run = 8};
    struct ota_xfer x;
    uint64_t now_ms = 0;

    ota_xfer_init(&x, &config, 0, 0, 0);
    while (len >= 2) {
        size_t n = ota_get_le16(data);
        struct ota_xfer_ask ask;
        int asked = 0;

        data += 2;
        len -= 2;
        n = n < len ? n : len;
        take(&x, data, n, now_ms);
        while (ota_xfer_ask(&x, now_ms, &ask) == 1) {
            expect(ask.is_whole || (ask.size >= 1 && ask.count >= 1 && ask.offset >= x.next));
            expect(++asked <= 8);
        }
        now_ms += n;
        data += n;
        len -= n;
    }
    return 0;
}
