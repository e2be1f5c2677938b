/* SPDX-License-Identifier: Apache-2.0 */
#include "common/broker.h"

#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define PORT_PLAIN 1883u
#define PORT_TLS 8883u

struct broker_preset {
    const char *name;
    const char *host;
    uint16_t tls_port;
    const char *cafile;
    const char *cert;
    const char *key;
};

static const struct broker_preset PRESETS[] = {
    {"amazon", "a33jl9z28enc1q-ats.iot.us-west-1.amazonaws.com", PORT_TLS, "amazon_ca.crt",
     "amazon_client.crt", "amazon_private_key.pem"},
    {"eclipse", "mqtt.eclipseprojects.io", PORT_TLS, "eclipse_ca.crt", "eclipse_client.crt",
     "eclipse_client.pem"},
    {"mosquitto", "test.mosquitto.org", 8884, "mosquitto.org.crt", "mosquitto_client.crt",
     "mosquitto_client.key"},
};

const char BROKER_HELP[] =
    "  -b, --broker HOST[:PORT]  the broker, [IPV6]:PORT included, or one of the names\n"
    "                            amazon, eclipse, mosquitto (default localhost)\n"
    "      --user NAME           user name at the broker\n"
    "      --password-file FILE  file whose first line is the password\n"
    "      --password TEXT       the password itself (other users of this machine may see it)\n"
    "  tls, --tls                connect over TLS (default port 8883, mosquitto 8884)\n"
    "      --cafile FILE         whom to trust, PEM (default: the system's trust store)\n"
    "      --cert FILE           own certificate, PEM\n"
    "      --key FILE            its private key, PEM\n";

void broker_init(struct broker *b)
{
    *b = (struct broker){.host = "localhost"};
}

static int parse_port(const char *text, uint16_t *port)
{
    unsigned long v = 0;
    size_t i;

    for (i = 0; text[i] >= '0' && text[i] <= '9' && v <= UINT16_MAX; i++) {
        v = v * 10u + (unsigned long)(text[i] - '0');
    }
    if (i == 0 || text[i] != '\0' || v == 0 || v > UINT16_MAX) {
        return -1;
    }
    *port = (uint16_t)v;
    return 0;
}

static int take_host(struct broker *b, const char *host, size_t len)
{
    size_t i;

    if (len == 0 || len > BROKER_HOST_MAX) {
        return -1;
    }
    for (i = 0; i < len; i++) {
        if (host[i] <= ' ' || host[i] == '/' || host[i] == 0x7f) {
            return -1;
        }
    }
    memcpy(b->host, host, len);
    b->host[len] = '\0';
    return 0;
}

static const struct broker_preset *find_preset(const char *text)
{
    size_t i;

    for (i = 0; i < sizeof PRESETS / sizeof PRESETS[0]; i++) {
        const struct broker_preset *p = &PRESETS[i];

        if (strcmp(text, p->name) == 0 || (text[0] == p->name[0] && text[1] == '\0')) {
            return p;
        }
    }
    return NULL;
}

int broker_parse(struct broker *b, const char *text)
{
    const char *colon = strrchr(text, ':');
    const char *close = text[0] == '[' ? strchr(text, ']') : NULL;

    b->port = 0;
    b->preset = find_preset(text);
    if (b->preset != NULL) {
        return take_host(b, b->preset->host, strlen(b->preset->host));
    }
    if (text[0] == '[') {
        if (close == NULL || take_host(b, text + 1, (size_t)(close - text - 1)) != 0) {
            return -1;
        }
        if (close[1] == '\0') {
            return 0;
        }
        return close[1] == ':' ? parse_port(close + 2, &b->port) : -1;
    }
    /* More than one colon without brackets is an IPv6 address without port. */
    if (colon == NULL || strchr(text, ':') != colon) {
        return take_host(b, text, strlen(text));
    }
    if (take_host(b, text, (size_t)(colon - text)) != 0) {
        return -1;
    }
    return parse_port(colon + 1, &b->port);
}

static int take_password(struct broker *b, char *arg)
{
    size_t len = strlen(arg);

    if (len > BROKER_PASSWORD_MAX) {
        tool_error("the password is longer than %u bytes", BROKER_PASSWORD_MAX);
        return -1;
    }
    memcpy(b->password, arg, len + 1);
    b->has_password = true;
    explicit_bzero(arg, len);
    return 0;
}

int broker_take_option(struct broker *b, int code, char *arg)
{
    switch (code) {
    case BROKER_OPT_BROKER:
        if (broker_parse(b, arg) == 0) {
            return 0;
        }
        tool_error("'%s' is no broker: give HOST, HOST:PORT, [IPV6]:PORT, amazon, eclipse or "
                   "mosquitto",
                   arg);
        return -1;
    case BROKER_OPT_USER:
        b->user = arg;
        return 0;
    case BROKER_OPT_PASSWORD:
        return take_password(b, arg);
    case BROKER_OPT_PASSWORD_FILE:
        b->password_file = arg;
        return 0;
    case BROKER_OPT_CAFILE:
        b->cafile = arg;
        return 0;
    case BROKER_OPT_CERT:
        b->cert = arg;
        return 0;
    case BROKER_OPT_KEY:
        b->key = arg;
        return 0;
    default: /* BROKER_OPT_TLS */
        b->tls = true;
        return 0;
    }
}

int broker_take_word(struct broker *b, const char *word)
{
    if (strcasecmp(word, "tls") == 0) {
        b->tls = true;
        return 0;
    }
    tool_error("unexpected argument '%s' (the only word without a dash is tls)", word);
    return -1;
}

static int read_password(struct broker *b)
{
    char line[BROKER_PASSWORD_MAX + 3];
    ssize_t n;
    int fd = open(b->password_file, O_RDONLY | O_CLOEXEC);
    int rc;

    if (fd < 0) {
        tool_error("cannot open password file '%s': %s", b->password_file, strerror(errno));
        return -1;
    }
    n = read(fd, line, sizeof line - 1);
    if (n < 0) {
        tool_error("cannot read password file '%s': %s", b->password_file, strerror(errno));
    }
    (void)close(fd); /* nothing was written */
    if (n < 0) {
        return -1;
    }
    line[n] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    rc = take_password(b, line);
    explicit_bzero(line, sizeof line);
    return rc;
}

static int check_file(const char *what, const char *path)
{
    if (path == NULL || access(path, R_OK) == 0) {
        return 0;
    }
    tool_error("cannot read the %s '%s': %s", what, path, strerror(errno));
    return -1;
}

static int finish_tls(struct broker *b)
{
    const struct broker_preset *p = b->preset;

    if (!b->tls) {
        if (b->cafile == NULL && b->cert == NULL && b->key == NULL) {
            return 0;
        }
        tool_error("--cafile, --cert and --key need tls");
        return -1;
    }
    if (p != NULL && b->cafile == NULL) {
        b->cafile = p->cafile;
    }
    if (p != NULL && b->cert == NULL && b->key == NULL) {
        b->cert = p->cert;
        b->key = p->key;
    }
    if ((b->cert == NULL) != (b->key == NULL)) {
        tool_error("--cert and --key belong together: give both or none");
        return -1;
    }
    if (check_file("CA file", b->cafile) != 0 || check_file("certificate", b->cert) != 0) {
        return -1;
    }
    return check_file("private key", b->key);
}

int broker_finish(struct broker *b)
{
    if (b->port == 0 && b->tls) {
        b->port = b->preset != NULL ? b->preset->tls_port : PORT_TLS;
    }
    if (b->port == 0) {
        b->port = PORT_PLAIN;
    }
    (void)snprintf(b->name, sizeof b->name, strchr(b->host, ':') != NULL ? "[%s]:%u" : "%s:%u",
                   b->host, b->port);
    if (b->password_file != NULL && read_password(b) != 0) {
        return -1;
    }
    if (b->has_password && b->user == NULL) {
        tool_error("a password needs --user");
        return -1;
    }
    return finish_tls(b);
}
