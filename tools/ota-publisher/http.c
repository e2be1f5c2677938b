/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-publisher/http.h"

#include "common/clock.h"
#include "common/file.h"
#include "ota-publisher/http_answer.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 511
#define PEM_MAX (1u << 20)
#define CONNECTION_MEMORY 32768u
#define SWEEP_EVERY_MS 1000u

/* A connection, from accept to close. */
struct peer {
    LIST_ENTRY(peer) link;
    int fd;
    uint64_t since_ms; /* that a request is awaited since; 0: one is being answered */
    bool is_known;     /* its certificate is good */
    struct release *release;
    struct http_post *post;
    char name[48];
};

LIST_HEAD(peer_head, peer);

struct http {
    struct http_site site;
    struct MHD_Daemon *daemon;
    int epoll_fd;
    bool needs_cert;
    uint64_t sweep_ms;
    struct peer_head peers;
    char *pem[3]; /* key, certificate, client CA */
};

/* ---- Connections -------------------------------------------------------------------------- */

static void name_peer(struct peer *p, struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info != NULL ? info->client_addr : NULL;
    socklen_t len = a != NULL && a->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                          : sizeof(struct sockaddr_in);

    if (a == NULL || getnameinfo(a, len, p->name, sizeof p->name, NULL, 0, NI_NUMERICHOST) != 0) {
        (void)snprintf(p->name, sizeof p->name, "unknown");
    }
    /* IPv4 in an IPv6 socket. */
    if (strncmp(p->name, "::ffff:", 7) == 0 && strchr(p->name, '.') != NULL) {
        memmove(p->name, p->name + 7, strlen(p->name + 7) + 1);
    }
}

static void open_peer(struct http *h, struct MHD_Connection *c, void **context)
{
    struct peer *p = calloc(1, sizeof *p);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

    *context = p;
    if (p == NULL) {
        return; /* its requests are refused */
    }
    p->fd = info != NULL ? info->connect_fd : -1;
    p->since_ms = tool_now_ms();
    name_peer(p, c);
    LIST_INSERT_HEAD(&h->peers, p, link);
}

static void close_peer(struct peer *p)
{
    if (p == NULL) {
        return;
    }
    LIST_REMOVE(p, link);
    release_put(p->release);
    free(p->post);
    free(p);
}

static void on_connection(void *arg, struct MHD_Connection *c, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        open_peer(arg, c, context);
    } else {
        close_peer(*context);
        *context = NULL;
    }
}

/* ---- Requests ----------------------------------------------------------------------------- */

static struct peer *peer_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

static void on_completed(void *arg, struct MHD_Connection *c, void **context,
                         enum MHD_RequestTerminationCode code)
{
    struct peer *p = peer_of(c);

    (void)arg;
    (void)code;
    *context = NULL;
    if (p != NULL) {
        free(p->post);
        p->post = NULL;
        p->since_ms = tool_now_ms();
    }
}

/* Looks at the chain and at what the certificate is for. */
static bool is_trusted(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    gnutls_typed_vdata_st purpose = {
        .type = GNUTLS_DT_KEY_PURPOSE_OID,
        .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT,
    };
    unsigned status = 0;

    return info != NULL && gnutls_certificate_type_get(info->tls_session) == GNUTLS_CRT_X509 &&
           gnutls_certificate_verify_peers(info->tls_session, &purpose, 1, &status) == 0 &&
           status == 0;
}

/* The first look at a request, when its header is complete. */
static enum MHD_Result begin(struct http *h, struct peer *p, struct MHD_Connection *c,
                             const char *method)
{
    const char *length =
        MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

    if (h->needs_cert && !p->is_known) {
        p->is_known = is_trusted(c);
    }
    if (h->needs_cert && !p->is_known) {
        server_refuse(h->site.server, p->name, "it has no client certificate that is trusted");
        return http_refuse(c, MHD_HTTP_FORBIDDEN, "a client certificate is needed");
    }
    if (length != NULL && strtoull(length, NULL, 10) > REQUEST_LEN_MAX) {
        return http_refuse(c, MHD_HTTP_CONTENT_TOO_LARGE, "a result is shorter");
    }
    if (strcmp(method, MHD_HTTP_METHOD_POST) == 0) {
        p->post = calloc(1, sizeof *p->post);
        return p->post != NULL ? MHD_YES : MHD_NO;
    }
    return MHD_YES;
}

/* What is too long is counted and not kept. */
static void take_body(struct http_post *post, const char *data, size_t len)
{
    if (post == NULL) {
        return;
    }
    if (post->len > sizeof post->body || len > sizeof post->body - post->len) {
        post->len = sizeof post->body + 1;
        return;
    }
    memcpy(post->body + post->len, data, len);
    post->len += len;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *len, void **context)
{
    struct http *h = arg;
    struct peer *p = peer_of(c);
    struct http_exchange x;

    (void)version;
    if (p == NULL) {
        return MHD_NO;
    }
    if (*context == NULL) {
        *context = p;
        return begin(h, p, c, method);
    }
    if (*len > 0) {
        take_body(p->post, data, *len);
        *len = 0;
        return MHD_YES;
    }
    p->since_ms = 0;
    x = (struct http_exchange){c, method, url, p->name, p->post, &p->release};
    return http_answer(&h->site, &x);
}

static void on_log(void *arg, const char *format, va_list args)
{
    char line[256];
    char shown[256];

    (void)arg;
    (void)vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\r\n")] = '\0';
    tool_debug("http: %s", tool_printable(shown, sizeof shown, line));
}

/* ---- Listening ---------------------------------------------------------------------------- */

static int listen_at(const struct addrinfo *a)
{
    const int on = 1;
    const int off = 0;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); /* else bind tells */
    if (a->ai_family == AF_INET6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off); /* else only IPv6 */
    }
    if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int error = errno;

        (void)close(fd); /* the error to tell is the one before */
        errno = error;
        return -1;
    }
    return fd;
}

/* All addresses: a socket for IPv6 takes IPv4 along, where there is IPv6. */
static int listen_anywhere(const char *host, const char *port, const char **why)
{
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                   .ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    struct addrinfo *a;
    int rc = getaddrinfo(host, port, &hints, &list);
    int fd = -1;

    if (rc != 0) {
        *why = gai_strerror(rc);
        return -1;
    }
    for (a = list; a != NULL && fd < 0 && host == NULL; a = a->ai_next) {
        fd = a->ai_family == AF_INET6 ? listen_at(a) : -1;
    }
    for (a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = listen_at(a);
    }
    *why = strerror(errno);
    freeaddrinfo(list);
    return fd;
}

/* Takes [ADDR:]PORT apart; ADDR may be in brackets. NULL host: all addresses. */
static int open_socket(const char *address)
{
    const char *colon = strrchr(address, ':');
    const char *port = colon != NULL ? colon + 1 : address;
    size_t len = colon != NULL ? (size_t)(colon - address) : 0;
    const char *why = "the port is a number from 0 to 65535";
    char host[256];
    int fd = -1;

    if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
        address++;
        len -= 2;
    }
    (void)snprintf(host, sizeof host, "%.*s", (int)(len < sizeof host ? len : 0), address);
    if (port[0] != '\0' && strspn(port, "0123456789") == strlen(port) && strlen(port) <= 5 &&
        strtoul(port, NULL, 10) <= UINT16_MAX) {
        fd = listen_anywhere(len > 0 ? host : NULL, port, &why);
    }
    if (fd < 0) {
        tool_error("cannot serve HTTP at '%s': %s", address, why);
    }
    return fd;
}

static uint16_t port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a;
    socklen_t len = sizeof a;

    memset(&a, 0, sizeof a);
    if (getsockname(fd, &a.any, &len) != 0) {
        return 0;
    }
    return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}

/* ---- Set-up ------------------------------------------------------------------------------- */

static char *read_pem(const char *path)
{
    struct ota_tool_why why;
    uint8_t *bytes;
    size_t len;
    char *text;

    if (ota_tool_file_read(path, PEM_MAX, &bytes, &len, &why) != 0) {
        tool_error("%s", why.text);
        return NULL;
    }
    text = calloc(1, len + 1);
    if (text != NULL) {
        memcpy(text, bytes, len);
    }
    explicit_bzero(bytes, len);
    free(bytes);
    return text;
}

static int load_tls(struct http *h, const struct http_config *config)
{
    const char *const paths[] = {config->key, config->cert, config->client_ca};
    size_t i;

    for (i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        h->pem[i] = paths[i] != NULL ? read_pem(paths[i]) : NULL;
        if (paths[i] != NULL && h->pem[i] == NULL) {
            return -1;
        }
    }
    h->needs_cert = config->client_ca != NULL;
    return 0;
}

static int start(struct http *h, int listen_fd)
{
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, h->pem[0]},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, h->pem[1]},
        {MHD_OPTION_HTTPS_PRIORITIES, 0,
         (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
        {h->pem[2] != NULL ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0, h->pem[2]},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    bool is_tls = h->pem[1] != NULL;
    const union MHD_DaemonInfo *info;

    h->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_ERROR_LOG | (is_tls ? MHD_USE_TLS : 0u), 0, NULL, NULL, on_request,
        h, MHD_OPTION_EXTERNAL_LOGGER, on_log, h, MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        HTTP_STALL_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        h, MHD_OPTION_ARRAY, is_tls ? tls : none, MHD_OPTION_END);
    info = h->daemon != NULL ? MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (info == NULL) {
        tool_error(is_tls ? "cannot serve HTTPS: are certificate and key PEM, and do they belong "
                            "together?"
                          : "cannot serve HTTP: no memory or descriptors");
        return -1;
    }
    h->epoll_fd = info->epoll_fd;
    return 0;
}

static int open_folder(struct http *h, const char *folder)
{
    h->site.folder_fd = -1;
    if (folder == NULL) {
        return 0;
    }
    h->site.folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (h->site.folder_fd < 0) {
        tool_error("cannot open the folder '%s': %s", folder, strerror(errno));
        return -1;
    }
    return 0;
}

struct http *http_open(const struct http_config *config, struct server *server)
{
    struct http *h = calloc(1, sizeof *h);
    int fd;

    if (h == NULL) {
        tool_error("out of memory");
        return NULL;
    }
    h->site.server = server;
    h->site.connection = config->cert != NULL ? "HTTPS" : "HTTP";
    LIST_INIT(&h->peers);
    if (open_folder(h, config->folder) != 0 || load_tls(h, config) != 0) {
        http_close(h);
        return NULL;
    }
    fd = open_socket(config->address);
    h->site.port = fd >= 0 ? port_of(fd) : 0;
    if (fd < 0 || start(h, fd) != 0) {
        if (fd >= 0) {
            (void)close(fd); /* nobody was accepted */
        }
        http_close(h);
        return NULL;
    }
    tool_log("serving %s at port %u", h->site.connection, h->site.port);
    return h;
}

void http_close(struct http *h)
{
    size_t i;

    if (h == NULL) {
        return;
    }
    if (h->daemon != NULL) {
        MHD_stop_daemon(h->daemon);
    }
    if (h->site.folder_fd >= 0) {
        (void)close(h->site.folder_fd); /* was only read */
    }
    for (i = 0; i < sizeof h->pem / sizeof h->pem[0]; i++) {
        if (h->pem[i] != NULL) {
            explicit_bzero(h->pem[i], strlen(h->pem[i]));
            free(h->pem[i]);
        }
    }
    free(h);
}

/* ---- The loop ----------------------------------------------------------------------------- */

int http_prepare(struct http *h, struct pollfd *p, uint64_t now_ms)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;
    uint64_t most = LIST_EMPTY(&h->peers) ? 60000u : SWEEP_EVERY_MS;

    (void)now_ms;
    *p = (struct pollfd){.fd = h->epoll_fd, .events = POLLIN};
    if (MHD_get_timeout(h->daemon, &wait_ms) != MHD_YES || wait_ms > most) {
        wait_ms = most;
    }
    return (int)wait_ms;
}

/* The library's own limit begins anew with every byte; a request has to be complete in time. */
static void sweep(struct http *h, uint64_t now_ms)
{
    struct peer *p;

    if (now_ms - h->sweep_ms < SWEEP_EVERY_MS) {
        return;
    }
    h->sweep_ms = now_ms;
    LIST_FOREACH(p, &h->peers, link)
    {
        /* cppcheck-suppress uninitvar ; every peer in the list is filled in */
        if (p->since_ms != 0 && now_ms - p->since_ms >= HTTP_REQUEST_MS && p->fd >= 0) {
            (void)shutdown(p->fd, SHUT_RDWR); /* may be closed by the peer already */
        }
    }
}

void http_handle(struct http *h, uint64_t now_ms)
{
    sweep(h, now_ms);
    (void)MHD_run(h->daemon); /* what can fail is told to on_log */
}
