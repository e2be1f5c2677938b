/* SPDX-License-Identifier: Apache-2.0 */
#include "ota/job.h"

#include <string.h>

#include "base/text.h"
#include "codec/json.h"
#include "codec/url.h"
#include "ota/config.h"
#include "ota/err.h"

/* Longest text that is compared or read, with NUL; longer ones have no meaning. */
#define TEXT_MAX 32

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
    enum ota_transport transport; /* as "Connection" says */
    char host[OTA_HOST_MAX];
    uint32_t port;
    uint32_t count;
};

/* Names and their variants across the original's messages, files and documents. */
static const char names[] = "Message\0Version\0Board\0BoardName\0Connection\0Server\0Broker\0"
                            "Port\0File\0FileName\0Count";
static const uint8_t fields[] = {F_MESSAGE, F_VERSION, F_BOARD, F_BOARD, F_CONNECTION, F_HOST,
                                 F_HOST,    F_PORT,    F_FILE,  F_FILE,  F_COUNT};

static int read_transport(struct reader *r, const char *text, size_t len)
{
    static const char known[][6] = {
        [OTA_TRANSPORT_MQTT] = "MQTT",
        [OTA_TRANSPORT_HTTP] = "HTTP",
        [OTA_TRANSPORT_HTTPS] = "HTTPS",
    };
    for (size_t i = OTA_TRANSPORT_MQTT; i < sizeof known / sizeof known[0]; i++) {
        if (ota_text_is_word(known[i], text, len)) {
            r->transport = (enum ota_transport)i;
            return 0;
        }
    }
    return OTA_EJOB;
}

/* A text that is not kept. */
static int read_text(struct reader *r, enum field field, const struct ota_json_member *m)
{
    char text[TEXT_MAX];
    int len = ota_json_copy(m, text, sizeof text);

    if (len < 0) {
        return len;
    }
    if (field == F_VERSION) {
        return ota_version_parse(text, (size_t)len, &r->job->version);
    }
    if (field == F_CONNECTION) {
        return read_transport(r, text, (size_t)len);
    }
    r->is_no_update = ota_text_is("No Update Available", text, (size_t)len);
    return 0;
}

static int read_field(struct reader *r, enum field field, const struct ota_json_member *m)
{
    switch (field) {
    case F_BOARD:
        return ota_json_copy(m, r->job->board, sizeof r->job->board);
    case F_HOST:
        return ota_json_copy(m, r->host, sizeof r->host);
    case F_FILE:
        return ota_json_copy(m, r->job->file, r->job->file_cap);
    case F_PORT:
        return ota_json_u32(m, UINT16_MAX, &r->port);
    case F_COUNT:
        return ota_json_u32(m, UINT8_MAX, &r->count);
    default:
        return read_text(r, field, m);
    }
}

static int take(void *arg, const struct ota_json_member *m)
{
    struct reader *r = arg;
    const char *name = names;

    for (size_t i = 0; i < sizeof fields; i++, name += strlen(name) + 1) {
        if (ota_json_is(m, name)) {
            if ((r->seen & fields[i]) != 0) {
                return OTA_EJOB;
            }
            r->seen |= fields[i];
            return read_field(r, (enum field)fields[i], m) < 0 ? OTA_EJOB : 0;
        }
    }
    return 0;
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

static int set_host(struct reader *r, const struct ota_url *url)
{
    char *host = r->job->data.host;

    if (url->host_len >= OTA_HOST_MAX) {
        return OTA_EJOB;
    }
    if (!ota_text_is(host, url->host, url->host_len)) {
        r->job->is_redirected = true;
    }
    memcpy(host, url->host, url->host_len);
    host[url->host_len] = '\0';
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

/* Whether "Connection" allows this transport. */
static bool is_allowed(const struct reader *r, enum ota_transport transport)
{
    return r->transport == OTA_TRANSPORT_NONE || r->transport == transport;
}

/* "Server" as a URL or a part of one; its host comes later. */
static int read_server(const struct reader *r, struct ota_endpoint *d, struct ota_url *url)
{
    if (ota_url_parse(r->host, strlen(r->host), url) != 0 ||
        (url->port != 0 && r->port != 0 && url->port != r->port)) {
        return OTA_EJOB;
    }
    if (url->transport != OTA_TRANSPORT_NONE) {
        if (!is_allowed(r, url->transport)) {
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
        !is_allowed(r, url.transport) || set_host(r, &url) != 0) {
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
        (server->path_len > 0 &&
         ota_text_find(server->path, server->path + server->path_len, '?') != NULL)) {
        return OTA_EJOB;
    }
    return join_path(job, server->path, server->path_len, job->file, strlen(job->file));
}

/* A build that follows no jobs: the image is where the job came from. */
static int stay(const struct reader *r, const struct ota_endpoint *from)
{
    return !is_allowed(r, from->transport) || (r->port != 0 && r->port != from->port) ||
                   (r->host[0] != '\0' && !ota_text_same(from->host, r->host)) ||
                   is_url(r->job->file)
               ? OTA_ETRANSPORT
               : 0;
}

static uint16_t port_of(const struct ota_endpoint *d, const struct ota_url *server,
                        enum ota_transport from, uint16_t from_port)
{
    bool is_like_job = server->transport == OTA_TRANSPORT_NONE && d->transport == from;

    return is_like_job ? from_port : usual_port(d);
}

/* The image server: what the document says, the job's server for the rest. *from may be what is
 * filled in. */
static int resolve(struct reader *r, const struct ota_endpoint *from)
{
    struct ota_endpoint *d = &r->job->data;
    struct ota_url server = {.path = ""};
    const enum ota_transport transport = from->transport;
    const uint16_t port = from->port;
    const bool tls = from->tls;
    const bool is_far = is_url(r->job->file);
    int rc = 0;

    memmove(d, from, sizeof *d);
    if (!is_allowed(r, transport)) {
        d->transport = r->transport;
        d->tls = r->transport == OTA_TRANSPORT_HTTPS;
    }
    d->port = (uint16_t)r->port;
    if (r->host[0] != '\0' && read_server(r, d, &server) != 0) {
        return OTA_EJOB;
    }
    if (d->port == 0) {
        d->port = port_of(d, &server, transport, port);
    }
    if (is_far) {
        rc = OTA_CONFIG_HTTP ? read_file_url(r, d) : OTA_ETRANSPORT;
    } else if (d->transport != OTA_TRANSPORT_MQTT) {
        rc = OTA_CONFIG_HTTP ? resolve_path(r, &server) : OTA_ETRANSPORT;
    } else if (server.path_len > 1) {
        rc = OTA_EJOB; /* a broker has no folders */
    }
    if (rc == 0 && server.host_len > 0 && !is_far) {
        rc = set_host(r, &server);
    }
    if (d->transport != transport || d->port != port || d->tls != tls) {
        r->job->is_redirected = true;
    }
    return rc;
}

int ota_job_parse(const char *text, size_t len, const struct ota_endpoint *from,
                  struct ota_job *out)
{
    struct reader r = {.job = out};
    int rc;

    if (out->file_cap == 0) {
        return OTA_EJOB;
    }
    out->board[0] = '\0';
    out->file[0] = '\0';
    out->is_redirected = false;
    memset(&out->version, 0, sizeof out->version);
    rc = ota_json_object(text, len, take, &r);
    if (rc != 0) {
        return rc == OTA_EFORMAT ? OTA_EJOB : rc;
    }
    if (r.is_no_update) {
        return OTA_ENOUPDATE;
    }
    if ((~r.seen & (F_VERSION | F_BOARD)) != 0) {
        return OTA_EJOB;
    }
    out->run = r.count == 0 ? 1 : (uint8_t)r.count;
    if (OTA_CONFIG_REDIRECT) {
        return resolve(&r, from);
    }
    memmove(&out->data, from, sizeof out->data);
    return stay(&r, from);
}

static int take_receipt(void *arg, const struct ota_json_member *m)
{
    char text[TEXT_MAX];
    bool *is_receipt = arg;
    int len;

    if (ota_json_is(m, "Message")) {
        len = ota_json_copy(m, text, sizeof text);
        *is_receipt = len > 0 && ota_text_is("Result Received", text, (size_t)len);
    }
    return 0;
}

bool ota_job_is_receipt(const char *text, size_t len)
{
    bool is_receipt = false;

    return ota_json_object(text, len, take_receipt, &is_receipt) == 0 && is_receipt;
}
