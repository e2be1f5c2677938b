/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header, which key files include. */
#ifndef BT_TYPES_H
#define BT_TYPES_H

#include <stdint.h>

#endif
