/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: cybsp_bt_platform_cfg. */
#ifndef CYBSP_BT_CONFIG_H
#define CYBSP_BT_CONFIG_H

#include "cybt_platform_trace.h"

#endif
