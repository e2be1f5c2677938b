/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: printf goes to standard output anyway. */
#ifndef CY_RETARGET_IO_H
#define CY_RETARGET_IO_H

#include <stdio.h>

#include "cyhal.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CY_RETARGET_IO_BAUDRATE 115200u

cy_rslt_t cy_retarget_io_init(cyhal_gpio_t tx, cyhal_gpio_t rx, uint32_t baudrate);

#ifdef __cplusplus
}
#endif
#endif
