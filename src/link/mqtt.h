/* SPDX-License-Identifier: Apache-2.0 */
/* The update protocol over MQTT. */
#ifndef OTA_LINK_MQTT_H
#define OTA_LINK_MQTT_H

#include "link/link.h"

/* MQTT 3.1.1 promises that brokers take client ids of this length. */
#define OTA_CLIENT_ID_LEN 23u

struct ota_mqtt_link {
    struct ota_link_env *env;
    const struct ota_mqtt *client;
    struct ota_mqtt_sink sink;
    int err;                  /* why the connection ended or the task failed */
    bool is_connected;        /* the broker has accepted */
    bool is_ours;             /* and we connected, not the application */
    bool is_filtered;         /* the configured topics have been subscribed to */
    bool is_topic_subscribed; /* the unique topic, on this connection */
    bool is_sent;             /* the task's request is on its way */
    bool is_done;             /* the job is here, the result acknowledged */
    uint8_t n_pending;        /* subscribes without acknowledgement */
    uint64_t asked_ms;
    char client_id[OTA_CLIENT_ID_LEN + 1];
};

extern const struct ota_link_ops ota_mqtt_link_ops;

#endif
