/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-subscriber/flow.h"

#include "common/clock.h"
#include "common/fields.h"
#include "common/log.h"
#include "ota-subscriber/verify.h"
#include "ota/err.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

/* How long a publisher may take to confirm the result. A device does not need it. */
#define RECEIVED_WAIT_MS 2000u
/* A request is repeated after a third of the time limit, and at least so often. */
#define RETRY_MS 3000u

static const char *const MESSAGE[] = {"Message", NULL};
static const char *const BOARD[] = {"Board", "BoardName", NULL};
static const char *const VERSION[] = {"Version", NULL};
static const char *const CONNECTION[] = {"Connection", NULL};
static const char *const BROKER[] = {"Broker", "Server", NULL};
static const char *const PORT[] = {"Port", NULL};

/* ---- Sending ------------------------------------------------------------------------------ */

/* Publishes doc with another Message. 0 with *mid set, or -1. */
static int send_message(struct flow *f, json_t *doc, const char *message, int *mid)
{
    char *text = NULL;
    int rc = -1;

    if (json_object_set_new(doc, "Message", json_string(message)) == 0) {
        text = json_dumps(doc, JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER);
    }
    if (text != NULL) {
        tool_debug("to %s: %s", f->topics->notify, text);
        rc = mqtt_link_publish(f->link, f->topics->notify, text, strlen(text), mid) ==
                     MOSQ_ERR_SUCCESS
                 ? 0
                 : -1;
    }
    free(text);
    return rc;
}

/* What a device says of itself; its product names are those of the original's examples. */
static json_t *describe(const struct flow *f)
{
    const struct ota_version *v = &f->config->running;
    char version[OTA_VERSION_TEXT_MAX];

    (void)snprintf(version, sizeof version, "%u.%u.%u", v->major, v->minor, v->revision);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "Message", "", "Manufacturer",
                     "Express Widgits Corporation", "ManufacturerId", "EWCO", "Product",
                     "Easy Widgit", "SerialNumber", "ABC213450001", "Version", version, "Board",
                     f->config->board, "UniqueTopicName", f->unique);
}

static void ask_for_job(struct flow *f)
{
    json_t *doc = describe(f);

    if (doc == NULL || send_message(f, doc, "Update Availability", NULL) != 0) {
        tool_debug("the job request is not sent");
    }
    json_decref(doc);
}

static void ask_for_chunk(struct flow *f, uint32_t index)
{
    char offset[16];
    char size[16];

    (void)snprintf(offset, sizeof offset, "%" PRIu32, index * f->config->chunk_size);
    (void)snprintf(size, sizeof size, "%" PRIu32, f->config->chunk_size);
    if (json_object_set_new(f->job, "Offset", json_string(offset)) != 0 ||
        json_object_set_new(f->job, "Size", json_string(size)) != 0 ||
        send_message(f, f->job, "Request Data Chunk", NULL) != 0) {
        tool_debug("the request for chunk %" PRIu32 " is not sent", index);
    }
}

/* Keeps the window of chunk requests full. The number of chunks is known from the first one. */
static void ask_for_more(struct flow *f)
{
    const struct download *d = &f->download;
    uint32_t count = d->has_first ? d->first.count : 1;

    while (f->asked < count && f->asked - d->n_have < f->config->window) {
        ask_for_chunk(f, f->asked++);
    }
}

static void ask_again_for_missing(struct flow *f)
{
    uint32_t i;

    for (i = 0; i < f->asked; i++) {
        if (!download_has(&f->download, i)) {
            ask_for_chunk(f, i);
        }
    }
}

static void ask_for_image(struct flow *f)
{
    const char *message = f->config->mode == FLOW_DIRECT ? "Send Direct Update" : "Request Update";

    if (f->config->mode == FLOW_CHUNKS) {
        ask_again_for_missing(f);
        ask_for_more(f);
    } else if (send_message(f, f->job, message, NULL) != 0) {
        tool_debug("the image request is not sent");
    }
}

static void send_result(struct flow *f, const char *result)
{
    json_t *doc = describe(f);

    f->state = FLOW_RESULT;
    f->result_acked = false;
    f->progress_ms = tool_now_ms();
    if (doc == NULL || send_message(f, doc, result, &f->result_mid) != 0) {
        f->state = FLOW_DONE; /* not connected: nobody to tell */
    }
    json_decref(doc);
}

void flow_fail(struct flow *f, const char *why)
{
    bool told = f->state == FLOW_DATA;

    if (f->state == FLOW_DONE || f->failed) {
        return;
    }
    tool_error("%s", why);
    f->failed = true;
    f->state = FLOW_DONE;
    if (told) {
        send_result(f, "Failure");
    }
}

/* ---- The job ------------------------------------------------------------------------------ */

static const char *refuse_job(struct flow *f, const json_t *doc)
{
    const char *message = fields_text(doc, MESSAGE);
    const char *version = fields_text(doc, VERSION);
    const char *board = fields_text(doc, BOARD);
    const char *connection = fields_text(doc, CONNECTION);

    if (message != NULL && strcmp(message, "No Update Available") == 0) {
        return "the publisher has no update for this board and version";
    }
    if (version == NULL || ota_version_parse(version, strlen(version), &f->offered) != OTA_OK) {
        return "the job has no valid Version";
    }
    if (ota_version_compare(&f->offered, &f->config->running) <= 0) {
        return "the job's Version is not newer than the running one (see --running)";
    }
    if (board == NULL || strcmp(board, f->config->board) != 0) {
        return "the job is for another board (see -k)";
    }
    if (connection != NULL && strcasecmp(connection, "MQTT") != 0) {
        return "the job leads to another transport; only MQTT is followed here";
    }
    return NULL;
}

/* A device would go where the job says. This tool stays, and tells. */
static void note_redirect(const struct flow *f, const json_t *doc)
{
    const char *host = fields_text(doc, BROKER);
    int64_t port = 0;
    char shown[128];

    if (host != NULL && host[0] != '\0') {
        tool_log("note: the job names broker %s; staying here",
                 tool_printable(shown, sizeof shown, host));
    }
    if (fields_number(doc, PORT, &port) == 1 && port != 0 && port != f->link->config.broker->port) {
        tool_log("note: the job names port %" PRId64 "; staying here", port);
    }
}

static void take_job(struct flow *f, const struct mosquitto_message *m, uint64_t now_ms)
{
    json_t *doc = json_loadb(m->payload, (size_t)m->payloadlen, JSON_REJECT_DUPLICATES, NULL);
    const char *why = "the job is no JSON object";

    if (json_is_object(doc)) {
        why = refuse_job(f, doc);
    }
    if (why == NULL && json_object_set_new(doc, "UniqueTopicName", json_string(f->unique)) != 0) {
        why = "out of memory";
    }
    if (why != NULL) {
        json_decref(doc);
        flow_fail(f, why);
        return;
    }
    tool_log("job: version %u.%u.%u", f->offered.major, f->offered.minor, f->offered.revision);
    note_redirect(f, doc);
    f->job = doc;
    f->state = FLOW_DATA;
    f->started_ms = f->progress_ms = f->retry_ms = now_ms;
    ask_for_image(f);
}

/* ---- The image ---------------------------------------------------------------------------- */

static void show_progress(const struct flow *f, const struct ota_chunk *c)
{
    unsigned pct = (unsigned)(100u * (uint64_t)f->download.n_have / c->count);

    tool_debug("chunk %u of %u, offset %" PRIu32 ", %u bytes", c->index + 1u, c->count, c->offset,
               c->size);
    if (f->config->verbose || isatty(STDERR_FILENO) == 0) {
        return;
    }
    (void)fprintf(stderr, "\r%3u %%%s", pct, f->download.n_have == c->count ? "\n" : "");
}

static void finish(struct flow *f, uint64_t now_ms)
{
    uint64_t ms = now_ms - f->started_ms;
    char why[256];

    if (verify_download(f, why, sizeof why) != 0) {
        flow_fail(f, why);
        return;
    }
    if (download_keep(&f->download) != 0) {
        (void)snprintf(why, sizeof why, "cannot write '%s': %s", f->config->path, strerror(errno));
        flow_fail(f, why);
        return;
    }
    tool_log("wrote '%s': version %u.%u.%u, %" PRIu32 " bytes in %" PRIu64 ".%03u s",
             f->config->path, f->offered.major, f->offered.minor, f->offered.revision,
             f->download.first.total_size, ms / 1000u, (unsigned)(ms % 1000u));
    send_result(f, "Success");
}

static const char *refuse_chunk(const struct flow *f, const struct ota_chunk *c, size_t len)
{
    if (len != (size_t)c->data_off + c->size) {
        return "the message is longer than header and data";
    }
    if (ota_version_compare(&c->version, &f->offered) != 0) {
        return "its version is not the job's";
    }
    if (f->config->mode == FLOW_CHUNKS && c->index >= f->asked) {
        return "it was not asked for";
    }
    return NULL;
}

static void take_chunk(struct flow *f, const struct mosquitto_message *m, uint64_t now_ms)
{
    struct ota_chunk head;
    char reason[256];
    char text[320];
    const char *why = NULL;
    int rc = ota_chunk_decode(m->payload, (size_t)m->payloadlen, &head);

    if (rc == OTA_EFORMAT) {
        tool_debug("ignored a message that is no chunk");
        return;
    }
    why = rc == OTA_OK ? refuse_chunk(f, &head, (size_t)m->payloadlen) : ota_err_text(rc);
    if (why == NULL) {
        rc = download_take(&f->download, &head, m->payload, reason, sizeof reason);
        why = rc < 0 ? reason : NULL;
    }
    if (why != NULL) {
        (void)snprintf(text, sizeof text, "bad chunk: %s", why);
        flow_fail(f, text);
        return;
    }
    if (rc == 0) {
        return; /* a repetition */
    }
    f->progress_ms = f->retry_ms = now_ms;
    show_progress(f, &head);
    if (download_is_complete(&f->download)) {
        finish(f, now_ms);
    } else if (f->config->mode == FLOW_CHUNKS) {
        ask_for_more(f);
    }
}

/* ---- Handlers of the link ----------------------------------------------------------------- */

static bool is_result_received(const struct mosquitto_message *m)
{
    json_t *doc = json_loadb(m->payload, (size_t)m->payloadlen, JSON_REJECT_DUPLICATES, NULL);
    const char *message = fields_text(doc, MESSAGE);
    bool yes = message != NULL && strcmp(message, "Result Received") == 0;

    json_decref(doc);
    return yes;
}

static void on_message(void *ctx, const struct mosquitto_message *m)
{
    struct flow *f = ctx;
    bool mine = strcmp(m->topic, f->unique) == 0;
    uint64_t now_ms = tool_now_ms();

    if (m->retain || m->payloadlen <= 0) {
        return; /* nobody's answer */
    }
    if (f->state == FLOW_JOB && mine) {
        take_job(f, m, now_ms);
    } else if (f->state == FLOW_DATA) {
        take_chunk(f, m, now_ms);
    } else if (f->state == FLOW_RESULT && mine && is_result_received(m)) {
        f->result_received = true;
    }
}

static void on_acked(void *ctx, int mid)
{
    struct flow *f = ctx;

    if (f->state == FLOW_RESULT && mid == f->result_mid) {
        f->result_acked = true;
        f->progress_ms = tool_now_ms();
    }
}

static void on_up(void *ctx)
{
    struct flow *f = ctx;

    f->retry_ms = tool_now_ms();
    if (f->state == FLOW_CONNECT) {
        tool_debug("waiting for answers on %s", f->unique);
        f->state = FLOW_JOB;
        f->progress_ms = f->retry_ms;
    }
    if (f->state == FLOW_JOB) {
        ask_for_job(f);
    } else if (f->state == FLOW_DATA) {
        ask_for_image(f);
    }
}

static void on_down(void *ctx, bool forgotten)
{
    struct flow *f = ctx;

    if (forgotten && f->state == FLOW_RESULT) {
        f->state = FLOW_DONE;
    }
}

const struct mqtt_link_handlers FLOW_HANDLERS = {on_up, on_down, on_message, on_acked};

/* ---- Time --------------------------------------------------------------------------------- */

static void give_up(struct flow *f)
{
    static const char *const WHY[] = {
        [FLOW_CONNECT] = "no connection to the broker in time",
        [FLOW_JOB] = "no publisher answers for this board (is it running, with the same -k?)",
        [FLOW_DATA] = "the image stopped coming",
    };

    if (f->state <= FLOW_DATA) {
        flow_fail(f, WHY[f->state]);
        return;
    }
    tool_error("the broker does not acknowledge the result");
    f->failed = true;
    f->state = FLOW_DONE;
}

static void tick_result(struct flow *f, uint64_t idle_ms)
{
    if (f->result_acked && (f->failed || f->result_received || idle_ms >= RECEIVED_WAIT_MS)) {
        if (!f->failed && !f->result_received) {
            tool_log("note: the publisher does not confirm the result");
        }
        f->state = FLOW_DONE;
    }
}

enum flow_state flow_tick(struct flow *f, uint64_t now_ms)
{
    uint64_t idle_ms = now_ms - f->progress_ms;
    uint32_t retry_ms = f->config->timeout_ms / 3;

    if (retry_ms > RETRY_MS) {
        retry_ms = RETRY_MS;
    }
    if (f->state == FLOW_RESULT) {
        tick_result(f, idle_ms);
    }
    if (f->state == FLOW_DONE) {
        return FLOW_DONE;
    }
    if (idle_ms >= f->config->timeout_ms) {
        give_up(f);
    } else if (now_ms - f->retry_ms >= retry_ms && f->link->state == MQTT_LINK_UP) {
        f->retry_ms = now_ms;
        if (f->state == FLOW_JOB) {
            ask_for_job(f);
        } else if (f->state == FLOW_DATA) {
            ask_for_image(f);
        }
    }
    return f->state;
}

int flow_init(struct flow *f, const struct flow_config *config, const struct topics *topics)
{
    uint64_t noise;
    uint32_t step = config->mode == FLOW_CHUNKS ? config->chunk_size : 4096u;
    int n;

    *f = (struct flow){.config = config, .topics = topics, .progress_ms = tool_now_ms()};
    f->download.fd = -1;
    if (getrandom(&noise, sizeof noise, 0) != (ssize_t)sizeof noise) {
        tool_error("no randomness for the unique topic: %s", strerror(errno));
        return -1;
    }
    n = snprintf(f->unique, sizeof f->unique, "%ssubscriber/image%" PRIu64, topics->root, noise);
    if (n < 0 || (size_t)n >= sizeof f->unique) {
        tool_error("company and board are too long");
        return -1;
    }
    return download_open(&f->download, config->path, step);
}

void flow_free(struct flow *f)
{
    download_close(&f->download);
    json_decref(f->job);
    f->job = NULL;
}
