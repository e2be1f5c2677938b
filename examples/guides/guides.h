/* SPDX-License-Identifier: Apache-2.0 */
/* What the code of the guides shows: it is compiled with every build. */
#ifndef OTA_EXAMPLES_GUIDES_H
#define OTA_EXAMPLES_GUIDES_H

#include "ota/agent.h"
#include "ota/mqtt.h"

/* FreeRTOS. */
int guide_start(const struct ota_mqtt *client, const struct ota_trust *trust);
void guide_button_isr(void);
int guide_stop(void);
int guide_trial(bool (*self_test)(void));

/* Bare metal. */
void guide_loop(const struct ota_config *base);
void guide_conform(void (*say)(const char *line));

/* Zephyr. */
int guide_zephyr_open(void);
int guide_zephyr_start(struct ota_config *config);

#endif
