/* SPDX-License-Identifier: Apache-2.0 */
#include "common/fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <strings.h>

/* More digits than any offset has; far from where int64_t wraps. */
#define DIGITS_MAX 15u

json_t *fields_find(const json_t *object, const char *const names[])
{
    const char *key;
    json_t *value;
    size_t i;

    /* jansson iterates through a non-const pointer but does not change the object. */
    json_object_foreach((json_t *)object, key, value)
    {
        for (i = 0; names[i] != NULL; i++) {
            if (strcasecmp(key, names[i]) == 0) {
                return value;
            }
        }
    }
    return NULL;
}

const char *fields_text(const json_t *object, const char *const names[])
{
    return json_string_value(fields_find(object, names));
}

int fields_number(const json_t *object, const char *const names[], int64_t *out)
{
    const json_t *v = fields_find(object, names);
    const char *text = json_string_value(v);
    bool minus;
    int64_t n = 0;
    size_t i;

    if (v == NULL) {
        return 0;
    }
    if (json_is_integer(v)) {
        *out = json_integer_value(v);
        return 1;
    }
    if (text == NULL) {
        return -1;
    }
    minus = text[0] == '-';
    text += minus ? 1 : 0;
    for (i = 0; text[i] >= '0' && text[i] <= '9' && i < DIGITS_MAX; i++) {
        n = n * 10 + (text[i] - '0');
    }
    if (i == 0 || text[i] != '\0') {
        return -1;
    }
    *out = minus ? -n : n;
    return 1;
}
