/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: servers and credentials. */
#ifndef CY_TCPIP_PORT_SECURE_SOCKETS_H
#define CY_TCPIP_PORT_SECURE_SOCKETS_H

#include "cy_result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *host_name;
    uint16_t port;
} cy_awsport_server_info_t;

/* Texts are NUL-terminated. Sizes of certificates and keys count the NUL. */
typedef struct {
    const char *alpnprotos;
    size_t alpnprotoslen;
    const char *sni_host_name;
    size_t sni_host_name_size;
    const char *root_ca; /* PEM */
    size_t root_ca_size;
    const char *client_cert; /* PEM */
    size_t client_cert_size;
    const char *private_key; /* PEM */
    size_t private_key_size;
    const char *username;
    size_t username_size;
    const char *password;
    size_t password_size;
} cy_awsport_ssl_credentials_t;

cy_rslt_t cy_awsport_network_init(void);
cy_rslt_t cy_awsport_network_deinit(void);

#ifdef __cplusplus
}
#endif
#endif
