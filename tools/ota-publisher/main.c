/* SPDX-License-Identifier: Apache-2.0 */
/* ota-publisher: offers an image to devices over MQTT and HTTP(S). See docs/man/ota-publisher.1. */
#include "common/broker.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/mqtt_link.h"
#include "common/number.h"
#include "common/stop.h"
#include "common/topics.h"
#include "ota-publisher/http.h"
#include "ota-publisher/http_answer.h"
#include "ota-publisher/job.h"
#include "ota-publisher/release.h"
#include "ota-publisher/server.h"
#include "ota-publisher/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEPALIVE_S 15
#define WINDOW_DEFAULT 16u
#define EXPIRE_EVERY_MS 10000u

enum publisher_option {
    OPT_WINDOW = BROKER_OPT_END,
    OPT_ANY_BOARD,
    OPT_HTTP,
    OPT_HTTP_CERT,
    OPT_HTTP_KEY,
    OPT_HTTP_CLIENT_CA,
    OPT_FOLDER,
    OPT_DATA_URL,
    OPT_NO_MQTT,
    OPT_HELP,
    OPT_VERSION,
};

struct options {
    struct broker broker;
    const char *board;
    const char *company;
    const char *image;
    const char *job;
    const char *data_url;
    struct http_config http; /* address NULL: not served */
    unsigned window;
    bool verbose;
    bool any_board;
    bool no_mqtt;
};

static void print_help(void)
{
    (void)printf(
        "Usage: ota-publisher [tls] [options] -f IMAGE\n"
        "Offers a firmware image to devices over MQTT and HTTP(S) until it is stopped.\n"
        "\n"
        "  -f, --image FILE          image or archive to offer; read again when it changes\n"
        "  -j, --job FILE            job document (JSON); without it one is made from the image\n"
        "  -k, --board, --kit KIT    board that the image is for (default CY8CPROTO_062_4343W)\n"
        "  -c, --company NAME        first part of the topics (default anycloud)\n"
        "%s"
        "      --window N            unacknowledged messages per device, 1 to %u (default %u)\n"
        "      --any-board           also serve devices that name another board\n"
        "      --http [ADDR:]PORT    serve HTTP, too\n"
        "      --http-cert FILE      make that HTTPS: own certificate, PEM\n"
        "      --http-key FILE       its private key, PEM\n"
        "      --http-client-ca FILE serve only clients with a certificate by this authority\n"
        "      --folder DIR          over HTTP, also serve the files below DIR\n"
        "      --data-url URL        let jobs lead to this http, https, mqtt or mqtts URL\n"
        "      --no-mqtt             no broker: HTTP only\n"
        "  -v, -l, --verbose         more to read, with time stamps\n"
        "      --help, --version\n"
        "\n"
        "Prints \"ready\" on standard output once devices can ask; events go to standard error.\n"
        "Exit status: 0 stopped by SIGTERM or SIGINT, 1 failed, 2 wrong usage.\n",
        BROKER_HELP, SESSION_WINDOW_MAX, WINDOW_DEFAULT);
}

/* Options about HTTP. 0: taken; 1: it is none of them. */
static int take_http_option(struct options *o, int code, char *arg)
{
    switch (code) {
    case OPT_HTTP:
        o->http.address = arg;
        return 0;
    case OPT_HTTP_CERT:
        o->http.cert = arg;
        return 0;
    case OPT_HTTP_KEY:
        o->http.key = arg;
        return 0;
    case OPT_HTTP_CLIENT_CA:
        o->http.client_ca = arg;
        return 0;
    case OPT_FOLDER:
        o->http.folder = arg;
        return 0;
    case OPT_DATA_URL:
        o->data_url = arg;
        return 0;
    case OPT_NO_MQTT:
        o->no_mqtt = true;
        return 0;
    default:
        return 1;
    }
}

/* 0: go on; 1: nothing more to do; -1: wrong. */
static int take_option(struct options *o, int code, char *arg)
{
    switch (code) {
    case 'f':
        o->image = arg;
        return 0;
    case 'j':
        o->job = arg;
        return 0;
    case 'k':
        o->board = arg;
        return 0;
    case 'c':
        o->company = arg;
        return 0;
    case 'l': /* as the original calls it */
    case 'v':
        o->verbose = true;
        return 0;
    case OPT_WINDOW:
        return tool_take_number("--window", arg, SESSION_WINDOW_MAX, &o->window);
    case OPT_ANY_BOARD:
        o->any_board = true;
        return 0;
    case OPT_HELP:
        print_help();
        return 1;
    case OPT_VERSION:
        (void)printf("ota-publisher %s\n", OTA_TOOL_VERSION);
        return 1;
    case 'b':
        return broker_take_option(&o->broker, BROKER_OPT_BROKER, arg);
    case '?': /* getopt_long has told what is wrong */
        return -1;
    default:
        return take_http_option(o, code, arg) == 0 ? 0 : broker_take_option(&o->broker, code, arg);
    }
}

/* What needs what. */
static int check_http(const struct options *o)
{
    const struct http_config *h = &o->http;

    if (h->address == NULL && (h->cert != NULL || h->key != NULL || h->client_ca != NULL ||
                               h->folder != NULL || o->no_mqtt)) {
        tool_error("--http-cert, --http-key, --http-client-ca, --folder and --no-mqtt need --http");
        return -1;
    }
    if ((h->cert == NULL) != (h->key == NULL)) {
        tool_error("--http-cert and --http-key belong together: give both or none");
        return -1;
    }
    if (h->client_ca != NULL && h->cert == NULL) {
        tool_error("--http-client-ca needs --http-cert and --http-key");
        return -1;
    }
    return 0;
}

static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option LONG[] = {
        BROKER_LONG_OPTIONS,
        {"image", required_argument, NULL, 'f'},
        {"job", required_argument, NULL, 'j'},
        {"board", required_argument, NULL, 'k'},
        {"kit", required_argument, NULL, 'k'},
        {"company", required_argument, NULL, 'c'},
        {"verbose", no_argument, NULL, 'l'},
        {"window", required_argument, NULL, OPT_WINDOW},
        {"any-board", no_argument, NULL, OPT_ANY_BOARD},
        {"http", required_argument, NULL, OPT_HTTP},
        {"http-cert", required_argument, NULL, OPT_HTTP_CERT},
        {"http-key", required_argument, NULL, OPT_HTTP_KEY},
        {"http-client-ca", required_argument, NULL, OPT_HTTP_CLIENT_CA},
        {"folder", required_argument, NULL, OPT_FOLDER},
        {"data-url", required_argument, NULL, OPT_DATA_URL},
        {"no-mqtt", no_argument, NULL, OPT_NO_MQTT},
        {"help", no_argument, NULL, OPT_HELP},
        {"version", no_argument, NULL, OPT_VERSION},
        {NULL, 0, NULL, 0},
    };
    int code;
    int rc;

    while ((code = getopt_long(argc, argv, "b:f:j:k:c:lv", LONG, NULL)) != -1) {
        rc = take_option(o, code, optarg);
        if (rc != 0) {
            return rc;
        }
    }
    for (; optind < argc; optind++) {
        if (broker_take_word(&o->broker, argv[optind]) != 0) {
            return -1;
        }
    }
    if (o->image == NULL && o->job == NULL) {
        tool_error("nothing to offer: name an image with -f (see --help)");
        return -1;
    }
    return check_http(o) != 0 ? -1 : broker_finish(&o->broker);
}

/* What the process listens to. */
struct ears {
    struct mqtt_link *link; /* NULL: no broker */
    struct http *http;      /* NULL: no HTTP */
};

enum { EAR_MQTT, EAR_HTTP, EARS };

static int least(int a, int b)
{
    return b < a ? b : a;
}

static void run(const struct ears *e, struct server *server)
{
    uint64_t expire_ms = tool_now_ms() + EXPIRE_EVERY_MS;
    struct pollfd p[EARS] = {{.fd = -1}, {.fd = -1}};

    while (!tool_stopping()) {
        int wait_ms = (int)EXPIRE_EVERY_MS;

        if (e->link != NULL) {
            wait_ms = mqtt_link_prepare(e->link, &p[EAR_MQTT], tool_now_ms());
        }
        if (e->http != NULL) {
            wait_ms = least(wait_ms, http_prepare(e->http, &p[EAR_HTTP], tool_now_ms()));
        }
        tool_wait(p, EARS, wait_ms);
        if (e->http != NULL) {
            http_handle(e->http, tool_now_ms());
        }
        if (e->link != NULL) {
            if (mqtt_link_handle(e->link, p[EAR_MQTT].revents, tool_now_ms()) != 0) {
                return;
            }
            server_pump(server);
        }
        if (tool_now_ms() >= expire_ms) {
            sessions_expire(server->sessions, tool_now_ms());
            expire_ms = tool_now_ms() + EXPIRE_EVERY_MS;
        }
    }
}

static int open_ears(const struct options *o, const struct topics *topics, struct server *server,
                     struct ears *e)
{
    static struct mqtt_link link; /* the server keeps its address */
    const struct mqtt_link_config config = {
        .broker = &o->broker,
        .id_prefix = "OTASend",
        .topics = {topics->notify},
        .n_topics = 1,
        .keepalive_s = KEEPALIVE_S,
        .handlers = &SERVER_HANDLERS,
        .ctx = server,
    };

    if (o->http.address != NULL) {
        e->http = http_open(&o->http, server);
        if (e->http == NULL) {
            return -1;
        }
    }
    if (o->no_mqtt) {
        server_ready(server);
        return 0;
    }
    if (mqtt_link_open(&link, &config) != 0) {
        return -1;
    }
    e->link = &link;
    server->link = &link;
    return 0;
}

static int serve(const struct options *o, const struct topics *topics, struct server *server)
{
    struct ears ears = {NULL, NULL};

    if (tool_stop_setup() != 0) {
        tool_error("cannot catch signals: %s", strerror(errno));
        return -1;
    }
    if (open_ears(o, topics, server, &ears) == 0) {
        run(&ears, server);
    }
    http_close(ears.http);
    if (ears.link != NULL) {
        mqtt_link_close(ears.link);
    }
    if (!tool_stopping()) {
        return -1;
    }
    tool_log("stopped");
    return 0;
}

static void tell_offer(const struct options *o, const struct release *r,
                       const struct job_place *redirect)
{
    const struct job_fill fill = {"Update Available", o->board, redirect};
    char *text = job_text(r->job, &fill);

    tool_log("offering version %u.%u.%u for %s, %u bytes%s%s%s%s", r->version.major,
             r->version.minor, r->version.revision, o->board, r->size,
             r->is_archive     ? ", an archive"
             : r->is_encrypted ? ", encrypted"
                               : "",
             o->no_mqtt ? "" : ", through ", o->no_mqtt ? "" : o->broker.name,
             !o->no_mqtt && o->broker.tls ? " (TLS)" : "");
    if (text != NULL && strlen(text) > JOB_TEXT_MAX) {
        tool_log("warning: the job document has %zu bytes; devices of the original take %u",
                 strlen(text), JOB_TEXT_MAX);
    }
    free(text);
}

static int publish(const struct options *o)
{
    static struct release_store releases;
    static struct server server;
    static struct topics topics;
    static struct job_url data_url;
    const struct job_place *redirect = o->data_url != NULL ? &data_url.place : NULL;
    int rc = -1;

    if (topics_init(&topics, o->company, o->board) != 0) {
        tool_error("company '%s' and board '%s' make no valid topic", o->company, o->board);
        return -1;
    }
    if (redirect != NULL && job_url_parse(&data_url, o->data_url, HTTP_IMAGE_PATH) != 0) {
        tool_error("'%s' is no mqtt, mqtts, http or https URL", o->data_url);
        return -1;
    }
    if (release_store_open(&releases, o->image, o->job, o->board, o->broker.port) != 0) {
        tool_error("%s", releases.error);
        return -1;
    }
    tell_offer(o, releases.current, redirect);
    server = (struct server){.releases = &releases,
                             .sessions = sessions_new(o->window),
                             .topics = &topics,
                             .board = o->board,
                             .redirect = redirect,
                             .any_board = o->any_board};
    if (server.sessions == NULL) {
        tool_error("out of memory");
    } else {
        rc = serve(o, &topics, &server);
    }
    sessions_free(server.sessions);
    release_store_close(&releases);
    return rc;
}

int main(int argc, char **argv)
{
    struct options o = {
        .board = "CY8CPROTO_062_4343W", .company = "anycloud", .window = WINDOW_DEFAULT};
    int rc;

    tool_log_setup("ota-publisher", false);
    broker_init(&o.broker);
    rc = parse_options(argc, argv, &o);
    if (rc != 0) {
        return rc > 0 ? 0 : 2;
    }
    tool_log_setup("ota-publisher", o.verbose);
    return publish(&o) == 0 ? 0 : 1;
}
