/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of one JSON object (RFC 8259), found in one pass that needs no memory: exactly one
 * object, string names, one value and one separator each, nothing behind it. What is nested is
 * looked at when it is read itself; so are numbers and escapes.
 */
#ifndef OTA_CODEC_JSON_H
#define OTA_CODEC_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ota_json_type { OTA_JSON_STRING, OTA_JSON_PRIMITIVE, OTA_JSON_NESTED };

/* One member. Text is as it stands in the document, escapes and all, strings without quotes. */
struct ota_json_member {
    const char *name;
    size_t name_len;
    enum ota_json_type type;
    const char *value;
    size_t value_len;
};

/*
 * Calls member for each of the object's own members, in order, until it returns non-zero. 0, what
 * member returned, OTA_EFORMAT if text is not one JSON object, or OTA_ELIMIT for a value of more
 * than 32 levels. Members before a mistake have been visited then.
 */
typedef int (*ota_json_visit)(void *arg, const struct ota_json_member *m);

int ota_json_object(const char *text, size_t len, ota_json_visit member, void *arg);

/* The same for the elements of an array, which have empty names. */
int ota_json_array(const char *text, size_t len, ota_json_visit element, void *arg);

/* True if the member's name is this, without regard to ASCII case. */
bool ota_json_is(const struct ota_json_member *m, const char *name);

/*
 * Copies a string value without its escapes and with a NUL. Its length; OTA_EFORMAT if it is no
 * string, has a bad escape or a NUL inside; OTA_ENOSPC if it does not fit.
 */
int ota_json_copy(const struct ota_json_member *m, char *buf, size_t cap);

/* Reads a decimal number up to max, given as a JSON number or a string. 0 or OTA_EFORMAT. */
int ota_json_u32(const struct ota_json_member *m, uint32_t max, uint32_t *out);

#endif
