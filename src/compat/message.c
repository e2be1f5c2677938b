/* SPDX-License-Identifier: Apache-2.0 */
/* The templates of cy_ota_config.h: what is sent, and what is shown of HTTP. */
#include <stdio.h>
#include <string.h>

#include "compat.h"

#if CY_OTA_HAS_AGENT_

/* ---- Sent -------------------------------------------------------------------------------------
 */

/* A text that does not fit leaves the agent's own. */
static void put(struct ota_hook_info *info, const char *text, int len)
{
    if (len > 0 && (size_t)len < info->message_cap) {
        memcpy(info->message, text, (size_t)len + 1);
    }
}

#ifdef COMPONENT_OTA_MQTT

static void word_job(const struct ota_version *v, struct ota_hook_info *info)
{
    char text[CY_OTA_JSON_DOC_BUFF_SIZE];

    put(info, text,
        snprintf(text, sizeof text, CY_OTA_SUBSCRIBE_UPDATES_AVAIL, (int)v->major, (int)v->minor,
                 (int)v->revision, info->topic));
}

static void word_image(const struct ota_version *v, struct ota_hook_info *info)
{
    char text[CY_OTA_JSON_DOC_BUFF_SIZE];

    put(info, text,
        snprintf(text, sizeof text, CY_OTA_DOWNLOAD_REQUEST, (int)v->major, (int)v->minor,
                 (int)v->revision, info->topic));
}

#endif

/* The agent's own result says more; it gives way only to one that was changed. */
static bool is_default_result(const char *text, const char *otherwise)
{
    return strcmp(text, otherwise) == 0 && strcmp(CY_OTA_RESULT_SUCCESS, "Success") == 0 &&
           strcmp(CY_OTA_RESULT_FAILURE, "Failure") == 0;
}

/* Templates of both transports have the word and one thing more. */
static void word_result(struct ota_hook_info *info)
{
    static const char good[] = "{\"Message\":\"Success\"";
    const char *word = strncmp(info->message, good, sizeof good - 1) == 0 ? CY_OTA_RESULT_SUCCESS
                                                                          : CY_OTA_RESULT_FAILURE;
    char text[CY_OTA_JSON_DOC_BUFF_SIZE];

    if (info->endpoint->transport == OTA_TRANSPORT_MQTT) {
        if (!is_default_result(CY_OTA_MQTT_RESULT_JSON,
                               "{\"Message\":\"%s\", \"UniqueTopicName\": \"%s\"}")) {
            put(info, text,
                snprintf(text, sizeof text, CY_OTA_MQTT_RESULT_JSON, word, info->topic));
        }
    } else if (!is_default_result(CY_OTA_HTTP_RESULT_JSON,
                                  "{\"Message\":\"%s\", \"File\":\"%s\" }")) {
        put(info, text, snprintf(text, sizeof text, CY_OTA_HTTP_RESULT_JSON, word, info->file));
    }
}

void ota_compat_word(const struct compat *c, struct ota_hook_info *info)
{
#ifdef COMPONENT_OTA_MQTT
    const struct ota_version *v = ota_running_version(&c->agent);
    bool is_mqtt = info->endpoint->transport == OTA_TRANSPORT_MQTT;
#endif

    (void)c;
    if (info->moment != OTA_MOMENT_BEFORE) {
        return;
    }
    if (info->state == OTA_STATE_RESULT_SEND) {
        word_result(info);
    }
#ifdef COMPONENT_OTA_MQTT
    if (is_mqtt && info->state == OTA_STATE_JOB_DOWNLOAD) {
        word_job(v, info);
    } else if (is_mqtt && info->state == OTA_STATE_DATA_DOWNLOAD) {
        word_image(v, info);
    }
#endif
}

/* ---- Shown ------------------------------------------------------------------------------------
 */

#ifdef COMPONENT_OTA_HTTP
static void show_http(struct compat *c, const struct ota_hook_info *info)
{
    char *doc = c->cb.json_doc;
    size_t cap = sizeof c->cb.json_doc;
    const struct ota_endpoint *e = info->endpoint;
    long first = (long)info->written;
    int len = -1;

    if (info->state == OTA_STATE_JOB_DOWNLOAD) {
        len = snprintf(c->cb.file, sizeof c->cb.file, "%s", info->message);
        len = len < 0 ? len
                      : snprintf(doc, cap, CY_OTA_HTTP_GET_TEMPLATE, info->message, e->host,
                                 (int)e->port);
    } else if (info->state == OTA_STATE_DATA_DOWNLOAD) {
        len = snprintf(doc, cap, CY_OTA_HTTP_GET_RANGE_TEMPLATE, info->file, e->host, (int)e->port,
                       first, first + CY_OTA_CHUNK_SIZE - 1);
    }
    if (len < 0 || (size_t)len >= cap) {
        doc[0] = '\0';
    }
}
#endif

void ota_compat_show(struct compat *c, const struct ota_hook_info *info)
{
    size_t len;

#ifdef COMPONENT_OTA_HTTP
    if (info->moment == OTA_MOMENT_BEFORE && info->endpoint->transport != OTA_TRANSPORT_MQTT &&
        (info->state == OTA_STATE_JOB_DOWNLOAD || info->state == OTA_STATE_DATA_DOWNLOAD)) {
        show_http(c, info);
        return;
    }
#endif
    if (info->message != NULL) {
        len = strlen(info->message);
        len = len < sizeof c->cb.json_doc ? len : 0;
        memcpy(c->cb.json_doc, info->message, len);
        c->cb.json_doc[len] = '\0';
    }
}

#endif
