/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The example application: what a product's main loop looks like with libota.
 *
 * It runs on a board that ota-board emulates. On another board, options.c and the parts of
 * main() that open things change; self-test, confirm, hook and loop stay as they are.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ble.h"
#include "key_file.h"
#include "options.h"
#include "ota/agent.h"
#include "ota_psa.h"
#include "posix/curl.h"
#include "posix/mosquitto.h"
#include "posix/system.h"
#include "sim/device.h"

/* Everything the application owns; nothing here is allocated while it runs. */
struct app {
    struct options options;
    struct ota_sim_device device;
    struct ota_posix_tls tls;
    struct ota_posix_mqtt *mqtt;
    struct ota_posix_http *http;
    struct ota_posix_system system;
    struct ota_psa psa;
    struct ota_crypto crypto;
    struct ota_key key;
    uint8_t key_der[OTA_PSA_KEY_MAX];
    struct ota_psa_cipher cipher_key;
    struct ota_cipher cipher;
    struct ota_decryption decryption;
    struct ota_log log;
    struct ota_config config;
    struct ota_archive_memory archive;
    struct ota_agent agent;
    struct ble ble;
    uint64_t work[(OTA_WORK_LEN(512) + 2048) / sizeof(uint64_t)]; /* with room for signed URLs */
    unsigned shown_percent;
};

/* A product checks its sensors, its radio, its settings here. */
static bool self_test(void)
{
#ifdef EXAMPLE_BROKEN
    return false;
#else
    return true;
#endif
}

/* What the record log knows about the last update. */
static void show_outcome(const struct app *app)
{
    struct ota_outcome outcome;
    char version[OTA_VERSION_TEXT_MAX];

    if (ota_last_outcome(&app->agent, &outcome) == 1) {
        (void)ota_version_format(&outcome.version, version, sizeof version);
        printf("last update, %s: %s\n", version,
               outcome.err == 0 ? "installed and confirmed" : ota_err_text(outcome.err));
    }
}

static void show_progress(struct app *app, const struct ota_hook_info *info)
{
    static const char bar[] = "####################";
    unsigned percent = info->percent;

    if (percent / 5 == app->shown_percent / 5 && percent != 100) {
        return;
    }
    app->shown_percent = percent;
    printf("  [%-20.*s] %3u %%  %u of %u bytes\n", (int)(percent / 5), bar, percent,
           (unsigned)info->written, (unsigned)info->total);
}

/*
 * The agent's hook: sees every step and may change, take over or stop it. This one only tells
 * what happens.
 */
static enum ota_answer on_update(void *arg, struct ota_hook_info *info)
{
    struct app *app = arg;

    switch (info->moment) {
    case OTA_MOMENT_BEFORE:
        if (info->state == OTA_STATE_STORAGE_WRITE) {
            show_progress(app, info);
        } else if (info->state != OTA_STATE_AGENT_WAITING) {
            printf("ota: %s\n", ota_state_text(info->state));
        }
        break;
    case OTA_MOMENT_DONE:
        if (info->state == OTA_STATE_DATA_DOWNLOAD) {
            show_progress(app, info);
        } else if (info->state == OTA_STATE_VERIFY) {
            printf("ota: image is good; it will be installed at the next reset\n");
        }
        break;
    case OTA_MOMENT_FAILED:
        if (info->err == OTA_ENOUPDATE) {
            printf("ota: up to date\n");
        } else {
            printf("ota: failed while %s: %s (%s)\n", ota_state_text(info->state),
                   ota_err_text(info->err), ota_err_name(info->err));
        }
        break;
    }
    return OTA_ANSWER_CONTINUE;
}

static void on_log(void *arg, const struct ota_log_entry *entry)
{
    char text[OTA_LOG_TEXT_MAX];

    (void)arg;
    if (ota_log_format(entry, text, sizeof text) > 0) {
        fprintf(stderr, "%s\n", text);
    }
}

/* The key that images must be signed with. A product compiles it in. */
static int load_key(struct app *app)
{
    const char *path = app->device.key_file;

    if (path == NULL) {
        fprintf(stderr, "no public key: name one in the board file or with ota-board --key\n");
        return OTA_EKEY;
    }
    return ota_psa_key_load(path, app->key_der, sizeof app->key_der, &app->key);
}

/* The key that images are encrypted for, if they are. A product keeps it where only its own code
 * can read it. */
static int load_decryption(struct app *app)
{
    const char *path = app->device.decrypt_file;
    int rc = path == NULL ? 0 : ota_psa_cipher_load(path, &app->cipher_key, &app->cipher);

    if (path == NULL || rc != 0) {
        return rc;
    }
    app->config.decryption = &app->decryption;
    return ota_decryption_init(&app->decryption, &app->cipher, app->device.decrypt_key_len);
}

static void restart(void *arg)
{
    struct ota_sim_device *device = arg;

    printf("restarting\n");
    (void)fflush(stdout);
    device->system.ops->reset(device->system.ctx);
}

/* One setting for people who try things out; a product sets each of them. */
static void set_patience(struct ota_timing *t, uint32_t seconds)
{
    t->connect_s = seconds;
    t->job_s = seconds;
    t->packet_s = seconds;
    t->stall_s = seconds / 3 > 0 ? seconds / 3 : 1;
    t->result_s = seconds;
    t->retry_s = 1;
}

static void configure(struct app *app)
{
    struct ota_config *c = &app->config;

    c->board = app->device.board->board;
    c->primary = &app->device.primary;
    c->secondary = &app->device.secondary;
    if (ota_board_has_second(app->device.board)) {
        c->primary2 = &app->device.primary2;
        c->secondary2 = &app->device.secondary2;
    }
    c->image_max = ota_board_max_image(app->device.board);
    c->trust.crypto = &app->crypto;
    c->trust.keys = &app->key;
    c->trust.n_keys = 1;
    c->trust.sig_type = app->key.type;
    c->transport = app->options.transport;
    c->flow = app->options.flow;
    c->mqtt.client = ota_posix_mqtt_client(app->mqtt);
    c->mqtt.host = app->options.broker.host;
    c->mqtt.port = app->options.broker.port;
    c->mqtt.tls = app->options.is_tls;
    c->mqtt.username = app->options.user;
    c->mqtt.password = app->options.password[0] != '\0' ? app->options.password : NULL;
    c->http.client = ota_posix_http_client(app->http);
    c->http.host = app->options.web.host;
    c->http.port = app->options.web.port;
    c->http.range_size = app->options.range_size;
    c->mqtt.whole_image = app->options.is_whole;
    c->mqtt.window = app->options.window;
    c->journal =
        OTA_CONFIG_JOURNAL && app->device.journal.flash != NULL ? &app->device.journal : NULL;
    c->reboot = true;
    if (app->options.timeout_s != 0) {
        set_patience(&c->timing, app->options.timeout_s);
    }
    c->hook = OTA_CONFIG_HOOK ? on_update : NULL;
    c->hook_arg = app;
    app->log.write = on_log;
    app->log.level = app->options.is_verbose ? OTA_LOG_DEBUG : OTA_LOG_OFF;
    c->log = &app->log;
    c->archive = &app->archive;
    c->work = app->work;
    c->work_len = sizeof app->work;
}

static int open_clients(struct app *app)
{
    app->tls.cafile = app->options.cafile;
    app->tls.cert = app->options.cert;
    app->tls.key = app->options.key;
    app->mqtt = ota_posix_mqtt_new(&app->tls);
    app->http = ota_posix_http_new(&app->tls);
    if (app->mqtt == NULL || app->http == NULL) {
        return OTA_ENOSPC;
    }
    app->system.mqtt = app->mqtt;
    app->system.http = app->http;
    app->ble.fd = -1;
    app->system.other_fd = &app->ble.fd;
    return ota_posix_system_open(&app->system, &app->config.system);
}

/* Opens what the agent works with. Tells what failed. */
static int set_up(struct app *app)
{
    char why[256];
    int rc = ota_sim_device_open(&app->device, NULL, NULL, why, sizeof why);

    if (rc != 0) {
        fprintf(stderr, "no board: %s\n", why);
        return rc;
    }
    app->system.reset = restart;
    app->system.reset_arg = &app->device;
    rc = open_clients(app);
    if (rc == 0) {
        rc = ota_psa_init(&app->psa, &app->crypto);
    }
    if (rc == 0) {
        rc = load_key(app);
    }
    if (rc == 0) {
        rc = load_decryption(app);
    }
    if (rc == 0) {
        configure(app);
        rc = ota_init(&app->agent, &app->config);
    }
    if (rc == 0 && app->options.ble_name != NULL) {
        rc = ble_open(&app->ble, &app->agent, app->options.ble_name,
                      app->options.is_ble_secure ? &app->key : NULL);
    }
    if (rc != 0) {
        fprintf(stderr, "cannot start: %s (%s)\n", ota_err_text(rc), ota_err_name(rc));
    }
    return rc;
}

/* An image that works is kept; one that does not restarts, and the bootloader brings the last one
 * back. */
static void try_image(struct app *app)
{
    char version[OTA_VERSION_TEXT_MAX];
    int rc;

    (void)ota_version_format(ota_running_version(&app->agent), version, sizeof version);
    printf("example application %s (built as " EXAMPLE_VERSION ") on %s\n", version,
           app->config.board);
    if (!self_test()) {
        printf("self-test failed: not confirmed\n");
        rc = ota_reject(&app->agent);
        if (rc != 0) {
            printf("cannot note that: %s (%s)\n", ota_err_text(rc), ota_err_name(rc));
        }
        restart(&app->device);
    }
    rc = ota_confirm(&app->agent);
    if (rc == 0) {
        printf("self-test passed: %s is confirmed\n", version);
    } else {
        printf("cannot confirm: %s (%s)\n", ota_err_text(rc), ota_err_name(rc));
    }
    show_outcome(app);
}

int main(int argc, char **argv)
{
    static struct app app;

    if (!options_parse(&app.options, argc, argv)) {
        return 2;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a lost connection is told by the call that meets it */
    if (set_up(&app) != 0) {
        return 1;
    }
    try_image(&app);
    if (app.options.is_now) {
        ota_check(&app.agent);
    }
    while (!app.options.is_once || ota_sessions(&app.agent) == 0) {
        uint32_t ms = ota_poll(&app.agent);
        uint32_t ble_ms = ble_poll(&app.ble);

        ms = ms < ble_ms ? ms : ble_ms;
        ota_sim_watchdog_kick(&app.device);
        if (ms > 0) {
            app.config.system.ops->wait(app.config.system.ctx, ms);
        }
    }
    ble_close(&app.ble);
    ota_posix_mqtt_free(app.mqtt);
    ota_posix_http_free(app.http);
    ota_posix_system_close(&app.system);
    ota_psa_cipher_free(&app.cipher_key);
    ota_sim_device_close(&app.device);
    return 0;
}
