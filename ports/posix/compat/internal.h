/* SPDX-License-Identifier: Apache-2.0 */
/* The device behind the stand-ins for the platform. */
#ifndef OTA_POSIX_COMPAT_INTERNAL_H
#define OTA_POSIX_COMPAT_INTERNAL_H

#include "sim/device.h"

/* The board that ota-board emulates, opened at the first call; NULL without one. Any thread. */
struct ota_sim_device *ota_posix_compat_board(void);

#endif
