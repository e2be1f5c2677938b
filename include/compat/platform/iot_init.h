/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header before 3.x. */
#ifndef IOT_INIT_H
#define IOT_INIT_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* True. */
bool IotSdk_Init(void);

#ifdef __cplusplus
}
#endif
#endif
