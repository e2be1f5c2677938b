/* SPDX-License-Identifier: Apache-2.0 */
#include "common/topics.h"

#include <stdio.h>
#include <string.h>

/* Room that the longest fixed level and a unique level need behind the root. */
#define ROOT_LEN_MAX 200u

static bool has_forbidden(const char *text)
{
    size_t i;

    for (i = 0; text[i] != '\0'; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < 0x20 || c == 0x7f || c == '+' || c == '#') {
            return true;
        }
        if (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0) {
            return true; /* U+0080 to U+009F, control characters too */
        }
    }
    return false;
}

int topics_init(struct topics *t, const char *company, const char *kit)
{
    int n;

    if (company[0] == '\0' || company[0] == '$' || has_forbidden(company)) {
        return -1;
    }
    if (kit[0] == '\0' || strchr(kit, '/') != NULL || has_forbidden(kit)) {
        return -1;
    }
    n = snprintf(t->root, sizeof t->root, "%s/%s/", company, kit);
    if (n < 0 || (unsigned)n > ROOT_LEN_MAX) {
        return -1;
    }
    (void)snprintf(t->notify, sizeof t->notify, "%.*spublish_notify", n, t->root);
    (void)snprintf(t->direct, sizeof t->direct, "%.*sOTAImage", n, t->root);
    return 0;
}

const char *topics_refuse(const struct topics *t, const char *unique)
{
    size_t root = strlen(t->root);

    if (unique[0] == '\0') {
        return "no unique topic";
    }
    if (strlen(unique) > TOPIC_LEN_MAX) {
        return "the unique topic is too long";
    }
    if (has_forbidden(unique)) {
        return "wildcards or control characters in the unique topic";
    }
    if (strncmp(unique, t->root, root) != 0 || unique[root] == '\0') {
        return "the unique topic is outside of this kit's topics";
    }
    if (strcmp(unique, t->notify) == 0) {
        return "the unique topic is the one that requests come in on";
    }
    return NULL;
}
