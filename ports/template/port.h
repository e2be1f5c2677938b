/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A port to copy: flash, clock, randomness, reset and watchdog of a chip without an operating
 * system. docs/porting.md goes through it.
 */
#ifndef OTA_TEMPLATE_PORT_H
#define OTA_TEMPLATE_PORT_H

#include "ota/port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The chip's flash. */
extern const struct ota_flash port_flash;

/* State of the clock: the caller's memory, zeroed. For one agent. */
struct port_system {
    uint32_t last_ms;          /* the chip's counter when it was last read */
    uint32_t wraps;            /* how often it has begun again */
    volatile uint8_t is_awake; /* an interrupt has asked for attention */
};

/* Fills out for ota_config.system. s must stay while the agent lives. */
void port_system_init(struct port_system *s, struct ota_system *out);

/*
 * Watchdog over the trial of a new image: started by the bootloader or here, at the start of main;
 * fed from the main loop and nowhere else, so that a loop that hangs ends in the image before.
 */
void port_watchdog_start(void);
void port_watchdog_kick(void);

#ifdef __cplusplus
}
#endif
#endif
