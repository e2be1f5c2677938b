/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header before 3.x: credentials. */
#ifndef IOT_NETWORK_H
#define IOT_NETWORK_H

#include "cy_result.h"

/* Texts are NUL-terminated. Sizes of certificates and keys count the NUL. */
typedef struct IotNetworkCredentials {
    const char *pAlpnProtos;
    size_t maxFragmentLength; /* no effect */
    bool disableSni;          /* no effect: the server's name is always sent */
    const char *pRootCa;      /* PEM */
    size_t rootCaSize;
    const char *pClientCert; /* PEM */
    size_t clientCertSize;
    const char *pPrivateKey; /* PEM */
    size_t privateKeySize;
    const char *pUserName;
    size_t userNameSize;
    const char *pPassword;
    size_t passwordSize;
} IotNetworkCredentials_t;

typedef enum { IOT_NETWORK_SUCCESS = 0, IOT_NETWORK_FAILURE = 1 } IotNetworkError_t;

#endif
