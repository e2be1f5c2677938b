/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-publisher/http_answer.h"

#include "ota-publisher/folder.h"
#include "ota-publisher/http_header.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BLOCK_SIZE 65536u

/* With TLS a block becomes a record. Devices with little memory ask for records of 4096 bytes at
 * most (RFC 6066, 4); GnuTLS sends larger ones all the same if it is given more at once. */
#define TLS_BLOCK_SIZE 4096u

#define ALLOWED "GET, HEAD, POST"

/* ---- Answers ------------------------------------------------------------------------------ */

/* Takes the response over. */
static enum MHD_Result queue(struct MHD_Connection *c, unsigned status, struct MHD_Response *r)
{
    enum MHD_Result rc;

    if (r == NULL) {
        return MHD_NO;
    }
    rc = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return rc;
}

static void add(struct MHD_Response *r, const char *name, const char *value)
{
    /* Fails without memory only; the answer is right without the field. */
    (void)MHD_add_response_header(r, name, value);
}

enum MHD_Result http_refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
    char line[160];
    int n = snprintf(line, sizeof line, "%s\n", text);
    struct MHD_Response *r =
        MHD_create_response_from_buffer((size_t)n, line, MHD_RESPMEM_MUST_COPY);

    if (r != NULL) {
        add(r, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain");
        if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
            add(r, MHD_HTTP_HEADER_ALLOW, ALLOWED);
        }
    }
    return queue(connection, status, r);
}

/* ---- Files and texts, whole or in part ---------------------------------------------------- */

/* Something that can be sent in parts. */
struct content {
    struct release *release; /* the image's; NULL: another file or a text */
    int fd;                  /* -1: a text */
    char *text;
    uint64_t size;
    struct stat st; /* of the file when it was opened */
    const char *type;
    char etag[64];
    char modified[32];
};

/* A part of it on its way. */
struct body {
    struct content content;
    struct http_range range;
    uint64_t sent;
    char peer[48];
};

static void drop(struct content *c)
{
    if (c->release != NULL) {
        release_put(c->release);
    } else if (c->fd >= 0) {
        (void)close(c->fd); /* was only read */
    }
    free(c->text);
}

static void finish_body(void *arg)
{
    struct body *b = arg;

    if (b->content.release != NULL && b->range.first + b->sent == b->content.size) {
        tool_log("sent the end of the image to %s: %" PRIu64 " bytes", b->peer, b->sent);
    }
    drop(&b->content);
    free(b);
}

/* A file that is written to is no longer the one that was announced: the answer breaks off. */
static ssize_t read_body(void *arg, uint64_t pos, char *buf, size_t max)
{
    struct body *b = arg;
    uint64_t left = b->range.len - pos;
    size_t len = left < max ? (size_t)left : max;
    struct stat now;
    ssize_t n;

    if (b->content.text != NULL) {
        memcpy(buf, b->content.text + b->range.first + pos, len);
        return (ssize_t)len;
    }
    if (fstat(b->content.fd, &now) != 0 || !release_is_same_file(&now, &b->content.st)) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    n = pread(b->content.fd, buf, len, (off_t)(b->range.first + pos));
    if (n <= 0) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    b->sent = pos + (uint64_t)n;
    return n;
}

static void describe_file(struct content *c)
{
    struct tm tm;

    (void)snprintf(c->etag, sizeof c->etag, "\"%llx-%llx-%lx\"", (unsigned long long)c->size,
                   (unsigned long long)c->st.st_mtim.tv_sec, (unsigned long)c->st.st_mtim.tv_nsec);
    if (gmtime_r(&c->st.st_mtim.tv_sec, &tm) == NULL ||
        strftime(c->modified, sizeof c->modified, "%a, %d %b %Y %H:%M:%S GMT", &tm) == 0) {
        c->modified[0] = '\0';
    }
}

static const char *header(const struct http_exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

/* If-Range asks for the part only if the file is still the one that the device has a part of. */
static bool is_same_part(const struct http_exchange *x, const struct content *c)
{
    const char *value = header(x, MHD_HTTP_HEADER_IF_RANGE);

    return value == NULL || (c->etag[0] != '\0' && strcmp(value, c->etag) == 0) ||
           (c->modified[0] != '\0' && strcmp(value, c->modified) == 0);
}

static void add_fields(struct MHD_Response *r, const struct content *c)
{
    add(r, MHD_HTTP_HEADER_CONTENT_TYPE, c->type);
    add(r, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
    if (c->etag[0] != '\0') {
        add(r, MHD_HTTP_HEADER_ETAG, c->etag);
    }
    if (c->modified[0] != '\0') {
        add(r, MHD_HTTP_HEADER_LAST_MODIFIED, c->modified);
    }
    if (c->text != NULL) {
        add(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    }
}

static enum MHD_Result send_nothing(const struct http_exchange *x, struct content *c,
                                    unsigned status)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    char range[48];

    if (r != NULL) {
        add_fields(r, c);
    }
    if (r != NULL && status == MHD_HTTP_RANGE_NOT_SATISFIABLE) {
        (void)snprintf(range, sizeof range, "bytes */%" PRIu64, c->size);
        add(r, MHD_HTTP_HEADER_CONTENT_RANGE, range);
    }
    drop(c);
    return queue(x->connection, status, r);
}

static size_t block_size(const struct http_exchange *x)
{
    bool is_tls = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_PROTOCOL) != NULL;

    return is_tls ? TLS_BLOCK_SIZE : BLOCK_SIZE;
}

static enum MHD_Result send_part(const struct http_exchange *x, struct content *c, bool is_part,
                                 const struct http_range *range)
{
    struct body *b = calloc(1, sizeof *b);
    struct MHD_Response *r;
    char text[72];

    if (b == NULL) {
        drop(c);
        return MHD_NO;
    }
    b->content = *c;
    b->range = *range;
    (void)snprintf(b->peer, sizeof b->peer, "%s", x->peer);
    r = MHD_create_response_from_callback(range->len, block_size(x), read_body, b, finish_body);
    if (r == NULL) {
        finish_body(b);
        return MHD_NO;
    }
    add_fields(r, c);
    if (is_part) {
        (void)snprintf(text, sizeof text, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range->first,
                       range->first + range->len - 1, c->size);
        add(r, MHD_HTTP_HEADER_CONTENT_RANGE, text);
    }
    return queue(x->connection, is_part ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, r);
}

/* Takes the content over. */
static enum MHD_Result send_content(const struct http_exchange *x, struct content *c)
{
    const char *want = header(x, MHD_HTTP_HEADER_RANGE);
    struct http_range range;
    enum http_range_kind kind;

    if (c->etag[0] != '\0' &&
        http_etag_is_listed(header(x, MHD_HTTP_HEADER_IF_NONE_MATCH), c->etag)) {
        return send_nothing(x, c, MHD_HTTP_NOT_MODIFIED);
    }
    kind = http_range_parse(is_same_part(x, c) ? want : NULL, c->size, &range);
    if (kind == HTTP_RANGE_NONE) {
        return send_nothing(x, c, MHD_HTTP_RANGE_NOT_SATISFIABLE);
    }
    return send_part(x, c, kind == HTTP_RANGE_PART, &range);
}

/* ---- Paths -------------------------------------------------------------------------------- */

enum place {
    PLACE_NONE,
    PLACE_JOB,
    PLACE_IMAGE,
    PLACE_FILE,
};

struct target {
    enum place place;
    const char *prefix; /* "/BOARD" of the path, */
    int prefix_len;     /* 0: without */
    int fd;             /* of a file */
};

static enum place find_name(const struct http_site *site, const char *path)
{
    const struct release *r = release_current(site->server->releases);
    const char *file = r != NULL ? job_file(r->job) : NULL;

    if (strcmp(path, HTTP_JOB_PATH) == 0) {
        return PLACE_JOB;
    }
    if (strcmp(path, HTTP_IMAGE_PATH) == 0 || (file != NULL && strcmp(path, file) == 0)) {
        return PLACE_IMAGE;
    }
    return PLACE_NONE;
}

/* Length of the "/BOARD" that a path begins with; 0 if it begins otherwise. */
static size_t board_len(const struct http_site *site, const char *path)
{
    size_t len = path[0] == '/' ? strcspn(path + 1, "/") : 0;
    const char *board = site->server->board;

    if (len == 0 || path[len + 1] != '/') {
        return 0;
    }
    if (site->server->any_board) {
        return len + 1;
    }
    return len == strlen(board) && memcmp(path + 1, board, len) == 0 ? len + 1 : 0;
}

static struct target find(const struct http_site *site, const char *path)
{
    struct target t = {.place = find_name(site, path), .prefix = path, .fd = -1};
    size_t len = t.place == PLACE_NONE ? board_len(site, path) : 0;

    if (len > 0) {
        t.place = find_name(site, path + len);
        t.prefix_len = t.place != PLACE_NONE ? (int)len : 0;
    }
    if (t.place == PLACE_NONE && site->folder_fd >= 0) {
        t.fd = folder_open(site->folder_fd, path);
        t.place = t.fd >= 0 ? PLACE_FILE : PLACE_NONE;
    }
    return t;
}

/* ---- GET and HEAD ------------------------------------------------------------------------- */

static char *job_for(const struct http_site *site, const struct release *r, const struct target *t)
{
    struct server *v = site->server;
    char file[512];
    struct job_place own = {site->connection, "", site->port, file};
    struct job_fill fill = {"Update Available", NULL, v->redirect};
    const struct job_fill none = {"No Update Available", NULL, NULL};

    if (r == NULL) {
        return job_text(NULL, &none);
    }
    (void)snprintf(file, sizeof file, "%.*s%s", t->prefix_len, t->prefix, HTTP_IMAGE_PATH);
    if (fill.place == NULL && !r->has_place) {
        fill.place = &own;
    }
    return job_text(r->job, &fill);
}

static enum MHD_Result get_job(const struct http_site *site, const struct http_exchange *x,
                               const struct target *t)
{
    const struct release *r = release_current(site->server->releases);
    struct content c = {.fd = -1, .type = "application/json"};

    c.text = job_for(site, r, t);
    if (c.text == NULL) {
        return MHD_NO;
    }
    c.size = strlen(c.text);
    if (r != NULL) {
        tool_log("job for %s: version %u.%u.%u", x->peer, r->version.major, r->version.minor,
                 r->version.revision);
    } else {
        tool_log("no update for %s: nothing is offered", x->peer);
    }
    return send_content(x, &c);
}

/*
 * A device that fetches an image in many ranges must not get parts of two: on one connection, what
 * does not begin at the beginning is of the image that the connection began with.
 */
static struct release *image_for(const struct http_site *site, const struct http_exchange *x)
{
    struct release *current = release_current(site->server->releases);
    const char *want = header(x, MHD_HTTP_HEADER_RANGE);
    struct http_range range;

    if (*x->release != NULL &&
        http_range_parse(want, (*x->release)->size, &range) == HTTP_RANGE_PART && range.first > 0) {
        return *x->release;
    }
    release_put(*x->release);
    *x->release = current != NULL && current->fd >= 0 ? release_get(current) : NULL;
    return *x->release;
}

static enum MHD_Result get_image(const struct http_site *site, const struct http_exchange *x)
{
    struct release *r = image_for(site, x);
    struct content c = {.type = "application/octet-stream"};
    const char *want = header(x, MHD_HTTP_HEADER_RANGE);

    if (r == NULL) {
        return http_refuse(x->connection, MHD_HTTP_NOT_FOUND, "there is no image to send");
    }
    c.release = release_get(r);
    c.fd = r->fd;
    c.st = r->image_stat;
    c.size = r->size;
    describe_file(&c);
    if (strcmp(x->method, MHD_HTTP_METHOD_GET) == 0 &&
        (want == NULL || strncmp(want, "bytes=0-", 8) == 0)) {
        tool_log("sending version %u.%u.%u (%u bytes) to %s", r->version.major, r->version.minor,
                 r->version.revision, r->size, x->peer);
    }
    return send_content(x, &c);
}

static enum MHD_Result get_file(const struct http_exchange *x, const struct target *t)
{
    size_t len = strlen(x->path);
    bool is_json = len > 5 && strcmp(x->path + len - 5, ".json") == 0;
    struct content c = {.fd = t->fd,
                        .type = is_json ? "application/json" : "application/octet-stream"};

    if (fstat(c.fd, &c.st) != 0) {
        drop(&c);
        return http_refuse(x->connection, MHD_HTTP_NOT_FOUND, "no such file");
    }
    c.size = (uint64_t)c.st.st_size;
    describe_file(&c);
    return send_content(x, &c);
}

/* ---- POST --------------------------------------------------------------------------------- */

static enum MHD_Result take_result(const struct http_site *site, const struct http_exchange *x)
{
    static char received[] = "{\"Message\": \"Result Received\"}";
    const struct http_post *post = x->post;
    char result[REQUEST_RESULT_MAX];
    const char *why = "it is no result";
    struct request q;
    struct MHD_Response *r;

    if (post->len > sizeof post->body) {
        return http_refuse(x->connection, MHD_HTTP_CONTENT_TOO_LARGE, "a result is shorter");
    }
    if (post->len == 0) {
        /* The original's devices write a result and do not send it. */
        tool_log("result of %s: not told", x->peer);
    } else if (request_parse(post->body, post->len, &q, &why) != 0 || q.kind != REQUEST_RESULT) {
        server_refuse(site->server, x->peer, why);
        return http_refuse(x->connection, MHD_HTTP_BAD_REQUEST, why);
    } else {
        tool_log("result of %s: %s", x->peer, request_result(&q, result));
    }
    r = MHD_create_response_from_buffer(sizeof received - 1, received, MHD_RESPMEM_PERSISTENT);
    if (r != NULL) {
        add(r, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    }
    return queue(x->connection, MHD_HTTP_OK, r);
}

/* ---- All ---------------------------------------------------------------------------------- */

enum MHD_Result http_answer(const struct http_site *site, const struct http_exchange *x)
{
    bool is_get =
        strcmp(x->method, MHD_HTTP_METHOD_GET) == 0 || strcmp(x->method, MHD_HTTP_METHOD_HEAD) == 0;
    struct target t;

    if (!is_get && x->post == NULL) {
        return http_refuse(x->connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only " ALLOWED);
    }
    t = find(site, x->path);
    if (x->post != NULL && t.place != PLACE_NONE) {
        if (t.fd >= 0) {
            (void)close(t.fd); /* only its being there counted */
        }
        return take_result(site, x);
    }
    switch (t.place) {
    case PLACE_JOB:
        return get_job(site, x, &t);
    case PLACE_IMAGE:
        return get_image(site, x);
    case PLACE_FILE:
        return get_file(x, &t);
    case PLACE_NONE:
        break;
    }
    server_refuse(site->server, x->peer, "it asks for what is not there");
    return http_refuse(x->connection, MHD_HTTP_NOT_FOUND, "nothing is here");
}
