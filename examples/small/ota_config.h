/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build for the smallest devices: jobs, images and results over MQTT. Verification, resume after
 * a reset, revert, reports and the hook are all there; sentences and log are for the server and its
 * operators to make of the numbers. Used with -DOTA_CONFIG_FILE='"ota_config.h"'; docs/size.md
 * says what it comes to.
 */
#ifndef OTA_CONFIG_SMALL_H
#define OTA_CONFIG_SMALL_H

#define OTA_CONFIG_HTTP 0
#define OTA_CONFIG_BLE 0
#define OTA_CONFIG_ARCHIVE 0
#define OTA_CONFIG_ENCRYPTION 0
#define OTA_CONFIG_TEXTS 0
#define OTA_CONFIG_LOG 0

#endif
