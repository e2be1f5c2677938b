/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/curl.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ota/err.h"
#include "posix/openssl.h"

#define URL_MAX 8192
#define FIELD_MAX 128
#define MORE_FDS 4u

/* Bytes that libcurl reads at a time. */
#define BUFFER_LEN 32768L

/* Longest Retry-After that is told; more is told as this. */
#define RETRY_MAX_S (365L * 86400)

struct ota_posix_http {
    struct ota_http client;
    struct ota_posix_tls tls;
    const struct ota_http_sink *sink;
    CURLM *multi;
    CURL *easy; /* one for all requests: it remembers TLS sessions */
    struct curl_slist *fields;
    bool is_open;      /* a request is under way */
    bool is_head_told; /* of the answer under way */
    bool is_paused;
    bool is_tls;
    bool is_home; /* still at the server that was asked for, which may see credentials */
    int n_redirects;
    CURLU *url; /* of the request under way */
};

static enum ota_http_answer emit(const struct ota_posix_http *h, const struct ota_http_event *ev)
{
    return h->sink == NULL ? OTA_HTTP_TAKEN : h->sink->event(h->sink->arg, ev);
}

/* ---- Errors ------------------------------------------------------------------------------------
 */

/* What the check of the server's certificate found wrong. */
static int verify_error(CURL *easy)
{
    long why = X509_V_OK;

    (void)curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &why);
    /* libcurl looks at the name once the chain is found good, before it notes that. */
    return why == X509_V_OK || why == X509_V_ERR_UNSPECIFIED ? OTA_ECERTHOST
                                                             : ota_posix_tls_verify_error(why);
}

static int error_of(CURL *easy, CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return 0;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return OTA_ERESOLVE;
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
        return OTA_ECONNECT;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
        return OTA_EDROPPED;
    case CURLE_OPERATION_TIMEDOUT:
        return OTA_ETIMEOUT;
    case CURLE_PEER_FAILED_VERIFICATION:
        return verify_error(easy);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_ISSUER_ERROR:
        return OTA_ETLS;
    case CURLE_OUT_OF_MEMORY:
        return OTA_ENOSPC;
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
        return OTA_EARG;
    default:
        return OTA_EPROTO;
    }
}

/* ---- Answers ------------------------------------------------------------------------------------
 */

/* The last field of this name; NULL: none. */
static const char *field(CURL *easy, const char *name)
{
    struct curl_header *found;

    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) {
        return NULL;
    }
    return curl_easy_header(easy, name, found->amount - 1, CURLH_HEADER, -1, &found) == CURLHE_OK
               ? found->value
               : NULL;
}

/* A weak tag does not promise the same bytes. */
static const char *validator_of(CURL *easy)
{
    const char *etag = field(easy, "ETag");

    return etag != NULL && etag[0] == '"' ? etag : field(easy, "Last-Modified");
}

static uint32_t retry_after_of(CURL *easy)
{
    curl_off_t s = 0;

    (void)curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &s);
    return (uint32_t)(s < 0 ? 0 : s > RETRY_MAX_S ? RETRY_MAX_S : s);
}

static long status_of(CURL *easy)
{
    long status = 0;

    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static bool is_redirection(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Tells the head of the final answer, once. */
static void tell_head(struct ota_posix_http *h)
{
    struct ota_http_event ev = {.kind = OTA_HTTP_HEAD, .content_length = -1};
    long status = status_of(h->easy);
    curl_off_t length = -1;

    h->is_head_told = true;
    (void)curl_easy_getinfo(h->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    ev.status = (uint16_t)status;
    ev.content_range = field(h->easy, "Content-Range");
    ev.content_type = field(h->easy, "Content-Type");
    ev.validator = validator_of(h->easy);
    ev.content_length = length;
    ev.retry_after_s = retry_after_of(h->easy);
    h->is_paused = emit(h, &ev) == OTA_HTTP_PAUSE;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
    struct ota_posix_http *h = arg;
    struct ota_http_event ev = {
        .kind = OTA_HTTP_BODY, .data = (const uint8_t *)data, .len = size * n};

    if (is_redirection(status_of(h->easy))) {
        return ev.len; /* for people */
    }
    if (!h->is_head_told) {
        tell_head(h);
    }
    if (!h->is_paused) {
        h->is_paused = emit(h, &ev) == OTA_HTTP_PAUSE;
    }
    return h->is_paused ? CURL_WRITEFUNC_PAUSE : ev.len;
}

static void end(struct ota_posix_http *h, int err)
{
    struct ota_http_event ev = {.kind = OTA_HTTP_END, .err = err};

    (void)curl_multi_remove_handle(h->multi, h->easy);
    h->is_open = false;
    (void)emit(h, &ev);
}

/* ---- Requests -----------------------------------------------------------------------------------
 */

static int set_credentials(struct ota_posix_http *h)
{
    const char *cert = h->is_home ? h->tls.cert : NULL;
    const char *key = h->is_home ? h->tls.key : NULL;

    return curl_easy_setopt(h->easy, CURLOPT_SSLCERT, cert) == CURLE_OK &&
                   curl_easy_setopt(h->easy, CURLOPT_SSLKEY, key) == CURLE_OK
               ? 0
               : OTA_ENOSPC;
}

/* What holds for every request. An option that this libcurl lacks is a request not made. */
static int set_always(struct ota_posix_http *h)
{
    CURL *e = h->easy;
    CURLcode rc = CURLE_OK;

#define SET(option, value) rc = rc != CURLE_OK ? rc : curl_easy_setopt(e, option, value)
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_HTTP_TRANSFER_DECODING, 1L);
    SET(CURLOPT_USERAGENT, "libota");
    SET(CURLOPT_BUFFERSIZE, BUFFER_LEN);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, (void *)h);
    if (h->tls.cafile != NULL) {
        SET(CURLOPT_CAINFO, h->tls.cafile);
        SET(CURLOPT_CAPATH, NULL); /* instead of the system's store, not besides */
    }
#undef SET
    return rc == CURLE_OK ? set_credentials(h) : error_of(e, rc);
}

static int set_url(struct ota_posix_http *h, const struct ota_http_request *req)
{
    const char *form = strchr(req->host, ':') != NULL ? "%s://[%s]:%u%s" : "%s://%s:%u%s";
    char url[URL_MAX];
    int n = snprintf(url, sizeof url, form, req->tls ? "https" : "http", req->host,
                     (unsigned)req->port, req->path);

    if (n < 0 || (size_t)n >= sizeof url) {
        return OTA_ENOSPC;
    }
    curl_url_cleanup(h->url);
    h->url = curl_url();
    if (h->url == NULL) {
        return OTA_ENOSPC;
    }
    if (curl_url_set(h->url, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK ||
        curl_easy_setopt(h->easy, CURLOPT_CURLU, h->url) != CURLE_OK) {
        return OTA_EARG;
    }
    return 0;
}

static int add_field(struct ota_posix_http *h, const char *name, const char *value)
{
    char line[FIELD_MAX];
    struct curl_slist *longer;
    int n = snprintf(line, sizeof line, "%s:%s%s", name, value[0] != '\0' ? " " : "", value);

    if (n < 0 || (size_t)n >= sizeof line) {
        return OTA_ENOSPC;
    }
    longer = curl_slist_append(h->fields, line);
    if (longer == NULL) {
        return OTA_ENOSPC;
    }
    h->fields = longer;
    return 0;
}

static int set_range(struct ota_posix_http *h, const struct ota_http_request *req)
{
    char range[32];
    int rc = 0;

    if (req->range_len == 0) {
        (void)snprintf(range, sizeof range, "%u-", (unsigned)req->range_off);
    } else {
        uint64_t last = (uint64_t)req->range_off + req->range_len - 1;

        (void)snprintf(range, sizeof range, "%u-%llu", (unsigned)req->range_off,
                       (unsigned long long)last);
    }
    if (req->if_range != NULL) {
        rc = add_field(h, "If-Range", req->if_range);
    }
    if (rc == 0 && curl_easy_setopt(h->easy, CURLOPT_RANGE, range) != CURLE_OK) {
        rc = OTA_ENOSPC;
    }
    return rc;
}

static int set_body(struct ota_posix_http *h, const struct ota_http_request *req)
{
    int rc = add_field(h, "Content-Type", req->content_type);

    if (rc == 0) {
        rc = add_field(h, "Expect", ""); /* no hesitation */
    }
    if (rc == 0 &&
        (curl_easy_setopt(h->easy, CURLOPT_POSTFIELDSIZE, (long)req->body_len) != CURLE_OK ||
         curl_easy_setopt(h->easy, CURLOPT_COPYPOSTFIELDS, req->body) != CURLE_OK)) {
        rc = OTA_ENOSPC;
    }
    return rc;
}

static int add_handle(struct ota_posix_http *h)
{
    h->is_head_told = false;
    h->is_paused = false;
    h->is_open = curl_multi_add_handle(h->multi, h->easy) == CURLM_OK;
    return h->is_open ? 0 : OTA_ENOSPC;
}

static int begin(void *ctx, const struct ota_http_request *req)
{
    struct ota_posix_http *h = ctx;
    int rc;

    if (h->is_open) {
        return OTA_EBUSY;
    }
    if (h->multi == NULL) {
        h->multi = curl_multi_init();
    }
    if (h->multi == NULL) {
        return OTA_ENOSPC;
    }
    curl_easy_reset(h->easy); /* keeps TLS sessions */
    curl_slist_free_all(h->fields);
    h->fields = NULL;
    h->is_tls = req->tls;
    h->is_home = true;
    h->n_redirects = 0;
    rc = set_always(h);
    if (rc == 0) {
        rc = set_url(h, req);
    }
    if (rc == 0 && req->body != NULL) {
        rc = set_body(h, req);
    } else if (rc == 0 && req->is_range) {
        rc = set_range(h, req);
    }
    if (rc == 0 && curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->fields) != CURLE_OK) {
        rc = OTA_ENOSPC;
    }
    return rc != 0 ? rc : add_handle(h);
}

/* ---- Redirections -------------------------------------------------------------------------------
 */

static bool is_same_part(CURLU *a, CURLU *b, CURLUPart part)
{
    char *x = NULL;
    char *y = NULL;
    bool is_same = curl_url_get(a, part, &x, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                   curl_url_get(b, part, &y, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                   strcasecmp(x, y) == 0;

    curl_free(x);
    curl_free(y);
    return is_same;
}

static bool has_scheme(CURLU *url, const char *scheme)
{
    char *x = NULL;
    bool is_it = curl_url_get(url, CURLUPART_SCHEME, &x, 0) == CURLUE_OK && strcmp(x, scheme) == 0;

    curl_free(x);
    return is_it;
}

/* The place an answer leads to, if it is one to follow. */
static int next_url(struct ota_posix_http *h, CURLU **out)
{
    const char *location = field(h->easy, "Location");
    CURLU *url = curl_url_dup(h->url);
    bool is_https;

    *out = url;
    if (url == NULL) {
        return OTA_ENOSPC;
    }
    if (location == NULL || h->n_redirects >= OTA_HTTP_REDIRECTS_MAX ||
        curl_url_set(url, CURLUPART_URL, location, CURLU_DISALLOW_USER) != CURLUE_OK) {
        return OTA_EREDIRECT;
    }
    is_https = has_scheme(url, "https");
    if (!is_https && (h->is_tls || !has_scheme(url, "http"))) {
        return OTA_EREDIRECT;
    }
    h->is_tls = is_https;
    return 0;
}

static int follow(struct ota_posix_http *h, long status)
{
    CURLU *url;
    int rc = next_url(h, &url);

    if (rc != 0) {
        curl_url_cleanup(url);
        return rc;
    }
    h->n_redirects++;
    if (!is_same_part(h->url, url, CURLUPART_SCHEME) ||
        !is_same_part(h->url, url, CURLUPART_HOST) || !is_same_part(h->url, url, CURLUPART_PORT)) {
        h->is_home = false;
    }
    if (curl_easy_setopt(h->easy, CURLOPT_CURLU, url) != CURLE_OK) {
        rc = OTA_ENOSPC;
    }
    curl_url_cleanup(h->url);
    h->url = url;
    if (rc == 0) {
        rc = set_credentials(h);
    }
    if (rc == 0 && status == 303 && curl_easy_setopt(h->easy, CURLOPT_HTTPGET, 1L) != CURLE_OK) {
        rc = OTA_ENOSPC;
    }
    return rc != 0 ? rc : add_handle(h);
}

/* The transfer of an answer has ended. */
static void finish(struct ota_posix_http *h, CURLcode code)
{
    long status = status_of(h->easy);
    int rc = error_of(h->easy, code);

    if (rc == 0 && is_redirection(status)) {
        (void)curl_multi_remove_handle(h->multi, h->easy);
        rc = follow(h, status);
        if (rc == 0) {
            return;
        }
    } else if (rc == 0 && !h->is_head_told) {
        tell_head(h); /* an answer without a body */
    }
    end(h, rc);
}

/* ---- Operations ---------------------------------------------------------------------------------
 */

static void bind_sink(void *ctx, const struct ota_http_sink *sink)
{
    ((struct ota_posix_http *)ctx)->sink = sink;
}

static int poll_client(void *ctx)
{
    struct ota_posix_http *h = ctx;
    struct CURLMsg *msg;
    int n;

    if (!h->is_open) {
        return 0;
    }
    if (h->is_paused) {
        h->is_paused = false;
        (void)curl_easy_pause(h->easy, CURLPAUSE_CONT); /* a failure ends the transfer below */
    }
    if (curl_multi_perform(h->multi, &n) != CURLM_OK) {
        end(h, OTA_ENOSPC);
        return 0;
    }
    msg = curl_multi_info_read(h->multi, &n);
    if (msg != NULL && msg->msg == CURLMSG_DONE) {
        finish(h, msg->data.result);
    }
    return 0;
}

static void cancel(void *ctx)
{
    struct ota_posix_http *h = ctx;

    if (h->is_open) {
        (void)curl_multi_remove_handle(h->multi, h->easy);
        h->is_open = false;
    }
}

static void disconnect(void *ctx)
{
    struct ota_posix_http *h = ctx;

    cancel(h);
    (void)curl_multi_cleanup(h->multi); /* its connections with it; NULL is fine */
    h->multi = NULL;
}

struct ota_posix_http *ota_posix_http_new(const struct ota_posix_tls *tls)
{
    static const struct ota_http_ops ops = {
        .bind = bind_sink,
        .begin = begin,
        .poll = poll_client,
        .cancel = cancel,
        .disconnect = disconnect,
    };
    struct ota_posix_http *h = calloc(1, sizeof *h);

    if (h == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(h);
        return NULL;
    }
    h->client.ops = &ops;
    h->client.ctx = h;
    if (tls != NULL) {
        h->tls = *tls;
    }
    h->easy = curl_easy_init();
    if (h->easy == NULL) {
        curl_global_cleanup();
        free(h);
        return NULL;
    }
    return h;
}

void ota_posix_http_set_tls(struct ota_posix_http *h, const struct ota_posix_tls *tls)
{
    h->tls = *tls;
}

void ota_posix_http_free(struct ota_posix_http *h)
{
    if (h == NULL) {
        return;
    }
    disconnect(h);
    curl_easy_cleanup(h->easy);
    curl_url_cleanup(h->url);
    curl_slist_free_all(h->fields);
    curl_global_cleanup();
    free(h);
}

const struct ota_http *ota_posix_http_client(struct ota_posix_http *h)
{
    return &h->client;
}

void ota_posix_http_wait(struct ota_posix_http *h, struct pollfd *more, unsigned n, int ms)
{
    struct curl_waitfd fds[MORE_FDS];
    int n_ready;

    if (h->multi == NULL || n > MORE_FDS) {
        (void)poll(more, n, ms);
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        fds[i] = (struct curl_waitfd){.fd = more[i].fd, .events = CURL_WAIT_POLLIN};
        if ((more[i].events & POLLOUT) != 0) {
            fds[i].events |= CURL_WAIT_POLLOUT;
        }
    }
    (void)curl_multi_poll(h->multi, fds, n, ms, &n_ready); /* a short wait is a correct one */
    for (unsigned i = 0; i < n; i++) {
        more[i].revents = (fds[i].revents & CURL_WAIT_POLLIN) != 0 ? POLLIN : 0;
    }
}
