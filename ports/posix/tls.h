/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a client trusts and who it is, for every TLS connection of the POSIX port. */
#ifndef OTA_POSIX_TLS_H
#define OTA_POSIX_TLS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Trust anchors and identity for TLS. All NULL: the system's certificate store, no identity. */
struct ota_posix_tls {
    const char *cafile; /* PEM; replaces the system's store */
    const char *cert;   /* PEM of the client certificate; needs key */
    const char *key;    /* PEM, without a password */
};

#ifdef __cplusplus
}
#endif
#endif
