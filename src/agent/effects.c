/* SPDX-License-Identifier: Apache-2.0 */
/* What each state of a session does. */
#include <string.h>

#include "agent/memory.h"
#include "base/out.h"
#include "base/text.h"
#include "link/topic.h"
#include "ota/err.h"

#define DIRECT_TOPIC "/OTAImage/"
#define DIRECT_FILE "/anycloud-ota.bin"

/* ---- Session -----------------------------------------------------------------------------------
 */

static int run_wait(struct agent *a)
{
    return a->env.now_ms < a->session.due_ms && !a->is_checked;
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
    ota_topic_begin(&o, a->topic, c);
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

    if (c->flow != OTA_FLOW_DIRECT || !ota_agent_is_http(c)) {
        return 0;
    }
    ota_out_init(&o, a->job.file, a->job.file_cap);
    ota_out_text(&o, c->http.file != NULL ? c->http.file : DIRECT_FILE);
    rc = ota_out_end(&o);
    return rc < 0 ? rc : 0;
}

static int begin_session(struct agent *a)
{
    int rc;

    a->is_checked = false;
    a->xfer_config.run = 1;
    ota_agent_clear_job(a);
    rc = ota_agent_begin_image(a);
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

static int parse_job(struct agent *a)
{
    struct ota_version before = a->job.version;
    int order;
    int rc = ota_job_parse(a->env.text, a->env.text_len, &a->job.data, &a->job);

    if (rc != 0) {
        return rc;
    }
    if (!ota_text_same(a->job.board, a->config->board)) {
        return OTA_EBOARD;
    }
    order = ota_version_compare(&a->job.version, &a->env.running);
    if (order <= 0) {
        /* A web server gives everybody the same document: nothing new is no fault. */
        return order == 0 && ota_agent_is_http(a->config) ? OTA_ENOUPDATE : OTA_EVERSION;
    }
    if (ota_agent_is_refused(a, &a->job.version)) {
        return a->journal.last.err;
    }
    a->xfer_config.run = a->job.run;
    if (OTA_CONFIG_HTTP && a->env.xfer.next > 0 &&
        ota_version_compare(&a->job.version, &before) != 0) {
        rc = ota_agent_restart_image(a); /* a newer job came while its image was fetched */
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

static int follow_job(struct agent *a)
{
    if (!OTA_CONFIG_REDIRECT || !a->job.is_redirected) {
        return 0;
    }
    if (a->job.data.transport == OTA_TRANSPORT_MQTT && ota_agent_is_http(a->config)) {
        a->job.data.tls = a->job.data.tls || a->config->mqtt.tls;
    }
    a->link->close(&a->links);
    return ota_agent_use_link(a, a->job.data.transport);
}

/* ---- Result ------------------------------------------------------------------------------------
 */

static int return_home(struct agent *a)
{
    a->link->close(&a->links);
    a->env.result.err = a->session.err;
    a->env.result.installed = NULL;
    return ota_agent_go_home(a);
}

/* ---- Links -------------------------------------------------------------------------------------
 */

static int begin_link(struct agent *a)
{
    a->answer = 0;
    a->env.is_busy = false;
    return a->link->begin(&a->links);
}

static int run_link(struct agent *a)
{
    int rc;

    a->env.is_busy = false;
    rc = a->link->poll(&a->links);
    if (OTA_CONFIG_JOURNAL && rc == 0 && a->session.state == OTA_STATE_RESULT_SEND &&
        a->session.has_report) {
        rc = ota_agent_note(a, OTA_NOTE_REPORTED);
    }
    return a->answer != 0 ? a->answer : rc;
}

/* ---- Effects --------------------------------------------------------------------------------- */

/* What is begun goes on. */
static int goes_on(int rc)
{
    return rc != 0 ? rc : 1;
}

int ota_agent_begin(struct agent *a)
{
    switch (a->session.state) {
    case OTA_STATE_AGENT_WAITING:
        return 1;
    case OTA_STATE_START_UPDATE:
        return begin_session(a);
    case OTA_STATE_JOB_PARSE:
        return parse_job(a);
    case OTA_STATE_JOB_REDIRECT:
        return follow_job(a);
    case OTA_STATE_STORAGE_OPEN:
        return ota_agent_open_storage(a);
    case OTA_STATE_STORAGE_CLOSE:
        return ota_agent_close_storage(a);
    case OTA_STATE_VERIFY:
        return goes_on(ota_agent_begin_verify(a));
    case OTA_STATE_RESULT_REDIRECT:
        return return_home(a);
    default:
        return a->env.task != OTA_LINK_NONE ? goes_on(begin_link(a)) : 0;
    }
}

int ota_agent_run(struct agent *a)
{
    switch (a->session.state) {
    case OTA_STATE_AGENT_WAITING:
        return run_wait(a);
    case OTA_STATE_VERIFY:
        return ota_agent_run_verify(a);
    default:
        return run_link(a);
    }
}
