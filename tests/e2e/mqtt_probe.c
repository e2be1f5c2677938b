/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connects as a device does and says what became of it: one line per connection, "connected",
 * "resumed" (connected, with the TLS session of the connection before) or the error's name.
 *
 * usage: mqtt_probe HOST PORT TIMES [--tls CAFILE [CERT KEY]] [--user NAME PASSWORD]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ota/err.h"
#include "posix/mosquitto.h"

#define LIMIT_S 20

struct probe {
    struct ota_posix_mqtt *mqtt;
    bool is_over;
    int err;
};

static void on_event(void *arg, const struct ota_mqtt_event *ev)
{
    struct probe *p = arg;

    if (ev->kind == OTA_MQTT_CONNECTED || ev->kind == OTA_MQTT_LOST) {
        p->is_over = true;
        p->err = ev->err;
    }
}

static void wait_for_end(struct probe *p)
{
    const struct ota_mqtt *client = ota_posix_mqtt_client(p->mqtt);
    time_t end = time(NULL) + LIMIT_S;

    while (!p->is_over && time(NULL) < end) {
        struct pollfd fd;

        ota_posix_mqtt_pollfd(p->mqtt, &fd);
        (void)poll(&fd, 1, 50);
        (void)client->ops->poll(client->ctx);
    }
}

static void connect_once(struct probe *p, const struct ota_mqtt_login *login)
{
    const struct ota_mqtt *client = ota_posix_mqtt_client(p->mqtt);

    p->is_over = false;
    p->err = client->ops->connect(client->ctx, login);
    if (p->err == 0) {
        p->err = OTA_ETIMEOUT;
        wait_for_end(p);
    }
    if (p->err != 0) {
        (void)puts(ota_err_name(p->err));
    } else {
        (void)puts(ota_posix_mqtt_is_resumed(p->mqtt) ? "resumed" : "connected");
    }
    client->ops->disconnect(client->ctx);
}

int main(int argc, char **argv)
{
    struct ota_mqtt_login login = {.client_id = "probe", .clean_session = true, .keep_alive_s = 60};
    struct ota_posix_tls tls = {NULL, NULL, NULL};
    struct probe probe = {NULL, false, 0};
    const struct ota_mqtt_sink sink = {on_event, &probe};
    int i;

    if (argc < 4) {
        return 2;
    }
    login.host = argv[1];
    login.port = (uint16_t)strtoul(argv[2], NULL, 10);
    for (i = 4; i < argc; i++) {
        if (strcmp(argv[i], "--user") == 0 && i + 2 < argc) {
            login.username = argv[++i];
            login.password = argv[++i];
        } else if (strcmp(argv[i], "--tls") == 0 && i + 1 < argc) {
            login.tls = true;
            tls.cafile = argv[++i][0] != '\0' ? argv[i] : NULL;
        } else if (tls.cert == NULL) {
            tls.cert = argv[i];
        } else {
            tls.key = argv[i];
        }
    }
    probe.mqtt = ota_posix_mqtt_new(&tls);
    if (probe.mqtt == NULL) {
        return 1;
    }
    ota_posix_mqtt_client(probe.mqtt)->ops->bind(probe.mqtt, &sink);
    for (i = 0; i < (int)strtol(argv[3], NULL, 10); i++) {
        connect_once(&probe, &login);
    }
    ota_posix_mqtt_free(probe.mqtt);
    return 0;
}
