/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: how the Bluetooth chip is connected, which is BlueZ's. */
#ifndef CYBT_PLATFORM_TRACE_H
#define CYBT_PLATFORM_TRACE_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int unused;
} cybt_platform_config_t;

extern const cybt_platform_config_t cybsp_bt_platform_cfg;

void cybt_platform_config_init(const cybt_platform_config_t *config);

#ifdef __cplusplus
}
#endif
#endif
