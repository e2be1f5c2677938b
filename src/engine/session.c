/* SPDX-License-Identifier: Apache-2.0 */
#include "ota/session.h"

#include <string.h>

#include "engine/backoff.h"
#include "ota/config.h"
#include "ota/err.h"

/* Places where the outcome alone does not tell what follows; pick() resolves them. */
enum choice {
    PICK_FLOW = OTA_STATE_COUNT, /* job or direct */
    PICK_REPORT,                 /* an earlier outcome goes first */
    PICK_SENT,                   /* it has gone, or the result of this session */
    PICK_JOB,                    /* a job came, or it did not */
    PICK_JOB_FAULT,              /* report a refused job; "no update" is no fault */
    PICK_DATA_RETRY,             /* connect again for the image */
    PICK_DOWNLOAD_RETRY,         /* go on with the image */
    PICK_DATA_END,               /* done with the image, or its address is to be asked for again */
    PICK_VERIFY,                 /* only a whole image is verified */
    PICK_VERIFY_RETRY,           /* what an earlier session stored may be what is wrong */
    PICK_RESULT,                 /* send a result or not */
    PICK_RESULT_RETRY,           /* connect again for the result */
};

struct row {
    uint8_t ok;
    uint8_t fail;
    uint8_t stop;
    uint8_t limit;
};

#define ROW(state, ok, fail, stop, limit)                                                          \
    [OTA_STATE_##state] = {ok, fail, OTA_STATE_##stop, OTA_LIMIT_##limit}
#define S(state) OTA_STATE_##state

static const struct row table[OTA_STATE_COUNT] = {
    ROW(EXITING, S(EXITING), S(EXITING), EXITING, NONE),
    ROW(AGENT_WAITING, S(START_UPDATE), S(AGENT_WAITING), AGENT_WAITING, NONE),
    ROW(START_UPDATE, PICK_FLOW, S(OTA_COMPLETE), OTA_COMPLETE, NONE),
    ROW(JOB_CONNECT, PICK_REPORT, S(AGENT_WAITING), OTA_COMPLETE, CONNECT),
    ROW(JOB_DOWNLOAD, S(JOB_DISCONNECT), S(JOB_DISCONNECT), JOB_DISCONNECT, JOB),
    ROW(JOB_DISCONNECT, PICK_JOB, S(OTA_COMPLETE), OTA_COMPLETE, CONNECT),
    ROW(JOB_PARSE, S(JOB_REDIRECT), PICK_JOB_FAULT, OTA_COMPLETE, NONE),
    ROW(JOB_REDIRECT, S(STORAGE_OPEN), S(RESULT_REDIRECT), OTA_COMPLETE, NONE),
    ROW(STORAGE_OPEN, S(DATA_CONNECT), S(RESULT_REDIRECT), OTA_COMPLETE, NONE),
    ROW(DATA_CONNECT, S(DATA_DOWNLOAD), PICK_DATA_RETRY, OTA_COMPLETE, CONNECT),
    ROW(DATA_DOWNLOAD, S(DATA_DISCONNECT), PICK_DOWNLOAD_RETRY, DATA_DISCONNECT, DATA),
    ROW(DATA_DISCONNECT, PICK_DATA_END, PICK_DATA_END, OTA_COMPLETE, CONNECT),
    ROW(STORAGE_CLOSE, PICK_VERIFY, S(RESULT_REDIRECT), OTA_COMPLETE, NONE),
    ROW(VERIFY, S(RESULT_REDIRECT), PICK_VERIFY_RETRY, RESULT_REDIRECT, NONE),
    ROW(RESULT_REDIRECT, PICK_RESULT, S(OTA_COMPLETE), OTA_COMPLETE, NONE),
    ROW(RESULT_CONNECT, S(RESULT_SEND), PICK_RESULT_RETRY, OTA_COMPLETE, CONNECT),
    ROW(RESULT_SEND, PICK_SENT, PICK_SENT, RESULT_DISCONNECT, RESULT),
    ROW(RESULT_DISCONNECT, S(OTA_COMPLETE), S(OTA_COMPLETE), OTA_COMPLETE, CONNECT),
    ROW(OTA_COMPLETE, S(AGENT_WAITING), S(AGENT_WAITING), AGENT_WAITING, NONE),
};

/* One after the other, in the order of their numbers: 0 to OTA_STATE_COUNT - 1. */
#define STATE_TEXT(name, number, text) text "\0"
static const char state_texts[] = OTA_STATE_MAP(STATE_TEXT);
#undef STATE_TEXT

const char *ota_state_text(enum ota_state state)
{
    const char *text = state_texts;

    if (!OTA_CONFIG_TEXTS || (unsigned)state >= OTA_STATE_COUNT) {
        return "unknown state";
    }
    for (unsigned n = 0; n < (unsigned)state; n++) {
        text += strlen(text) + 1;
    }
    return text;
}

static uint64_t after(uint64_t now_ms, uint32_t delay_ms)
{
    return delay_ms == OTA_NEVER ? UINT64_MAX : now_ms + delay_ms;
}

void ota_session_init(struct ota_session *s, const struct ota_session_config *config,
                      uint64_t now_ms)
{
    memset(s, 0, sizeof *s);
    s->config = config;
    s->state = OTA_STATE_AGENT_WAITING;
    s->due_ms = after(now_ms, config->initial_ms);
    s->limit_ms = UINT64_MAX;
}

/* Another download would end the same way. */
static bool is_final(int err)
{
    switch (err) {
    case OTA_EMAGIC:
    case OTA_ESIZE:
    case OTA_ENOIMAGE:
    case OTA_ENOTBOOT:
    case OTA_EVERSION:
    case OTA_EBOARD:
    case OTA_ENOTSUP:
    case OTA_ETRANSPORT:
    case OTA_EREVERTED:
    case OTA_ERETRIES:
    case OTA_ELATER:
        return true;
    default:
        return false;
    }
}

/* The effect begins after a wait that doubles with n. */
static void back_off(struct ota_session *s, const struct ota_event *ev, uint8_t n)
{
    const struct ota_session_config *c = s->config;

    s->due_ms = after(ev->now_ms, ota_backoff_ms(c->retry_ms, c->next_ms, n, ev->random));
}

static bool may_connect_again(struct ota_session *s, const struct ota_event *ev)
{
    if (s->connects >= s->config->connect_retries) {
        return false;
    }
    back_off(s, ev, s->connects++);
    return true;
}

static bool may_download_again(struct ota_session *s, const struct ota_event *ev)
{
    if (ev->has_progress && ev->err != OTA_ECHANGED) {
        s->downloads = 0;
    }
    s->downloads++;
    return !is_final(ev->err) && s->downloads < s->config->download_tries;
}

/* After a failed download: on at once if it brought something, after a while if it did not. An
 * address that is no longer good (a signed URL expires) is replaced by asking for the job again. */
static enum ota_state after_download(struct ota_session *s, const struct ota_event *ev)
{
    if (!may_download_again(s, ev)) {
        return OTA_STATE_DATA_DISCONNECT;
    }
    if (OTA_CONFIG_HTTP && ev->err == OTA_EGONE) {
        s->is_job_due = s->config->flow == OTA_FLOW_JOB;
        return OTA_STATE_DATA_DISCONNECT;
    }
    if (!ev->has_progress) {
        back_off(s, ev, (uint8_t)(s->downloads - 1));
    }
    return OTA_STATE_STORAGE_OPEN;
}

/* A build without record log or HTTP has no code for what only they bring about. */
static bool has_report(const struct ota_session *s)
{
    return OTA_CONFIG_JOURNAL && s->has_report;
}

static bool is_job_due(const struct ota_session *s)
{
    return OTA_CONFIG_HTTP && s->is_job_due;
}

static enum ota_state pick(struct ota_session *s, unsigned next, const struct ota_event *ev)
{
    switch (next) {
    case PICK_FLOW:
        return s->config->flow == OTA_FLOW_JOB ? OTA_STATE_JOB_CONNECT : OTA_STATE_STORAGE_OPEN;
    case PICK_REPORT:
        return has_report(s) ? OTA_STATE_RESULT_SEND : OTA_STATE_JOB_DOWNLOAD;
    case PICK_SENT:
        return has_report(s) ? OTA_STATE_JOB_DOWNLOAD : OTA_STATE_RESULT_DISCONNECT;
    case PICK_JOB:
        return s->err == 0 ? OTA_STATE_JOB_PARSE : OTA_STATE_OTA_COMPLETE;
    case PICK_JOB_FAULT:
        return ev->err == OTA_ENOUPDATE ? OTA_STATE_OTA_COMPLETE : OTA_STATE_RESULT_REDIRECT;
    case PICK_DATA_RETRY:
        return may_connect_again(s, ev) ? OTA_STATE_DATA_CONNECT : OTA_STATE_RESULT_REDIRECT;
    case PICK_DOWNLOAD_RETRY:
        return after_download(s, ev);
    case PICK_DATA_END:
        return is_job_due(s) ? OTA_STATE_JOB_CONNECT : OTA_STATE_STORAGE_CLOSE;
    case PICK_VERIFY:
        return s->err == 0 ? OTA_STATE_VERIFY : OTA_STATE_RESULT_REDIRECT;
    case PICK_VERIFY_RETRY:
        return OTA_CONFIG_JOURNAL && ev->is_resumed ? OTA_STATE_STORAGE_OPEN
                                                    : OTA_STATE_RESULT_REDIRECT;
    case PICK_RESULT:
        return s->config->flow == OTA_FLOW_JOB && s->config->send_result ? OTA_STATE_RESULT_CONNECT
                                                                         : OTA_STATE_OTA_COMPLETE;
    case PICK_RESULT_RETRY:
        return may_connect_again(s, ev) ? OTA_STATE_RESULT_CONNECT : OTA_STATE_OTA_COMPLETE;
    default:
        return (enum ota_state)next;
    }
}

static bool is_report(enum ota_state state)
{
    return state >= OTA_STATE_RESULT_REDIRECT && state <= OTA_STATE_RESULT_DISCONNECT;
}

/* Keeps the first error of the session, and of the report apart from it. */
static void note_failure(struct ota_session *s, enum ota_state next, int err)
{
    bool is_retried = next == s->state || next == OTA_STATE_STORAGE_OPEN || is_job_due(s);

    if (is_report(s->state)) {
        if (s->report_err == 0) {
            s->report_err = err;
        }
    } else if (s->err == 0 && !is_retried) {
        s->err = err;
    }
}

/* Another session soon may reach what this one did not. */
static bool is_transient(int err)
{
    switch (err) {
    case OTA_ECONNECT:
    case OTA_ERESOLVE:
    case OTA_EAUTH:
    case OTA_ETLS:
    case OTA_EDROPPED:
    case OTA_ETIMEOUT:
    case OTA_EDATA:
    case OTA_EPROTO:
    case OTA_ECERTTIME:
    case OTA_ECERTSELF:
    case OTA_ECERTCA:
    case OTA_ECERTHOST:
    case OTA_ECHANGED:
    case OTA_ELATER:
        return true;
    default:
        return false;
    }
}

/* The wait that follows a session: what a stop has asked for, soon if a server was not reached,
 * else the usual interval. */
static void plan_next(struct ota_session *s, enum ota_state from, const struct ota_event *ev)
{
    if (!s->is_stopped && from != OTA_STATE_AGENT_WAITING && is_transient(s->err)) {
        back_off(s, ev, s->failures);
        if (s->failures < UINT8_MAX) {
            s->failures++;
        }
    } else {
        s->failures = 0;
        s->due_ms = after(ev->now_ms, s->defer_ms != 0 ? s->defer_ms : s->config->next_ms);
    }
    s->defer_ms = 0;
    s->is_stopped = false;
}

static void enter(struct ota_session *s, enum ota_state next, const struct ota_event *ev)
{
    enum ota_state from = s->state;

    if (next == OTA_STATE_AGENT_WAITING && s->is_exiting) {
        next = OTA_STATE_EXITING;
    }
    if (next == OTA_STATE_START_UPDATE) {
        s->err = 0;
        s->report_err = 0;
        s->connects = 0;
        s->downloads = 0;
        s->is_job_due = false;
    }
    if (OTA_CONFIG_HTTP && next == OTA_STATE_JOB_CONNECT) {
        s->is_job_due = false;
    }
    if (OTA_CONFIG_JOURNAL && from == OTA_STATE_START_UPDATE) {
        s->has_report = ev->has_report;
    } else if (OTA_CONFIG_JOURNAL && from == OTA_STATE_RESULT_SEND) {
        s->has_report = false;
    }
    if (next == OTA_STATE_RESULT_REDIRECT || ev->kind == OTA_EVENT_OK) {
        s->connects = 0;
    }
    s->state = next;
    s->limit_ms = after(s->due_ms > ev->now_ms ? s->due_ms : ev->now_ms,
                        s->config->limit_ms[table[next].limit]);
    if (next == OTA_STATE_AGENT_WAITING) {
        plan_next(s, from, ev);
    }
}

enum ota_state ota_session_step(struct ota_session *s, const struct ota_event *ev)
{
    const struct row *row = &table[s->state];
    enum ota_state next;

    s->due_ms = ev->now_ms;
    if (ev->kind == OTA_EVENT_EXIT) {
        s->is_exiting = true;
    }
    if (ev->kind == OTA_EVENT_STOP || ev->kind == OTA_EVENT_EXIT) {
        s->is_stopped = true;
        s->defer_ms = ev->defer_ms != 0 ? ev->defer_ms : s->defer_ms;
        if (s->err == 0 && s->state != OTA_STATE_AGENT_WAITING && !is_report(s->state)) {
            s->err = OTA_ESTOPPED;
        }
    }
    if (s->is_stopped) {
        next = (enum ota_state)row->stop;
    } else if (ev->kind == OTA_EVENT_OK) {
        next = pick(s, row->ok, ev);
    } else {
        next = pick(s, row->fail, ev);
        note_failure(s, next, ev->err);
    }
    enter(s, next, ev);
    return s->state;
}
