/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS settings of one connection to one host, as an OpenSSL context for libraries that take one:
 * TLS 1.2 and later, the server's certificate and name always checked, sessions resumed. What
 * those libraries hide, why a handshake failed, is noted here.
 *
 * One thread at a time. A context does not move and outlives its connections.
 */
#ifndef OTA_POSIX_OPENSSL_H
#define OTA_POSIX_OPENSSL_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "posix/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ota_posix_tls_context {
    SSL_CTX *ssl_ctx;
    SSL_SESSION *session;  /* offered to the server by the next handshake; NULL: none */
    int verify_error;      /* X509_V_ERR value of the server's certificate; 0: none */
    int alert;             /* last fatal alert of the server; -1: none */
    bool is_cert_wanted;   /* the server asked for a certificate */
    bool has_cert;         /* and there is one */
    bool is_in_use;        /* for the user to set: the server has answered behind the handshake */
    bool is_begun;         /* something went out, so there was a connection */
    bool is_established;   /* the last handshake went well, at this end at least */
    bool is_session_taken; /* it went on with an earlier session */
};

/*
 * Sets up a context for the server that host (a name, or an address) stands for. 0;
 * OTA_ENOSPC without memory; OTA_EARG if the CA file, OTA_EKEY if certificate or key cannot be
 * used. why then says it to people, and OpenSSL's reason.
 */
int ota_posix_tls_open(struct ota_posix_tls_context *t, const struct ota_posix_tls *tls,
                       const char *host, char *why, size_t cap);

/* Releases everything. No connection of it may be left. */
void ota_posix_tls_close(struct ota_posix_tls_context *t);

/* Forgets what the last handshake noted. */
void ota_posix_tls_begin(struct ota_posix_tls_context *t);

/*
 * Why the last handshake failed: OTA_ECERTTIME, OTA_ECERTSELF, OTA_ECERTCA or OTA_ECERTHOST for
 * the server's certificate, OTA_EAUTH if the server wants a certificate or refuses ours, OTA_ETLS
 * for other ends before the connection was there; 0 if nothing is known to have failed. A server
 * of TLS 1.3 judges a client when that already sends, and its alert may be lost: an end between
 * the handshake and the first answer counts as refusal if it has asked for a certificate.
 */
int ota_posix_tls_error(const struct ota_posix_tls_context *t);

/* The same for people, in their words or OpenSSL's. "" if nothing has failed. */
const char *ota_posix_tls_why(const struct ota_posix_tls_context *t);

/* True if the server has spoken TLS in the last handshake. */
bool ota_posix_tls_is_answered(const struct ota_posix_tls_context *t);

/* The error for an X509_V_ERR value; OTA_ETLS for those that have none of their own. */
int ota_posix_tls_verify_error(long verify_error);

#ifdef __cplusplus
}
#endif
#endif
