/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header. */
#ifndef CY_UTILS_H
#define CY_UTILS_H

#include <assert.h>
#include <string.h> /* applications rely on the platform for it */

#define CY_ASSERT(condition) assert(condition)
#define CY_UNUSED_PARAMETER(x) ((void)(x))

#endif
