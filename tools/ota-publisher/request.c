/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-publisher/request.h"

#include "common/fields.h"
#include "common/log.h"
#include "ota/err.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const MESSAGE[] = {"Message", NULL};
static const char *const TOPIC[] = {"UniqueTopicName", NULL};
static const char *const BOARD[] = {"BoardName", "Board", NULL};
static const char *const SERIAL[] = {"SerialNumber", NULL};
static const char *const VERSION[] = {"Version", NULL};
static const char *const OFFSET[] = {"Offset", NULL};
static const char *const SIZE[] = {"Size", "Length", NULL};
static const char *const COUNT[] = {"Count", NULL};
static const char *const REASON[] = {"Reason", NULL};
static const char *const DETAIL[] = {"Detail", NULL};
static const char *const OUTCOME[] = {"Outcome", NULL};

static const struct {
    const char *text;
    enum request_kind kind;
    bool success;
} MESSAGES[] = {
    {"Update Availability", REQUEST_JOB, false},
    {"Request Update", REQUEST_IMAGE, false},
    {"Send Direct Update", REQUEST_DIRECT, false},
    {"Request Data Chunk", REQUEST_CHUNK, false},
    {"Success", REQUEST_RESULT, true},
    {"Failure", REQUEST_RESULT, false},
};

static int take_kind(const json_t *doc, struct request *out)
{
    const char *text = fields_text(doc, MESSAGE);
    size_t i;

    for (i = 0; text != NULL && i < sizeof MESSAGES / sizeof MESSAGES[0]; i++) {
        if (strcmp(text, MESSAGES[i].text) == 0) {
            out->kind = MESSAGES[i].kind;
            out->success = MESSAGES[i].success;
            return 0;
        }
    }
    return -1;
}

/* A version that cannot be read counts as none: the device itself decides what is newer. */
static void take_version(const json_t *doc, struct request *out)
{
    const char *text = fields_text(doc, VERSION);

    out->has_version =
        text != NULL && ota_version_parse(text, strlen(text), &out->version) == OTA_OK;
}

static void take_reason(const json_t *doc, struct request *out)
{
    const json_t *v = fields_find(doc, REASON);

    if (json_is_integer(v)) {
        (void)snprintf(out->reason, sizeof out->reason, "%" JSON_INTEGER_FORMAT,
                       json_integer_value(v));
    } else {
        (void)tool_printable(out->reason, sizeof out->reason, json_string_value(v));
    }
    (void)tool_printable(out->detail, sizeof out->detail, fields_text(doc, DETAIL));
    (void)tool_printable(out->outcome, sizeof out->outcome, fields_text(doc, OUTCOME));
}

static int take_range(const json_t *doc, struct request *out, const char **why)
{
    if (fields_number(doc, OFFSET, &out->offset) != 1) {
        *why = "Offset is missing or no number";
        return -1;
    }
    if (fields_number(doc, SIZE, &out->size) < 0) {
        *why = "Size is no number";
        return -1;
    }
    if (fields_number(doc, COUNT, &out->count) < 0) {
        *why = "Count is no number";
        return -1;
    }
    return 0;
}

static int take_fields(const json_t *doc, struct request *out, const char **why)
{
    const char *topic = fields_text(doc, TOPIC);

    if (take_kind(doc, out) != 0) {
        *why = "its Message is none that a device sends";
        return -1;
    }
    /* snprintf leaves a too long topic too long, so that it is refused and not cut. */
    if (topic != NULL) {
        (void)snprintf(out->topic, sizeof out->topic, "%s", topic);
    }
    (void)tool_printable(out->board, sizeof out->board, fields_text(doc, BOARD));
    (void)tool_printable(out->serial, sizeof out->serial, fields_text(doc, SERIAL));
    take_version(doc, out);
    if (out->kind == REQUEST_CHUNK) {
        return take_range(doc, out, why);
    }
    if (out->kind == REQUEST_RESULT) {
        take_reason(doc, out);
    }
    return 0;
}

int request_parse(const void *payload, size_t len, struct request *out, const char **why)
{
    json_t *doc;
    int rc;

    *out = (struct request){.size = -1, .count = 1};
    if (len == 0 || len > REQUEST_LEN_MAX) {
        *why = len == 0 ? "it is empty" : "it is too long";
        return -1;
    }
    doc = json_loadb(payload, len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(doc)) {
        *why = "it is no JSON object";
        json_decref(doc);
        return -1;
    }
    rc = take_fields(doc, out, why);
    json_decref(doc);
    return rc;
}

const char *request_result(const struct request *q, char buf[REQUEST_RESULT_MAX])
{
    char version[OTA_VERSION_TEXT_MAX] = "not told";

    if (q->has_version) {
        (void)ota_version_format(&q->version, version, sizeof version);
    }
    /* Everything that goes in is shorter than the room together. */
    (void)snprintf(buf, REQUEST_RESULT_MAX, "%s%s%s%s%s%s%s%s%s",
                   q->success ? "Success" : "Failure", q->outcome[0] != '\0' ? ", version " : "",
                   q->outcome[0] != '\0' ? version : "", q->outcome[0] != '\0' ? " " : "",
                   q->outcome, q->reason[0] != '\0' ? ", reason " : "", q->reason,
                   q->detail[0] != '\0' ? ", " : "", q->detail);
    return buf;
}
