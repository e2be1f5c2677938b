/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header before 3.x: the host's network is there already. */
#ifndef CY_IOT_NETWORK_SECURED_SOCKET_H
#define CY_IOT_NETWORK_SECURED_SOCKET_H

#include "iot_network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What an application puts into network_interface, which nobody looks at. */
#define IOT_NETWORK_INTERFACE_CY_SECURE_SOCKETS NULL

IotNetworkError_t IotNetworkSecureSockets_Init(void);

#ifdef __cplusplus
}
#endif
#endif
