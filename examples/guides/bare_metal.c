/* SPDX-License-Identifier: Apache-2.0 */
/* The agent in a main loop, and the conformance test. docs/integrating-bare-metal.md and
 * docs/porting.md show it. */
#include "guides.h"

#include "template/conformance.h"
#include "template/port.h"

/* [loop] */
void guide_loop(const struct ota_config *base)
{
    static struct port_system clock_state;
    static struct ota_config config;
    static struct ota_agent agent;

    port_watchdog_start();
    config = *base;
    port_system_init(&clock_state, &config.system);
    if (ota_init(&agent, &config) != 0) {
        return;
    }
    while (ota_state(&agent) != OTA_STATE_EXITING) {
        uint32_t ms = ota_poll(&agent); /* one bounded step */

        /* The application's own work goes here. */
        port_watchdog_kick();
        if (ms > 0) {
            config.system.ops->wait(config.system.ctx, ms);
        }
    }
}
/* [end] */

/* [conform] */
static void tell(void *arg, enum ota_conform_rule rule, uint32_t off, int rc)
{
    void (*const *say)(const char *line) = arg;

    (void)off; /* where, from the start of the device */
    (void)rc;  /* what the driver returned */
    (*say)(ota_conform_name(rule));
    (*say)(ota_conform_text(rule));
}

static void kick(void *arg)
{
    (void)arg;
    port_watchdog_kick();
}

void guide_conform(void (*say)(const char *line))
{
    static uint8_t work[OTA_CONFORM_WORK_LEN(8)];
    const struct ota_area spare = {&port_flash, 0x20000, 0x8000}; /* all of it is lost */
    const struct ota_conformance test = {.area = &spare,
                                         .work = work,
                                         .work_len = sizeof work,
                                         .tell = tell,
                                         .arg = &say,
                                         .kick = kick};

    if (ota_conform_run(&test) == 0) {
        say("flash driver conforms");
    }
}
/* [end] */
