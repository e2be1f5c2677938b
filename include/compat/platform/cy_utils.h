/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header. */
#ifndef CY_UTILS_H
#define CY_UTILS_H

#include <assert.h>
#include <stdio.h> /* applications rely on the platform for it, and the next two */
#include <stdlib.h>
#include <string.h>

#define CY_ASSERT(condition) assert(condition)
#define CY_UNUSED_PARAMETER(x) ((void)(x))

#endif
