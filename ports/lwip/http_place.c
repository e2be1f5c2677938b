/* SPDX-License-Identifier: Apache-2.0 */
/* Requests, and where redirections lead. */
#include <string.h>

#include "base/out.h"
#include "codec/url.h"
#include "http_codec.h"
#include "ota/err.h"

#define PORT_HTTP 80u
#define PORT_HTTPS 443u

static uint16_t default_port(bool tls)
{
    return tls ? PORT_HTTPS : PORT_HTTP;
}

/* ---- Redirections ---------------------------------------------------------------------------- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool ota_http_place_is_same(const struct ota_http_place *a, const struct ota_http_place *b)
{
    size_t i = 0;

    while (a->host[i] != '\0' && lower(a->host[i]) == lower(b->host[i])) {
        i++;
    }
    return lower(a->host[i]) == lower(b->host[i]) && a->port == b->port && a->tls == b->tls;
}

/* Bytes that may stand in a URL. */
static bool is_clean(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\') {
            return false;
        }
    }
    return true;
}

/* Bytes of a path before its query. */
static size_t path_len(const char *path)
{
    return strcspn(path, "?");
}

/* Takes "." and ".." out of a path, in place (RFC 3986, 5.2.4). */
static void remove_dots(char *path)
{
    const char *from = path;
    const char *end = path + path_len(path);
    char *to = path;

    while (from < end) {
        const char *next = memchr(from + 1, '/', (size_t)(end - from - 1));
        size_t len = (size_t)((next == NULL ? end : next) - from);
        bool is_up = len == 3 && memcmp(from, "/..", 3) == 0;

        if (is_up || (len == 2 && memcmp(from, "/.", 2) == 0)) {
            while (is_up && to > path && *--to != '/') {
            }
            if (next == NULL) {
                *to++ = '/';
            }
        } else {
            memmove(to, from, len);
            to += len;
        }
        from += len;
    }
    memmove(to, end, strlen(end) + 1);
}

/* The new place, its texts not in place yet. */
struct target {
    const char *host;
    size_t host_len;
    size_t base_len; /* of the old path, before what follows */
    const char *path;
    size_t path_len;
    uint16_t port;
    bool tls;
};

/* "http://HOST/PATH", or "//HOST/PATH" with the old scheme. */
static int take_url(struct target *t, const char *text, size_t len)
{
    bool has_scheme = text[0] != '/';
    struct ota_url url;
    int rc = has_scheme ? ota_url_parse(text, len, &url) : ota_url_parse(text + 2, len - 2, &url);

    if (rc != 0 || (url.transport != OTA_TRANSPORT_NONE) != has_scheme) {
        return OTA_EREDIRECT;
    }
    if (has_scheme && url.transport != OTA_TRANSPORT_HTTP && url.transport != OTA_TRANSPORT_HTTPS) {
        return OTA_EREDIRECT;
    }
    if (has_scheme && t->tls && !url.tls) {
        return OTA_EREDIRECT; /* what is secret there must stay so */
    }
    t->tls = has_scheme ? url.tls : t->tls;
    t->port = url.port != 0 ? url.port : default_port(t->tls);
    t->host = url.host;
    t->host_len = url.host_len;
    t->base_len = 0;
    t->path = url.path;
    t->path_len = url.path_len;
    return 0;
}

/* What a reference means, seen from the old path (RFC 3986, 5.2.2). */
static int take_reference(struct target *t, const char *base, const char *text, size_t len)
{
    size_t before = strcspn(text, ":/?#");
    size_t dir_len = path_len(base);

    if (len == 0 || !is_clean(text, len)) {
        return OTA_EREDIRECT;
    }
    if (text[before] == ':' || (len > 1 && text[0] == '/' && text[1] == '/')) {
        return take_url(t, text, len);
    }
    t->path = text;
    t->path_len = len;
    if (text[0] == '/') {
        dir_len = 0;
    } else if (text[0] != '?') {
        while (dir_len > 0 && base[dir_len - 1] != '/') {
            dir_len--;
        }
    }
    t->base_len = dir_len;
    return 0;
}

int ota_http_place_follow(struct ota_http_place *place, const char *location, char *room,
                          size_t cap)
{
    struct target t = {.host = place->host,
                       .host_len = strlen(place->host),
                       .port = place->port,
                       .tls = place->tls};
    int rc = take_reference(&t, place->path, location, strcspn(location, "#"));
    size_t slash = rc == 0 && t.base_len == 0 && (t.path_len == 0 || t.path[0] != '/') ? 1 : 0;
    char *path;

    if (rc != 0) {
        return rc;
    }
    if (t.host_len >= cap || t.base_len >= cap - t.host_len - 1 ||
        t.path_len >= cap - t.host_len - 1 - t.base_len - slash) {
        return OTA_EREDIRECT;
    }
    /* The old texts may be in the room: the path moves before the host overwrites it. */
    path = room + t.host_len + 1;
    memmove(path, place->path, t.base_len);
    if (t.host != room) {
        memmove(room, t.host, t.host_len);
    }
    room[t.host_len] = '\0';
    if (slash == 1) {
        path[0] = '/';
    }
    memcpy(path + t.base_len + slash, t.path, t.path_len);
    path[t.base_len + slash + t.path_len] = '\0';
    remove_dots(path);
    *place = (struct ota_http_place){.host = room, .path = path, .port = t.port, .tls = t.tls};
    return 0;
}

/* ---- Requests -------------------------------------------------------------------------------- */

static bool is_one_line(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool is_valid(const struct ota_http_request *req, const struct ota_http_place *place)
{
    return place->path[0] == '/' && is_clean(place->path, strlen(place->path)) &&
           place->host[0] != '\0' && is_clean(place->host, strlen(place->host)) &&
           (req->if_range == NULL || is_one_line(req->if_range)) &&
           (req->body == NULL || (req->content_type != NULL && is_one_line(req->content_type))) &&
           req->body_len <= UINT32_MAX;
}

static void write_range(struct ota_out *o, const struct ota_http_request *req)
{
    uint32_t more = req->range_len - 1;

    ota_out_text(o, "\r\nRange: bytes=");
    ota_out_u32(o, req->range_off);
    ota_out_char(o, '-');
    if (req->range_len > 0) { /* a file has fewer bytes than the last number, at the most */
        ota_out_u32(o, more > UINT32_MAX - req->range_off ? UINT32_MAX : req->range_off + more);
    }
    if (req->if_range != NULL) {
        ota_out_text(o, "\r\nIf-Range: ");
        ota_out_text(o, req->if_range);
    }
}

int ota_http_request_write(const struct ota_http_request *req, const struct ota_http_place *place,
                           char *buf, size_t cap)
{
    bool is_ipv6 = strchr(place->host, ':') != NULL;
    struct ota_out o;

    if (!is_valid(req, place)) {
        return OTA_EARG;
    }
    ota_out_init(&o, buf, cap);
    ota_out_text(&o, req->body != NULL ? "POST " : "GET ");
    ota_out_text(&o, place->path);
    ota_out_text(&o, is_ipv6 ? " HTTP/1.1\r\nHost: [" : " HTTP/1.1\r\nHost: ");
    ota_out_text(&o, place->host);
    ota_out_text(&o, is_ipv6 ? "]" : "");
    if (place->port != default_port(place->tls)) {
        ota_out_char(&o, ':');
        ota_out_u32(&o, place->port);
    }
    ota_out_text(&o, "\r\nUser-Agent: libota\r\nAccept: */*\r\nAccept-Encoding: identity");
    if (req->body != NULL) {
        ota_out_text(&o, "\r\nContent-Type: ");
        ota_out_text(&o, req->content_type);
        ota_out_text(&o, "\r\nContent-Length: ");
        ota_out_u32(&o, (uint32_t)req->body_len);
    } else if (req->is_range) {
        write_range(&o, req);
    }
    ota_out_text(&o, "\r\n\r\n");
    return ota_out_end(&o);
}
