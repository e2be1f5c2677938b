/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an application can set in its cy_ota_config.h or on the command line, and what holds if it
 * does not. Names, defaults and limits are those of anycloud-ota 4.1.0. docs/compat.md says what
 * each of them does here.
 */
#ifndef CY_OTA_DEFAULTS_H
#define CY_OTA_DEFAULTS_H

/* ---- Times, in seconds ------------------------------------------------------------------------
 */

/* Least value of the first three of these. */
#define CY_OTA_INTERVAL_SECS_MIN (5)
/* Greatest value of all but the limits for job and data: a year. */
#define CY_OTA_INTERVAL_SECS_MAX (31536000)

/* From the start of the agent to the first session. */
#ifndef CY_OTA_INITIAL_CHECK_SECS
#define CY_OTA_INITIAL_CHECK_SECS (60)
#endif

/* From a session to the next one. */
#ifndef CY_OTA_NEXT_CHECK_INTERVAL_SECS
#define CY_OTA_NEXT_CHECK_INTERVAL_SECS (86400)
#endif

/* First wait after a failed connect; doubles with each. */
#ifndef CY_OTA_RETRY_INTERVAL_SECS
#define CY_OTA_RETRY_INTERVAL_SECS (5)
#endif

/* Not used, in the original neither. */
#ifndef CY_OTA_CHECK_TIME_SECS
#define CY_OTA_CHECK_TIME_SECS (600)
#endif

/* Without a new byte of the image, at most; 0: no limit. */
#ifndef CY_OTA_PACKET_INTERVAL_SECS
#define CY_OTA_PACKET_INTERVAL_SECS (60)
#endif

/* Getting the job document, at most; 0: no limit. */
#ifndef CY_OTA_JOB_CHECK_TIME_SECS
#define CY_OTA_JOB_CHECK_TIME_SECS (30)
#endif

/* One try of the download, at most; 0: no limit. */
#ifndef CY_OTA_DATA_CHECK_TIME_SECS
#define CY_OTA_DATA_CHECK_TIME_SECS (1200)
#endif

#if CY_OTA_INITIAL_CHECK_SECS < CY_OTA_INTERVAL_SECS_MIN ||                                        \
    CY_OTA_INITIAL_CHECK_SECS > CY_OTA_INTERVAL_SECS_MAX
#error "CY_OTA_INITIAL_CHECK_SECS is not from 5 to 31536000"
#endif
#if CY_OTA_NEXT_CHECK_INTERVAL_SECS < CY_OTA_INTERVAL_SECS_MIN ||                                  \
    CY_OTA_NEXT_CHECK_INTERVAL_SECS > CY_OTA_INTERVAL_SECS_MAX
#error "CY_OTA_NEXT_CHECK_INTERVAL_SECS is not from 5 to 31536000"
#endif
#if CY_OTA_RETRY_INTERVAL_SECS < CY_OTA_INTERVAL_SECS_MIN ||                                       \
    CY_OTA_RETRY_INTERVAL_SECS > CY_OTA_INTERVAL_SECS_MAX
#error "CY_OTA_RETRY_INTERVAL_SECS is not from 5 to 31536000"
#endif
#if CY_OTA_CHECK_TIME_SECS > CY_OTA_INTERVAL_SECS_MAX
#error "CY_OTA_CHECK_TIME_SECS is above 31536000"
#endif
#if CY_OTA_PACKET_INTERVAL_SECS > CY_OTA_INTERVAL_SECS_MAX
#error "CY_OTA_PACKET_INTERVAL_SECS is above 31536000"
#endif

/* ---- Counts -----------------------------------------------------------------------------------
 */

/* Not used, in the original neither. */
#ifndef CY_OTA_RETRIES
#define CY_OTA_RETRIES (5)
#endif

/* Connects for image and result after the first one, 1 to 255. */
#ifndef CY_OTA_CONNECT_RETRIES
#define CY_OTA_CONNECT_RETRIES (3)
#endif

/* Tries of a download in a row without a new byte, 1 to 255. */
#ifndef CY_OTA_MAX_DOWNLOAD_TRIES
#define CY_OTA_MAX_DOWNLOAD_TRIES (3)
#endif

#if CY_OTA_CONNECT_RETRIES < 1 || CY_OTA_CONNECT_RETRIES > 255
#error "CY_OTA_CONNECT_RETRIES is not from 1 to 255"
#endif
#if CY_OTA_MAX_DOWNLOAD_TRIES < 1 || CY_OTA_MAX_DOWNLOAD_TRIES > 255
#error "CY_OTA_MAX_DOWNLOAD_TRIES is not from 1 to 255"
#endif

/* ---- HTTP -------------------------------------------------------------------------------------
 */

/* No effect; milliseconds. */
#ifndef CY_OTA_HTTP_TIMEOUT_SEND
#define CY_OTA_HTTP_TIMEOUT_SEND (3000)
#endif

/* Without an answer or a byte from the server, at most; milliseconds, used in whole seconds,
 * rounded up. */
#ifndef CY_OTA_HTTP_TIMEOUT_RECEIVE
#define CY_OTA_HTTP_TIMEOUT_RECEIVE (3000)
#endif

/* Path of the job document, if the parameters' file is empty. */
#ifndef CY_OTA_HTTP_JOB_FILE
#define CY_OTA_HTTP_JOB_FILE "/ota_update.json"
#endif

/* Path of the image in direct flow, if the parameters' file is empty. */
#ifndef CY_OTA_HTTP_DATA_FILE
#define CY_OTA_HTTP_DATA_FILE "/anycloud-ota.bin"
#endif

/* What json_doc shows before the job document is asked for. Arguments: path, host, port (int). */
#ifndef CY_OTA_HTTP_GET_TEMPLATE
#define CY_OTA_HTTP_GET_TEMPLATE                                                                   \
    "GET %s HTTP/1.1\r\n"                                                                          \
    "Host: %s:%d \r\n\r\n"
#endif

/* What json_doc shows before the image is asked for. The same, and first and last byte (long). */
#ifndef CY_OTA_HTTP_GET_RANGE_TEMPLATE
#define CY_OTA_HTTP_GET_RANGE_TEMPLATE                                                             \
    "GET %s HTTP/1.1\r\n"                                                                          \
    "Host: %s:%d \r\n"                                                                             \
    "Range: bytes=%ld-%ld \r\n\r\n"
#endif

/* No effect: json_doc shows the text of the result. Arguments: path, length (long), text. */
#ifndef CY_OTA_HTTP_POST_TEMPLATE
#define CY_OTA_HTTP_POST_TEMPLATE                                                                  \
    "POST %s HTTP/1.1\r\n"                                                                         \
    "Content-Length:%ld \r\n\r\n%s"
#endif

/* ---- MQTT -------------------------------------------------------------------------------------
 */

/* First level of every topic; publishers have to say the same. */
#ifndef COMPANY_TOPIC_PREPEND
#define COMPANY_TOPIC_PREPEND "anycloud"
#endif

/* Last level of the topic that publishers listen on. */
#ifndef PUBLISHER_LISTEN_TOPIC
#define PUBLISHER_LISTEN_TOPIC "publish_notify"
#endif

/* Last level of the topic that publishers push on; for an application's topic filters. */
#ifndef PUBLISHER_DIRECT_TOPIC
#define PUBLISHER_DIRECT_TOPIC "OTAImage"
#endif

/* Begins each chunk, and is a level of the unique topic. The protocol's own: another one is refused
 * when the agent starts. */
#ifndef CY_OTA_MQTT_MAGIC
#define CY_OTA_MQTT_MAGIC "OTAImage"
#endif

/* Longest silence towards the broker, in seconds. */
#ifndef CY_OTA_MQTT_KEEP_ALIVE_SECONDS
#define CY_OTA_MQTT_KEEP_ALIVE_SECONDS (60)
#endif

/* Topic filters that an application may name; more are refused when the agent starts. */
#ifndef CY_OTA_MQTT_MAX_TOPICS
#define CY_OTA_MQTT_MAX_TOPICS (2)
#endif

/* First level of the last will's topic. */
#ifndef CY_OTA_MQTT_TOPIC_PREFIX
#define CY_OTA_MQTT_TOPIC_PREFIX "cy_ota_device"
#endif

/* Instead of an empty identifier. */
#ifndef CY_OTA_MQTT_CLIENT_ID_PREFIX
#define CY_OTA_MQTT_CLIENT_ID_PREFIX "cy_device"
#endif

/* 1: the whole image is asked for by one request, as the original does. 0: chunk by chunk, which is
 * kinder to brokers and to bad connections. */
#ifndef CY_MQTT_GET_ALL_DATA_WITH_ONE_CALL
#define CY_MQTT_GET_ALL_DATA_WITH_ONE_CALL 1
#endif

/* ---- Messages ---------------------------------------------------------------------------------
 */

/* Word of a result: installed at the next restart. */
#ifndef CY_OTA_RESULT_SUCCESS
#define CY_OTA_RESULT_SUCCESS "Success"
#endif

/* Word of a result: nothing has changed. */
#ifndef CY_OTA_RESULT_FAILURE
#define CY_OTA_RESULT_FAILURE "Failure"
#endif

/* Who the device is, in the templates' texts. The board is that of the build. */
#define CY_OTA_WHO_                                                                                \
    ", \"Manufacturer\": \"Express Widgits Corporation\""                                          \
    ", \"ManufacturerID\": \"EWCO\""                                                               \
    ", \"ProductID\": \"Easy Widgit\""                                                             \
    ", \"SerialNumber\": \"ABC213450001\""                                                         \
    ", \"BoardName\": \"" CY_TARGET_BOARD_STRING "\""                                              \
    ", \"Version\": \"%d.%d.%d\", \"UniqueTopicName\": \"%s\""

/* Asks for a job document. Arguments: major, minor, build (int), unique topic. */
#ifndef CY_OTA_SUBSCRIBE_UPDATES_AVAIL
#define CY_OTA_SUBSCRIBE_UPDATES_AVAIL "{\"Message\":\"Update Availability\"" CY_OTA_WHO_ "}"
#endif

/* Asks for the whole image. The same arguments. */
#ifndef CY_OTA_DOWNLOAD_REQUEST
#define CY_OTA_DOWNLOAD_REQUEST "{\"Message\":\"Request Update\"" CY_OTA_WHO_ "}"
#endif

/* Asks for a chunk. The same arguments, and file name, offset, size (long). Not used: the agent
 * writes these requests, with the identity that CY_OTA_DEVICE_* give it. */
#ifndef CY_OTA_DOWNLOAD_CHUNK_REQUEST
#define CY_OTA_DOWNLOAD_CHUNK_REQUEST                                                              \
    "{\"Message\":\"Request Data Chunk\"" CY_OTA_WHO_                                              \
    ", \"Filename\": \"%s\", \"Offset\": \"%ld\", \"Size\": \"%ld\"}"
#endif

/* Result over MQTT. Arguments: the word for it, unique topic. */
#ifndef CY_OTA_MQTT_RESULT_JSON
#define CY_OTA_MQTT_RESULT_JSON "{\"Message\":\"%s\", \"UniqueTopicName\": \"%s\"}"
#endif

/* Result over HTTP. Arguments: the word for it, file. */
#ifndef CY_OTA_HTTP_RESULT_JSON
#define CY_OTA_HTTP_RESULT_JSON "{\"Message\":\"%s\", \"File\":\"%s\" }"
#endif

/* ---- Not in the original ----------------------------------------------------------------------
 */

/* Manufacturer in requests for chunks. */
#ifndef CY_OTA_DEVICE_MANUFACTURER
#define CY_OTA_DEVICE_MANUFACTURER "Express Widgits Corporation"
#endif

/* ManufacturerID in requests for chunks. */
#ifndef CY_OTA_DEVICE_MANUFACTURER_ID
#define CY_OTA_DEVICE_MANUFACTURER_ID "EWCO"
#endif

/* ProductID in requests for chunks. */
#ifndef CY_OTA_DEVICE_PRODUCT
#define CY_OTA_DEVICE_PRODUCT "Easy Widgit"
#endif

/* SerialNumber in requests for chunks. */
#ifndef CY_OTA_DEVICE_SERIAL
#define CY_OTA_DEVICE_SERIAL "ABC213450001"
#endif

#endif
