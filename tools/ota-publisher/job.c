/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-publisher/job.h"

#include "codec/url.h"
#include "common/fields.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define JOB_FILE_MAX 65536u

static const char *const VERSION[] = {"Version", NULL};
static const char *const CONNECTION[] = {"Connection", NULL};
static const char *const FILE_NAME[] = {"File", NULL};

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

bool job_has_place(const json_t *job)
{
    return fields_find(job, CONNECTION) != NULL;
}

const char *job_file(const json_t *job)
{
    const char *text = fields_text(job, FILE_NAME);

    return text != NULL && text[0] == '/' ? text : NULL;
}

/* ---- Places ------------------------------------------------------------------------------- */

static uint16_t usual_port(const struct ota_url *url)
{
    if (url->transport == OTA_TRANSPORT_MQTT) {
        return url->tls ? 8883 : 1883;
    }
    return url->tls ? 443 : 80;
}

int job_url_parse(struct job_url *out, const char *text, const char *file)
{
    struct ota_url url;
    bool is_mqtt;
    int n;

    if (ota_url_parse(text, strlen(text), &url) != 0 || url.transport == OTA_TRANSPORT_NONE ||
        url.path_len >= sizeof out->file) {
        return -1;
    }
    is_mqtt = url.transport == OTA_TRANSPORT_MQTT;
    /* A document has no other way to say that MQTT is to use TLS. */
    n = snprintf(out->server, sizeof out->server, "%s%.*s", is_mqtt && url.tls ? "mqtts://" : "",
                 (int)url.host_len, url.host);
    if (n < 0 || (size_t)n >= sizeof out->server) {
        return -1;
    }
    (void)snprintf(out->file, sizeof out->file, "%.*s",
                   url.path_len > 0 ? (int)url.path_len : (int)strlen(file),
                   url.path_len > 0 ? url.path : file);
    out->place = (struct job_place){
        .connection = is_mqtt   ? "MQTT"
                      : url.tls ? "HTTPS"
                                : "HTTP",
        .server = out->server,
        .port = url.port != 0 ? url.port : usual_port(&url),
        .file = is_mqtt ? NULL : out->file,
    };
    return 0;
}

/* Takes out a member however it is spelled. */
static void drop(json_t *doc, const char *name)
{
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(doc, next, key, value)
    {
        if (strcasecmp(key, name) == 0) {
            (void)json_object_del(doc, key); /* is there */
        }
    }
}

static int put_place(json_t *doc, const struct job_place *p)
{
    static const char *const NAMES[] = {"Connection", "Broker", "Server", "Port", "File"};
    bool is_mqtt = strcmp(p->connection, "MQTT") == 0;
    char port[8];
    size_t i;
    int rc;

    for (i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        drop(doc, NAMES[i]);
    }
    (void)snprintf(port, sizeof port, "%u", p->port);
    rc = json_object_set_new(doc, "Connection", json_string(p->connection));
    rc |= json_object_set_new(doc, is_mqtt ? "Broker" : "Server", json_string(p->server));
    rc |= json_object_set_new(doc, "Port", json_string(port));
    if (p->file != NULL) {
        rc |= json_object_set_new(doc, "File", json_string(p->file));
    }
    return rc;
}

char *job_text(const json_t *job, const struct job_fill *fill)
{
    json_t *doc = job != NULL ? json_copy((json_t *)job) : json_object();
    char *text = NULL;
    int rc;

    if (doc == NULL) {
        return NULL;
    }
    rc = json_object_set_new(doc, "Message", json_string(fill->message));
    if (fill->topic != NULL) {
        rc |= json_object_set_new(doc, "UniqueTopicName", json_string(fill->topic));
    } else {
        drop(doc, "UniqueTopicName");
    }
    if (fill->place != NULL) {
        rc |= put_place(doc, fill->place);
    }
    if (rc == 0) {
        text = json_dumps(doc, JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER);
    }
    json_decref(doc);
    return text;
}
