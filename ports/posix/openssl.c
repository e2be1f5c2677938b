/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/openssl.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "ota/err.h"

int ota_posix_tls_verify_error(long verify_error)
{
    switch (verify_error) {
    case X509_V_OK:
        return 0;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return OTA_ECERTTIME;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return OTA_ECERTSELF;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return OTA_ECERTHOST;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: /* an authority of the same name, with another key */
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REVOKED:
    case X509_V_ERR_INVALID_CA:
        return OTA_ECERTCA;
    default:
        return OTA_ETLS;
    }
}

/* ---- Callbacks of OpenSSL --------------------------------------------------------------------
 */

static struct ota_posix_tls_context *context_of(const SSL *ssl)
{
    return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* The first error is the one to tell; the handshake ends with it. */
static int on_verify(int is_ok, X509_STORE_CTX *store)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct ota_posix_tls_context *t = context_of(ssl);

    if (!is_ok && t->verify_error == X509_V_OK) {
        t->verify_error = X509_STORE_CTX_get_error(store);
    }
    return is_ok;
}

/* Called when the server asks for a certificate. */
static int on_cert_wanted(SSL *ssl, void *arg)
{
    struct ota_posix_tls_context *t = arg;

    t->is_cert_wanted = true;
    t->has_cert = SSL_get_certificate(ssl) != NULL;
    return 1;
}

static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
    struct ota_posix_tls_context *t = context_of(ssl);

    SSL_SESSION_free(t->session);
    t->session = session;
    return 1; /* it is ours now */
}

/* Libraries make the connection and begin the handshake at once: its start is the one moment at
 * which an earlier session can be put in. */
static void on_info(const SSL *ssl, int where, int value)
{
    struct ota_posix_tls_context *t = context_of(ssl);

    if ((where & SSL_CB_HANDSHAKE_START) != 0 && t->session != NULL && SSL_in_before(ssl)) {
        (void)SSL_set_session((SSL *)ssl, t->session); /* without it the handshake is longer */
    }
    t->is_begun = t->is_begun || BIO_number_written(SSL_get_wbio(ssl)) > 0;
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0) {
        t->is_established = true;
        t->is_session_taken = SSL_session_reused(ssl) != 0;
    }
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL) {
        t->alert = value & 0xff;
    }
}

/* A question on the terminal would stop a device for ever. */
static int no_password(char *buf, int size, int is_write, void *arg)
{
    (void)buf;
    (void)size;
    (void)is_write;
    (void)arg;
    return -1;
}

/* ---- Set-up ----------------------------------------------------------------------------------
 */

static int fail(int err, char *why, size_t cap, const char *what, const char *file)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    (void)snprintf(why, cap, "%s '%s': %s", what, file, reason != NULL ? reason : "cannot be used");
    ERR_clear_error();
    return err;
}

static int load_trust(SSL_CTX *ctx, const struct ota_posix_tls *tls, char *why, size_t cap)
{
    if (tls->cafile == NULL) {
        return SSL_CTX_set_default_verify_paths(ctx) == 1
                   ? 0
                   : fail(OTA_EARG, why, cap, "trust store", X509_get_default_cert_dir());
    }
    if (SSL_CTX_load_verify_file(ctx, tls->cafile) != 1) {
        return fail(OTA_EARG, why, cap, "CA file", tls->cafile);
    }
    return 0;
}

static int load_identity(SSL_CTX *ctx, const struct ota_posix_tls *tls, char *why, size_t cap)
{
    const char *key = tls->key != NULL ? tls->key : "none";

    if (tls->cert == NULL && tls->key == NULL) {
        return 0;
    }
    if (tls->cert == NULL) {
        return fail(OTA_EKEY, why, cap, "no certificate for private key", key);
    }
    if (SSL_CTX_use_certificate_chain_file(ctx, tls->cert) != 1) {
        return fail(OTA_EKEY, why, cap, "certificate", tls->cert);
    }
    if (tls->key == NULL || SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1) {
        return fail(OTA_EKEY, why, cap, "private key", key);
    }
    return 0;
}

static int expect_host(SSL_CTX *ctx, const char *host)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    uint8_t address[16];
    bool is_address =
        inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;

    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return is_address ? X509_VERIFY_PARAM_set1_ip_asc(param, host)
                      : X509_VERIFY_PARAM_set1_host(param, host, 0);
}

static int set_up(struct ota_posix_tls_context *t, const char *host)
{
    SSL_CTX *ctx = t->ssl_ctx;

    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
    SSL_CTX_set_default_passwd_cb(ctx, no_password);
    SSL_CTX_set_cert_cb(ctx, on_cert_wanted, t);
    SSL_CTX_set_info_callback(ctx, on_info);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, on_new_session);
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_AUTO_RETRY |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return SSL_CTX_set_app_data(ctx, t) == 1 &&
                   SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
                   expect_host(ctx, host) == 1
               ? 0
               : OTA_ENOSPC;
}

int ota_posix_tls_open(struct ota_posix_tls_context *t, const struct ota_posix_tls *tls,
                       const char *host, char *why, size_t cap)
{
    int rc;

    *t = (struct ota_posix_tls_context){.alert = -1};
    (void)snprintf(why, cap, "out of memory");
    t->ssl_ctx = SSL_CTX_new(TLS_client_method());
    rc = t->ssl_ctx != NULL ? set_up(t, host) : OTA_ENOSPC;
    if (rc == 0) {
        rc = load_trust(t->ssl_ctx, tls, why, cap);
    }
    if (rc == 0) {
        rc = load_identity(t->ssl_ctx, tls, why, cap);
    }
    if (rc != 0) {
        ota_posix_tls_close(t);
    } else {
        why[0] = '\0';
    }
    return rc;
}

void ota_posix_tls_close(struct ota_posix_tls_context *t)
{
    SSL_SESSION_free(t->session);
    SSL_CTX_free(t->ssl_ctx);
    *t = (struct ota_posix_tls_context){.alert = -1};
}

/* ---- What became of a handshake --------------------------------------------------------------
 */

void ota_posix_tls_begin(struct ota_posix_tls_context *t)
{
    t->verify_error = X509_V_OK;
    t->alert = -1;
    t->is_cert_wanted = false;
    t->has_cert = false;
    t->is_in_use = false;
    t->is_begun = false;
    t->is_established = false;
    t->is_session_taken = false;
}

/* Alerts with which servers refuse a client for its certificate (RFC 8446, 6.2). TLS 1.2 servers
 * say handshake_failure when there is none. */
static bool is_refusal(const struct ota_posix_tls_context *t)
{
    switch (t->alert) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case TLS13_AD_CERTIFICATE_REQUIRED:
        return true;
    case SSL_AD_HANDSHAKE_FAILURE:
        return t->is_cert_wanted && !t->has_cert;
    default:
        return t->is_cert_wanted && t->is_established && !t->is_in_use;
    }
}

int ota_posix_tls_error(const struct ota_posix_tls_context *t)
{
    if (t->verify_error != X509_V_OK) {
        return ota_posix_tls_verify_error(t->verify_error);
    }
    if (is_refusal(t)) {
        return OTA_EAUTH;
    }
    return t->alert >= 0 || (t->is_begun && !t->is_established) ? OTA_ETLS : 0;
}

bool ota_posix_tls_is_answered(const struct ota_posix_tls_context *t)
{
    return t->is_established || t->alert >= 0 || t->verify_error != X509_V_OK;
}

const char *ota_posix_tls_why(const struct ota_posix_tls_context *t)
{
    int err = ota_posix_tls_error(t);

    if (err == OTA_ETLS && t->verify_error != X509_V_OK) {
        return X509_verify_cert_error_string(t->verify_error);
    }
    if (err == OTA_EAUTH) {
        return t->has_cert ? "the server refuses the client certificate"
                           : "the server wants a client certificate and there is none";
    }
    if (err == OTA_ETLS && t->alert >= 0) {
        return SSL_alert_desc_string_long(t->alert);
    }
    if (err == OTA_ETLS) {
        return "no TLS answer (is it the server's TLS port?)";
    }
    return err == 0 ? "" : ota_err_text(err);
}
