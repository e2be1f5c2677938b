/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stand-in for what the vendor's configurator generates: the update service, with the handles that
 * it has in the original's Bluetooth example. An application that brings its own keeps these
 * numbers on a host.
 */
#ifndef CYCFG_GATT_DB_H
#define CYCFG_GATT_DB_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HDLS_OTA_FW_UPGRADE_SERVICE 0x000c
#define HDLC_OTA_FW_UPGRADE_SERVICE_OTA_UPGRADE_CONTROL_POINT_VALUE 0x000e
#define HDLD_OTA_FW_UPGRADE_SERVICE_OTA_UPGRADE_CONTROL_POINT_CLIENT_CHAR_CONFIG 0x000f
#define HDLC_OTA_FW_UPGRADE_SERVICE_OTA_UPGRADE_DATA_VALUE 0x0011

/* Empty: the service is BlueZ's to offer. */
extern const uint8_t gatt_database[];
extern const uint16_t gatt_database_len;

#ifdef __cplusplus
}
#endif
#endif
