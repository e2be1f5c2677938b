/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: example-app [--transport mqtt|http|https] [-b HOST[:PORT]] [--http HOST[:PORT]]\n"
    "                   [--flow job|direct] [--now] [--once] [more options]\n"
    "\n"
    "Runs under ota-board: ota-board run --board FILE --flash DIR -- [options]\n"
    "\n"
    "  -t, --transport NAME      where sessions begin: mqtt, http or https (default mqtt), or\n"
    "                            ble: a peer pushes, there is no network; needs --ble\n"
    "  -b, --broker HOST[:PORT]  MQTT broker (default localhost:1883; IPv6 as [::1]:1883)\n"
    "      --http HOST[:PORT]    HTTP server (default localhost:80, for https localhost:443)\n"
    "      --flow job|direct     get a job document first, or the image at once (default job)\n"
    "      --tls                 MQTT over TLS\n"
    "      --cafile FILE         trust the authorities in this PEM file, not those of the system\n"
    "      --cert FILE           client certificate, PEM; needs --key\n"
    "      --key FILE            its private key, PEM\n"
    "      --user NAME           user name at the broker\n"
    "      --password-file FILE  file whose first line is the password\n"
    "      --whole               MQTT: ask once for the whole image instead of chunk by chunk\n"
    "      --window N            MQTT: chunks asked for ahead, 1 to 255 (default 8)\n"
    "      --range BYTES         HTTP: ask for so many bytes at a time (default: all at once)\n"
    "      --timeout S           longest wait for a connection or an answer, in seconds\n"
    "      --ble NAME            take updates over Bluetooth LE, under this name\n"
    "      --ble-secure          only with a signature (ECDSA-P256, the image key) at their end\n"
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
static bool parse_server(struct server *s, const char *text)
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
    if (len == 0 || len >= sizeof s->host) {
        fprintf(stderr, "example-app: \"%s\" is no server: give HOST or HOST:PORT\n", text);
        return false;
    }
    memcpy(s->host, host, len);
    s->host[len] = '\0';
    return port == NULL || parse_port(port, &s->port);
}

static bool parse_transport(struct options *o, const char *text)
{
    static const char *const names[] = {"", "mqtt", "http", "https", "ble"};

    for (int i = OTA_TRANSPORT_MQTT; i <= OTA_TRANSPORT_BLE; i++) {
        if (strcmp(text, names[i]) == 0) {
            o->transport = (enum ota_transport)i;
            return true;
        }
    }
    fprintf(stderr, "example-app: \"%s\" is no transport: give mqtt, http, https or ble\n", text);
    return false;
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

/* Whom to trust, and who this device is. */
static bool take_identity(struct options *o, int option)
{
    switch (option) {
    case 'T':
        o->is_tls = true;
        return true;
    case 'a':
        o->cafile = optarg;
        return true;
    case 'c':
        o->cert = optarg;
        return true;
    case 'k':
        o->key = optarg;
        return true;
    case 'u':
        o->user = optarg;
        return true;
    case 'p':
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
    case 't':
        return parse_transport(o, optarg);
    case 'b':
        return parse_server(&o->broker, optarg);
    case 'H':
        return parse_server(&o->web, optarg);
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
    case 'r':
        if (!parse_number(optarg, 1ul << 30, &n)) {
            return false;
        }
        o->range_size = (uint32_t)n;
        return true;
    case 's':
        if (!parse_number(optarg, 86400, &n)) {
            return false;
        }
        o->timeout_s = (uint32_t)n;
        return true;
    case 'B':
        o->ble_name = optarg;
        return true;
    case 'S':
        o->is_ble_secure = true;
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
        return take_identity(o, option);
    }
}

bool options_parse(struct options *o, int argc, char **argv)
{
    static const struct option names[] = {
        {"transport", required_argument, NULL, 't'},
        {"broker", required_argument, NULL, 'b'},
        {"http", required_argument, NULL, 'H'},
        {"flow", required_argument, NULL, 'f'},
        {"tls", no_argument, NULL, 'T'},
        {"cafile", required_argument, NULL, 'a'},
        {"cert", required_argument, NULL, 'c'},
        {"key", required_argument, NULL, 'k'},
        {"user", required_argument, NULL, 'u'},
        {"password-file", required_argument, NULL, 'p'},
        {"whole", no_argument, NULL, 'w'},
        {"range", required_argument, NULL, 'r'},
        {"ble", required_argument, NULL, 'B'},
        {"ble-secure", no_argument, NULL, 'S'},
        {"now", no_argument, NULL, 'n'},
        {"window", required_argument, NULL, 'W'},
        {"timeout", required_argument, NULL, 's'},
        {"once", no_argument, NULL, 'o'},
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    memset(o, 0, sizeof *o);
    memcpy(o->broker.host, "localhost", sizeof "localhost");
    memcpy(o->web.host, "localhost", sizeof "localhost");
    o->transport = OTA_TRANSPORT_MQTT;
    while ((option = getopt_long(argc, argv, "t:b:vh", names, NULL)) != -1) {
        if (!take(o, option)) {
            return false;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "example-app: unexpected \"%s\"; see --help\n", argv[optind]);
        return false;
    }
    if ((o->cert == NULL) != (o->key == NULL)) {
        fputs("example-app: --cert and --key go together\n", stderr);
        return false;
    }
    return true;
}
