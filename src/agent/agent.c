/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver: performs the effect of the session's state, tells the session how it went, and
 * lets the hook have its say before and after.
 */
#include "agent/memory.h"

#include "base/log.h"
#include "ota/err.h"

/* Longest sleep while a link works; its socket should end it sooner. */
#define LINK_SLEEP_MS 100u

/* Longest sleep in any state, so that a missed wake is not for long. */
#define SLEEP_MAX_MS 1000u

static uint64_t now(const struct agent *a)
{
    return a->config->system.ops->now_ms(a->config->system.ctx);
}

void ota_agent_put_log(const struct agent *a, enum ota_log_level level, const char *text, int err)
{
    OTA_LOG(a->config->log, level, now(a), "agent", text, err);
}

static void tell_state(const struct agent *a, enum ota_log_level level, enum ota_state state,
                       int err)
{
    if (OTA_CONFIG_LOG) {
        ota_agent_put_log(a, level, ota_state_text(state), err);
    }
}

/* ---- Requests from elsewhere ----------------------------------------------------------------- */

static void post(struct agent *a, uint8_t *flag)
{
    const struct ota_system *sys = &a->config->system;

    __atomic_store_n(flag, 1, __ATOMIC_RELEASE);
    if (sys->ops->wake != NULL) {
        sys->ops->wake(sys->ctx);
    }
}

static bool take(uint8_t *flag)
{
    if (__atomic_load_n(flag, __ATOMIC_ACQUIRE) == 0) {
        return false;
    }
    __atomic_store_n(flag, 0, __ATOMIC_RELAXED);
    return true;
}

bool ota_agent_is_stopped(struct agent *a)
{
    return take(&a->requests.stop) || __atomic_load_n(&a->requests.shutdown, __ATOMIC_ACQUIRE) != 0;
}

void ota_check(struct ota_agent *agent)
{
    post(ota_agent_of(agent), &ota_agent_of(agent)->requests.check);
}

void ota_stop(struct ota_agent *agent)
{
    post(ota_agent_of(agent), &ota_agent_of(agent)->requests.stop);
}

void ota_shutdown(struct ota_agent *agent)
{
    post(ota_agent_of(agent), &ota_agent_of(agent)->requests.shutdown);
}

/* ---- Steps
 * --------------------------------------------------------------------------------------- */

/* Whatever way a session ended: nothing of it goes on. One that was stopped installs nothing. */
static void end_session(struct agent *a, bool is_stopped)
{
    a->link->close(&a->links);
    a->n_sessions++;
    ota_agent_forget_key(a); /* of a verification that was called off */
    if (a->is_marked && is_stopped) {
        int rc = ota_agent_cancel_all(a);

        if (rc == 0) {
            rc = ota_agent_note(a, OTA_NOTE_NOTHING);
        }
        if (rc != 0) {
            a->session.err = rc;
        }
    }
    a->is_marked = false;
}

static void report(struct agent *a, enum ota_event_kind kind, int err)
{
    const struct ota_system *sys = &a->config->system;
    bool was_waiting = a->session.state == OTA_STATE_AGENT_WAITING;
    bool is_stopped = (a->session.is_stopped && !a->session.is_exiting) || kind == OTA_EVENT_STOP;
    struct ota_event ev = {
        .kind = kind,
        .err = err,
        .has_progress = a->env.xfer.next > a->begun_at,
        .has_report = ota_agent_has_report(a),
        .is_resumed = ota_agent_is_resumed(a),
        .defer_ms = a->defer_ms,
        .now_ms = a->env.now_ms,
    };

    /* Without randomness the retries are not spread; topics and ids would refuse it themselves. */
    (void)sys->ops->random(sys->ctx, &ev.random, sizeof ev.random);
    a->step = STEP_ENTER;
    a->defer_ms = 0;
    (void)ota_session_step(&a->session, &ev);
    if (!was_waiting &&
        (a->session.state == OTA_STATE_AGENT_WAITING || a->session.state == OTA_STATE_EXITING)) {
        end_session(a, is_stopped);
    }
}

/* How bad a failure is that the session knows of. */
static enum ota_log_level level_of(const struct agent *a, int err)
{
    if (err == OTA_ENOUPDATE || err == OTA_ESTOPPED) {
        return OTA_LOG_NOTICE;
    }
    return err == a->session.err || err == a->session.report_err ? OTA_LOG_ERROR : OTA_LOG_WARNING;
}

static void end_failed(struct agent *a, int err)
{
    int answer = ota_agent_ask(a, OTA_MOMENT_FAILED, err);
    bool is_stop = answer == OTA_ESTOPPED || err == OTA_ESTOPPED;
    enum ota_state state = a->session.state;

    report(a, is_stop ? OTA_EVENT_STOP : OTA_EVENT_FAIL, err);
    tell_state(a, level_of(a, err), state, err);
}

static void end_done(struct agent *a)
{
    int err = ota_agent_ask(a, OTA_MOMENT_DONE, 0);

    if (err < 0) {
        end_failed(a, err);
        return;
    }
    if (a->session.state == OTA_STATE_OTA_COMPLETE && a->is_marked && a->config->reboot) {
        /* Into the bootloader, unless this device only pretends to. */
        ota_agent_tell(a, OTA_LOG_NOTICE, "restarting to install the image", 0);
        a->config->system.ops->reset(a->config->system.ctx);
    }
    ota_agent_tell(a, OTA_LOG_DEBUG, "done", 0);
    report(a, OTA_EVENT_OK, 0);
}

static void end(struct agent *a, int rc)
{
    if (rc < 0) {
        end_failed(a, rc);
    } else if (rc == 0) {
        end_done(a);
    }
}

static int prepare(struct agent *a)
{
    if (OTA_CONFIG_JOURNAL && a->session.has_report) {
        a->env.result.err = a->journal.last.err;
        a->env.result.installed = &a->journal.last.version;
    }
    if (a->session.state == OTA_STATE_JOB_CONNECT) { /* perhaps from the image's server */
        a->link->close(&a->links);
        return ota_agent_go_home(a);
    }
    switch (a->env.task) {
    case OTA_LINK_JOB:
    case OTA_LINK_DATA:
    case OTA_LINK_RESULT:
        return a->link->prepare(&a->links);
    default:
        return 0;
    }
}

/* Waiting that the hook has called off: the session is planned anew, without asking it again. */
static void skip_session(struct agent *a)
{
    report(a, OTA_EVENT_STOP, 0);
    a->step = STEP_RUN;
}

static void begin_effect(struct agent *a)
{
    a->step = STEP_RUN;
    end(a, ota_agent_begin(a));
}

/* What the link has to do in a state. */
static const uint8_t tasks[OTA_STATE_COUNT] = {
    [OTA_STATE_JOB_CONNECT] = OTA_LINK_CONNECT,
    [OTA_STATE_JOB_DOWNLOAD] = OTA_LINK_JOB,
    [OTA_STATE_JOB_DISCONNECT] = OTA_LINK_DISCONNECT,
    [OTA_STATE_DATA_CONNECT] = OTA_LINK_CONNECT,
    [OTA_STATE_DATA_DOWNLOAD] = OTA_LINK_DATA,
    [OTA_STATE_DATA_DISCONNECT] = OTA_LINK_DISCONNECT,
    [OTA_STATE_RESULT_CONNECT] = OTA_LINK_CONNECT,
    [OTA_STATE_RESULT_SEND] = OTA_LINK_RESULT,
    [OTA_STATE_RESULT_DISCONNECT] = OTA_LINK_DISCONNECT,
};

static void enter(struct agent *a)
{
    enum ota_state state = a->session.state;
    int rc;

    a->env.task = (enum ota_link_task)tasks[state];
    rc = prepare(a);

    tell_state(a, OTA_LOG_INFO, state, 0);
    if (rc != 0) {
        end_failed(a, rc);
        return;
    }
    rc = ota_agent_ask(a, OTA_MOMENT_BEFORE, 0);
    if (state == OTA_STATE_AGENT_WAITING && rc < 0) {
        skip_session(a);
    } else if (rc == 0 || state == OTA_STATE_OTA_COMPLETE) {
        begin_effect(a); /* cleaning up is not the application's to prevent */
    } else {
        end(a, rc < 0 ? rc : 0);
    }
}

static void run(struct agent *a)
{
    int rc = ota_agent_run(a);

    if (rc > 0 && a->env.now_ms >= a->session.limit_ms) {
        rc = OTA_ETIMEOUT;
    }
    end(a, rc);
}

/* Stop and shutdown count in every state; a stop without a session is void. */
static bool obey(struct agent *a)
{
    bool is_waiting = a->session.state == OTA_STATE_AGENT_WAITING;

    if (take(&a->requests.check)) {
        a->is_checked = true;
    }
    if (take(&a->requests.shutdown)) {
        ota_agent_tell(a, OTA_LOG_NOTICE, "shutdown", 0);
        report(a, OTA_EVENT_EXIT, OTA_ESTOPPED);
        return true;
    }
    if (take(&a->requests.stop) && !is_waiting) {
        tell_state(a, OTA_LOG_NOTICE, a->session.state, OTA_ESTOPPED);
        report(a, OTA_EVENT_STOP, OTA_ESTOPPED);
        return true;
    }
    return false;
}

static uint32_t sleep_for(const struct agent *a)
{
    uint64_t now_ms = a->env.now_ms;
    uint64_t left = a->session.due_ms > now_ms ? a->session.due_ms - now_ms : 0;

    if (a->session.state == OTA_STATE_AGENT_WAITING ? a->step == STEP_RUN && !a->is_checked
                                                    : a->step == STEP_ENTER) {
        return left < SLEEP_MAX_MS ? (uint32_t)left : SLEEP_MAX_MS;
    }
    return a->step == STEP_RUN && a->env.task != OTA_LINK_NONE && !a->env.is_busy ? LINK_SLEEP_MS
                                                                                  : 0;
}

uint32_t ota_poll(struct ota_agent *agent)
{
    struct agent *a = ota_agent_of(agent);

    a->env.now_ms = now(a);
    if (a->session.state == OTA_STATE_EXITING) {
        return SLEEP_MAX_MS;
    }
    if (ota_agent_is_pushed(a)) { /* requests are for the push */
        return LINK_SLEEP_MS;
    }
    if (obey(a)) {
        return 0;
    }
    if (OTA_CONFIG_BLE && a->config->transport == OTA_TRANSPORT_BLE) {
        return SLEEP_MAX_MS;
    }
    if (a->step == STEP_RUN) {
        run(a);
    } else if (a->session.state == OTA_STATE_AGENT_WAITING || a->env.now_ms >= a->session.due_ms) {
        enter(a);
    }
    return sleep_for(a);
}

int ota_run(struct ota_agent *agent)
{
    struct agent *a = ota_agent_of(agent);
    const struct ota_system *sys = &a->config->system;

    while (a->session.state != OTA_STATE_EXITING) {
        uint32_t ms = ota_poll(agent);

        if (ms > 0) {
            sys->ops->wait(sys->ctx, ms);
        }
    }
    return a->session.err;
}

/* ---- Looking on
 * ---------------------------------------------------------------------------------- */

int ota_confirm(struct ota_agent *agent)
{
    struct agent *a = ota_agent_of(agent);
    int rc = ota_agent_confirm_all(a);

    return rc != 0 ? rc : ota_agent_note(a, OTA_NOTE_CONFIRMED);
}

int ota_reject(struct ota_agent *agent)
{
    return OTA_CONFIG_JOURNAL ? ota_agent_note(ota_agent_of(agent), OTA_NOTE_REJECTED)
                              : OTA_ENOTSUP;
}

int ota_last_outcome(const struct ota_agent *agent, struct ota_outcome *out)
{
    const struct ota_record *r = &((const struct agent *)(const void *)agent->memory)->journal.last;

    if (r->stage != OTA_STAGE_DONE) {
        return 0;
    }
    out->version = r->version;
    out->err = r->err;
    out->is_reported = r->is_reported;
    return 1;
}

enum ota_state ota_state(const struct ota_agent *agent)
{
    return ota_agent_state((const struct agent *)(const void *)agent->memory);
}

int ota_last_error(const struct ota_agent *agent)
{
    return ((const struct agent *)(const void *)agent->memory)->session.err;
}

uint32_t ota_sessions(const struct ota_agent *agent)
{
    return ((const struct agent *)(const void *)agent->memory)->n_sessions;
}

const struct ota_version *ota_running_version(const struct ota_agent *agent)
{
    return &((const struct agent *)(const void *)agent->memory)->env.running;
}
