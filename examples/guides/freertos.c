/* SPDX-License-Identifier: Apache-2.0 */
/* The agent in an application of FreeRTOS, on a PSoC 6 kit. docs/integrating-freertos.md shows it.
 */
#include "guides.h"

#include <string.h>

#include "freertos/ota_freertos.h"
#include "psoc6/psoc6.h"

/* [memory] */
#define STACK_WORDS 2048u /* 8 KiB: what the library needs (docs/size.md), and TLS below it */

static struct ota_freertos os;
static StackType_t stack[STACK_WORDS];
static struct ota_psoc6_internal inside;
static struct ota_flash internal;
static struct ota_psoc6_slots slots;
static struct ota_agent agent;
static struct ota_config config; /* all of this stays while the agent lives */
static uint64_t work[(OTA_WORK_LEN(OTA_PSOC6_ROW) + 7) / 8];
/* [end] */

/* [start] */
int guide_start(const struct ota_mqtt *client, const struct ota_trust *trust)
{
    static const struct ota_freertos_chip chip = {ota_psoc6_random, ota_psoc6_reset, NULL};
    static const struct ota_freertos_task task = {
        .name = "ota", .priority = 1, .stack = stack, .stack_depth = STACK_WORDS};
    int rc = ota_psoc6_internal_open(&inside, &internal);

    if (rc == 0) {
        rc = ota_psoc6_slots(OTA_PSOC6_INTERNAL_SWAP, &internal, NULL, &slots);
    }
    if (rc == 0) {
        rc = ota_freertos_open(&os, &chip, &config.system);
    }
    if (rc != 0) {
        return rc;
    }
    config.board = "CY8CPROTO_062_4343W";
    config.primary = &slots.primary;
    config.secondary = &slots.secondary;
    config.image_max = slots.image_max;
    config.journal = &slots.journal;
    config.trust = *trust;
    config.transport = OTA_TRANSPORT_MQTT;
    config.mqtt.client = client;
    config.mqtt.host = "broker.example";
    config.mqtt.tls = true;
    config.reboot = true;
    config.work = work;
    config.work_len = sizeof work;
    rc = ota_init(&agent, &config);
    return rc != 0 ? rc : ota_freertos_start(&os, &agent, &task);
}
/* [end] */

/* [button] */
void guide_button_isr(void)
{
    ota_check(&agent); /* wakes the agent's task */
}
/* [end] */

/* [stop] */
int guide_stop(void)
{
    int result = 0;
    int rc;

    ota_shutdown(&agent);
    rc = ota_freertos_join(&os, 60000, &result); /* a signature check may be under way */
    if (rc == 0) {
        rc = ota_freertos_close(&os);
        ota_psoc6_internal_close(&inside);
    }
    return rc != 0 ? rc : result;
}
/* [end] */

/* [trial] */
int guide_trial(bool (*self_test)(void))
{
    static struct ota_freertos_deadline deadline;
    int rc = ota_freertos_deadline_start(&deadline, &config.system, 30000);

    if (rc != 0) {
        return rc;
    }
    if (!self_test()) {
        (void)ota_reject(&agent); /* this version is not tried again */
        ota_psoc6_reset(NULL);    /* and the bootloader goes back */
    }
    rc = ota_confirm(&agent);
    ota_freertos_deadline_stop(&deadline);
    return rc;
}
/* [end] */
