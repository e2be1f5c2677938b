/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: what an application calls before it starts the agent. */
#ifndef CY_HTTP_CLIENT_API_H
#define CY_HTTP_CLIENT_API_H

#include "cy_result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void *cy_http_client_t;

cy_rslt_t cy_http_client_init(void);
cy_rslt_t cy_http_client_deinit(void);

#ifdef __cplusplus
}
#endif
#endif
