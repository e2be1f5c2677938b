/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: example-app [-b HOST[:PORT]] [--flow job|direct] [--whole] [--now] [--once] [-v]\n"
    "\n"
    "Runs under ota-board: ota-board run --board FILE --flash DIR -- [options]\n"
    "\n"
    "  -b, --broker HOST[:PORT]  MQTT broker (default localhost:1883; IPv6 as [::1]:1883)\n"
    "      --tls                 reach the broker over TLS (default port 8883)\n"
    "      --cafile FILE         whom to trust, PEM (default: the system's trust store)\n"
    "      --cert FILE           own certificate, PEM\n"
    "      --key FILE            its private key, PEM\n"
    "      --user NAME           user name at the broker\n"
    "      --password-file FILE  file whose first line is the password\n"
    "      --flow job|direct     get a job document first, or the image at once (default job)\n"
    "      --whole               ask once for the whole image instead of chunk by chunk\n"
    "      --window N            chunks asked for ahead, 1 to 255 (default 4)\n"
    "      --timeout S           longest wait for a connection or an answer, in seconds\n"
    "      --now                 check for an update at once\n"
    "      --once                leave after one session\n"
    "  -v, --verbose             show the agent's log\n"
    "  -h, --help                this text\n";

static bool parse_number(const char *text, unsigned long max, unsigned long *out)
{
    char *end;

    errno = 0;
    *out = strtoul(text, &end, 10);
    if (errno != 0 || text[0] < '0' || text[0] > '9' || *end != '\0' || *out == 0 || *out > max) {
        fprintf(stderr, "example-app: \"%s\" is no number from 1 to %lu\n", text, max);
        return false;
    }
    return true;
}

static bool parse_port(const char *text, uint16_t *out)
{
    unsigned long v;

    if (!parse_number(text, UINT16_MAX, &v)) {
        return false;
    }
    *out = (uint16_t)v;
    return true;
}

/* HOST, HOST:PORT, [V6]:PORT or a bare IPv6 address. */
static bool parse_broker(struct options *o, const char *text)
{
    const char *host = text;
    const char *port = NULL;
    size_t len = strlen(text);

    if (text[0] == '[' && strchr(text, ']') != NULL) {
        const char *close = strchr(text, ']');

        host = text + 1;
        len = (size_t)(close - host);
        port = close[1] == ':' ? close + 2 : NULL;
    } else if (strchr(text, ':') != NULL && strchr(text, ':') == strrchr(text, ':')) {
        port = strchr(text, ':') + 1;
        len = (size_t)(port - 1 - text);
    }
    if (len == 0 || len >= sizeof o->host) {
        fprintf(stderr, "example-app: \"%s\" is no broker: give HOST or HOST:PORT\n", text);
        return false;
    }
    memcpy(o->host, host, len);
    o->host[len] = '\0';
    return port == NULL || parse_port(port, &o->port);
}

static bool parse_flow(struct options *o, const char *text)
{
    if (strcmp(text, "job") != 0 && strcmp(text, "direct") != 0) {
        fprintf(stderr, "example-app: \"%s\" is no flow: give job or direct\n", text);
        return false;
    }
    o->flow = text[0] == 'j' ? OTA_FLOW_JOB : OTA_FLOW_DIRECT;
    return true;
}

static bool read_password(struct options *o, const char *path)
{
    FILE *f = fopen(path, "re");
    bool is_read = f != NULL && fgets(o->password, sizeof o->password, f) != NULL;

    if (f != NULL) {
        (void)fclose(f); /* was only read */
    }
    if (!is_read) {
        fprintf(stderr, "example-app: no password in \"%s\"\n", path);
        return false;
    }
    o->password[strcspn(o->password, "\r\n")] = '\0';
    return true;
}

/* Who the server is, and who this device is to it. */
static bool take_trust(struct options *o, int option)
{
    switch (option) {
    case 'T':
        o->is_tls = true;
        return true;
    case 'A':
        o->tls.cafile = optarg;
        return true;
    case 'C':
        o->tls.cert = optarg;
        return true;
    case 'K':
        o->tls.key = optarg;
        return true;
    case 'U':
        o->user = optarg;
        return true;
    case 'P':
        return read_password(o, optarg);
    default:
        fputs("example-app: see --help\n", stderr);
        return false;
    }
}

static bool take(struct options *o, int option)
{
    unsigned long n;

    switch (option) {
    case 'b':
        return parse_broker(o, optarg);
    case 'f':
        return parse_flow(o, optarg);
    case 'w':
        o->is_whole = true;
        return true;
    case 'W':
        if (!parse_number(optarg, UINT8_MAX, &n)) {
            return false;
        }
        o->window = (uint8_t)n;
        return true;
    case 't':
        if (!parse_number(optarg, 86400, &n)) {
            return false;
        }
        o->timeout_s = (uint32_t)n;
        return true;
    case 'n':
        o->is_now = true;
        return true;
    case 'o':
        o->is_once = true;
        return true;
    case 'v':
        o->is_verbose = true;
        return true;
    case 'h':
        fputs(help, stdout);
        return false;
    default:
        return take_trust(o, option);
    }
}

bool options_parse(struct options *o, int argc, char **argv)
{
    static const struct option names[] = {
        {"broker", required_argument, NULL, 'b'},
        {"flow", required_argument, NULL, 'f'},
        {"whole", no_argument, NULL, 'w'},
        {"now", no_argument, NULL, 'n'},
        {"window", required_argument, NULL, 'W'},
        {"timeout", required_argument, NULL, 't'},
        {"once", no_argument, NULL, 'o'},
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {"tls", no_argument, NULL, 'T'},
        {"cafile", required_argument, NULL, 'A'},
        {"cert", required_argument, NULL, 'C'},
        {"key", required_argument, NULL, 'K'},
        {"user", required_argument, NULL, 'U'},
        {"password-file", required_argument, NULL, 'P'},
        {NULL, 0, NULL, 0},
    };
    int option;

    memset(o, 0, sizeof *o);
    memcpy(o->host, "localhost", sizeof "localhost");
    while ((option = getopt_long(argc, argv, "b:vh", names, NULL)) != -1) {
        if (!take(o, option)) {
            return false;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "example-app: unexpected \"%s\"; see --help\n", argv[optind]);
        return false;
    }
    return true;
}
