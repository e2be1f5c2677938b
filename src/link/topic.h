/* SPDX-License-Identifier: Apache-2.0 */
/* Topics of the update protocol: COMPANY/BOARD/... */
#ifndef OTA_LINK_TOPIC_H
#define OTA_LINK_TOPIC_H

#include "base/out.h"
#include "ota/agent.h"

/* Begins a topic in OTA_TOPIC_MAX bytes; what follows begins with a slash. */
void ota_topic_begin(struct ota_out *o, char *buf, const struct ota_config *config);

#endif
