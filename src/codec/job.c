/* SPDX-License-Identifier: Apache-2.0 */
#include "ota/job.h"

#include <string.h>

#include "codec/json.h"
#include "ota/err.h"

#define MESSAGE_MAX 32
#define VERSION_MAX 32
#define CONNECTION_MAX 8

/* Members that count, as bits: each may stand once. */
enum field {
    F_MESSAGE = 1 << 0,
    F_VERSION = 1 << 1,
    F_BOARD = 1 << 2,
    F_CONNECTION = 1 << 3,
    F_HOST = 1 << 4,
    F_PORT = 1 << 5,
    F_FILE = 1 << 6,
    F_COUNT = 1 << 7,
};

struct reader {
    struct ota_job *job;
    unsigned seen; /* enum field */
    bool is_no_update;
    char connection[CONNECTION_MAX];
    char host[OTA_HOST_MAX];
    uint32_t port;
    uint32_t count;
};

/* Names and their variants across the original's messages, files and documents. */
static const struct name {
    const char *name;
    enum field field;
} names[] = {
    {"Message", F_MESSAGE}, {"Version", F_VERSION}, {"Board", F_BOARD},
    {"BoardName", F_BOARD}, {"Server", F_HOST},     {"Connection", F_CONNECTION},
    {"Broker", F_HOST},     {"Port", F_PORT},       {"File", F_FILE},
    {"FileName", F_FILE},   {"Count", F_COUNT},
};

static int read_message(struct reader *r, const struct ota_json_member *m)
{
    char text[MESSAGE_MAX];
    int len = ota_json_copy(m, text, sizeof text);

    r->is_no_update = len == 19 && memcmp(text, "No Update Available", 19) == 0;
    return len;
}

static int read_version(struct reader *r, const struct ota_json_member *m)
{
    char text[VERSION_MAX];
    int len = ota_json_copy(m, text, sizeof text);

    return len < 0 ? len : ota_version_parse(text, (size_t)len, &r->job->version);
}

static int read_field(struct reader *r, enum field field, const struct ota_json_member *m)
{
    switch (field) {
    case F_MESSAGE:
        return read_message(r, m);
    case F_VERSION:
        return read_version(r, m);
    case F_BOARD:
        return ota_json_copy(m, r->job->board, sizeof r->job->board);
    case F_CONNECTION:
        return ota_json_copy(m, r->connection, sizeof r->connection);
    case F_HOST:
        return ota_json_copy(m, r->host, sizeof r->host);
    case F_PORT:
        return ota_json_u32(m, UINT16_MAX, &r->port);
    case F_COUNT:
        return ota_json_u32(m, UINT8_MAX, &r->count);
    case F_FILE:
        return ota_json_copy(m, r->job->file, sizeof r->job->file);
    }
    return OTA_EARG;
}

static int take(void *arg, const struct ota_json_member *m)
{
    struct reader *r = arg;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (ota_json_is(m, names[i].name)) {
            if ((r->seen & names[i].field) != 0) {
                return OTA_EJOB;
            }
            r->seen |= names[i].field;
            return read_field(r, names[i].field, m) < 0 ? OTA_EJOB : 0;
        }
    }
    return 0;
}

static int transport_of(const char *text, enum ota_transport *out)
{
    static const struct {
        const char *name;
        enum ota_transport transport;
    } known[] = {
        {"MQTT", OTA_TRANSPORT_MQTT},
        {"HTTP", OTA_TRANSPORT_HTTP},
        {"HTTPS", OTA_TRANSPORT_HTTPS},
    };
    struct ota_json_member m = {.name = text, .name_len = strlen(text)};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (ota_json_is(&m, known[i].name)) {
            *out = known[i].transport;
            return 0;
        }
    }
    return OTA_EJOB;
}

static bool is_host(const char *host)
{
    for (; *host != '\0'; host++) {
        unsigned char c = (unsigned char)*host;

        if (c <= ' ' || c >= 0x7f || c == '/' || c == '@') {
            return false;
        }
    }
    return true;
}

static uint16_t usual_port(enum ota_transport transport)
{
    switch (transport) {
    case OTA_TRANSPORT_HTTP:
        return 80;
    case OTA_TRANSPORT_HTTPS:
        return 443;
    default:
        return 1883;
    }
}

/* The image server: what the document says, the job's server for the rest. */
static int resolve(struct reader *r, const struct ota_endpoint *from)
{
    struct ota_endpoint *d = &r->job->data;

    *d = *from;
    if ((r->seen & F_CONNECTION) != 0 && transport_of(r->connection, &d->transport) != 0) {
        return OTA_EJOB;
    }
    if (!is_host(r->host)) {
        return OTA_EJOB;
    }
    if (r->host[0] != '\0') {
        memcpy(d->host, r->host, sizeof d->host);
    }
    if (r->port != 0) {
        d->port = (uint16_t)r->port;
    } else if (d->transport != from->transport) {
        d->port = usual_port(d->transport);
    }
    if (d->transport != OTA_TRANSPORT_MQTT) {
        d->tls = d->transport == OTA_TRANSPORT_HTTPS;
        if (r->job->file[0] == '\0') {
            return OTA_EJOB;
        }
    } else if (from->transport != OTA_TRANSPORT_MQTT) {
        d->tls = false;
    }
    r->job->is_redirected = d->transport != from->transport || d->port != from->port ||
                            strlen(d->host) != strlen(from->host) ||
                            memcmp(d->host, from->host, strlen(d->host)) != 0;
    return 0;
}

int ota_job_parse(const char *text, size_t len, const struct ota_endpoint *from,
                  struct ota_job *out)
{
    struct reader r = {.job = out};
    int rc;

    memset(out, 0, sizeof *out);
    rc = ota_json_object(text, len, take, &r);
    if (rc != 0) {
        return rc == OTA_EFORMAT ? OTA_EJOB : rc;
    }
    if (r.is_no_update) {
        return OTA_ENOUPDATE;
    }
    if ((r.seen & F_VERSION) == 0 || (r.seen & F_BOARD) == 0) {
        return OTA_EJOB;
    }
    out->run = r.count == 0 ? 1 : (uint8_t)r.count;
    return resolve(&r, from);
}
