/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header, which applications include besides. */
#ifndef WICED_BT_UUID_H
#define WICED_BT_UUID_H

#include "wiced_bt_types.h"

#endif
