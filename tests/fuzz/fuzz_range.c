/* SPDX-License-Identifier: Apache-2.0 */
/* Range and If-None-Match headers of HTTP requests: whatever they say, a part lies in the file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ota-publisher/http_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t sizes[] = {0, 1, 10000, UINT64_MAX};
    char *text = malloc(size + 1);
    struct http_range r;
    size_t i;

    if (text == NULL) {
        return 0;
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        enum http_range_kind kind = http_range_parse(text, sizes[i], &r);

        if (kind == HTTP_RANGE_WHOLE && (r.first != 0 || r.len != sizes[i])) {
            abort();
        }
        if (kind == HTTP_RANGE_PART &&
            (r.len == 0 || r.first >= sizes[i] || r.len > sizes[i] - r.first)) {
            abort();
        }
    }
    (void)http_etag_is_listed(text, "\"10-5f-0\"");
    free(text);
    return 0;
}
