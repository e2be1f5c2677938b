/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header, which applications include besides. */
#ifndef WICED_MEMORY_H
#define WICED_MEMORY_H

#include "wiced_bt_types.h"

#endif
