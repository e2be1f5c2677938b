/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One agent's download, for bench/mqtt and bench/http: a session of the real agent over
 * libmosquitto or libcurl into flash files, timed from the first request to the last byte.
 *
 *     agent_rate -p PORT -k KEY.pem -b BOARD -d FLASH_FILE [-w WINDOW] [--whole]
 *                [--http | --https CAFILE] [--range BYTES]
 *
 * Prints the rate in MB/s (10^6 bytes per second). Fails unless the image ends verified and marked.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "key_file.h"
#include "ota/agent.h"
#include "ota_psa.h"
#include "posix/curl.h"
#include "posix/mosquitto.h"
#include "posix/system.h"

#define SLOT (20u << 20)
#define ERASE 65536u

static struct {
    struct ota_config config;
    struct ota_agent agent;
    struct ota_posix_system system;
    struct ota_psa psa;
    struct ota_crypto crypto;
    struct ota_key key;
    uint8_t key_der[OTA_PSA_KEY_MAX];
    int flash_fd;
    struct ota_flash flash;
    struct ota_slot primary, secondary;
    uint64_t work[OTA_WORK_LEN(8) / 8];
    struct ota_posix_tls tls;
    uint64_t begun_ms, ended_ms;
    uint32_t total;
} b;

static uint64_t now_ms(void)
{
    return b.config.system.ops->now_ms(b.config.system.ctx);
}

static enum ota_answer on_update(void *arg, struct ota_hook_info *info)
{
    (void)arg;
    if (info->state == OTA_STATE_DATA_DOWNLOAD && info->moment == OTA_MOMENT_BEFORE) {
        b.begun_ms = now_ms();
    }
    if (info->state == OTA_STATE_DATA_DOWNLOAD && info->moment == OTA_MOMENT_DONE) {
        b.ended_ms = now_ms();
        b.total = info->total;
    }
    if (info->moment == OTA_MOMENT_FAILED) {
        fprintf(stderr, "agent_rate: failed while %s: %s\n", ota_state_text(info->state),
                ota_err_text(info->err));
    }
    return OTA_ANSWER_CONTINUE;
}

/* ---- Flash as embedded Linux has it: a file, written through the system -----------------------
 */

static int flash_read(const struct ota_flash *flash, uint32_t off, void *buf, size_t len)
{
    (void)flash;
    return pread(b.flash_fd, buf, len, off) == (ssize_t)len ? 0 : OTA_EFLASH;
}

static int flash_write(const struct ota_flash *flash, uint32_t off, const void *buf, size_t len)
{
    (void)flash;
    return pwrite(b.flash_fd, buf, len, off) == (ssize_t)len ? 0 : OTA_EFLASH;
}

static int flash_erase(const struct ota_flash *flash, uint32_t off)
{
    static uint8_t erased[ERASE];

    memset(erased, flash->erased, sizeof erased);
    return flash_write(flash, off, erased, sizeof erased);
}

static int open_flash(const char *path)
{
    static const struct ota_flash_ops ops = {
        .read = flash_read, .write = flash_write, .erase = flash_erase};

    b.flash = (struct ota_flash){
        .ops = &ops, .size = 2 * SLOT, .erase_size = ERASE, .write_size = 8, .erased = 0xff};
    b.flash_fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (b.flash_fd < 0) {
        return -1;
    }
    for (uint32_t off = 0; off < 2 * SLOT; off += ERASE) {
        if (flash_erase(&b.flash, off) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- Session ----------------------------------------------------------------------------------
 */

static void no_reset(void *arg)
{
    (void)arg;
}

static int open_parts(const char *flash_path, const char *key_path)
{
    if (open_flash(flash_path) != 0) {
        perror(flash_path);
        return -1;
    }
    b.primary.area = (struct ota_area){&b.flash, 0, SLOT};
    b.secondary.area = (struct ota_area){&b.flash, SLOT, SLOT};
    b.system.reset = no_reset;
    return ota_posix_system_open(&b.system, &b.config.system) != 0 ||
                   ota_psa_init(&b.psa, &b.crypto) != 0 ||
                   ota_psa_key_load(key_path, b.key_der, sizeof b.key_der, &b.key) != 0
               ? -1
               : 0;
}

static void configure(struct ota_posix_mqtt *mqtt, struct ota_posix_http *http)
{
    struct ota_config *c = &b.config;

    b.system.mqtt = mqtt;
    b.system.http = c->transport != OTA_TRANSPORT_MQTT ? http : NULL;
    c->version.major = 1;
    c->primary = &b.primary;
    c->secondary = &b.secondary;
    c->trust.crypto = &b.crypto;
    c->trust.keys = &b.key;
    c->trust.n_keys = 1;
    c->trust.sig_type = b.key.type;
    c->mqtt.client = ota_posix_mqtt_client(mqtt);
    c->mqtt.host = "127.0.0.1";
    c->http.client = ota_posix_http_client(http);
    c->http.host = "localhost";
    c->http.port = c->mqtt.port;
    c->do_not_send_result = true;
    c->hook = on_update;
    c->work = b.work;
    c->work_len = sizeof b.work;
}

static int run(void)
{
    if (ota_init(&b.agent, &b.config) != 0) {
        fprintf(stderr, "agent_rate: wrong configuration\n");
        return 1;
    }
    ota_check(&b.agent);
    while (ota_sessions(&b.agent) == 0) {
        uint32_t ms = ota_poll(&b.agent);

        if (ms > 0) {
            b.config.system.ops->wait(b.config.system.ctx, ms);
        }
    }
    if (ota_last_error(&b.agent) != 0 || b.ended_ms <= b.begun_ms) {
        return 1;
    }
    printf("%.2f MB/s\n", (double)b.total / 1000.0 / (double)(b.ended_ms - b.begun_ms));
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"whole", no_argument, NULL, 'W'},
                                          {"http", no_argument, NULL, 'h'},
                                          {"https", required_argument, NULL, 's'},
                                          {"range", required_argument, NULL, 'r'},
                                          {NULL, 0, NULL, 0}};
    struct ota_posix_mqtt *mqtt = ota_posix_mqtt_new(NULL);
    struct ota_posix_http *http;
    const char *flash = NULL;
    const char *key = NULL;
    int option, status;

    b.config.transport = OTA_TRANSPORT_MQTT;
    while ((option = getopt_long(argc, argv, "p:k:b:d:w:", names, NULL)) != -1) {
        switch (option) {
        case 'p':
            b.config.mqtt.port = (uint16_t)strtoul(optarg, NULL, 10);
            break;
        case 'k':
            key = optarg;
            break;
        case 'b':
            b.config.board = optarg;
            break;
        case 'd':
            flash = optarg;
            break;
        case 'w':
            b.config.mqtt.window = (uint8_t)strtoul(optarg, NULL, 10);
            break;
        case 'W':
            b.config.mqtt.whole_image = true;
            break;
        case 'h':
            b.config.transport = OTA_TRANSPORT_HTTP;
            break;
        case 's':
            b.config.transport = OTA_TRANSPORT_HTTPS;
            b.tls.cafile = optarg;
            break;
        case 'r':
            b.config.http.range_size = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        default:
            return 2;
        }
    }
    http = ota_posix_http_new(&b.tls);
    if (mqtt == NULL || http == NULL || flash == NULL || key == NULL ||
        open_parts(flash, key) != 0) {
        fprintf(stderr, "agent_rate: see the head of bench/agent_rate.c\n");
        return 2;
    }
    configure(mqtt, http);
    status = run();
    ota_posix_mqtt_free(mqtt);
    ota_posix_http_free(http);
    ota_posix_system_close(&b.system);
    (void)close(b.flash_fd);
    return status;
}
