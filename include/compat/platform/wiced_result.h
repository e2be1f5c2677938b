/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header, which applications include besides. */
#ifndef WICED_RESULT_H
#define WICED_RESULT_H

#include "wiced_bt_types.h"

#endif
