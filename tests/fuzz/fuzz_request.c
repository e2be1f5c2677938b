/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of devices: whatever is accepted must be within the limits that its users rely on. */
#include <stdlib.h>
#include <string.h>

#include "ota-publisher/job.h"
#include "ota-publisher/request.h"
#include "ota-publisher/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_chunk(const struct request *q, uint32_t total)
{
    struct order o;

    if (order_chunk(&o, total, q->offset, q->size) != 0) {
        return;
    }
    if (o.next >= o.end || o.end > total || o.step == 0 || o.step > UINT16_MAX ||
        o.end - o.next > o.step || o.next / o.step > UINT16_MAX) {
        abort();
    }
    order_run(&o, total, q->count);
    if (o.next >= o.end || o.end > total ||
        (o.end - o.next > o.step && o.end - o.next > JOB_RUN_MAX * o.step)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct topics topics;
    struct request q;
    const char *why = NULL;

    if (request_parse(data, len, &q, &why) != 0) {
        if (why == NULL) {
            abort();
        }
        return 0;
    }
    if (topics_init(&topics, "anycloud", "KIT") != 0) {
        abort();
    }
    if (topics_refuse(&topics, q.topic) == NULL &&
        (strlen(q.topic) > TOPIC_LEN_MAX || strpbrk(q.topic, "+#\n") != NULL)) {
        abort();
    }
    if (q.kind == REQUEST_CHUNK) {
        check_chunk(&q, 10000);
        check_chunk(&q, RELEASE_CHUNKS_MAX * RELEASE_CHUNK_SIZE);
    }
    return 0;
}
