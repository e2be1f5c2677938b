/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ota/err.h"

int ota_board_fail(const struct ota_board_err *e, const char *place, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)snprintf(e->buf, e->cap, "%s: %s%s%s", e->file, place, place[0] == '\0' ? "" : ": ",
                   text);
    return OTA_EFORMAT;
}

struct ota_board_node ota_board_child(const struct ota_board_node *n, const char *key)
{
    struct ota_board_node c = {.json = json_object_get(n->json, key)};

    (void)snprintf(c.place, sizeof c.place, "%.100s%s%.64s", n->place,
                   n->place[0] == '\0' ? "" : ".", key);
    return c;
}

bool ota_board_is_name(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && len < OTA_BOARD_NAME_MAX && text[0] != '.' && text[0] != '-' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+") ==
               len;
}

static int read_number(const struct ota_board_err *e, const struct ota_board_node *n,
                       const struct ota_board_field *f, uint32_t *out)
{
    json_int_t value = -1;

    if (json_is_integer(n->json)) {
        value = json_integer_value(n->json);
    } else if (json_is_string(n->json)) {
        const char *text = json_string_value(n->json);
        char *end = NULL;

        /* Only "0x..." : a decimal in quotes is more likely a mistake than a wish. */
        if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && strlen(text) <= 10 &&
            strspn(text + 2, "0123456789abcdefABCDEF") == strlen(text + 2) && text[2] != '\0') {
            value = (json_int_t)strtoul(text, &end, 16);
        }
    } else {
        return ota_board_fail(e, n->place, "must be a number, like 4096 or \"0x1000\"");
    }
    if (value < 0 || value < (json_int_t)f->lo || value > (json_int_t)f->hi) {
        return ota_board_fail(e, n->place,
                              "must be a number from %" PRIu32 " to %" PRIu32
                              ", like 4096 or \"0x1000\"",
                              f->lo, f->hi);
    }
    *out = (uint32_t)value;
    return 0;
}

static int read_name(const struct ota_board_err *e, const struct ota_board_node *n, char *out)
{
    if (!json_is_string(n->json) || !ota_board_is_name(json_string_value(n->json))) {
        return ota_board_fail(e, n->place, "must be a name of 1 to %d letters, digits and . _ - +",
                              OTA_BOARD_NAME_MAX - 1);
    }
    (void)snprintf(out, OTA_BOARD_NAME_MAX, "%s", json_string_value(n->json));
    return 0;
}

static int read_field(const struct ota_board_err *e, const struct ota_board_node *n,
                      const struct ota_board_field *f, void *out)
{
    uint8_t *to = (uint8_t *)out + f->off;
    uint32_t number = 0;
    int rc = 0;

    switch (f->kind) {
    case OTA_KIND_NUMBER:
        rc = read_number(e, n, f, &number);
        break;
    case OTA_KIND_BOOL:
        if (!json_is_boolean(n->json)) {
            return ota_board_fail(e, n->place, "must be true or false");
        }
        number = json_is_true(n->json);
        break;
    case OTA_KIND_NAME:
        return read_name(e, n, (char *)to);
    case OTA_KIND_NOTE:
        return json_is_string(n->json) ? 0 : ota_board_fail(e, n->place, "must be text");
    case OTA_KIND_OTHER:
        return 0;
    }
    if (rc == 0) {
        memcpy(to, &number, sizeof number);
    }
    return rc;
}

static bool is_known(const struct ota_board_table *t, const char *key)
{
    for (size_t i = 0; i < t->n; i++) {
        if (strcmp(t->fields[i].name, key) == 0) {
            return true;
        }
    }
    return false;
}

int ota_board_read_object(const struct ota_board_err *e, const struct ota_board_node *n,
                          const struct ota_board_table *t, void *out)
{
    const char *key;
    json_t *value;

    if (!json_is_object(n->json)) {
        return ota_board_fail(e, n->place, n->json == NULL ? "is missing" : "must be an object");
    }
    json_object_foreach((json_t *)n->json, key, value)
    {
        if (!is_known(t, key)) {
            struct ota_board_node c = ota_board_child(n, key);

            return ota_board_fail(e, c.place, "is not a field of a board file");
        }
    }
    for (size_t i = 0; i < t->n; i++) {
        struct ota_board_node c = ota_board_child(n, t->fields[i].name);
        int rc = 0;

        if (c.json != NULL) {
            rc = read_field(e, &c, &t->fields[i], out);
        } else if (t->fields[i].is_required) {
            rc = ota_board_fail(e, c.place, "is missing");
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}
