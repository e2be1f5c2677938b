/* SPDX-License-Identifier: Apache-2.0 */
/* From a configuration to an agent that is ready. */
#include <string.h>

#include "agent/memory.h"
#include "flash/area.h"
#include "ota/err.h"

#define WINDOW 8u /* chunks asked for ahead */

static void set_engines(struct agent *a)
{
    const struct ota_config *c = a->config;

    ota_agent_set_times(&c->timing, &a->session_config, &a->xfer_config);
    a->session_config.flow = c->flow;
    a->session_config.send_result = !c->do_not_send_result;
    a->xfer_config.chunk = OTA_CHUNK_LEN;
    a->xfer_config.window = c->mqtt.window != 0 ? c->mqtt.window : WINDOW;
    a->xfer_config.is_whole = c->mqtt.whole_image;
}

static void set_identity(struct agent *a)
{
    const struct ota_config *c = a->config;
    const char **text = a->env.identity.text;

    text[OTA_WHO_MANUFACTURER] = c->manufacturer;
    text[OTA_WHO_MANUFACTURER_ID] = c->manufacturer_id;
    text[OTA_WHO_PRODUCT] = c->product;
    text[OTA_WHO_SERIAL] = c->serial;
    text[OTA_WHO_BOARD] = c->board;
}

/* A write unit of whichever secondary slot. */
static uint32_t row_len(const struct ota_config *c)
{
    uint32_t len = c->secondary->area.flash->write_size;

    return OTA_CONFIG_ARCHIVE && c->secondary2 != NULL &&
                   c->secondary2->area.flash->write_size > len
               ? c->secondary2->area.flash->write_size
               : len;
}

static uint32_t fixed_len(const struct ota_config *c)
{
    return OTA_MESSAGE_MAX + OTA_CHUNK_LEN + 64u + row_len(c);
}

void ota_agent_clear_job(struct agent *a)
{
    uint32_t off = fixed_len(a->config);

    memset(&a->job, 0, sizeof a->job);
    a->job.file = (char *)a->config->work + off;
    a->job.file_cap = a->config->work_len - off;
    a->job.file[0] = '\0';
}

static void set_env(struct agent *a)
{
    struct ota_link_env *env = &a->env;

    env->config = a->config;
    env->server = &a->job.data;
    env->request.identity = &env->identity;
    env->request.version = &env->running;
    env->request.topic = a->topic;
    env->request.file = a->job.file;
    env->text = a->config->work;
    env->text[0] = '\0';
    env->chunk = (uint8_t *)a->config->work + OTA_MESSAGE_MAX;
    env->validator = OTA_CONFIG_HTTP ? a->validator : NULL;
    env->limit_ms = OTA_CONFIG_HTTP ? &a->session.limit_ms : NULL;
    env->data = ota_agent_take_data;
    env->restart = OTA_CONFIG_HTTP ? ota_agent_restart_image : NULL;
    env->result.topic = a->topic;
    env->arg = a;
}

static const struct ota_link_ops *link_for(const struct ota_config *c, enum ota_transport transport)
{
    (void)c; /* in a build without a network */
    switch (transport) {
#if OTA_CONFIG_MQTT
    case OTA_TRANSPORT_MQTT:
        return c->mqtt.client != NULL ? &ota_mqtt_link_ops : NULL;
#endif
#if OTA_CONFIG_HTTP
    case OTA_TRANSPORT_HTTP:
    case OTA_TRANSPORT_HTTPS:
        return c->http.client != NULL ? &ota_http_link_ops : NULL;
#endif
    default:
        return NULL;
    }
}

int ota_agent_use_link(struct agent *a, enum ota_transport transport)
{
    const struct ota_link_ops *link = link_for(a->config, transport);

    if (link == NULL) {
        return OTA_ETRANSPORT;
    }
    a->link = link;
    link->init(&a->links, &a->env);
    return 0;
}

static const char *home_host(const struct ota_config *c)
{
    return ota_agent_is_http(c) ? c->http.host : c->mqtt.host;
}

static uint16_t port_or(uint16_t port, bool tls, uint16_t with_tls, uint16_t without)
{
    if (port == 0) {
        port = tls ? with_tls : without;
    }
    return port;
}

int ota_agent_go_home(struct agent *a)
{
    const struct ota_config *c = a->config;
    struct ota_endpoint *e = &a->job.data;
    const char *host = home_host(c);

    if (OTA_CONFIG_BLE && c->transport == OTA_TRANSPORT_BLE) {
        return 0; /* peers come to it */
    }
    e->transport = c->transport;
    if (ota_agent_is_http(c)) {
        e->tls = c->transport == OTA_TRANSPORT_HTTPS;
        e->port = port_or(c->http.port, e->tls, 443, 80);
    } else {
        e->tls = c->mqtt.tls;
        e->port = port_or(c->mqtt.port, e->tls, 8883, 1883);
    }
    memcpy(e->host, host, strlen(host) + 1);
    return ota_agent_use_link(a, e->transport);
}

static int check_system(const struct ota_config *c)
{
    const struct ota_system_ops *ops = c->system.ops;

    return ops == NULL || ops->now_ms == NULL || ops->random == NULL || ops->reset == NULL
               ? OTA_EARG
               : 0;
}

static bool is_path_or_none(const char *path)
{
    return path == NULL || path[0] == '/';
}

static bool has_good_paths(const struct ota_http_config *h)
{
    return is_path_or_none(h->job_file) && is_path_or_none(h->file) &&
           is_path_or_none(h->result_path);
}

static bool is_built_in(enum ota_transport transport)
{
    return (OTA_CONFIG_MQTT && transport == OTA_TRANSPORT_MQTT) ||
           (OTA_CONFIG_HTTP &&
            (transport == OTA_TRANSPORT_HTTP || transport == OTA_TRANSPORT_HTTPS));
}

/* The transport that sessions begin with, and what is set of the others. */
static int check_transport(const struct ota_config *c)
{
    const char *host;

    if (OTA_CONFIG_BLE && c->transport == OTA_TRANSPORT_BLE) {
        return 0;
    }
    if (!is_built_in(c->transport)) {
        return OTA_ETRANSPORT;
    }
    host = home_host(c);
    if (host == NULL || host[0] == '\0' || strlen(host) >= OTA_HOST_MAX ||
        (c->mqtt.n_filters > 0 && c->mqtt.filters == NULL) ||
        (OTA_CONFIG_HTTP && !has_good_paths(&c->http))) {
        return OTA_EARG;
    }
    return (ota_agent_is_http(c) ? c->http.client == NULL : c->mqtt.client == NULL) ? OTA_EARG : 0;
}

/* What is asked for that this build has no code for; 0: nothing. */
static uintptr_t left_out(const struct ota_config *c)
{
    uintptr_t set = 0;

    if (!OTA_CONFIG_ARCHIVE) {
        set |= (uintptr_t)c->secondary2 | (uintptr_t)c->primary2;
    }
    if (!OTA_CONFIG_ENCRYPTION) {
        set |= (uintptr_t)c->decryption;
    }
    if (!OTA_CONFIG_JOURNAL) {
        set |= (uintptr_t)c->journal | c->job_sessions | c->job_bytes;
    }
    if (!OTA_CONFIG_HOOK) {
        set |= (uintptr_t)c->hook;
    }
    if (!OTA_CONFIG_WHOLE_IMAGE) {
        set |= c->mqtt.whole_image;
    }
    return set;
}

/* The second pair of slots is there as a whole or not at all. */
static int check_second(const struct ota_config *c)
{
    if (!OTA_CONFIG_ARCHIVE || (c->secondary2 == NULL && c->primary2 == NULL)) {
        return 0;
    }
    return c->secondary2 == NULL || c->primary2 == NULL || c->archive == NULL ||
                   c->journal == NULL || ota_area_check(&c->primary2->area) != 0 ||
                   ota_area_check(&c->secondary2->area) != 0 ||
                   c->image2_max > c->secondary2->area.size ||
                   c->secondary2->area.size < ota_slot_trailer_size(c->secondary2)
               ? OTA_EARG
               : 0;
}

static int check_memory(const struct ota_config *c)
{
    int rc;

    if (ota_area_check(&c->primary->area) != 0 || ota_area_check(&c->secondary->area) != 0) {
        return OTA_EARG;
    }
    rc = check_second(c);
    if (rc != 0) {
        return rc;
    }
    return c->work_len < OTA_WORK_LEN(row_len(c)) ? OTA_ENOSPC : 0;
}

static int check_config(const struct ota_config *c)
{
    size_t board_len;
    int rc;

    if (c->board == NULL || c->primary == NULL || c->secondary == NULL || c->work == NULL ||
        c->trust.crypto == NULL || check_system(c) != 0 ||
        (OTA_CONFIG_LOG && c->log != NULL && c->log->write == NULL)) {
        return OTA_EARG;
    }
    board_len = strlen(c->board);
    if (board_len == 0 || board_len >= OTA_BOARD_MAX || c->image_max > c->secondary->area.size) {
        return OTA_EARG;
    }
    if (left_out(c) != 0) {
        return OTA_ENOTSUP;
    }
    rc = check_transport(c);
    return rc != 0 ? rc : check_memory(c);
}

static int read_running_version(struct agent *a)
{
    const struct ota_version *v = &a->config->version;
    uint8_t raw[OTA_IMAGE_HEADER_LEN];
    struct ota_image_header h;
    int rc;

    a->env.running = *v;
    if (v->major != 0 || v->minor != 0 || v->revision != 0 || v->build != 0) {
        return 0;
    }
    rc = ota_area_read(&a->config->primary->area, 0, raw, sizeof raw);
    if (rc == 0) {
        rc = ota_image_header_decode(raw, &h);
    }
    if (rc == 0) {
        a->env.running = h.version;
    }
    return rc;
}

/* C99's way to say that the caller's memory is large enough. */
typedef char agent_fits[sizeof(struct agent) <= sizeof(struct ota_agent) ? 1 : -1];
typedef char archive_fits[sizeof(struct ota_archive) <= sizeof(struct ota_archive_memory) ? 1 : -1];

int ota_init(struct ota_agent *agent, const struct ota_config *config)
{
    struct agent *a = ota_agent_of(agent);
    int rc = check_config(config);

    if (rc != 0) {
        return rc;
    }
    memset(agent, 0, sizeof *agent);
    a->config = config;
    rc = read_running_version(a);
    if (rc == 0) {
        rc = ota_agent_remember(a);
    }
    if (rc != 0) {
        return rc;
    }
    set_engines(a);
    set_identity(a);
    ota_agent_clear_job(a);
    set_env(a);
    ota_session_init(&a->session, &a->session_config,
                     config->system.ops->now_ms(config->system.ctx));
    return ota_agent_go_home(a);
}
