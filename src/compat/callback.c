/* SPDX-License-Identifier: Apache-2.0 */
/* Between the library's hook and the original's callback: one structure in, changes out. */
#include <string.h>

#include "compat.h"
#include "ota/err.h"

#if COMPAT_HAS_AGENT

/* The numbers of both sides are the same. */
#define SAME(name, other) typedef char same_##name[(int)(name) == (int)(other) ? 1 : -1]
SAME(CY_OTA_REASON_STATE_CHANGE, OTA_MOMENT_BEFORE);
SAME(CY_OTA_REASON_SUCCESS, OTA_MOMENT_DONE);
SAME(CY_OTA_REASON_FAILURE, OTA_MOMENT_FAILED);
SAME(CY_OTA_CB_RSLT_OTA_CONTINUE, OTA_ANSWER_CONTINUE);
SAME(CY_OTA_CB_RSLT_OTA_STOP, OTA_ANSWER_STOP);
SAME(CY_OTA_CB_RSLT_APP_SUCCESS, OTA_ANSWER_HANDLED);
SAME(CY_OTA_CB_RSLT_APP_FAILED, OTA_ANSWER_REFUSE);
SAME(CY_OTA_CONNECTION_BLE, OTA_TRANSPORT_BLE);
SAME(CY_OTA_NUM_STATES, OTA_STATE_COUNT);

#if CY_OTA_HAS_AGENT_
static bool is_connect(const struct ota_hook_info *info)
{
    return info->moment == OTA_MOMENT_BEFORE &&
           (info->state == OTA_STATE_JOB_CONNECT || info->state == OTA_STATE_DATA_CONNECT ||
            info->state == OTA_STATE_RESULT_CONNECT);
}
#endif

/* ---- Errors -----------------------------------------------------------------------------------
 */

/* APP_FAILED at a STATE_CHANGE that the agent raises itself counts as a stop in the original. */
static cy_rslt_t code_of(const struct compat *c, const struct ota_hook_info *info)
{
    bool is_transfer = info->state == OTA_STATE_JOB_DOWNLOAD ||
                       info->state == OTA_STATE_DATA_DOWNLOAD ||
                       info->state == OTA_STATE_RESULT_SEND;

    if (info->err == OTA_EREFUSED && c->is_refused_before && !is_transfer) {
        return CY_RSLT_OTA_ERROR_APP_RETURNED_STOP;
    }
    return ota_compat_code(info->err, (cy_ota_agent_state_t)info->state);
}

/* What the agent says of the session so far. */
static cy_rslt_t first_of(struct compat *c, const struct ota_hook_info *info)
{
    if (info->err == 0) {
        c->first.err = 0;
        return CY_RSLT_SUCCESS;
    }
    if (info->err != c->first.err) {
        c->first.err = info->err;
        c->first.code = info->err == c->failed.err
                            ? c->failed.code
                            : ota_compat_code(info->err, (cy_ota_agent_state_t)info->state);
    }
    return c->first.code;
}

/* A failure says where it happened; later only its number is left. A stop stays until the next
 * session, also one that came when everything else was done. */
static cy_rslt_t error_of(struct compat *c, const struct ota_hook_info *info)
{
    bool is_new = (info->state == OTA_STATE_AGENT_WAITING && info->moment == OTA_MOMENT_DONE) ||
                  info->state == OTA_STATE_START_UPDATE;

    if (info->moment == OTA_MOMENT_FAILED) {
        c->failed.err = info->err;
        c->failed.code = code_of(c, info);
        return c->failed.code;
    }
    if (is_new) {
        c->failed.err = 0;
        c->first.err = 0;
        return CY_RSLT_SUCCESS;
    }
    return c->failed.err == OTA_ESTOPPED ? c->failed.code : first_of(c, info);
}

/* ---- Showing ----------------------------------------------------------------------------------
 */

#if CY_OTA_HAS_AGENT_
/* Text into a field; what does not fit is not shown. */
static void put_text(char *to, size_t cap, const char *from)
{
    size_t len = from != NULL ? strlen(from) : 0;

    if (len >= cap) {
        len = 0;
    }
    if (len > 0) {
        memcpy(to, from, len);
    }
    to[len] = '\0';
}

/* Until a job says more, the file over HTTP is the job document. */
static const char *file_of(const struct compat *c, const struct ota_hook_info *info)
{
    bool is_early = info->state == OTA_STATE_START_UPDATE || info->state == OTA_STATE_JOB_CONNECT ||
                    info->state == OTA_STATE_JOB_DOWNLOAD ||
                    info->state == OTA_STATE_JOB_DISCONNECT;

    return is_early && c->config.flow == OTA_FLOW_JOB &&
                   info->endpoint->transport != OTA_TRANSPORT_MQTT
               ? c->config.http.job_file
               : info->file;
}

static void show_network(struct compat *c, const struct ota_hook_info *info)
{
    cy_ota_cb_struct_t *cb = &c->cb;

    cb->broker_server.COMPAT_HOST = info->endpoint->host;
    cb->broker_server.port = info->endpoint->port;
    cb->credentials = ota_compat_credentials_of(c, info->endpoint->transport);
#ifdef COMPONENT_OTA_MQTT
#if CY_OTA_API_VERSION >= 3
    cb->mqtt_connection = NULL;
#endif
    put_text(cb->unique_topic, sizeof cb->unique_topic, info->topic);
#endif
#if defined(COMPONENT_OTA_HTTP) && CY_OTA_API_VERSION >= 3
    cb->http_connection = NULL;
#endif
    put_text(cb->file, sizeof cb->file, file_of(c, info));
    ota_compat_show(c, info);
}
#endif

static void show_block(struct compat *c, const struct ota_hook_info *info)
{
    cy_ota_storage_write_info_t *b = &c->block;

    b->buffer = NULL;
    if (info->data != NULL) {
        b->total_size = info->total;
        b->offset = info->written;
        /* The type is the original's; the bytes are the link's, and stay as they are. */
        b->buffer = (uint8_t *)(uintptr_t)info->data;
        b->size = info->data_len;
        b->packet_number = (uint16_t)(info->written / CY_OTA_CHUNK_SIZE);
        b->total_packets =
            (uint16_t)(info->total / CY_OTA_CHUNK_SIZE + (info->total % CY_OTA_CHUNK_SIZE != 0));
    }
}

static void show(struct compat *c, const struct ota_hook_info *info)
{
    cy_ota_cb_struct_t *cb = &c->cb;

    show_block(c, info);
    cb->reason = (cy_ota_cb_reason_t)info->moment;
    cb->cb_arg = c->params.cb_arg;
    cb->COMPAT_STATE = (cy_ota_agent_state_t)info->state;
    cb->error = error_of(c, info);
    cb->storage = &c->block;
    cb->total_size = info->total;
    cb->bytes_written = info->written;
    cb->percentage = info->percent;
    cb->connection_type = (cy_ota_connection_t)info->endpoint->transport;
#if CY_OTA_HAS_AGENT_
    show_network(c, info);
#endif
}

/* ---- Changes ----------------------------------------------------------------------------------
 */

#if CY_OTA_HAS_AGENT_
/* A changed text back into its place; false if it does not fit. */
static bool take_text(const char *from, size_t room, char *to, size_t cap)
{
    size_t len = 0;

    while (len < room && from[len] != '\0') {
        len++;
    }
    if (len == room || len >= cap) {
        return false;
    }
    memcpy(to, from, len + 1);
    return true;
}

static bool take_server(const struct compat *c, struct ota_hook_info *info)
{
    const cy_ota_server_ *s = &c->cb.broker_server;
    struct ota_endpoint *e = info->endpoint;

    e->port = s->port;
    if (s->COMPAT_HOST == e->host) {
        return true;
    }
    return s->COMPAT_HOST != NULL &&
           take_text(s->COMPAT_HOST, OTA_HOST_MAX, e->host, sizeof e->host);
}

/* A connection of the application's own cannot be used: nobody tells the agent what arrives. */
static bool is_own_connection(const struct compat *c)
{
    bool is_own = false;

    (void)c;
#if defined(COMPONENT_OTA_MQTT) && CY_OTA_API_VERSION >= 3
    is_own = is_own || c->cb.mqtt_connection != NULL;
#endif
#if defined(COMPONENT_OTA_HTTP) && CY_OTA_API_VERSION >= 3
    is_own = is_own || c->cb.http_connection != NULL;
#endif
    return is_own;
}

static bool take_connect(struct compat *c, struct ota_hook_info *info)
{
    if (is_own_connection(c)) {
        (void)cy_log_msg(CYLF_OTA, CY_LOG_ERR, "a connection of the callback's is not taken\n");
        return false;
    }
    if (!take_server(c, info)) {
        return false;
    }
#ifdef COMPONENT_OTA_MQTT
    if (!take_text(c->cb.unique_topic, sizeof c->cb.unique_topic, info->topic, info->topic_cap)) {
        return false;
    }
#endif
    if (info->state == OTA_STATE_DATA_CONNECT &&
        !take_text(c->cb.file, sizeof c->cb.file, info->file, info->file_cap)) {
        return false;
    }
    ota_compat_read_credentials(c->cb.credentials, &c->tls);
    return ota_compat_credentials(info->endpoint->transport, &c->tls) == 0;
}

/* Over HTTP the request for the job is its path, and json_doc is only for show. */
static bool take_message(const struct compat *c, struct ota_hook_info *info, enum ota_answer answer)
{
    const cy_ota_cb_struct_t *cb = &c->cb;

    if (info->state == OTA_STATE_JOB_DOWNLOAD && info->moment == OTA_MOMENT_BEFORE &&
        info->endpoint->transport != OTA_TRANSPORT_MQTT && answer == OTA_ANSWER_CONTINUE) {
        return take_text(cb->file, sizeof cb->file, info->message, info->message_cap);
    }
    return cb->json_doc[0] == '\0' ||
           take_text(cb->json_doc, sizeof cb->json_doc, info->message, info->message_cap);
}

/* A push has nothing to change. */
static enum ota_answer take(struct compat *c, struct ota_hook_info *info, enum ota_answer answer)
{
    bool is_good = true;

    if (is_connect(info)) {
        is_good = take_connect(c, info);
    } else if (info->message != NULL && info->moment != OTA_MOMENT_FAILED) {
        is_good = take_message(c, info, answer);
    }
    if (!is_good && answer == OTA_ANSWER_CONTINUE) {
        (void)cy_log_msg(CYLF_OTA, CY_LOG_ERR, "what the callback has changed cannot be used\n");
        return OTA_ANSWER_REFUSE;
    }
    return answer;
}
#endif

/* ---- Calling ----------------------------------------------------------------------------------
 */

static enum ota_answer ask(struct compat *c)
{
    cy_ota_callback_results_t result =
        c->params.cb_func == NULL ? CY_OTA_CB_RSLT_OTA_CONTINUE : c->params.cb_func(&c->cb);

    return (unsigned)result < CY_OTA_CB_NUM_RESULTS ? (enum ota_answer)result : OTA_ANSWER_CONTINUE;
}

/* What the application has done for a state that needs the agent's part all the same. */
static enum ota_answer settle(struct compat *c, const struct ota_hook_info *info,
                              enum ota_answer answer)
{
    bool is_close;

    if (info->moment != OTA_MOMENT_BEFORE) {
        return answer;
    }
    if (info->state == OTA_STATE_START_UPDATE) {
        c->is_open = false; /* what an earlier session left unfinished */
    }
    if (info->state == OTA_STATE_STORAGE_OPEN && answer == OTA_ANSWER_HANDLED) {
        return OTA_ANSWER_CONTINUE;
    }
    /* A push has no state of its own for it. */
    is_close =
        info->state == (ota_compat_is_pushed(c) ? OTA_STATE_VERIFY : OTA_STATE_STORAGE_CLOSE);
    if (is_close && answer == OTA_ANSWER_CONTINUE && ota_compat_finish(c) != 0) {
        return OTA_ANSWER_REFUSE;
    }
    return answer;
}

enum ota_answer ota_compat_hook(void *arg, struct ota_hook_info *info)
{
    struct compat *c = arg;
    enum ota_answer answer;

    if (info->state != OTA_STATE_STORAGE_WRITE || ota_compat_is_pushed(c)) {
        __atomic_store_n(&c->state, (uint8_t)info->state, __ATOMIC_RELEASE);
    }
#if CY_OTA_HAS_AGENT_
    ota_compat_word(c, info);
#endif
    show(c, info);
    if (info->state != OTA_STATE_AGENT_WAITING) {
        ota_compat_set_last_error(c->cb.error);
    }
    answer = ask(c);
    if (info->moment == OTA_MOMENT_BEFORE) {
        c->is_refused_before = answer == OTA_ANSWER_REFUSE;
    } else if (info->moment == OTA_MOMENT_DONE) {
        c->is_refused_before = false;
    }
#if CY_OTA_HAS_AGENT_
    if (!ota_compat_is_pushed(c)) {
        answer = take(c, info, answer);
    }
#endif
    return settle(c, info, answer);
}

void ota_compat_say_goodbye(struct compat *c)
{
    c->cb.reason = CY_OTA_REASON_FAILURE;
    c->cb.COMPAT_STATE = CY_OTA_STATE_EXITING;
    c->cb.error = CY_RSLT_OTA_EXITING;
    (void)ask(c);
}

#endif
