/* SPDX-License-Identifier: Apache-2.0 */
/* Geometries and pairs of images: what differs between devices is here at least once. */
#include "powercut/device.h"

#define NOR(unit, row)                                                                             \
    {                                                                                              \
        .size = 0, .erase_size = (unit), .write_size = (row), .erased = 0xff,                      \
        .flags = (row) <= 8 ? OTA_FLASH_REFRESH : 0                                                \
    }
#define NOR0(unit, row)                                                                            \
    {                                                                                              \
        .size = 0, .erase_size = (unit), .write_size = (row), .erased = 0x00,                      \
        .flags = (row) <= 8 ? OTA_FLASH_REFRESH : 0                                                \
    }
#define ROWS(unit)                                                                                 \
    {                                                                                              \
        .size = 0, .erase_size = (unit), .write_size = (unit), .erased = 0x00,                     \
        .flags = OTA_FLASH_REWRITE                                                                 \
    }
const struct geometry geometries[] = {
    {"overwrite", "overwrite", &ota_boot_overwrite, NOR(512, 8), NOR(512, 8), 0, 0, 16, 8, 0, 2100,
     3300, false, 0},
    {"scratch", "swap-scratch", &ota_boot_swap_scratch, NOR(512, 8), NOR(512, 8), 1024, 0, 16, 8, 0,
     2100, 3300, false, 0},
    {"scratch, whole image in one chunk", "swap-scratch", &ota_boot_swap_scratch, NOR(512, 1),
     NOR(512, 1), 4096, 0, 16, 8, 0, 3300, 2100, false, 0},
    {"scratch, image in the trailer's unit", "swap-scratch", &ota_boot_swap_scratch, NOR(1024, 8),
     NOR(1024, 8), 2048, 0, 16, 8, 0, 7700, 7300, false, 0},
    {"scratch, image in the first of two trailer units", "swap-scratch", &ota_boot_swap_scratch,
     NOR(256, 8), NOR(256, 8), 1024, 0, 32, 8, 0, 7300, 7100, false, 0},
    {"scratch, whole slot in one chunk", "swap-scratch", &ota_boot_swap_scratch, NOR(1024, 4),
     NOR(1024, 4), SLOT, 0, 16, 8, 0, 7000, 7700, false, 0},
    {"scratch, large units in the secondary", "swap-scratch", &ota_boot_swap_scratch, NOR(512, 8),
     NOR(2048, 1), 2048, 0, 16, 8, 0, 3900, 5000, false, 0},
    {"scratch, aligned to 16, erased to zero", "swap-scratch", &ota_boot_swap_scratch,
     NOR0(1024, 16), NOR0(1024, 16), 2048, 0, 16, 16, 0, 5000, 7000, false, 0},
    {"scratch, aligned to 32", "swap-scratch", &ota_boot_swap_scratch, NOR(1024, 32), NOR(1024, 16),
     1024, 0, 8, 32, 0, 3000, 4500, false, 0},
    {"move", "swap-move", &ota_boot_swap_move, NOR(512, 8), NOR(512, 8), 0, 0, 16, 8, 0, 2100, 3300,
     false, 0},
    {"move, new image smaller, aligned to 16", "swap-move", &ota_boot_swap_move, NOR(1024, 16),
     NOR(1024, 16), 0, 0, 8, 16, 0, 5000, 2000, false, 0},
    {"move, as large as can be", "swap-move", &ota_boot_swap_move, NOR(512, 1), NOR(512, 1), 0, 0,
     16, 8, 0, 7168, 7168, false, 0},
    {"offset", "swap-offset", &ota_boot_swap_offset, NOR(512, 8), NOR(512, 8), 0, 0, 16, 8, 0, 2100,
     3300, false, 0},
    {"offset, new image smaller, aligned to 16", "swap-offset", &ota_boot_swap_offset,
     NOR(1024, 16), NOR(1024, 16), 0, 0, 8, 16, 0, 5000, 2000, false, 0},
    {"offset, as large as can be", "swap-offset", &ota_boot_swap_offset, NOR(512, 1), NOR(512, 1),
     0, 0, 16, 8, 0, 7168, 7168, false, 0},
    {"overwrite of the image only", "overwrite-fast", &ota_boot_overwrite_fast, NOR(512, 8),
     NOR(512, 8), 0, 0, 16, 8, 0, 2100, 3300, false, 0},
    {"scratch as before 1.9", "swap-scratch", &ota_boot_swap_scratch, NOR(512, 8), NOR(512, 8),
     1024, 0, 16, 8, OTA_BOOT_V1, 2100, 3300, false, 0},
    {"status partition", "swap-status-scratch", &ota_boot_swap_status_scratch, ROWS(512), ROWS(512),
     1024, 6144, 16, 8, 0, 2100, 3300, false, 0},
    {"status partition, secondary elsewhere", "swap-status-scratch", &ota_boot_swap_status_scratch,
     ROWS(512), NOR(2048, 1), 2048, 6144, 16, 8, 0, 3300, 5000, false, 0},
    {"scratch, erased to zero, unstable", "swap-scratch", &ota_boot_swap_scratch, NOR0(512, 8),
     NOR0(512, 4), 1024, 0, 16, 8, 0, 3300, 4100, false, 0},
    {"move, same sizes", "swap-move", &ota_boot_swap_move, NOR(1024, 4), NOR(1024, 4), 0, 0, 8, 8,
     0, 3000, 3000, false, 0},
    {"scratch, many units", "swap-scratch", &ota_boot_swap_scratch, NOR(128, 4), NOR(128, 4), 256,
     0, 64, 8, 0, 6900, 6500, true, 0},
    {"move, many units", "swap-move", &ota_boot_swap_move, NOR(128, 4), NOR(128, 4), 0, 0, 64, 8, 0,
     5100, 6500, true, 0},
    {"offset, many units", "swap-offset", &ota_boot_swap_offset, NOR(128, 4), NOR(128, 4), 0, 0, 64,
     8, 0, 6500, 5100, true, 0},
    {"overwrite, encrypted", "overwrite", &ota_boot_overwrite, NOR(512, 8), NOR(512, 8), 0, 0, 16,
     8, 0, 2100, 3300, false, NEW},
    {"overwrite of the image only, encrypted", "overwrite-fast", &ota_boot_overwrite_fast,
     NOR(512, 8), NOR(512, 8), 0, 0, 16, 8, 0, 2100, 3300, false, NEW},
    {"scratch, encrypted", "swap-scratch", &ota_boot_swap_scratch, NOR(512, 8), NOR(512, 8), 1024,
     0, 16, 8, 0, 2100, 3300, false, OLD | NEW},
    {"scratch, only the new image encrypted", "swap-scratch", &ota_boot_swap_scratch, NOR(512, 1),
     NOR(512, 1), 4096, 0, 16, 8, 0, 3300, 2100, true, NEW},
    {"scratch, only the old image encrypted", "swap-scratch", &ota_boot_swap_scratch,
     NOR0(1024, 16), NOR0(1024, 16), 2048, 0, 16, 16, 0, 5000, 6900, true, OLD},
    {"scratch, encrypted images in the trailer's unit", "swap-scratch", &ota_boot_swap_scratch,
     NOR(1024, 8), NOR(1024, 8), 2048, 0, 16, 8, 0, 7600, 7300, true, OLD | NEW},
    {"scratch, whole encrypted slot in one chunk", "swap-scratch", &ota_boot_swap_scratch,
     NOR(1024, 4), NOR(1024, 4), SLOT, 0, 16, 8, 0, 7000, 7700, true, OLD | NEW},
    {"scratch, encrypted, aligned to 32", "swap-scratch", &ota_boot_swap_scratch, NOR(1024, 32),
     NOR(1024, 16), 1024, 0, 8, 32, 0, 3000, 4500, true, OLD | NEW},
    {"status partition, encrypted", "swap-status-scratch", &ota_boot_swap_status_scratch, ROWS(512),
     NOR(512, 8), 1024, 6144, 16, 8, 0, 1500, 1900, true, OLD | NEW},
    {"move, encrypted", "swap-move", &ota_boot_swap_move, NOR(512, 8), NOR(512, 8), 0, 0, 16, 8, 0,
     2100, 3300, false, OLD | NEW},
    {"move, new encrypted image smaller", "swap-move", &ota_boot_swap_move, NOR(1024, 16),
     NOR(1024, 16), 0, 0, 8, 16, 0, 5000, 2000, true, OLD | NEW},
    {"offset, encrypted", "swap-offset", &ota_boot_swap_offset, NOR(512, 8), NOR(512, 8), 0, 0, 16,
     8, 0, 2100, 3300, false, OLD | NEW},
    {"offset, only the new image encrypted", "swap-offset", &ota_boot_swap_offset, NOR(1024, 16),
     NOR(1024, 16), 0, 0, 8, 16, 0, 5000, 2000, true, NEW},
};

const size_t n_geometries = sizeof geometries / sizeof geometries[0];
