/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clients of ports/lwip on a socket, for tests: commands come on standard input, one a line,
 * what happens goes to standard output.
 *
 * usage: lwip_client PORT
 *
 *   connect ID KEEP_ALIVE CLEAN   subscribe TOPIC   unsubscribe TOPIC   publish TOPIC BYTES
 *   bye                           an MQTT disconnect
 *   get PATH                      range PATH FIRST LEN [IF_RANGE]       post PATH TEXT
 *   pause N                       answer "pause" to every N-th event; 0: to none
 *   cancel                        hangup
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http.h"
#include "mqtt.h"
#include "ota/err.h"
#include "socket_conn.h"

#define PAYLOAD_MAX 1400

static struct ota_lwip_mqtt mqtt;
static struct ota_lwip_http http;
static uint16_t port;
static uint32_t sum; /* of the message or body under way */
static size_t count;
static unsigned pause_every;
static unsigned n_events;

/* FNV-1a, as the test computes it. */
static void add(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sum = (sum ^ data[i]) * 16777619u;
    }
    count += len;
}

static void restart(void)
{
    sum = 2166136261u;
    count = 0;
}

static void on_mqtt(void *arg, const struct ota_mqtt_event *ev)
{
    static const char *const names[] = {"connected", "subscribed", "published", "message", "lost"};

    (void)arg;
    if (ev->kind != OTA_MQTT_MESSAGE) {
        printf("%s %s\n", names[ev->kind], ev->err == 0 ? "OK" : ota_err_name(ev->err));
        return;
    }
    if (ev->off == 0) {
        restart();
    }
    add(ev->data, ev->len);
    if (ev->off + ev->len == ev->total) {
        printf("message %.*s %zu %08x%s\n", (int)ev->topic_len, ev->topic, count, (unsigned)sum,
               ev->retained ? " retained" : "");
    }
}

static enum ota_http_answer on_http(void *arg, const struct ota_http_event *ev)
{
    (void)arg;
    if (ev->kind == OTA_HTTP_END) {
        printf("end %s %zu %08x\n", ev->err == 0 ? "OK" : ota_err_name(ev->err), count,
               (unsigned)sum);
        return OTA_HTTP_TAKEN;
    }
    if (ev->kind == OTA_HTTP_HEAD) {
        printf("head %u %lld %s %s %u\n", ev->status, (long long)ev->content_length,
               ev->content_range == NULL ? "-" : strchr(ev->content_range, ' ') + 1,
               ev->validator == NULL ? "-" : ev->validator, (unsigned)ev->retry_after_s);
    }
    if (pause_every > 0 && ++n_events % pause_every == 0) {
        return OTA_HTTP_PAUSE;
    }
    if (ev->kind == OTA_HTTP_BODY) {
        add(ev->data, ev->len);
    }
    return OTA_HTTP_TAKEN;
}

/* ---- Commands -------------------------------------------------------------------------------- */

static int run_mqtt(char *words[], int n)
{
    static char id[64];
    static uint8_t payload[PAYLOAD_MAX];
    const struct ota_mqtt *client = ota_lwip_mqtt_client(&mqtt);

    if (n == 4 && strcmp(words[0], "connect") == 0) {
        const struct ota_mqtt_login login = {
            .host = "127.0.0.1",
            .port = port,
            .client_id = id,
            .keep_alive_s = (uint16_t)strtoul(words[2], NULL, 10),
            .clean_session = words[3][0] == '1',
        };

        (void)snprintf(id, sizeof id, "%s", words[1]);
        return client->ops->connect(client->ctx, &login);
    }
    if (n == 2 && strcmp(words[0], "subscribe") == 0) {
        return client->ops->subscribe(client->ctx, words[1]);
    }
    if (n == 2 && strcmp(words[0], "unsubscribe") == 0) {
        return client->ops->unsubscribe(client->ctx, words[1]);
    }
    if (n == 3 && strcmp(words[0], "publish") == 0) {
        size_t len = strtoul(words[2], NULL, 10);

        for (size_t i = 0; i < len && i < sizeof payload; i++) {
            payload[i] = (uint8_t)(i * 7);
        }
        return len > sizeof payload ? OTA_EARG
                                    : client->ops->publish(client->ctx, words[1], payload, len);
    }
    if (n == 1 && strcmp(words[0], "bye") == 0) {
        client->ops->disconnect(client->ctx);
        return 0;
    }
    return 1;
}

static int run_http(char *words[], int n)
{
    static char texts[3][512]; /* stay until the first event */
    const struct ota_http *client = ota_lwip_http_client(&http);
    struct ota_http_request req = {.host = "127.0.0.1", .port = port, .path = texts[0]};

    if (n < 2 || (strcmp(words[0], "get") != 0 && strcmp(words[0], "range") != 0 &&
                  strcmp(words[0], "post") != 0)) {
        return 1;
    }
    restart();
    (void)snprintf(texts[0], sizeof texts[0], "%s", words[1]);
    if (words[0][0] == 'p') {
        (void)snprintf(texts[1], sizeof texts[1], "%s", n > 2 ? words[2] : "");
        req.body = texts[1];
        req.body_len = strlen(texts[1]);
        req.content_type = "text/plain";
    } else if (words[0][0] == 'r') {
        req.is_range = true;
        req.range_off = (uint32_t)strtoul(n > 2 ? words[2] : "0", NULL, 10);
        req.range_len = (uint32_t)strtoul(n > 3 ? words[3] : "0", NULL, 10);
        (void)snprintf(texts[2], sizeof texts[2], "%s", n > 4 ? words[4] : "");
        req.if_range = n > 4 ? texts[2] : NULL;
    }
    return client->ops->begin(client->ctx, &req);
}

static int run_other(char *words[], int n)
{
    const struct ota_http *client = ota_lwip_http_client(&http);

    if (n == 2 && strcmp(words[0], "pause") == 0) {
        pause_every = (unsigned)strtoul(words[1], NULL, 10);
        n_events = 0;
        return 0;
    }
    if (strcmp(words[0], "cancel") == 0) {
        client->ops->cancel(client->ctx);
        return 0;
    }
    if (strcmp(words[0], "hangup") == 0) {
        client->ops->disconnect(client->ctx);
        return 0;
    }
    return OTA_EARG;
}

/* Cuts a line into words in place; how many. */
static int split(char *line, char *words[], int max)
{
    int n = 0;

    while (n < max) {
        line += strspn(line, " \n");
        if (*line == '\0') {
            break;
        }
        words[n++] = line;
        line += strcspn(line, " \n");
        if (*line != '\0') {
            *line++ = '\0';
        }
    }
    return n;
}

static void run(char *line)
{
    char *words[6];
    int n = split(line, words, 6);
    int rc = n == 0 ? 0 : run_mqtt(words, n);

    if (rc == 1) {
        rc = run_http(words, n);
    }
    if (rc == 1) {
        rc = run_other(words, n);
    }
    if (rc != 0) {
        printf("refused %s\n", ota_err_name(rc));
    }
}

/* Polls both clients until there is a command, or its end. */
int main(int argc, char *argv[])
{
    static const struct ota_mqtt_sink mqtt_sink = {.event = on_mqtt};
    static const struct ota_http_sink http_sink = {.event = on_http};
    const struct ota_mqtt *m = ota_lwip_mqtt_client(&mqtt);
    const struct ota_http *h = ota_lwip_http_client(&http);
    char line[2048];

    if (argc != 2) {
        return 2;
    }
    port = (uint16_t)strtoul(argv[1], NULL, 10);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)setvbuf(stdin, NULL, _IONBF, 0); /* poll must see what is left of it */
    ota_lwip_mqtt_init(&mqtt, NULL);
    ota_lwip_http_init(&http, NULL);
    m->ops->bind(m->ctx, &mqtt_sink);
    h->ops->bind(h->ctx, &http_sink);
    for (;;) {
        struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                {.fd = socket_conn_fd(), .events = POLLIN}};

        (void)poll(fds, 2, 10);
        if (fds[0].revents != 0) {
            if (fgets(line, sizeof line, stdin) == NULL) {
                break;
            }
            run(line);
        }
        (void)m->ops->poll(m->ctx);
        (void)h->ops->poll(h->ctx);
    }
    m->ops->disconnect(m->ctx);
    h->ops->disconnect(h->ctx);
    return 0;
}
