/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a port implements so that applications of the original run on it: the device that the
 * agent works with, and credentials for its clients. Threads come from cyabs_rtos.h.
 */
#ifndef OTA_COMPAT_H
#define OTA_COMPAT_H

#include "cyabs_rtos.h"

#include "cy_tcpip_port_secure_sockets.h"
#include "ota/agent.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Fills in primary, secondary, those of a second image if there is one, image_max, journal, trust,
 * system (with wait and wake), mqtt.client and http.client, and leaves the rest alone. Everything
 * stays valid for good: further calls give the same device. 0, or why there is none.
 */
int ota_compat_device(struct ota_config *config);

/*
 * TLS credentials of the connections that follow over a transport; texts that are NULL or empty
 * are not there. They stay valid. 0, or why they cannot be used: the connect fails then.
 */
int ota_compat_credentials(enum ota_transport transport,
                           const cy_awsport_ssl_credentials_t *credentials);

/* True if the caller is this thread. */
bool ota_compat_is_thread(const cy_thread_t *thread);

#ifdef __cplusplus
}
#endif
#endif
