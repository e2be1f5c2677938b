/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ota_mqtt over lwIP: the codec beside it, on an altcp connection, with TLS if asked for. lwIP's
 * own MQTT client loses payload of messages that span packet buffers, which image chunks do.
 *
 * For lwIP without an operating system, or for its TCP/IP thread: everything runs where lwIP runs.
 * Packets that arrive wait in lwIP's buffers until poll takes them, so a slow flash slows the
 * broker down instead of losing data.
 */
#ifndef OTA_LWIP_MQTT_H
#define OTA_LWIP_MQTT_H

#include "conn.h"
#include "mqtt_codec.h"
#include "ota/mqtt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Room for packets to send: a few requests of the update protocol with their topics. */
#ifndef OTA_LWIP_MQTT_OUT
#define OTA_LWIP_MQTT_OUT 1536u
#endif

/* The caller's; the fields are private. */
struct ota_lwip_mqtt {
    struct ota_mqtt client;
    const struct ota_lwip_tls *tls;
    const struct ota_mqtt_sink *sink;
    struct ota_mqtt_login login;
    struct ota_lwip_conn conn;
    uint8_t phase;
    struct ota_mqtt_codec codec;
    uint8_t out[OTA_LWIP_MQTT_OUT];
};

/* Sets a client up. tls: trust anchors for logins with TLS; NULL: those fail with OTA_ETLS. */
void ota_lwip_mqtt_init(struct ota_lwip_mqtt *m, const struct ota_lwip_tls *tls);

/* The interface for ota_config. Valid as long as m. */
const struct ota_mqtt *ota_lwip_mqtt_client(struct ota_lwip_mqtt *m);

#ifdef __cplusplus
}
#endif
#endif
