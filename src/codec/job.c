/* SPDX-License-Identifier: Apache-2.0 */
#include "ota/job.h"

#include <string.h>

#include "codec/json.h"
#include "codec/url.h"
#include "ota/config.h"
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
        return ota_json_copy(m, r->job->file, r->job->file_cap);
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

static uint16_t usual_port(const struct ota_endpoint *e)
{
    switch (e->transport) {
    case OTA_TRANSPORT_HTTP:
        return 80;
    case OTA_TRANSPORT_HTTPS:
        return 443;
    default:
        return e->tls ? 8883 : 1883;
    }
}

static int set_host(struct ota_endpoint *e, const struct ota_url *url)
{
    if (url->host_len >= sizeof e->host) {
        return OTA_EJOB;
    }
    memcpy(e->host, url->host, url->host_len);
    e->host[url->host_len] = '\0';
    return 0;
}

/* Moves the path to the front of the room, behind the text that base is; in between one slash. */
static int join_path(struct ota_job *job, const char *base, size_t base_len, const char *path,
                     size_t path_len)
{
    bool needs_slash = path_len == 0 || path[0] != '/';
    size_t off;

    while (base_len > 0 && base[base_len - 1] == '/') {
        base_len--;
    }
    off = base_len + (needs_slash ? 1u : 0u);
    if (off >= job->file_cap || path_len >= job->file_cap - off) {
        return OTA_EJOB;
    }
    memmove(job->file + off, path, path_len);
    memcpy(job->file, base, base_len);
    if (needs_slash) {
        job->file[base_len] = '/';
    }
    job->file[off + path_len] = '\0';
    return 0;
}

/* "Server" as a URL or a part of one. */
static int read_server(const struct reader *r, struct ota_endpoint *d, struct ota_url *url)
{
    if (ota_url_parse(r->host, strlen(r->host), url) != 0 || set_host(d, url) != 0 ||
        (url->port != 0 && r->port != 0 && url->port != r->port)) {
        return OTA_EJOB;
    }
    if (url->transport != OTA_TRANSPORT_NONE) {
        if ((r->seen & F_CONNECTION) != 0 && url->transport != d->transport) {
            return OTA_EJOB;
        }
        d->tls = url->tls || (d->tls && d->transport == url->transport); /* never less safe */
        d->transport = url->transport;
    }
    if (url->port != 0) {
        d->port = url->port;
    }
    return 0;
}

static bool is_url(const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i + 2 < len && text[i] != '/' && text[i] != '?'; i++) {
        if (text[i] == ':' && text[i + 1] == '/' && text[i + 2] == '/') {
            return true;
        }
    }
    return false;
}

/* "File" as a URL: server and path in one. */
static int read_file_url(struct reader *r, struct ota_endpoint *d)
{
    struct ota_url url;

    if (ota_url_parse(r->job->file, strlen(r->job->file), &url) != 0 ||
        (url.transport != OTA_TRANSPORT_HTTP && url.transport != OTA_TRANSPORT_HTTPS) ||
        ((r->seen & F_CONNECTION) != 0 && url.transport != d->transport) ||
        set_host(d, &url) != 0) {
        return OTA_EJOB;
    }
    d->transport = url.transport;
    d->tls = url.tls;
    d->port = url.port != 0 ? url.port : usual_port(d);
    return join_path(r->job, "", 0, url.path, url.path_len);
}

/* A path goes into a request's first line as it is: nothing may end that line early. */
static bool is_path(const char *path)
{
    for (; *path != '\0'; path++) {
        if (*path <= ' ' || *path > '~') {
            return false;
        }
    }
    return true;
}

/* The path of an image over HTTP: behind that of its server. */
static int resolve_path(struct reader *r, const struct ota_url *server)
{
    struct ota_job *job = r->job;

    if (job->file[0] == '\0' || !is_path(job->file) ||
        (server->path_len > 0 && memchr(server->path, '?', server->path_len) != NULL)) {
        return OTA_EJOB;
    }
    return join_path(job, server->path, server->path_len, job->file, strlen(job->file));
}

static bool is_same_host(const char *a, const char *b)
{
    size_t len = strlen(a);

    return len == strlen(b) && memcmp(a, b, len) == 0;
}

/* The image server: what the document says, the job's server for the rest. */
static int resolve(struct reader *r, const struct ota_endpoint *from)
{
    struct ota_endpoint *d = &r->job->data;
    struct ota_url server = {.path = ""};
    int rc = 0;

    *d = *from;
    if ((r->seen & F_CONNECTION) != 0 && transport_of(r->connection, &d->transport) != 0) {
        return OTA_EJOB;
    }
    if (d->transport != from->transport) {
        d->tls = d->transport == OTA_TRANSPORT_HTTPS;
    }
    d->port = (uint16_t)r->port;
    if (r->host[0] != '\0' && read_server(r, d, &server) != 0) {
        return OTA_EJOB;
    }
    if (d->port == 0) {
        bool is_like_job =
            server.transport == OTA_TRANSPORT_NONE && d->transport == from->transport;

        d->port = is_like_job ? from->port : usual_port(d);
    }
    if (is_url(r->job->file)) {
        rc = OTA_CONFIG_HTTP ? read_file_url(r, d) : OTA_ETRANSPORT;
    } else if (d->transport != OTA_TRANSPORT_MQTT) {
        rc = OTA_CONFIG_HTTP ? resolve_path(r, &server) : OTA_ETRANSPORT;
    } else if (server.path_len > 1) {
        return OTA_EJOB; /* a broker has no folders */
    }
    r->job->is_redirected = d->transport != from->transport || d->port != from->port ||
                            d->tls != from->tls || !is_same_host(d->host, from->host);
    return rc;
}

int ota_job_parse(const char *text, size_t len, const struct ota_endpoint *from,
                  struct ota_job *out)
{
    struct reader r = {.job = out};
    char *file = out->file;
    size_t file_cap = out->file_cap;
    int rc;

    memset(out, 0, sizeof *out);
    if (file_cap == 0) {
        return OTA_EJOB;
    }
    out->file = file;
    out->file_cap = file_cap;
    file[0] = '\0';
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

static int take_receipt(void *arg, const struct ota_json_member *m)
{
    static const char receipt[] = "Result Received";
    char text[MESSAGE_MAX];
    bool *is_receipt = arg;

    if (ota_json_is(m, "Message")) {
        *is_receipt = ota_json_copy(m, text, sizeof text) == (int)sizeof receipt - 1 &&
                      memcmp(text, receipt, sizeof receipt - 1) == 0;
    }
    return 0;
}

bool ota_job_is_receipt(const char *text, size_t len)
{
    bool is_receipt = false;

    return ota_json_object(text, len, take_receipt, &is_receipt) == 0 && is_receipt;
}
