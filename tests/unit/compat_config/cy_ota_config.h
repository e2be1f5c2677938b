/* SPDX-License-Identifier: Apache-2.0 */
/* Every setting that cy_ota_defaults.h lets an application override, other than its default. */
#ifndef CY_OTA_CONFIG_H
#define CY_OTA_CONFIG_H

#define CY_OTA_INITIAL_CHECK_SECS (11)
#define CY_OTA_NEXT_CHECK_INTERVAL_SECS (2222)
#define CY_OTA_RETRY_INTERVAL_SECS (33)
#define CY_OTA_PACKET_INTERVAL_SECS (0)
#define CY_OTA_JOB_CHECK_TIME_SECS (55)
#define CY_OTA_DATA_CHECK_TIME_SECS (666)
#define CY_OTA_CONNECT_RETRIES (7)
#define CY_OTA_MAX_DOWNLOAD_TRIES (8)
#define CY_OTA_HTTP_TIMEOUT_RECEIVE (8500)
#define CY_OTA_HTTP_JOB_FILE "/my_job.json"
#define CY_OTA_HTTP_DATA_FILE "/my_image.bin"
#define CY_OTA_HTTP_GET_TEMPLATE "FETCH %s FROM %s:%d"
#define CY_OTA_HTTP_GET_RANGE_TEMPLATE "PIECE OF %s FROM %s:%d, %ld-%ld"
#define CY_OTA_HTTP_RESULT_JSON "{\"Outcome\":\"%s\",\"What\":\"%s\"}"
#define COMPANY_TOPIC_PREPEND "mine"
#define PUBLISHER_LISTEN_TOPIC "listen"
#define PUBLISHER_DIRECT_TOPIC "direct"
#define CY_OTA_MQTT_KEEP_ALIVE_SECONDS (99)
#define CY_OTA_MQTT_MAX_TOPICS (4)
#define CY_OTA_MQTT_TOPIC_PREFIX "my_prefix"
#define CY_OTA_MQTT_CLIENT_ID_PREFIX "my_device"
#define CY_MQTT_GET_ALL_DATA_WITH_ONE_CALL 0
#define CY_OTA_RESULT_SUCCESS "Fine"
#define CY_OTA_RESULT_FAILURE "Broken"
#define CY_OTA_SUBSCRIBE_UPDATES_AVAIL                                                             \
    "{\"Message\":\"Update Availability\",\"Mine\":\"%d.%d.%d\",\"UniqueTopicName\":\"%s\"}"
#define CY_OTA_DOWNLOAD_REQUEST                                                                    \
    "{\"Message\":\"Request Update\",\"Mine\":\"%d.%d.%d\",\"UniqueTopicName\":\"%s\"}"
#define CY_OTA_MQTT_RESULT_JSON "{\"Outcome\":\"%s\",\"UniqueTopicName\":\"%s\"}"
#define CY_OTA_DEVICE_MANUFACTURER "My Factory"
#define CY_OTA_DEVICE_MANUFACTURER_ID "MINE"
#define CY_OTA_DEVICE_PRODUCT "My Product"
#define CY_OTA_DEVICE_SERIAL "0042"

#endif
