/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of JSON objects, decoded and checked by tables. */
#ifndef OTA_SIM_FIELDS_H
#define OTA_SIM_FIELDS_H

#include <jansson.h>

#include "sim/board_internal.h"

#define OTA_BOARD_PLACE_MAX 192

enum ota_board_kind {
    OTA_KIND_NUMBER, /* uint32_t: a JSON integer or a string like "0x10000000" */
    OTA_KIND_BOOL,   /* uint32_t, 0 or 1 */
    OTA_KIND_NAME,   /* char[OTA_BOARD_NAME_MAX]: letters, digits, . _ - + */
    OTA_KIND_NOTE,   /* text that is for readers only */
    OTA_KIND_OTHER,  /* decoded by the caller */
};

struct ota_board_field {
    const char *name;
    enum ota_board_kind kind;
    bool is_required;
    size_t off; /* in the struct that the table is for */
    uint32_t lo;
    uint32_t hi;
};

struct ota_board_table {
    const struct ota_board_field *fields;
    size_t n;
};

#define OTA_BOARD_TABLE(fields)                                                                    \
    {                                                                                              \
        (fields), sizeof(fields) / sizeof((fields)[0])                                             \
    }

/* A JSON value and how to get to it from the root, for messages. */
struct ota_board_node {
    const json_t *json;
    char place[OTA_BOARD_PLACE_MAX];
};

/* The value of a key in an object; json is NULL if it is not there. */
struct ota_board_node ota_board_child(const struct ota_board_node *n, const char *key);

/* 1 to 63 letters, digits and . _ - +, beginning with none of . and -. */
bool ota_board_is_name(const char *text);

/* Decodes an object by its table. What is not in the file stays as it is in *out. 0 or
 * OTA_EFORMAT; also for a field that is in no table, because a misspelled one would otherwise
 * quietly not count. */
int ota_board_read_object(const struct ota_board_err *e, const struct ota_board_node *n,
                          const struct ota_board_table *t, void *out);

#endif
