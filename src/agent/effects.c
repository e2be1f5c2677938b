/* SPDX-License-Identifier: Apache-2.0 */
/* What each state of a session does. */
#include <string.h>

#include "agent/memory.h"
#include "base/out.h"
#include "ota/err.h"

#define DIRECT_TOPIC "/OTAImage/"
#define COMPANY "anycloud"
#define DIRECT_FILE "/anycloud-ota.bin"

/* ---- Session -----------------------------------------------------------------------------------
 */

static int run_wait(struct agent *a, uint64_t now_ms)
{
    return now_ms < a->session.due_ms && !a->is_checked;
}

/* Where answers are to come to: a level of random digits nobody can guess. */
static int make_topic(struct agent *a)
{
    const struct ota_config *c = a->config;
    uint32_t random[2];
    struct ota_out o;
    int rc = c->system.ops->random(c->system.ctx, random, sizeof random);

    if (rc != 0) {
        return rc;
    }
    ota_out_init(&o, a->topic, sizeof a->topic);
    ota_out_text(&o, c->mqtt.company != NULL ? c->mqtt.company : COMPANY);
    ota_out_char(&o, '/');
    ota_out_text(&o, c->board);
    ota_out_text(&o, DIRECT_TOPIC);
    ota_out_u32(&o, random[0]);
    ota_out_u32(&o, random[1]);
    rc = ota_out_end(&o);
    return rc < 0 ? rc : 0;
}

/* Direct flow over HTTP has no document to name the image. */
static int set_direct_file(struct agent *a)
{
    const struct ota_config *c = a->config;
    struct ota_out o;
    int rc;

    if (c->flow != OTA_FLOW_DIRECT || c->transport == OTA_TRANSPORT_MQTT) {
        return 0;
    }
    ota_out_init(&o, a->job.file, a->job.file_cap);
    ota_out_text(&o, c->http.file != NULL ? c->http.file : DIRECT_FILE);
    rc = ota_out_end(&o);
    return rc < 0 ? rc : 0;
}

static int begin_session(struct agent *a, uint64_t now_ms)
{
    int rc;

    a->is_checked = false;
    a->xfer_config.run = 1;
    ota_agent_clear_job(a);
    rc = ota_agent_begin_image(a, now_ms);
    if (rc == 0) {
        rc = make_topic(a);
    }
    if (rc == 0) {
        rc = set_direct_file(a);
    }
    return rc != 0 ? rc : ota_agent_go_home(a);
}

/* ---- Job ---------------------------------------------------------------------------------------
 */

/* True if the secondary slot waits for the bootloader with this version or a newer one. */
static bool is_installed_next(const struct agent *a, const struct ota_version *v)
{
    struct ota_trailer t;
    struct ota_source src;
    struct ota_image image;

    ota_source_from_area(&src, &a->config->secondary->area);
    return ota_slot_read_trailer(a->config->secondary, &t) == 0 && t.magic == OTA_FIELD_SET &&
           ota_image_parse(&src, &image) == 0 && ota_version_compare(&image.header.version, v) >= 0;
}

static bool is_same(const char *x, const char *y)
{
    size_t len = strlen(x);

    return len == strlen(y) && memcmp(x, y, len) == 0;
}

static int parse_job(struct agent *a, uint64_t now_ms)
{
    struct ota_version before = a->job.version;
    int order;
    int rc = ota_job_parse(a->env.text, a->env.text_len, &a->server, &a->job);

    if (rc != 0) {
        return rc;
    }
    if (!is_same(a->job.board, a->config->board)) {
        return OTA_EBOARD;
    }
    order = ota_version_compare(&a->job.version, &a->running);
    if (order <= 0) {
        /* A web server gives everybody the same document: nothing new is no fault. */
        return order == 0 && a->server.transport != OTA_TRANSPORT_MQTT ? OTA_ENOUPDATE
                                                                       : OTA_EVERSION;
    }
    if (ota_agent_is_refused(a, &a->job.version)) {
        return a->journal.last.err;
    }
    a->xfer_config.run = a->job.run;
    if (a->xfer.next > 0 && ota_version_compare(&a->job.version, &before) != 0) {
        rc = ota_agent_restart_image(a, now_ms); /* a newer job came while its image was fetched */
        if (rc != 0) {
            return rc;
        }
    }
    if (!is_installed_next(a, &a->job.version)) {
        return 0;
    }
    /* If the second image was marked late, the session ends with the restart that was missed. */
    a->is_marked = OTA_CONFIG_ARCHIVE && a->is_due;
    return OTA_ENOUPDATE;
}

static int follow_job(struct agent *a, uint64_t now_ms)
{
    (void)now_ms;
    if (!a->job.is_redirected) {
        return 0;
    }
    if (a->job.data.transport == OTA_TRANSPORT_MQTT && a->server.transport != OTA_TRANSPORT_MQTT) {
        a->job.data.tls = a->job.data.tls || a->config->mqtt.tls;
    }
    a->link->close(&a->links);
    a->server = a->job.data;
    return ota_agent_use_link(a, a->server.transport);
}

/* ---- Result ------------------------------------------------------------------------------------
 */

static int return_home(struct agent *a, uint64_t now_ms)
{
    (void)now_ms;
    a->link->close(&a->links);
    a->env.result.err = a->session.err;
    a->env.result.installed = NULL;
    return ota_agent_go_home(a);
}

/* ---- Links -------------------------------------------------------------------------------------
 */

bool ota_agent_task(enum ota_state state, enum ota_link_task *task)
{
    switch (state) {
    case OTA_STATE_JOB_CONNECT:
    case OTA_STATE_DATA_CONNECT:
    case OTA_STATE_RESULT_CONNECT:
        *task = OTA_LINK_CONNECT;
        return true;
    case OTA_STATE_JOB_DOWNLOAD:
        *task = OTA_LINK_JOB;
        return true;
    case OTA_STATE_DATA_DOWNLOAD:
        *task = OTA_LINK_DATA;
        return true;
    case OTA_STATE_RESULT_SEND:
        *task = OTA_LINK_RESULT;
        return true;
    case OTA_STATE_JOB_DISCONNECT:
    case OTA_STATE_DATA_DISCONNECT:
    case OTA_STATE_RESULT_DISCONNECT:
        *task = OTA_LINK_DISCONNECT;
        return true;
    default:
        return false;
    }
}

static int begin_link(struct agent *a, uint64_t now_ms)
{
    enum ota_link_task task = OTA_LINK_CONNECT;

    (void)ota_agent_task(a->session.state, &task);
    a->answer = 0;
    a->env.is_busy = false;
    return a->link->begin(&a->links, task, now_ms);
}

static int run_link(struct agent *a, uint64_t now_ms)
{
    enum ota_link_task task = OTA_LINK_CONNECT;
    int rc;

    (void)ota_agent_task(a->session.state, &task);
    a->env.is_busy = false;
    rc = a->link->poll(&a->links, task, now_ms);
    if (OTA_CONFIG_JOURNAL && rc == 0 && a->session.state == OTA_STATE_RESULT_SEND &&
        a->session.has_report) {
        rc = ota_agent_note(a, OTA_NOTE_REPORTED);
    }
    return a->answer != 0 ? a->answer : rc;
}

/* ---- Table -------------------------------------------------------------------------------------
 */

static const struct effect effects[OTA_STATE_COUNT] = {
    [OTA_STATE_AGENT_WAITING] = {NULL, run_wait},
    [OTA_STATE_START_UPDATE] = {begin_session, NULL},
    [OTA_STATE_JOB_CONNECT] = {begin_link, run_link},
    [OTA_STATE_JOB_DOWNLOAD] = {begin_link, run_link},
    [OTA_STATE_JOB_DISCONNECT] = {begin_link, run_link},
    [OTA_STATE_JOB_PARSE] = {parse_job, NULL},
    [OTA_STATE_JOB_REDIRECT] = {follow_job, NULL},
    [OTA_STATE_STORAGE_OPEN] = {ota_agent_open_storage, NULL},
    [OTA_STATE_DATA_CONNECT] = {begin_link, run_link},
    [OTA_STATE_DATA_DOWNLOAD] = {begin_link, run_link},
    [OTA_STATE_DATA_DISCONNECT] = {begin_link, run_link},
    [OTA_STATE_STORAGE_CLOSE] = {ota_agent_close_storage, NULL},
    [OTA_STATE_VERIFY] = {ota_agent_begin_verify, ota_agent_run_verify},
    [OTA_STATE_RESULT_REDIRECT] = {return_home, NULL},
    [OTA_STATE_RESULT_CONNECT] = {begin_link, run_link},
    [OTA_STATE_RESULT_SEND] = {begin_link, run_link},
    [OTA_STATE_RESULT_DISCONNECT] = {begin_link, run_link},
};

const struct effect *ota_agent_effect(enum ota_state state)
{
    return &effects[state];
}
