/* SPDX-License-Identifier: Apache-2.0 */
/* Members of the protocol's JSON objects, found as devices find them: without regard to case. */
#ifndef TOOL_FIELDS_H
#define TOOL_FIELDS_H

#include <jansson.h>
#include <stdint.h>

/* The member called by one of the names (a list that ends with NULL), or NULL. */
json_t *fields_find(const json_t *object, const char *const names[]);

/* Its text; NULL if there is no such member or it is no string. */
const char *fields_text(const json_t *object, const char *const names[]);

/*
 * Its value as a whole number, from a JSON integer or a decimal text with optional sign.
 * 1 with *out set, 0 if there is no such member, -1 if it is something else.
 */
int fields_number(const json_t *object, const char *const names[], int64_t *out);

#endif
