/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-publisher/job.h"

#include "common/fields.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define JOB_FILE_MAX 65536u

static const char *const VERSION[] = {"Version", NULL};
static const char *const CONNECTION[] = {"Connection", NULL};

/* What the file says wrong, for the person who wrote it. */
static json_t *load_text(FILE *f, const char *path, char *err, size_t cap)
{
    char text[JOB_FILE_MAX + 1];
    json_error_t where;
    size_t len = fread(text, 1, sizeof text, f);
    json_t *job;

    if (ferror(f) || len > JOB_FILE_MAX) {
        (void)snprintf(err, cap, "job file '%s' %s", path,
                       ferror(f) ? "cannot be read" : "is larger than 64 KiB");
        return NULL;
    }
    job = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
    if (job == NULL) {
        (void)snprintf(err, cap, "job file '%s', line %d: %s", path, where.line, where.text);
    }
    return job;
}

json_t *job_load(const char *path, char *err, size_t cap)
{
    FILE *f = fopen(path, "rbe");
    struct ota_version version;
    json_t *job;

    if (f == NULL) {
        (void)snprintf(err, cap, "cannot open job file '%s': %s", path, strerror(errno));
        return NULL;
    }
    job = load_text(f, path, err, cap);
    (void)fclose(f); /* was only read */
    if (job == NULL) {
        return NULL;
    }
    if (!json_is_object(job)) {
        (void)snprintf(err, cap, "job file '%s' holds no JSON object", path);
    } else if (job_version(job, &version) < 0) {
        (void)snprintf(err, cap, "job file '%s': Version is no \"major.minor.build\"", path);
    } else {
        return job;
    }
    json_decref(job);
    return NULL;
}

json_t *job_build(const char *board, const struct ota_version *version, uint16_t port)
{
    char port_text[8];
    char count_text[8];
    json_t *job;

    (void)snprintf(port_text, sizeof port_text, "%u", port);
    (void)snprintf(count_text, sizeof count_text, "%u", JOB_RUN_MAX);
    job = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "Message", "", "Board", board,
                    "Version", "", "Connection", "MQTT", "Broker", "", "Port", port_text,
                    "UniqueTopicName", "", "Count", count_text);
    if (job != NULL && job_set_version(job, version) != 0) {
        json_decref(job);
        return NULL;
    }
    return job;
}

int job_version(const json_t *job, struct ota_version *out)
{
    const json_t *v = fields_find(job, VERSION);
    const char *text = json_string_value(v);

    if (v == NULL) {
        return 0;
    }
    if (text == NULL || ota_version_parse(text, strlen(text), out) != 0) {
        return -1;
    }
    return 1;
}

int job_set_version(json_t *job, const struct ota_version *version)
{
    char text[OTA_VERSION_TEXT_MAX];
    /* Devices read three numbers; the image's build number does not take part in the order. */
    (void)snprintf(text, sizeof text, "%u.%u.%u", version->major, version->minor,
                   version->revision);
    return json_object_set_new(job, "Version", json_string(text));
}

bool job_is_mqtt(const json_t *job)
{
    const char *text = fields_text(job, CONNECTION);

    return text == NULL || strcasecmp(text, "MQTT") == 0;
}

char *job_text(const json_t *job, const char *message, const char *topic)
{
    json_t *doc = job != NULL ? json_copy((json_t *)job) : json_object();
    char *text = NULL;

    if (doc != NULL && json_object_set_new(doc, "Message", json_string(message)) == 0 &&
        json_object_set_new(doc, "UniqueTopicName", json_string(topic)) == 0) {
        text = json_dumps(doc, JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER);
    }
    json_decref(doc);
    return text;
}
