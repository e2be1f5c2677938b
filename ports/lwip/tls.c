/* SPDX-License-Identifier: Apache-2.0 */
#include "tls.h"

#include <mbedtls/ssl.h>
#include <string.h>

#include "lwip/altcp_tls.h"
#include "ota/err.h"

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
    if (id->cert == NULL) {
        tls->config = altcp_tls_create_config_client(ca, pem_len(id->ca));
    } else {
        tls->config = altcp_tls_create_config_client_2wayauth(
            ca, pem_len(id->ca), (const u8_t *)id->key, pem_len(id->key), NULL, 0,
            (const u8_t *)id->cert, pem_len(id->cert));
    }
    return tls->config == NULL ? OTA_ETLS : 0;
}

struct altcp_pcb *ota_lwip_tls_new(const struct ota_lwip_tls *tls, const char *host)
{
    struct altcp_pcb *pcb = altcp_tls_new(tls->config, IPADDR_TYPE_ANY);

    if (pcb != NULL && mbedtls_ssl_set_hostname(altcp_tls_context(pcb), host) != 0) {
        altcp_abort(pcb);
        return NULL;
    }
    return pcb;
}

bool ota_lwip_tls_is_trusted(struct altcp_pcb *pcb)
{
    return mbedtls_ssl_get_verify_result(altcp_tls_context(pcb)) == 0;
}
