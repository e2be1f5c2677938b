/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mqtt_link.h"

#include "common/clock.h"
#include "common/log.h"
#include "ota/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>

#define BACKOFF_FIRST_MS 250u
#define BACKOFF_CAP_MS 30000u
#define CONNECT_TIMEOUT_MS 10000u
#define MISC_EVERY_MS 500u
#define BARREN_MAX 3u
#define SILENT_MAX 3u
/* Packets read in a row before others get their turn. */
#define READS_PER_TURN 256u

enum failure {
    FAILURE_NONE,
    FAILURE_RETRY,
    FAILURE_FATAL,
};

/* ---- Callbacks of libmosquitto ----------------------------------------------------------- */

static void on_log(struct mosquitto *mosq, void *obj, int level, const char *text)
{
    struct mqtt_link *l = obj;

    (void)mosq;
    if (level == MOSQ_LOG_ERR) {
        (void)tool_printable(l->detail, sizeof l->detail, text);
    }
}

static void on_connect(struct mosquitto *mosq, void *obj, int rc)
{
    struct mqtt_link *l = obj;
    unsigned i;

    l->tls.is_in_use = true;
    if (rc != 0) {
        (void)snprintf(l->detail, sizeof l->detail, "%s", mosquitto_connack_string(rc));
        /* 3 is "server unavailable"; the others do not go away by themselves. */
        l->failure = l->was_up || rc == 3 ? FAILURE_RETRY : FAILURE_FATAL;
        return;
    }
    for (i = 0; i < l->config.n_topics; i++) {
        if (mosquitto_subscribe(mosq, NULL, l->config.topics[i], 1) != MOSQ_ERR_SUCCESS) {
            l->failure = FAILURE_RETRY;
        }
    }
    l->subs_waiting = l->config.n_topics;
}

static void on_subscribe(struct mosquitto *mosq, void *obj, int mid, int n, const int *granted)
{
    struct mqtt_link *l = obj;

    (void)mosq;
    (void)mid;
    if (n < 1 || granted[0] > 2) {
        (void)snprintf(l->detail, sizeof l->detail, "the broker refuses the subscription");
        l->failure = l->was_up ? FAILURE_RETRY : FAILURE_FATAL;
        return;
    }
    if (l->subs_waiting == 0 || --l->subs_waiting > 0) {
        return;
    }
    l->state = MQTT_LINK_UP;
    l->was_up = true;
    l->attempt = 0;
    l->acked_any = false;
    mosquitto_log_callback_set(l->mosq, NULL); /* it costs time for every packet */
    l->config.handlers->up(l->config.ctx);
}

static void on_message(struct mosquitto *mosq, void *obj, const struct mosquitto_message *m)
{
    struct mqtt_link *l = obj;

    (void)mosq;
    l->config.handlers->message(l->config.ctx, m);
}

static void on_publish(struct mosquitto *mosq, void *obj, int mid)
{
    struct mqtt_link *l = obj;

    (void)mosq;
    l->acked_any = true;
    if (l->unacked > 0) {
        l->unacked--;
    }
    l->config.handlers->acked(l->config.ctx, mid);
}

/* ---- Set-up ------------------------------------------------------------------------------ */

static int set_tls(struct mqtt_link *l)
{
    const struct broker *b = l->config.broker;
    const struct ota_posix_tls files = {b->cafile, b->cert, b->key};
    int rc;

    if (!b->tls) {
        return MOSQ_ERR_SUCCESS;
    }
    if (ota_posix_tls_open(&l->tls, &files, b->host, l->detail, sizeof l->detail) != 0) {
        return MOSQ_ERR_TLS;
    }
    rc = mosquitto_int_option(l->mosq, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
    return rc == MOSQ_ERR_SUCCESS ? mosquitto_void_option(l->mosq, MOSQ_OPT_SSL_CTX, l->tls.ssl_ctx)
                                  : rc;
}

static void free_client(struct mqtt_link *l)
{
    mosquitto_destroy(l->mosq);
    l->mosq = NULL;
    ota_posix_tls_close(&l->tls);
}

static int make_client(struct mqtt_link *l)
{
    const struct broker *b = l->config.broker;
    int rc;

    l->mosq = mosquitto_new(l->id, true, l);
    if (l->mosq == NULL) {
        return MOSQ_ERR_NOMEM;
    }
    mosquitto_connect_callback_set(l->mosq, on_connect);
    mosquitto_subscribe_callback_set(l->mosq, on_subscribe);
    mosquitto_message_callback_set(l->mosq, on_message);
    mosquitto_publish_callback_set(l->mosq, on_publish);
    rc = mosquitto_int_option(l->mosq, MOSQ_OPT_TCP_NODELAY, 1);
    /* The window is the caller's; libmosquitto's own would queue behind our back. */
    if (rc == MOSQ_ERR_SUCCESS) {
        rc = mosquitto_max_inflight_messages_set(l->mosq, 0);
    }
    if (rc == MOSQ_ERR_SUCCESS && b->user != NULL) {
        rc = mosquitto_username_pw_set(l->mosq, b->user, b->has_password ? b->password : NULL);
    }
    return rc == MOSQ_ERR_SUCCESS ? set_tls(l) : rc;
}

static int make_id(struct mqtt_link *l)
{
    static const char HEX[] = "0123456789abcdef";
    uint8_t noise[MQTT_LINK_ID_MAX];
    size_t len = strlen(l->config.id_prefix);
    size_t i;

    if (getrandom(noise, sizeof noise, 0) != (ssize_t)sizeof noise) {
        return -1;
    }
    memcpy(l->id, l->config.id_prefix, len);
    for (i = len; i < MQTT_LINK_ID_MAX; i++) {
        l->id[i] = HEX[noise[i] & 15u];
    }
    l->id[i] = '\0';
    return 0;
}

int mqtt_link_open(struct mqtt_link *l, const struct mqtt_link_config *config)
{
    int rc;

    *l = (struct mqtt_link){.config = *config};
    if (make_id(l) != 0) {
        tool_error("no randomness for the client id: %s", strerror(errno));
        return -1;
    }
    (void)mosquitto_lib_init();
    rc = make_client(l);
    if (rc != MOSQ_ERR_SUCCESS) {
        tool_error("cannot set up the connection: %s",
                   l->detail[0] != '\0' ? l->detail : mosquitto_strerror(rc));
        mqtt_link_close(l);
        return -1;
    }
    return 0;
}

/* ---- Connecting and losing the connection ------------------------------------------------- */

static uint32_t jitter(uint32_t below)
{
    uint32_t v = 0;

    if (getrandom(&v, sizeof v, 0) != (ssize_t)sizeof v) {
        return below / 2;
    }
    return v % below;
}

/* Half of the delay is fixed, half random; doubled per failed attempt up to the cap. */
static uint32_t next_delay(unsigned attempt)
{
    uint32_t delay = BACKOFF_CAP_MS;

    if (attempt < 7u) {
        delay = BACKOFF_FIRST_MS << attempt;
    }
    return delay / 2 + jitter(delay / 2 + 1);
}

/* libmosquitto resends for ever. A broker that drops us for what we send would do so for ever. */
static bool forget_if_barren(struct mqtt_link *l)
{
    int rc;

    l->barren = l->unacked > 0 && !l->acked_any ? l->barren + 1 : 0;
    if (l->barren < BARREN_MAX) {
        return false;
    }
    free_client(l);
    rc = make_client(l);
    if (rc != MOSQ_ERR_SUCCESS) {
        tool_error("cannot set up the connection: %s", mosquitto_strerror(rc));
        l->failure = FAILURE_FATAL;
    }
    l->unacked = 0;
    l->barren = 0;
    return true;
}

static int family_of(int fd)
{
    struct sockaddr_storage own;
    socklen_t len = sizeof own;

    memset(&own, 0, sizeof own);                          /* AF_UNSPEC */
    (void)getsockname(fd, (struct sockaddr *)&own, &len); /* leaves it so on failure */
    return own.ss_family;
}

/*
 * A connect that does not block tries the first address of a name only. Where that is an IPv6 one
 * and the broker listens on IPv4 (localhost, often), the IPv4 ones are tried before anything is
 * said: a local address to bind to leaves libmosquitto no others.
 */
static bool has_more_addresses(struct mqtt_link *l, const char *why)
{
    l->only_ipv4 = l->state == MQTT_LINK_CONNECTING && !l->is_ipv4 && !l->only_ipv4;
    if (l->only_ipv4) {
        (void)snprintf(l->first_why, sizeof l->first_why, "%s", why);
    }
    return l->only_ipv4;
}

static void lose(struct mqtt_link *l, const char *why, uint64_t now_ms)
{
    bool was_up = l->state == MQTT_LINK_UP;
    uint32_t delay;

    if (has_more_addresses(l, why)) {
        l->state = MQTT_LINK_WAITING;
        l->at_ms = now_ms;
        l->failure = FAILURE_NONE;
        return;
    }
    delay = next_delay(l->attempt++);
    tool_log("%s %s: %s%s%s%s; next attempt in %u.%u s",
             was_up ? "lost the connection to" : "cannot connect to", l->config.broker->name, why,
             l->detail[0] != '\0' ? " (" : "", l->detail, l->detail[0] != '\0' ? ")" : "",
             delay / 1000u, delay % 1000u / 100u);
    l->state = MQTT_LINK_WAITING;
    l->at_ms = now_ms + delay;
    l->failure = FAILURE_NONE;
    l->detail[0] = '\0';
    if (was_up) {
        l->config.handlers->down(l->config.ctx, forget_if_barren(l));
    }
}

static const char *failure_text(const struct mqtt_link *l, int rc, int error)
{
    if (rc == MOSQ_ERR_EAI) {
        return "the host name does not resolve";
    }
    if (l->config.broker->tls && ota_posix_tls_error(&l->tls) != 0) {
        return ota_posix_tls_why(&l->tls);
    }
    if (rc == MOSQ_ERR_ERRNO && error != EPROTO) {
        return strerror(error);
    }
    if (l->state == MQTT_LINK_CONNECTING && l->config.broker->tls) {
        return strerror(ECONNREFUSED); /* libmosquitto has taken the real one and forgotten it */
    }
    if (l->state == MQTT_LINK_CONNECTING && !l->config.broker->tls) {
        return "the broker closes the connection (does it want tls?)";
    }
    return mosquitto_strerror(rc);
}

/* A certificate that is wrong now is wrong in a second. A broker that answers nothing may be just
 * starting, or it is no TLS port: a few attempts tell. */
static bool is_hopeless(const struct mqtt_link *l)
{
    int err = l->config.broker->tls ? ota_posix_tls_error(&l->tls) : 0;

    if (l->was_up || err == 0) {
        return false;
    }
    return ota_posix_tls_is_answered(&l->tls) || l->attempt + 1 >= SILENT_MAX;
}

/* Takes a failure of libmosquitto. 0, or -1 after telling that going on is pointless. */
static int fail(struct mqtt_link *l, int rc, uint64_t now_ms)
{
    int error = errno;

    if (!is_hopeless(l)) {
        lose(l, failure_text(l, rc, error), now_ms);
        return 0;
    }
    tool_error("%s: no secure connection: %s", l->config.broker->name, ota_posix_tls_why(&l->tls));
    l->failure = FAILURE_FATAL;
    return -1;
}

static void begin_connect(struct mqtt_link *l, uint64_t now_ms)
{
    const struct broker *b = l->config.broker;
    int rc;

    tool_debug("connecting to %s%s as %s", b->name, b->tls ? " over TLS" : "", l->id);
    l->state = MQTT_LINK_CONNECTING;
    l->at_ms = now_ms + CONNECT_TIMEOUT_MS;
    l->misc_ms = now_ms + MISC_EVERY_MS;
    l->detail[0] = '\0';
    ota_posix_tls_begin(&l->tls);
    mosquitto_log_callback_set(l->mosq, on_log);
    rc = mosquitto_connect_bind_async(l->mosq, b->host, b->port, l->config.keepalive_s,
                                      l->only_ipv4 ? "0.0.0.0" : NULL);
    l->is_ipv4 = rc == MOSQ_ERR_SUCCESS && family_of(mosquitto_socket(l->mosq)) == AF_INET;
    if (rc == MOSQ_ERR_ERRNO && l->only_ipv4) {
        lose(l, l->first_why, now_ms); /* refused, too, or no such address */
    } else if (rc != MOSQ_ERR_SUCCESS) {
        (void)fail(l, rc, now_ms); /* the next turn ends it */
    }
}

/* ---- The loop ---------------------------------------------------------------------------- */

static int until(uint64_t at_ms, uint64_t now_ms)
{
    return at_ms > now_ms ? (int)(at_ms - now_ms) : 0;
}

int mqtt_link_prepare(struct mqtt_link *l, struct pollfd *p, uint64_t now_ms)
{
    int wait_ms;

    if (l->state == MQTT_LINK_WAITING && now_ms >= l->at_ms) {
        begin_connect(l, now_ms);
    }
    *p = (struct pollfd){.fd = -1};
    if (l->state == MQTT_LINK_WAITING) {
        return until(l->at_ms, now_ms);
    }
    p->fd = mosquitto_socket(l->mosq);
    p->events = POLLIN;
    if (mosquitto_want_write(l->mosq)) {
        p->events |= POLLOUT;
    }
    wait_ms = until(l->misc_ms, now_ms);
    if (l->state == MQTT_LINK_CONNECTING && until(l->at_ms, now_ms) < wait_ms) {
        wait_ms = until(l->at_ms, now_ms);
    }
    return p->fd < 0 ? 0 : wait_ms;
}

/* libmosquitto does not notice a refused connection when it has a TLS handshake to begin. */
static bool has_data(const struct mqtt_link *l)
{
    int waiting = 0;

    return ioctl(mosquitto_socket(l->mosq), FIONREAD, &waiting) == 0 && waiting > 0;
}

/* Reads until the socket is empty: one packet per call is what libmosquitto promises. */
static int read_all(struct mqtt_link *l)
{
    unsigned i;
    int rc;

    for (i = 0; i < READS_PER_TURN; i++) {
        rc = mosquitto_loop_read(l->mosq, 1);
        if (rc != MOSQ_ERR_SUCCESS || l->failure != FAILURE_NONE) {
            return rc;
        }
        if (!has_data(l)) {
            return MOSQ_ERR_SUCCESS;
        }
    }
    return MOSQ_ERR_SUCCESS;
}

static int move_data(struct mqtt_link *l, short revents, uint64_t now_ms)
{
    int rc = MOSQ_ERR_SUCCESS;

    if (mosquitto_socket(l->mosq) < 0) {
        return MOSQ_ERR_CONN_LOST;
    }
    if ((revents & ~POLLOUT) != 0) {
        rc = read_all(l);
    }
    if (rc == MOSQ_ERR_SUCCESS && (revents & (POLLHUP | POLLERR)) != 0 && !has_data(l)) {
        return MOSQ_ERR_CONN_LOST;
    }
    if (rc == MOSQ_ERR_SUCCESS && (revents & POLLOUT) != 0) {
        rc = mosquitto_loop_write(l->mosq, 1);
    }
    if (rc == MOSQ_ERR_SUCCESS && now_ms >= l->misc_ms) {
        l->misc_ms = now_ms + MISC_EVERY_MS;
        rc = mosquitto_loop_misc(l->mosq);
    }
    return rc;
}

int mqtt_link_handle(struct mqtt_link *l, short revents, uint64_t now_ms)
{
    int rc;

    if (l->failure == FAILURE_FATAL) {
        return -1;
    }
    if (l->state == MQTT_LINK_WAITING) {
        return 0;
    }
    rc = move_data(l, revents, now_ms);
    if (l->failure == FAILURE_FATAL) {
        tool_error("%s: %s", l->config.broker->name, l->detail);
        return -1;
    }
    if (rc != MOSQ_ERR_SUCCESS) {
        return fail(l, rc, now_ms);
    }
    if (l->failure != FAILURE_NONE) {
        lose(l, "refused", now_ms);
    } else if (l->state == MQTT_LINK_CONNECTING && now_ms >= l->at_ms) {
        lose(l, "the broker does not answer", now_ms);
    }
    return 0;
}

int mqtt_link_publish(struct mqtt_link *l, const char *topic, const void *data, size_t len,
                      int *mid)
{
    int rc;

    if (l->state != MQTT_LINK_UP || len > INT32_MAX) {
        return MOSQ_ERR_NO_CONN;
    }
    rc = mosquitto_publish(l->mosq, mid, topic, (int)len, data, 1, false);
    if (rc == MOSQ_ERR_SUCCESS) {
        l->unacked++;
    }
    return rc;
}

void mqtt_link_close(struct mqtt_link *l)
{
    uint64_t end_ms = tool_now_ms() + 1000u;
    struct pollfd p = {.events = POLLOUT};

    if (l->mosq != NULL && l->state == MQTT_LINK_UP && mosquitto_disconnect(l->mosq) == 0) {
        while (mosquitto_want_write(l->mosq) && tool_now_ms() < end_ms) {
            p.fd = mosquitto_socket(l->mosq);
            if (p.fd < 0 || poll(&p, 1, 100) < 0 || mosquitto_loop_write(l->mosq, 1) != 0) {
                break;
            }
        }
    }
    free_client(l);
    (void)mosquitto_lib_cleanup();
}
