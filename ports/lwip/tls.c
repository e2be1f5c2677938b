/* SPDX-License-Identifier: Apache-2.0 */
#include "tls.h"

#include <mbedtls/ssl.h>
#include <mbedtls/ssl_internal.h>
#include <string.h>

#include "lwip/altcp.h"
#include "lwip/altcp_tls.h"
#include "lwip/timeouts.h"
#include "ota/err.h"

/* The largest of TLS's fragment lengths (RFC 6066, 4) that the buffers can hold. */
#if MBEDTLS_SSL_IN_CONTENT_LEN >= 4096
#define FRAGMENT_CODE MBEDTLS_SSL_MAX_FRAG_LEN_4096
#elif MBEDTLS_SSL_IN_CONTENT_LEN >= 2048
#define FRAGMENT_CODE MBEDTLS_SSL_MAX_FRAG_LEN_2048
#else
#define FRAGMENT_CODE MBEDTLS_SSL_MAX_FRAG_LEN_1024
#endif

/* What mbedTLS says before it has looked at a certificate. */
#define NOT_VERIFIED 0xffffffffu

static size_t pem_len(const char *text)
{
    return strlen(text) + 1; /* mbedTLS wants the NUL counted */
}

int ota_lwip_tls_init(struct ota_lwip_tls *tls, const struct ota_lwip_identity *id)
{
    const u8_t *ca = (const u8_t *)id->ca;

    if (id->ca == NULL || (id->cert == NULL) != (id->key == NULL)) {
        return OTA_EARG;
    }
#ifdef MBEDTLS_ECP_RESTARTABLE
    mbedtls_ecp_set_max_ops(OTA_LWIP_TLS_STEP);
#endif
    tls->anonymous = NULL;
    tls->config = altcp_tls_create_config_client(ca, pem_len(id->ca));
    if (tls->config != NULL && id->cert != NULL) {
        tls->anonymous = tls->config;
        tls->config = altcp_tls_create_config_client_2wayauth(
            ca, pem_len(id->ca), (const u8_t *)id->key, pem_len(id->key), NULL, 0,
            (const u8_t *)id->cert, pem_len(id->cert));
    }
    return tls->config == NULL ? OTA_ETLS : 0;
}

/*
 * What lwIP leaves as it is: servers are verified during the handshake, and are asked for records
 * that fit this build's buffers. The configuration is the one behind tls->config, which lwIP keeps
 * to itself.
 */
static int configure(mbedtls_ssl_context *ssl)
{
    mbedtls_ssl_config *conf = (mbedtls_ssl_config *)(uintptr_t)ssl->conf;

    mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_REQUIRED);
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH) && MBEDTLS_SSL_IN_CONTENT_LEN < 16384
    return mbedtls_ssl_conf_max_frag_len(conf, FRAGMENT_CODE);
#else
    return 0;
#endif
}

struct altcp_pcb *ota_lwip_tls_new(const struct ota_lwip_tls *tls, const char *host,
                                   bool with_identity)
{
    bool is_anonymous = !with_identity && tls->anonymous != NULL;
    struct altcp_pcb *pcb =
        altcp_tls_new(is_anonymous ? tls->anonymous : tls->config, IPADDR_TYPE_ANY);

    if (pcb != NULL && (configure(altcp_tls_context(pcb)) != 0 ||
                        mbedtls_ssl_set_hostname(altcp_tls_context(pcb), host) != 0)) {
        altcp_abort(pcb);
        return NULL;
    }
    return pcb;
}

bool ota_lwip_tls_is_trusted(struct altcp_pcb *pcb)
{
    return mbedtls_ssl_get_verify_result(altcp_tls_context(pcb)) == 0;
}

/* ---- Handshakes in steps --------------------------------------------------------------------- */

#ifdef MBEDTLS_ECP_RESTARTABLE

/* The rest of a step that lwIP would do: what is written goes out, a failure ends the connection.
 */
static void go_on(void *arg)
{
    struct altcp_pcb *pcb = arg;
    int rc = ota_lwip_tls_handshake(altcp_tls_context(pcb));

    (void)altcp_output(pcb);
    if (rc != 0 && rc != MBEDTLS_ERR_SSL_WANT_READ && rc != MBEDTLS_ERR_SSL_WANT_WRITE) {
        pcb->err(pcb->arg, ERR_CLSD);
        if (altcp_close(pcb) != ERR_OK) {
            altcp_abort(pcb);
        }
    }
}

/*
 * A server's last message takes no step of its own and comes by lwIP, so it is lwIP that sees the
 * end of the handshake. In between it only has to wait.
 */
int ota_lwip_tls_handshake(struct mbedtls_ssl_context *ssl)
{
    int rc = mbedtls_ssl_handshake(ssl);

    sys_untimeout(go_on, ssl->p_bio); /* which is the connection: lwIP reads and writes there */
    if (rc == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS) {
        sys_timeout(0, go_on, ssl->p_bio);
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    return rc;
}

void ota_lwip_tls_stop(struct altcp_pcb *pcb)
{
    sys_untimeout(go_on, pcb);
}

#else

void ota_lwip_tls_stop(struct altcp_pcb *pcb)
{
    (void)pcb; /* a handshake is one step */
}

#endif

/* ---- What went wrong ------------------------------------------------------------------------- */

/* A record's header has arrived, and says more than the buffer holds. */
static bool is_too_large(const mbedtls_ssl_context *ssl)
{
    size_t room = MBEDTLS_SSL_IN_BUFFER_LEN - (size_t)(ssl->in_hdr - ssl->in_buf);
    size_t header = mbedtls_ssl_in_hdr_len(ssl);

    return ssl->in_left >= header && ((size_t)ssl->in_len[0] << 8 | ssl->in_len[1]) > room - header;
}

int ota_lwip_tls_error(struct altcp_pcb *pcb)
{
    uint32_t found = mbedtls_ssl_get_verify_result(altcp_tls_context(pcb));

    if (is_too_large(altcp_tls_context(pcb))) {
        return OTA_ERECORD;
    }
    if (found == NOT_VERIFIED) {
        return OTA_ETLS;
    }
    if ((found & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
        return OTA_ECERTCA;
    }
    if ((found & (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)) != 0) {
        return OTA_ECERTTIME;
    }
    return (found & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0 ? OTA_ECERTHOST : OTA_ETLS;
}

int ota_lwip_tls_break(struct altcp_pcb *pcb)
{
    uint8_t none;
    int rc = mbedtls_ssl_read(altcp_tls_context(pcb), &none, 0);

    /* The end of the connection is told by TCP. */
    if (rc >= 0 || rc == MBEDTLS_ERR_SSL_WANT_READ || rc == MBEDTLS_ERR_SSL_WANT_WRITE ||
        rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
        return 0;
    }
    return is_too_large(altcp_tls_context(pcb)) ? OTA_ERECORD : OTA_ETLS;
}

uint16_t ota_lwip_tls_held(struct altcp_pcb *pcb)
{
    const mbedtls_ssl_context *ssl = altcp_tls_context(pcb);

    return MBEDTLS_SSL_IN_BUFFER_LEN > TCP_WND ? (uint16_t)ssl->in_left : 0;
}
