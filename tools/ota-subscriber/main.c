/* SPDX-License-Identifier: Apache-2.0 */
/* ota-subscriber: downloads an image as a device does. See docs/man/ota-subscriber.1. */
#include "common/broker.h"
#include "common/clock.h"
#include "common/crypto_openssl.h"
#include "common/log.h"
#include "common/mqtt_link.h"
#include "common/number.h"
#include "common/stop.h"
#include "common/topics.h"
#include "ota-subscriber/flow.h"
#include "ota/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEEPALIVE_S 15
#define TICK_MS 50
#define WINDOW_MAX 64u
#define TIMEOUT_MAX_S 86400u

enum subscriber_option {
    OPT_TIMEOUT = BROKER_OPT_END,
    OPT_EXPECT,
    OPT_VERIFY_KEY,
    OPT_RUNNING,
    OPT_WINDOW,
    OPT_HELP,
    OPT_VERSION,
};

struct options {
    struct broker broker;
    const char *company;
    const char *verify_key;
    struct flow_config flow;
};

static void print_help(void)
{
    (void)printf(
        "Usage: ota-subscriber [tls] [options]\n"
        "Downloads an image from a publisher as a device does, and checks every byte of it.\n"
        "\n"
        "  -f, --file FILE           where the image goes (default anycloud-ota.out.bin)\n"
        "  -c, --chunk SIZE          ask for chunks of SIZE bytes instead of the whole image\n"
        "  -d, --direct              ask for the image on the topic of all devices\n"
        "  -k, --board, --kit KIT    board to be (default CY8CPROTO_062_4343W)\n"
        "  -e, --company NAME        first part of the topics (default anycloud)\n"
        "%s"
        "      --running VERSION     version to run already (default 0.0.0)\n"
        "      --expect FILE         fail unless the image equals FILE\n"
        "      --verify-key PEM      fail unless the image is signed with this key\n"
        "      --timeout SECONDS     give up after so long without progress (default 30)\n"
        "      --window N            chunk requests without answer, 1 to %u (default 4)\n"
        "  -v, -l, --verbose         more to read, with time stamps\n"
        "      --help, --version\n"
        "\n"
        "Exit status: 0 the file is complete and right, 1 it is not, 2 wrong usage.\n",
        BROKER_HELP, WINDOW_MAX);
}

static int take_mode(struct flow_config *f, enum flow_mode mode)
{
    if (f->mode != FLOW_WHOLE && f->mode != mode) {
        tool_error("-c and -d exclude each other");
        return -1;
    }
    f->mode = mode;
    return 0;
}

static int take_timeout(struct flow_config *f, const char *text)
{
    unsigned seconds;

    if (tool_take_number("--timeout", text, TIMEOUT_MAX_S, &seconds) != 0) {
        return -1;
    }
    f->timeout_ms = seconds * 1000u;
    return 0;
}

static int take_running(struct flow_config *f, const char *text)
{
    if (ota_version_parse(text, strlen(text), &f->running) == OTA_OK) {
        return 0;
    }
    tool_error("--running takes a version like 1.2.3, not '%s'", text);
    return -1;
}

/* Options with a long name only. 0: go on; 1: nothing more to do; -1: wrong. */
static int take_long_option(struct options *o, int code, char *arg)
{
    switch (code) {
    case OPT_TIMEOUT:
        return take_timeout(&o->flow, arg);
    case OPT_EXPECT:
        o->flow.expect = arg;
        return 0;
    case OPT_VERIFY_KEY:
        o->verify_key = arg;
        return 0;
    case OPT_RUNNING:
        return take_running(&o->flow, arg);
    case OPT_WINDOW:
        return tool_take_number("--window", arg, WINDOW_MAX, &o->flow.window);
    case OPT_HELP:
        print_help();
        return 1;
    case OPT_VERSION:
        (void)printf("ota-subscriber %s\n", OTA_TOOL_VERSION);
        return 1;
    default:
        return broker_take_option(&o->broker, code, arg);
    }
}

static int take_option(struct options *o, int code, char *arg)
{
    switch (code) {
    case 'f':
        o->flow.path = arg;
        return 0;
    case 'c':
        if (take_mode(&o->flow, FLOW_CHUNKS) != 0) {
            return -1;
        }
        return tool_take_number("-c", arg, UINT16_MAX, &o->flow.chunk_size);
    case 'd':
        return take_mode(&o->flow, FLOW_DIRECT);
    case 'k':
        o->flow.board = arg;
        return 0;
    case 'e':
        o->company = arg;
        return 0;
    case 'l': /* as the original calls it */
    case 'v':
        o->flow.verbose = true;
        return 0;
    case 'b':
        return broker_take_option(&o->broker, BROKER_OPT_BROKER, arg);
    case '?': /* getopt_long has told what is wrong */
        return -1;
    default:
        return take_long_option(o, code, arg);
    }
}

static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option LONG[] = {
        BROKER_LONG_OPTIONS,
        {"file", required_argument, NULL, 'f'},
        {"chunk", required_argument, NULL, 'c'},
        {"direct", no_argument, NULL, 'd'},
        {"board", required_argument, NULL, 'k'},
        {"kit", required_argument, NULL, 'k'},
        {"company", required_argument, NULL, 'e'},
        {"verbose", no_argument, NULL, 'l'},
        {"timeout", required_argument, NULL, OPT_TIMEOUT},
        {"expect", required_argument, NULL, OPT_EXPECT},
        {"verify-key", required_argument, NULL, OPT_VERIFY_KEY},
        {"running", required_argument, NULL, OPT_RUNNING},
        {"window", required_argument, NULL, OPT_WINDOW},
        {"help", no_argument, NULL, OPT_HELP},
        {"version", no_argument, NULL, OPT_VERSION},
        {NULL, 0, NULL, 0},
    };
    int code;
    int rc;

    while ((code = getopt_long(argc, argv, "b:f:c:k:e:dlv", LONG, NULL)) != -1) {
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
    return broker_finish(&o->broker);
}

static void converse(struct flow *f)
{
    struct pollfd p;

    while (flow_tick(f, tool_now_ms()) != FLOW_DONE) {
        int wait_ms = mqtt_link_prepare(f->link, &p, tool_now_ms());

        tool_wait(&p, 1, wait_ms < TICK_MS ? wait_ms : TICK_MS);
        if (tool_stopping()) {
            flow_fail(f, "stopped by a signal");
        }
        if (mqtt_link_handle(f->link, p.revents, tool_now_ms()) != 0) {
            f->failed = true;
            return;
        }
    }
}

/* 0 if the file is there and right. */
static int download(const struct options *o, const struct topics *topics)
{
    static struct flow flow;
    struct mqtt_link link;
    struct mqtt_link_config config = {
        .broker = &o->broker,
        .id_prefix = "OTASubscriber",
        .keepalive_s = KEEPALIVE_S,
        .handlers = &FLOW_HANDLERS,
        .ctx = &flow,
    };
    int rc = -1;

    if (flow_init(&flow, &o->flow, topics) != 0) {
        return -1;
    }
    config.topics[config.n_topics++] = flow.unique;
    if (o->flow.mode == FLOW_DIRECT) {
        config.topics[config.n_topics++] = topics->direct;
    }
    if (mqtt_link_open(&link, &config) == 0) {
        flow.link = &link;
        converse(&flow);
        mqtt_link_close(&link);
        rc = flow.failed ? -1 : 0;
    }
    flow_free(&flow);
    return rc;
}

static int run(struct options *o)
{
    static struct ota_tool_key key;
    struct ota_tool_why why;
    struct topics topics;
    int rc;

    if (topics_init(&topics, o->company, o->flow.board) != 0) {
        tool_error("company '%s' and board '%s' make no valid topic", o->company, o->flow.board);
        return -1;
    }
    if (o->verify_key != NULL) {
        if (ota_tool_key_load(&key, o->verify_key, NULL, &why) != OTA_OK) {
            tool_error("%s", why.text);
            return -1;
        }
        o->flow.key = &key.pub;
    }
    if (tool_stop_setup() != 0) {
        tool_error("cannot catch signals: %s", strerror(errno));
        rc = -1;
    } else {
        rc = download(o, &topics);
    }
    if (o->flow.key != NULL) {
        ota_tool_key_free(&key);
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct options o = {
        .company = "anycloud",
        .flow = {.board = "CY8CPROTO_062_4343W",
                 .path = "anycloud-ota.out.bin",
                 .window = 4,
                 .timeout_ms = 30000},
    };
    int rc;

    tool_log_setup("ota-subscriber", false);
    broker_init(&o.broker);
    rc = parse_options(argc, argv, &o);
    if (rc != 0) {
        return rc > 0 ? 0 : 2;
    }
    tool_log_setup("ota-subscriber", o.flow.verbose);
    return run(&o) == 0 ? 0 : 1;
}
