/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OTA_SIM_BOARD_INTERNAL_H
#define OTA_SIM_BOARD_INTERNAL_H

#include <stdarg.h>

#include "sim/board.h"

/* Where an error is reported: file name, then place in it, then the sentence. */
struct ota_board_err {
    const char *file;
    char *buf;
    size_t cap;
};

/* Writes "FILE: PLACE: sentence" and returns OTA_EFORMAT. place may be empty. */
int ota_board_fail(const struct ota_board_err *e, const char *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Checks that the parts of a decoded board fit together. 0 or OTA_EFORMAT. */
int ota_board_check(const struct ota_board *b, const struct ota_board_err *e);

/* The area of that name, or NULL. */
const struct ota_board_area *ota_board_find(const struct ota_board *b, const char *name);

/* The largest erase unit among the devices of both slots. */
uint32_t ota_board_slot_unit(const struct ota_board *b);

/* Bytes that a slot's whole trailer takes, status area included, as the mode has it. */
uint32_t ota_board_trailer_size(const struct ota_board *b);

#endif
