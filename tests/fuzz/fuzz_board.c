/* SPDX-License-Identifier: Apache-2.0 */
/* Board files: whatever is accepted must open and give consistent areas. */
#include <stdlib.h>

#include "flash/area.h"
#include "sim/board.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Devices whose memory and erases take no time. */
static bool is_small(const struct ota_board *b)
{
    uint64_t bytes = 0;
    uint64_t units = 0;

    for (size_t i = 0; i < b->n_devices; i++) {
        bytes += b->devices[i].config.size;
        units += b->devices[i].config.size / b->devices[i].config.erase_size;
    }
    return bytes <= 1u << 23 && units <= 1u << 13;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct ota_board_text text = {(const char *)data, len, "fuzz.json"};
    struct ota_board *b = NULL;
    char err[300];

    if (ota_board_parse(&text, &b, err, sizeof err) != 0) {
        return 0;
    }
    if (is_small(b) && ota_board_open_flash(b, NULL, true, err, sizeof err) != 0) {
        abort();
    }
    for (size_t i = 0; is_small(b) && i < b->n_areas; i++) {
        struct ota_area area;

        if (ota_board_area(b, b->areas[i].name, &area) != 0 || ota_area_check(&area) != 0 ||
            ota_area_erase(&area, 0, area.size) != 0) {
            abort();
        }
    }
    if (ota_board_max_image(b) == 0) {
        abort();
    }
    ota_board_free(b);
    return 0;
}
