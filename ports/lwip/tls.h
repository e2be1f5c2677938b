/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS for the clients of this port: mbedTLS 2.28 through lwIP's altcp_tls.
 *
 * A connection is used only if the server's certificate is issued by one of the trust anchors, for
 * the name that was asked for, and is valid now (mbedTLS with MBEDTLS_HAVE_TIME_DATE). lwIP leaves
 * the verification of servers optional; here it is not.
 *
 * With record buffers below 16 KiB the server is asked for small records (maximum fragment length,
 * RFC 6066). OpenSSL and mbedTLS comply; a connection to one that sends larger ones all the same
 * ends with OTA_ERECORD: such servers need MBEDTLS_SSL_IN_CONTENT_LEN of 16,384.
 *
 * The public-key operations of a handshake hold up everything else for as long as they take. With
 * MBEDTLS_ECP_RESTARTABLE they are done in steps, one each time that lwIP looks at its timeouts.
 * lwIP must know of the steps then: compile its altcp_tls_mbedtls.c with
 * -Dmbedtls_ssl_handshake=ota_lwip_tls_handshake and -DLWIP_NOASSERT (one of its assertions holds
 * only without steps), and set MEMP_NUM_SYS_TIMEOUT to one more for each connection.
 */
#ifndef OTA_LWIP_TLS_H
#define OTA_LWIP_TLS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The length of a step, in mbedTLS's operations on a curve (mbedtls_ecp_set_max_ops): it says that
 * a multiplication on P-256 takes about 3,300, and that steps get no shorter below 160. */
#ifndef OTA_LWIP_TLS_STEP
#define OTA_LWIP_TLS_STEP 400
#endif

struct altcp_pcb;
struct altcp_tls_config;
struct mbedtls_ssl_context;

struct ota_lwip_tls {
    struct altcp_tls_config *config;
    struct altcp_tls_config *anonymous; /* without the own certificate; NULL: there is none */
};

/* PEM texts. */
struct ota_lwip_identity {
    const char *ca;   /* trust anchors; required */
    const char *cert; /* own certificate, or NULL */
    const char *key;  /* its private key, without a password, or NULL */
};

/* 0; OTA_EARG without trust anchors or with half an identity; OTA_ETLS if the texts cannot be used
 * or memory is short. The texts are not kept. */
int ota_lwip_tls_init(struct ota_lwip_tls *tls, const struct ota_lwip_identity *id);

/* A connection to a host of that name, not connected yet; NULL without memory. with_identity: the
 * server may see the own certificate, if there is one. */
struct altcp_pcb *ota_lwip_tls_new(const struct ota_lwip_tls *tls, const char *host,
                                   bool with_identity);

/* mbedtls_ssl_handshake for lwIP: a step, and the promise of the next. */
int ota_lwip_tls_handshake(struct mbedtls_ssl_context *ssl);

/* The connection is released, or will be: a handshake under way takes no more steps. */
void ota_lwip_tls_stop(struct altcp_pcb *pcb);

/* After the handshake: whether the server is who it should be. */
bool ota_lwip_tls_is_trusted(struct altcp_pcb *pcb);

/* Why the handshake failed: OTA_ECERTCA, OTA_ECERTTIME, OTA_ECERTHOST, OTA_ERECORD, or OTA_ETLS. */
int ota_lwip_tls_error(struct altcp_pcb *pcb);

/* Why no more can be received although the connection stands, where lwIP only waits: OTA_ERECORD, a
 * record is larger than the buffers; OTA_ETLS, one has been changed on its way. 0: it can. */
int ota_lwip_tls_break(struct altcp_pcb *pcb);

/* Bytes of an incomplete record that wait in TLS's own buffer. 0 if lwIP's window (TCP_WND) has
 * room for the largest record, so that nobody needs to know. */
uint16_t ota_lwip_tls_held(struct altcp_pcb *pcb);

#ifdef __cplusplus
}
#endif
#endif
