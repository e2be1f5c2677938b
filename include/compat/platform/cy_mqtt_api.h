/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: what an application calls before it starts the agent. */
#ifndef CY_MQTT_API_H
#define CY_MQTT_API_H

#include "cy_result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void *cy_mqtt_t;

cy_rslt_t cy_mqtt_init(void);
cy_rslt_t cy_mqtt_deinit(void);

#ifdef __cplusplus
}
#endif
#endif
