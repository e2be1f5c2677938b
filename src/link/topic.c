/* SPDX-License-Identifier: Apache-2.0 */
#include "link/topic.h"

#define COMPANY "anycloud"

void ota_topic_begin(struct ota_out *o, char *buf, const struct ota_config *config)
{
    const char *company = config->mqtt.company;

    ota_out_init(o, buf, OTA_TOPIC_MAX);
    ota_out_text(o, company != NULL ? company : COMPANY);
    ota_out_char(o, '/');
    ota_out_text(o, config->board);
}
