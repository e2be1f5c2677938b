/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which MQTT broker a tool talks to, and how: the part of the command line that ota-publisher and
 * ota-subscriber share.
 *
 * Three names stand for known brokers and for the TLS files that are looked for in the working
 * directory when "tls" is given:
 *
 *     amazon, a     AWS IoT endpoint of the original      amazon_ca.crt amazon_client.crt
 *                                                         amazon_private_key.pem
 *     eclipse, e    mqtt.eclipseprojects.io               eclipse_ca.crt eclipse_client.crt
 *                                                         eclipse_client.pem
 *     mosquitto, m  test.mosquitto.org (TLS port 8884)    mosquitto.org.crt mosquitto_client.crt
 *                                                         mosquitto_client.key
 */
#ifndef TOOL_BROKER_H
#define TOOL_BROKER_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BROKER_HOST_MAX 253u
#define BROKER_PASSWORD_MAX 255u

struct broker_preset;

struct broker {
    char host[BROKER_HOST_MAX + 1];
    uint16_t port;                   /* 0 until broker_finish */
    char name[BROKER_HOST_MAX + 10]; /* both, for people */
    bool tls;
    const struct broker_preset *preset;
    const char *cafile; /* NULL: the system's trust store */
    const char *cert;
    const char *key;
    const char *user;
    const char *password_file;
    char password[BROKER_PASSWORD_MAX + 1];
    bool has_password;
};

/* Codes of the long options, for a tool's own getopt_long table. */
enum broker_option {
    BROKER_OPT_BROKER = 0x100,
    BROKER_OPT_USER,
    BROKER_OPT_PASSWORD,
    BROKER_OPT_PASSWORD_FILE,
    BROKER_OPT_CAFILE,
    BROKER_OPT_CERT,
    BROKER_OPT_KEY,
    BROKER_OPT_TLS,
    BROKER_OPT_END, /* first code free for the tool */
};

/* clang-format off */
#define BROKER_LONG_OPTIONS                                         \
    {"broker", required_argument, NULL, BROKER_OPT_BROKER},               \
    {"user", required_argument, NULL, BROKER_OPT_USER},                   \
    {"password", required_argument, NULL, BROKER_OPT_PASSWORD},           \
    {"password-file", required_argument, NULL, BROKER_OPT_PASSWORD_FILE}, \
    {"cafile", required_argument, NULL, BROKER_OPT_CAFILE},               \
    {"cert", required_argument, NULL, BROKER_OPT_CERT},                   \
    {"key", required_argument, NULL, BROKER_OPT_KEY},                     \
    {"tls", no_argument, NULL, BROKER_OPT_TLS}
/* clang-format on */

/* The paragraph of --help for these options. */
extern const char BROKER_HELP[];

/* localhost, no TLS, no credentials. */
void broker_init(struct broker *b);

/*
 * Takes HOST, HOST:PORT, [IPV6], [IPV6]:PORT, a bare IPv6 address or a preset's name. 0, or -1 if
 * the text is none of these.
 */
int broker_parse(struct broker *b, const char *text);

/*
 * Takes one of the options above. 0, or -1 after it has told what is wrong. Arguments are kept,
 * not copied; a password is copied and wiped from the argument.
 */
int broker_take_option(struct broker *b, int code, char *arg);

/* Takes a word that is no option: "tls" in either case. 0, or -1 after telling. */
int broker_take_word(struct broker *b, const char *word);

/*
 * Fills in what was left open (port, the preset's files) and checks that the parts fit together
 * and that the files can be read. 0, or -1 after it has told what is wrong.
 */
int broker_finish(struct broker *b);

#endif
