/* SPDX-License-Identifier: Apache-2.0 */
/* This application's settings, as it would have them for the original. */
#ifndef CY_OTA_CONFIG_H
#define CY_OTA_CONFIG_H

#define CY_OTA_INITIAL_CHECK_SECS (10)
#define CY_OTA_NEXT_CHECK_INTERVAL_SECS (60 * 60)
#define CY_OTA_RETRY_INTERVAL_SECS (5)
#define CY_OTA_PACKET_INTERVAL_SECS (30)

#endif
