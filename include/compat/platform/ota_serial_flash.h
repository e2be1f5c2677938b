/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the header of 5.x: external flash is a device of the board file. */
#ifndef OTA_SERIAL_FLASH_H
#define OTA_SERIAL_FLASH_H

#include "cy_result.h"

#ifdef __cplusplus
extern "C" {
#endif

/* CY_RSLT_SUCCESS. */
cy_rslt_t ota_smif_initialize(void);

#ifdef __cplusplus
}
#endif
#endif
