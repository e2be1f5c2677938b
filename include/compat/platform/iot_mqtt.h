/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header before 3.x. */
#ifndef IOT_MQTT_H
#define IOT_MQTT_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { IOT_MQTT_SUCCESS = 0, IOT_MQTT_INIT_FAILED = 3 } IotMqttError_t;

IotMqttError_t IotMqtt_Init(void);

#ifdef __cplusplus
}
#endif
#endif
