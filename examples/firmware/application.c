/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application on a microcontroller: one loop that moves the network, polls the agent, feeds the
 * watchdog and sleeps. No operating system.
 *
 * The settings of the board: transport (mqtt, http or https; default mqtt), broker (default
 * 10.0.2.2), port, tls (anything: yes), web (default 10.0.2.2), web_port, ca, cert, key (PEM),
 * check_s (seconds to the first session, default 1).
 */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "http.h"
#include "lwip/stats.h"
#include "mqtt.h"
#include "ota/agent.h"
#include "ota_psa.h"
#include "signing_key.h"

/* Everything the application owns; only TLS allocates while it runs. */
static struct ota_agent agent;
static struct ota_lwip_mqtt mqtt;
static struct ota_lwip_http http;
static struct ota_lwip_tls tls;
static struct ota_psa psa;
static struct ota_crypto crypto;
static uint64_t work[OTA_WORK_LEN(BOARD_FLASH_WRITE) / sizeof(uint64_t) + 1];

static const struct ota_slot primary = {.area = BOARD_AREA(PRIMARY), .align = BOARD_ALIGN};
static const struct ota_slot secondary = {.area = BOARD_AREA(SECONDARY), .align = BOARD_ALIGN};

/* Longest turn of the loop, without its sleep: what everything else waits for, the watchdog too. */
static uint32_t longest_us;

static const struct ota_area journal = BOARD_AREA(JOURNAL);

static struct ota_config config = {
    .board = BOARD_NAME,
    .primary = &primary,
    .secondary = &secondary,
    .trust = {.crypto = &crypto, .keys = &signing_key, .n_keys = 1, .sig_type = OTA_SIG_ECDSA_P256},
    .flow = OTA_FLOW_JOB,
    .journal = &journal,
    .reboot = true,
    .work = work,
    .work_len = sizeof work,
};

static void fail(const char *what, int err)
{
    board_log("%s: %s", what, ota_err_text(err));
    board_reset();
}

static void report_memory(void)
{
    board_log("memory: %u bytes of stack, %u of heap at most", (unsigned)board_stack_used(),
              (unsigned)lwip_stats.mem.max);
}

static void report_turns(const char *since)
{
    board_log("longest turn since the %s: %u us", since, (unsigned)longest_us);
    longest_us = 0;
}

/* Says what the agent does, and how far it is. */
static enum ota_answer on_update(void *arg, struct ota_hook_info *info)
{
    static unsigned told;

    (void)arg;
    if (info->state == OTA_STATE_STORAGE_WRITE) {
        if (info->moment == OTA_MOMENT_BEFORE && info->percent / 10u != told) {
            told = info->percent / 10u;
            board_log("ota: %u of %u bytes", (unsigned)info->written, (unsigned)info->total);
        }
    } else if (info->moment == OTA_MOMENT_FAILED) {
        board_log("ota: %s: %s", ota_state_text(info->state), ota_err_text(info->err));
    } else if (info->moment == OTA_MOMENT_BEFORE && info->state != OTA_STATE_AGENT_WAITING) {
        board_log("ota: %s", ota_state_text(info->state));
        if (info->state == OTA_STATE_STORAGE_OPEN) {
            report_turns("start");
        } else if (info->state == OTA_STATE_OTA_COMPLETE) {
            report_turns("job");
            report_memory();
        }
    }
    return OTA_ANSWER_CONTINUE;
}

static uint32_t number(const char *name, uint32_t fallback)
{
    const char *value = board_setting(name);

    return value == NULL ? fallback : (uint32_t)strtoul(value, NULL, 10);
}

static const char *text(const char *name, const char *fallback)
{
    const char *value = board_setting(name);

    return value == NULL ? fallback : value;
}

static enum ota_transport transport(void)
{
    const char *name = text("transport", "mqtt");

    if (strcmp(name, "http") == 0) {
        return OTA_TRANSPORT_HTTP;
    }
    return strcmp(name, "https") == 0 ? OTA_TRANSPORT_HTTPS : OTA_TRANSPORT_MQTT;
}

/* Either client may be where a session begins, and where a job leads. */
static void configure(void)
{
    const struct ota_lwip_identity id = {board_setting("ca"), board_setting("cert"),
                                         board_setting("key")};
    int rc = id.ca == NULL ? 0 : ota_lwip_tls_init(&tls, &id);

    if (rc != 0) {
        fail("the certificates in the settings", rc);
    }
    ota_lwip_mqtt_init(&mqtt, id.ca == NULL ? NULL : &tls);
    ota_lwip_http_init(&http, id.ca == NULL ? NULL : &tls);
    config.system = board_system;
    config.mqtt.client = ota_lwip_mqtt_client(&mqtt);
    config.mqtt.host = text("broker", "10.0.2.2");
    config.mqtt.port = (uint16_t)number("port", 0);
    config.mqtt.tls = board_setting("tls") != NULL;
    config.transport = transport();
    config.http.client = ota_lwip_http_client(&http);
    config.http.host = text("web", "10.0.2.2");
    config.http.port = (uint16_t)number("web_port", 0);
    config.timing.initial_check_s = number("check_s", 1);
    config.hook = on_update;
}

/* A product checks its sensors and its radio here. */
static bool self_test(void)
{
#ifdef FIRMWARE_HANGS
    for (;;) {
        /* The watchdog ends this, and the bootloader brings the last version back. */
    }
#endif
    return true;
}

static void try_image(void)
{
    char version[OTA_VERSION_TEXT_MAX];
    int rc;

    (void)ota_version_format(ota_running_version(&agent), version, sizeof version);
    board_log("application %s, built as " FIRMWARE_VERSION ", %u ms after its start", version,
              (unsigned)board_now_ms());
    if (!self_test()) {
        board_reset();
    }
    rc = ota_confirm(&agent);
    if (rc != 0) {
        fail("cannot confirm", rc);
    }
    board_log("confirmed %s", version);
}

int main(void)
{
    int rc;

    board_init();
    rc = board_net_init();
    if (rc == 0) {
        rc = ota_psa_init(&psa, &crypto);
    }
    if (rc != 0) {
        fail("cannot start", rc);
    }
    configure();
    rc = ota_init(&agent, &config);
    if (rc != 0) {
        fail("cannot start the agent", rc);
    }
    try_image();
    for (;;) {
        uint64_t start = board_now_us();
        uint32_t ms = board_net_is_up() ? 0 : 100, us;

        board_watchdog_feed();
        board_net_poll();
        if (ms == 0) {
            ms = ota_poll(&agent);
        }
        us = (uint32_t)(board_now_us() - start);
        longest_us = us > longest_us ? us : longest_us;
        if (ms > 0) {
            board_sleep(ms);
        }
    }
}
