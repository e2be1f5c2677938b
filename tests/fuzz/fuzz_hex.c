/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as Intel HEX: what is read and written again must read the same. */
#include <stdlib.h>
#include <string.h>

#include "ota-imgtool/hex.h"

/* Large gaps are read, but would take too long to write. */
#define WRITE_MAX 65536u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hex_segment first, again;
    struct ota_tool_why why;
    uint8_t *bytes, *bytes_again;
    char *text;
    size_t len;

    if (hex_read((const char *)data, size, &bytes, &first, &why) != 0) {
        return 0;
    }
    if (first.len <= WRITE_MAX) {
        if (hex_write(&first, 1, &text, &len) != 0 ||
            hex_read(text, len, &bytes_again, &again, &why) != 0 || again.addr != first.addr ||
            again.len != first.len || memcmp(bytes, bytes_again, first.len) != 0) {
            abort();
        }
        free(text);
        free(bytes_again);
    }
    free(bytes);
    return 0;
}
