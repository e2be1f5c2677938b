/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Topics of the update protocol:
 *
 *     <company>/<kit>/publish_notify   all messages of devices
 *     <company>/<kit>/OTAImage         answers to "Send Direct Update"
 *     <company>/<kit>/...              the unique topic that a device names in its messages
 */
#ifndef TOOL_TOPICS_H
#define TOOL_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

#define TOPIC_LEN_MAX 256u

struct topics {
    char root[TOPIC_LEN_MAX + 1];   /* "<company>/<kit>/" */
    char notify[TOPIC_LEN_MAX + 1]; /* devices publish here */
    char direct[TOPIC_LEN_MAX + 1];
};

/*
 * Builds the topics. 0; -1 if company or kit is empty, too long or holds what a topic may not
 * (wildcards, control characters) or, for the kit, a '/'.
 */
int topics_init(struct topics *t, const char *company, const char *kit);

/*
 * Why a device's unique topic must not be published to, as a text; NULL if it may. The topic
 * comes from a stranger: one that leads out of the kit's tree, or back to the publisher, or
 * matches many topics would turn the publisher against others or itself.
 */
const char *topics_refuse(const struct topics *t, const char *unique);

#endif
