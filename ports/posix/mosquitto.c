/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/mosquitto.h"

#include <errno.h>
#include <mosquitto.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ota/err.h"
#include "posix/openssl.h"

/* Packets that one poll takes from the socket, at most. */
#define PACKETS_PER_POLL 64

/* The longest payload that MQTT can carry. */
#define PAYLOAD_MAX 268435455u

/* A connect under way. Shared by the client and the thread; whoever lets go last releases it. */
struct attempt {
    struct mosquitto *mosq;
    struct ota_posix_tls_context *tls; /* NULL: plain */
    char *host;
    int port;
    int keep_alive_s;
    int rc;    /* of mosquitto_connect */
    int error; /* errno with it */
    int done_fd;
    int n_owners; /* under lock */
    bool is_done; /* under lock */
    pthread_mutex_t lock;
};

struct ota_posix_mqtt {
    struct ota_mqtt client;
    struct ota_posix_tls tls;
    const struct ota_mqtt_sink *sink;
    struct attempt *attempt;                   /* while connecting */
    struct mosquitto *mosq;                    /* once connected */
    struct ota_posix_tls_context *tls_context; /* of mosq; NULL: plain */
    bool is_accepted;                          /* CONNACK came */
    int refused;                               /* the error that a CONNACK brought */
    /* The TLS session to go on with, and whose it is. */
    SSL_SESSION *session;
    char *session_host;
    int session_port;
};

static void emit(struct ota_posix_mqtt *m, const struct ota_mqtt_event *ev)
{
    if (m->sink != NULL) {
        m->sink->event(m->sink->arg, ev);
    }
}

static void emit_simple(struct ota_posix_mqtt *m, enum ota_mqtt_event_kind kind, int err)
{
    struct ota_mqtt_event ev = {.kind = kind, .err = err};

    emit(m, &ev);
}

/* ---- Errors ---------------------------------------------------------------------------------- */

static int error_of(int rc, int error)
{
    switch (rc) {
    case MOSQ_ERR_SUCCESS:
        return 0;
    case MOSQ_ERR_EAI:
        return OTA_ERESOLVE;
    case MOSQ_ERR_TLS:
    case MOSQ_ERR_TLS_HANDSHAKE:
        return OTA_ETLS;
    case MOSQ_ERR_CONN_LOST:
        return OTA_EDROPPED;
    case MOSQ_ERR_ERRNO:
        return error == EPROTO ? OTA_ETLS : OTA_ECONNECT;
    case MOSQ_ERR_PROTOCOL:
    case MOSQ_ERR_MALFORMED_PACKET:
        return OTA_EPROTO;
    case MOSQ_ERR_INVAL:
        return OTA_EARG;
    default:
        return OTA_ECONNECT;
    }
}

/* libmosquitto hides why TLS failed; the context knows. */
static int tls_error(const struct ota_posix_tls_context *tls, int err)
{
    int known = tls != NULL && err != 0 && err != OTA_ERESOLVE ? ota_posix_tls_error(tls) : 0;

    return known != 0 ? known : err;
}

/* Return codes of CONNACK. */
static int refusal(int code)
{
    if (code == 0) {
        return 0;
    }
    return code == 4 || code == 5 ? OTA_EAUTH : OTA_ECONNECT;
}

/* ---- Callbacks, from within poll ------------------------------------------------------------- */

static void on_connect(struct mosquitto *mosq, void *ctx, int code)
{
    struct ota_posix_mqtt *m = ctx;

    (void)mosq;
    m->is_accepted = code == 0;
    if (m->tls_context != NULL) {
        m->tls_context->is_in_use = true;
    }
    m->refused = refusal(code);
    if (code == 0) {
        emit_simple(m, OTA_MQTT_CONNECTED, 0);
    } /* else libmosquitto is about to give the connection up */
}

static void on_subscribe(struct mosquitto *mosq, void *ctx, int mid, int n, const int *granted)
{
    (void)mosq;
    (void)mid;
    emit_simple(ctx, OTA_MQTT_SUBSCRIBED, n > 0 && granted[0] > 2 ? OTA_EAUTH : 0);
}

static void on_publish(struct mosquitto *mosq, void *ctx, int mid)
{
    (void)mosq;
    (void)mid;
    emit_simple(ctx, OTA_MQTT_PUBLISHED, 0);
}

static void on_message(struct mosquitto *mosq, void *ctx, const struct mosquitto_message *msg)
{
    struct ota_mqtt_event ev = {
        .kind = OTA_MQTT_MESSAGE,
        .topic = msg->topic,
        .topic_len = strlen(msg->topic),
        .data = msg->payload != NULL ? msg->payload : (const void *)"",
        .len = (size_t)msg->payloadlen,
        .total = (size_t)msg->payloadlen,
        .retained = msg->retain,
    };

    (void)mosq;
    emit(ctx, &ev);
}

/* ---- Connecting --------------------------------------------------------------------------------
 */

static void free_tls(struct ota_posix_tls_context *tls)
{
    if (tls != NULL) {
        ota_posix_tls_close(tls);
        free(tls);
    }
}

static void release(struct attempt *t)
{
    bool is_last;

    (void)pthread_mutex_lock(&t->lock);
    is_last = --t->n_owners == 0;
    (void)pthread_mutex_unlock(&t->lock);
    if (!is_last) {
        return;
    }
    mosquitto_destroy(t->mosq);
    free_tls(t->tls);
    (void)pthread_mutex_destroy(&t->lock);
    if (t->done_fd >= 0) {
        (void)close(t->done_fd);
    }
    free(t->host);
    free(t);
}

static void *connect_thread(void *arg)
{
    struct attempt *t = arg;
    const uint64_t one = 1;

    errno = 0;
    t->rc = mosquitto_connect(t->mosq, t->host, t->port, t->keep_alive_s);
    t->error = errno;
    OPENSSL_thread_stop(); /* else its memory is there until the thread's end, perhaps too long */
    (void)pthread_mutex_lock(&t->lock);
    t->is_done = true;
    (void)pthread_mutex_unlock(&t->lock);
    (void)!write(t->done_fd, &one, sizeof one); /* poll looks at is_done in any case */
    release(t);
    return NULL;
}

static int start_thread(struct attempt *t)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;
    int rc;

    if (pthread_attr_init(&attr) != 0) {
        return OTA_ENOSPC;
    }
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    t->n_owners = 2;
    rc = pthread_create(&thread, &attr, connect_thread, t);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    if (rc != 0) {
        t->n_owners = 1;
        return OTA_ENOSPC;
    }
    return 0;
}

/* Keeps the TLS session for the next connection to the server of login, or drops it. */
static int remember_server(struct ota_posix_mqtt *m, const struct ota_mqtt_login *login)
{
    if (m->session_host != NULL && strcmp(m->session_host, login->host) == 0 &&
        m->session_port == login->port) {
        return 0;
    }
    SSL_SESSION_free(m->session);
    m->session = NULL;
    free(m->session_host);
    m->session_host = strdup(login->host);
    m->session_port = login->port;
    return m->session_host != NULL ? 0 : OTA_ENOSPC;
}

static int make_tls(struct ota_posix_mqtt *m, struct attempt *t, const struct ota_mqtt_login *login)
{
    char why[256];
    int rc = remember_server(m, login);

    t->tls = rc == 0 ? calloc(1, sizeof *t->tls) : NULL;
    if (t->tls == NULL) {
        return OTA_ENOSPC;
    }
    rc = ota_posix_tls_open(t->tls, &m->tls, login->host, why, sizeof why);
    t->tls->session = m->session;
    m->session = NULL;
    return rc;
}

static int set_tls(struct attempt *t)
{
    int rc = mosquitto_int_option(t->mosq, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);

    if (rc == MOSQ_ERR_SUCCESS) {
        rc = mosquitto_void_option(t->mosq, MOSQ_OPT_SSL_CTX, t->tls->ssl_ctx);
    }
    return rc == MOSQ_ERR_SUCCESS ? 0 : OTA_ETLS;
}

static int set_login(struct mosquitto *mosq, const struct ota_mqtt_login *login)
{
    int rc = mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1);

    if (rc == MOSQ_ERR_SUCCESS && login->will_topic != NULL) {
        rc = mosquitto_will_set(mosq, login->will_topic, (int)strlen(login->will_payload),
                                login->will_payload, 1, false);
    }
    if (rc == MOSQ_ERR_SUCCESS && login->username != NULL) {
        rc = mosquitto_username_pw_set(mosq, login->username, login->password);
    }
    return error_of(rc, 0);
}

static int make_mosquitto(struct ota_posix_mqtt *m, struct attempt *t,
                          const struct ota_mqtt_login *login)
{
    int rc;

    t->mosq = mosquitto_new(login->client_id, login->clean_session, m);
    if (t->mosq == NULL) {
        return OTA_ENOSPC;
    }
    rc = set_login(t->mosq, login);
    if (rc == 0 && login->tls) {
        rc = make_tls(m, t, login);
    }
    if (rc == 0 && login->tls) {
        rc = set_tls(t);
    }
    mosquitto_connect_callback_set(t->mosq, on_connect);
    mosquitto_subscribe_callback_set(t->mosq, on_subscribe);
    mosquitto_publish_callback_set(t->mosq, on_publish);
    mosquitto_message_callback_set(t->mosq, on_message);
    return rc;
}

static int begin_connect(void *ctx, const struct ota_mqtt_login *login)
{
    struct ota_posix_mqtt *m = ctx;
    struct attempt *t;
    int err;

    if (m->mosq != NULL || m->attempt != NULL) {
        return OTA_EBUSY;
    }
    t = calloc(1, sizeof *t);
    if (t == NULL || pthread_mutex_init(&t->lock, NULL) != 0) {
        free(t);
        return OTA_ENOSPC;
    }
    t->n_owners = 1;
    t->port = login->port;
    t->keep_alive_s = login->keep_alive_s;
    t->host = strdup(login->host);
    t->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    err = make_mosquitto(m, t, login);
    if (err == 0) {
        err = t->host == NULL || t->done_fd < 0 ? OTA_ENOSPC : start_thread(t);
    }
    if (err != 0) {
        release(t);
        return err;
    }
    m->attempt = t;
    m->is_accepted = false;
    m->refused = 0;
    return 0;
}

/* Takes the connection over once the thread has made it. */
static void finish_connect(struct ota_posix_mqtt *m)
{
    struct attempt *t = m->attempt;
    bool is_done;

    (void)pthread_mutex_lock(&t->lock);
    is_done = t->is_done;
    (void)pthread_mutex_unlock(&t->lock);
    if (!is_done) {
        return;
    }
    m->attempt = NULL;
    if (t->rc == MOSQ_ERR_SUCCESS) {
        m->mosq = t->mosq;
        m->tls_context = t->tls;
        t->mosq = NULL;
        t->tls = NULL;
        release(t);
    } else {
        int err = error_of(t->rc, t->error);

        err = err == OTA_ETLS ? tls_error(t->tls, err) : err;

        release(t);
        emit_simple(m, OTA_MQTT_CONNECTED, err);
    }
}

/* ---- Operations --------------------------------------------------------------------------------
 */

static void bind_sink(void *ctx, const struct ota_mqtt_sink *sink)
{
    ((struct ota_posix_mqtt *)ctx)->sink = sink;
}

static void drop(struct ota_posix_mqtt *m)
{
    mosquitto_destroy(m->mosq);
    m->mosq = NULL;
    m->is_accepted = false;
    if (m->tls_context != NULL) {
        SSL_SESSION_free(m->session);
        m->session = m->tls_context->session;
        m->tls_context->session = NULL;
        free_tls(m->tls_context);
        m->tls_context = NULL;
    }
}

static void lose(struct ota_posix_mqtt *m, int err)
{
    bool was_accepted = m->is_accepted;

    drop(m);
    emit_simple(m, was_accepted ? OTA_MQTT_LOST : OTA_MQTT_CONNECTED, err);
}

static int subscribe(void *ctx, const char *topic)
{
    struct ota_posix_mqtt *m = ctx;

    if (m->mosq == NULL) {
        return OTA_EDROPPED;
    }
    return error_of(mosquitto_subscribe(m->mosq, NULL, topic, 1), errno);
}

static int unsubscribe(void *ctx, const char *topic)
{
    struct ota_posix_mqtt *m = ctx;

    if (m->mosq == NULL) {
        return OTA_EDROPPED;
    }
    return error_of(mosquitto_unsubscribe(m->mosq, NULL, topic), errno);
}

static int publish(void *ctx, const char *topic, const void *payload, size_t len)
{
    struct ota_posix_mqtt *m = ctx;

    if (m->mosq == NULL) {
        return OTA_EDROPPED;
    }
    if (len > PAYLOAD_MAX) {
        return OTA_ELIMIT;
    }
    return error_of(mosquitto_publish(m->mosq, NULL, topic, (int)len, payload, 1, false), errno);
}

static int move(struct mosquitto *mosq)
{
    int rc = MOSQ_ERR_SUCCESS;

    for (int i = 0; i < PACKETS_PER_POLL && rc == MOSQ_ERR_SUCCESS; i++) {
        struct pollfd p = {.fd = mosquitto_socket(mosq), .events = POLLIN};

        if (mosquitto_want_write(mosq)) {
            p.events |= POLLOUT;
        }
        if (poll(&p, 1, 0) <= 0) {
            break;
        }
        if ((p.revents & POLLOUT) != 0) {
            rc = mosquitto_loop_write(mosq, 1);
        }
        if (rc == MOSQ_ERR_SUCCESS && (p.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            rc = mosquitto_loop_read(mosq, 1);
        }
    }
    return rc == MOSQ_ERR_SUCCESS ? mosquitto_loop_misc(mosq) : rc;
}

static int poll_client(void *ctx)
{
    struct ota_posix_mqtt *m = ctx;
    int rc;

    if (m->attempt != NULL) {
        finish_connect(m);
    }
    if (m->mosq == NULL) {
        return 0;
    }
    rc = move(m->mosq);
    if (rc != MOSQ_ERR_SUCCESS) {
        int err = error_of(rc, errno);

        err = tls_error(m->tls_context, err);
        if (m->refused != 0) {
            err = m->refused;
        }
        lose(m, m->is_accepted && err == OTA_ECONNECT ? OTA_EDROPPED : err);
    }
    return 0;
}

static void disconnect(void *ctx)
{
    struct ota_posix_mqtt *m = ctx;

    if (m->attempt != NULL) {
        release(m->attempt);
        m->attempt = NULL;
    }
    if (m->mosq != NULL) {
        (void)mosquitto_disconnect(m->mosq); /* best effort: the socket is closed in any case */
        drop(m);
    }
}

struct ota_posix_mqtt *ota_posix_mqtt_new(const struct ota_posix_tls *tls)
{
    static const struct ota_mqtt_ops ops = {
        .bind = bind_sink,
        .connect = begin_connect,
        .subscribe = subscribe,
        .unsubscribe = unsubscribe,
        .publish = publish,
        .poll = poll_client,
        .disconnect = disconnect,
    };
    struct ota_posix_mqtt *m = calloc(1, sizeof *m);

    if (m == NULL || mosquitto_lib_init() != MOSQ_ERR_SUCCESS) {
        free(m);
        return NULL;
    }
    m->client.ops = &ops;
    m->client.ctx = m;
    if (tls != NULL) {
        m->tls = *tls;
    }
    return m;
}

void ota_posix_mqtt_set_tls(struct ota_posix_mqtt *m, const struct ota_posix_tls *tls)
{
    m->tls = *tls;
}

void ota_posix_mqtt_free(struct ota_posix_mqtt *m)
{
    if (m != NULL) {
        disconnect(m);
        SSL_SESSION_free(m->session);
        free(m->session_host);
        free(m);
    }
}

const struct ota_mqtt *ota_posix_mqtt_client(struct ota_posix_mqtt *m)
{
    return &m->client;
}

bool ota_posix_mqtt_is_resumed(const struct ota_posix_mqtt *m)
{
    return m->tls_context != NULL && m->tls_context->is_session_taken;
}

void ota_posix_mqtt_pollfd(const struct ota_posix_mqtt *m, struct pollfd *p)
{
    p->fd = -1;
    p->events = POLLIN;
    p->revents = 0;
    if (m->attempt != NULL) {
        p->fd = m->attempt->done_fd;
    } else if (m->mosq != NULL) {
        p->fd = mosquitto_socket(m->mosq);
        if (mosquitto_want_write(m->mosq)) {
            p->events |= POLLOUT;
        }
    }
}
