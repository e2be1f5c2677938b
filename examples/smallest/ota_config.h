/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that updates a device safely: jobs, images and results over one MQTT broker, checked
 * before they are marked, and taken back if they do not work. A download that a reset has cut off
 * begins anew, and the server does not learn that an image went back: examples/small has that, too.
 * Used with -DOTA_CONFIG_FILE='"ota_config.h"'; docs/size.md says what it comes to.
 */
#ifndef OTA_CONFIG_SMALLEST_H
#define OTA_CONFIG_SMALLEST_H

#define OTA_CONFIG_HTTP 0
#define OTA_CONFIG_BLE 0
#define OTA_CONFIG_ARCHIVE 0
#define OTA_CONFIG_ENCRYPTION 0
#define OTA_CONFIG_TEXTS 0
#define OTA_CONFIG_LOG 0
#define OTA_CONFIG_JOURNAL 0
#define OTA_CONFIG_HOOK 0
#define OTA_CONFIG_REDIRECT 0
#define OTA_CONFIG_WHOLE_IMAGE 0

#define OTA_CONFIG_MESSAGE_MAX 512
#define OTA_CONFIG_PATH_MAX 128

#endif
