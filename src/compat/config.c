/* SPDX-License-Identifier: Apache-2.0 */
/* From the original's parameters and settings to the library's configuration. */
#include <string.h>

#include "compat.h"
#include "ota/err.h"

#if COMPAT_HAS_AGENT

/* ---- Checks -----------------------------------------------------------------------------------
 */

#if CY_OTA_HAS_AGENT_
static bool is_server(const cy_ota_server_ *s)
{
    return s->COMPAT_HOST != NULL && s->port != 0;
}
#endif

#ifdef COMPONENT_OTA_MQTT
static cy_rslt_t check_mqtt(const cy_ota_mqtt_params_t *m)
{
    if (m->pIdentifier == NULL || !is_server(&m->broker) ||
        m->numTopicFilters > CY_OTA_MQTT_MAX_TOPICS ||
        (m->numTopicFilters > 0 && m->pTopicFilters == NULL)) {
        return CY_RSLT_OTA_ERROR_BADARG;
    }
    return strcmp(CY_OTA_MQTT_MAGIC, "OTAImage") == 0 ? CY_RSLT_SUCCESS
                                                      : CY_RSLT_OTA_ERROR_UNSUPPORTED;
}
#endif

cy_rslt_t ota_compat_check(const cy_ota_network_params_t *network)
{
    switch (network->initial_connection) {
#ifdef COMPONENT_OTA_MQTT
    case CY_OTA_CONNECTION_MQTT:
        return check_mqtt(&network->mqtt);
#endif
#ifdef COMPONENT_OTA_HTTP
    case CY_OTA_CONNECTION_HTTP:
    case CY_OTA_CONNECTION_HTTPS:
        return is_server(&network->http.server) && network->http.file != NULL
                   ? CY_RSLT_SUCCESS
                   : CY_RSLT_OTA_ERROR_BADARG;
#endif
#ifdef COMPONENT_OTA_BLUETOOTH
    case CY_OTA_CONNECTION_BLE:
        return CY_RSLT_SUCCESS;
#endif
    default:
        return CY_RSLT_OTA_ERROR_TRANSPORT_UNSUPPORTED;
    }
}

/* ---- Settings ---------------------------------------------------------------------------------
 */

/* A limit that 0 switches off. */
static uint32_t limit_s(uint32_t seconds)
{
    return seconds != 0 ? seconds : OTA_NEVER_S;
}

static void set_timing(struct ota_timing *t)
{
    t->initial_check_s = CY_OTA_INITIAL_CHECK_SECS;
    t->next_check_s = CY_OTA_NEXT_CHECK_INTERVAL_SECS;
    t->retry_s = CY_OTA_RETRY_INTERVAL_SECS;
    t->job_s = limit_s(CY_OTA_JOB_CHECK_TIME_SECS);
    t->data_s = limit_s(CY_OTA_DATA_CHECK_TIME_SECS);
    t->packet_s = limit_s(CY_OTA_PACKET_INTERVAL_SECS);
    t->connect_retries = CY_OTA_CONNECT_RETRIES;
    t->download_tries = CY_OTA_MAX_DOWNLOAD_TRIES;
}

bool ota_compat_is_pushed(const struct compat *c)
{
    return c->network.initial_connection == CY_OTA_CONNECTION_BLE;
}

#if CY_OTA_HAS_AGENT_
static bool is_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

void ota_compat_read_credentials(cy_ota_credentials_ptr_ from, cy_awsport_ssl_credentials_t *to)
{
    memset(to, 0, sizeof *to);
    if (from == NULL) {
        return;
    }
#if CY_OTA_API_VERSION < 3
    to->alpnprotos = from->pAlpnProtos;
    to->alpnprotoslen = from->pAlpnProtos != NULL ? strlen(from->pAlpnProtos) : 0;
    to->root_ca = from->pRootCa;
    to->root_ca_size = from->rootCaSize;
    to->client_cert = from->pClientCert;
    to->client_cert_size = from->clientCertSize;
    to->private_key = from->pPrivateKey;
    to->private_key_size = from->privateKeySize;
    to->username = from->pUserName;
    to->username_size = from->userNameSize;
    to->password = from->pPassword;
    to->password_size = from->passwordSize;
#else
    *to = *from;
#endif
}
#endif

#ifdef COMPONENT_OTA_MQTT
/* The original decides by the port, and then connects without anybody to trust, too. */
static bool is_tls(const cy_ota_mqtt_params_t *m, const cy_awsport_ssl_credentials_t *tls)
{
    if (m->broker.port == CY_OTA_MQTT_BROKER_PORT) {
        return false;
    }
    return is_text(tls->root_ca) || is_text(tls->client_cert) ||
           m->broker.port == CY_OTA_MQTT_BROKER_PORT_TLS ||
           m->broker.port == CY_OTA_MQTT_BROKER_PORT_TLS_CERT;
}

static void set_mqtt(struct compat *c)
{
    const cy_ota_mqtt_params_t *m = &c->network.mqtt;
    struct ota_mqtt_config *to = &c->config.mqtt;
    cy_awsport_ssl_credentials_t tls;

    ota_compat_read_credentials(ota_compat_credentials_of(c, OTA_TRANSPORT_MQTT), &tls);
    to->host = m->broker.COMPAT_HOST;
    to->port = m->broker.port;
    to->tls = is_tls(m, &tls);
    to->keep_session = m->session_type == CY_OTA_MQTT_SESSION_RESTART;
    to->identifier = is_text(m->pIdentifier) ? m->pIdentifier : CY_OTA_MQTT_CLIENT_ID_PREFIX;
    to->username = is_text(tls.username) ? tls.username : NULL;
    to->password = is_text(tls.password) ? tls.password : NULL;
    to->company = COMPANY_TOPIC_PREPEND;
    to->listen_topic = PUBLISHER_LISTEN_TOPIC;
    to->will_topic = CY_OTA_MQTT_TOPIC_PREFIX "/will";
    to->filters = m->pTopicFilters;
    to->n_filters = m->numTopicFilters;
    to->keep_alive_s = CY_OTA_MQTT_KEEP_ALIVE_SECONDS;
    to->whole_image = CY_MQTT_GET_ALL_DATA_WITH_ONE_CALL != 0;
}
#endif

#ifdef COMPONENT_OTA_HTTP
/* The parameter names what a session begins with: the job document, or the image. */
static void set_http(struct compat *c)
{
    const cy_ota_http_params_t *h = &c->network.http;
    struct ota_http_config *to = &c->config.http;
    const char *file = is_text(h->file) ? h->file : NULL;
    bool is_direct = c->config.flow == OTA_FLOW_DIRECT;

    to->host = h->server.COMPAT_HOST;
    to->port = h->server.port;
    if (c->network.initial_connection != CY_OTA_CONNECTION_MQTT) {
        c->config.timing.stall_s = (CY_OTA_HTTP_TIMEOUT_RECEIVE + 999) / 1000;
    }
    to->job_file = file != NULL && !is_direct ? file : CY_OTA_HTTP_JOB_FILE;
    to->file = file != NULL && is_direct ? file : CY_OTA_HTTP_DATA_FILE;
}
#endif

#if CY_OTA_HAS_AGENT_
#if CY_OTA_API_VERSION < 3
#define CREDENTIALS_OF(params) ((params).credentials)
#else
#define CREDENTIALS_OF(params) (&(params).credentials)
#endif

cy_ota_credentials_ptr_ ota_compat_credentials_of(struct compat *c, enum ota_transport transport)
{
    switch (transport) {
#ifdef COMPONENT_OTA_MQTT
    case OTA_TRANSPORT_MQTT:
        return CREDENTIALS_OF(c->network.mqtt);
#endif
#ifdef COMPONENT_OTA_HTTP
    case OTA_TRANSPORT_HTTP:
    case OTA_TRANSPORT_HTTPS:
        return CREDENTIALS_OF(c->network.http);
#endif
    default:
        return NULL;
    }
}
#endif

int ota_compat_configure(struct compat *c)
{
    struct ota_config *to = &c->config;
    int rc = ota_compat_device(to);

    if (rc != 0) {
        return rc;
    }
    to->board = CY_TARGET_BOARD_STRING;
    to->manufacturer = CY_OTA_DEVICE_MANUFACTURER;
    to->manufacturer_id = CY_OTA_DEVICE_MANUFACTURER_ID;
    to->product = CY_OTA_DEVICE_PRODUCT;
    to->serial = CY_OTA_DEVICE_SERIAL;
    to->transport = (enum ota_transport)c->network.initial_connection;
    to->flow = c->network.use_get_job_flow == CY_OTA_DIRECT_FLOW ? OTA_FLOW_DIRECT : OTA_FLOW_JOB;
#if CY_OTA_API_VERSION >= 3
    to->do_not_send_result = c->params.do_not_send_result;
#endif
    /* Whoever is pushed to restarts by himself, when the peer has confirmed. */
    to->reboot = c->params.reboot_upon_completion != 0 && !ota_compat_is_pushed(c);
    to->is_permanent = c->params.validate_after_reboot == 0;
    set_timing(&to->timing);
#ifdef COMPONENT_OTA_MQTT
    set_mqtt(c);
#endif
#ifdef COMPONENT_OTA_HTTP
    set_http(c);
#endif
    to->archive = &c->archive;
    to->hook = ota_compat_hook;
    to->hook_arg = c;
    to->log = ota_compat_log();
    to->work = c->work;
    to->work_len = sizeof c->work;
    return 0;
}

#endif
