/* SPDX-License-Identifier: Apache-2.0 */
/* ota_compat.h on a host: slots, key and reset of the emulated board, clients of the POSIX port. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"
#include "key_file.h"
#include "ota/err.h"
#include "ota_compat.h"
#include "ota_psa.h"
#include "posix/curl.h"
#include "posix/mosquitto.h"
#include "posix/system.h"

/* A certificate or key in memory that libraries read as a file. */
struct pem {
    int fd; /* 0: none yet */
    char path[32];
};

/* What the clients of one transport are given. */
struct identity {
    struct pem root;
    struct pem cert;
    struct pem key;
};

/* One device in a program, and for as long as it runs. */
static struct {
    pthread_once_t board_once;
    pthread_once_t once;
    bool has_board;
    int rc;
    struct ota_sim_device device;
    struct ota_posix_mqtt *mqtt;
    struct ota_posix_http *http;
    struct ota_posix_system system;
    struct ota_system services;
    struct ota_psa psa;
    struct ota_crypto crypto;
    struct ota_key key;
    uint8_t key_der[OTA_PSA_KEY_MAX];
    struct identity mqtt_identity;
    struct identity http_identity;
} the = {.board_once = PTHREAD_ONCE_INIT, .once = PTHREAD_ONCE_INIT};

static void open_board(void)
{
    char why[256];
    int rc = ota_sim_device_open(&the.device, NULL, NULL, why, sizeof why);

    the.has_board = rc == 0;
    if (rc != 0) {
        (void)fprintf(stderr, "no board: %s\n", why);
    }
}

struct ota_sim_device *ota_posix_compat_board(void)
{
    (void)pthread_once(&the.board_once, open_board);
    return the.has_board ? &the.device : NULL;
}

static void reset(void *arg)
{
    struct ota_sim_device *device = arg;

    device->system.ops->reset(device->system.ctx);
}

static int open_key(const struct ota_sim_device *device)
{
    if (device->key_file == NULL) {
        (void)fprintf(stderr,
                      "no public key: name one in the board file or with ota-board --key\n");
        return OTA_EKEY;
    }
    return ota_psa_key_load(device->key_file, the.key_der, sizeof the.key_der, &the.key);
}

static int open_services(struct ota_sim_device *device)
{
    the.mqtt = ota_posix_mqtt_new(NULL);
    the.http = ota_posix_http_new(NULL);
    if (the.mqtt == NULL || the.http == NULL) {
        return OTA_ENOSPC;
    }
    the.system.mqtt = the.mqtt;
    the.system.http = the.http;
    the.system.reset = reset;
    the.system.reset_arg = device;
    return ota_posix_system_open(&the.system, &the.services);
}

static void open_device(void)
{
    struct ota_sim_device *device = ota_posix_compat_board();

    the.rc = device != NULL ? open_services(device) : OTA_EARG;
    if (the.rc == 0) {
        the.rc = ota_psa_init(&the.psa, &the.crypto);
    }
    if (the.rc == 0) {
        the.rc = open_key(device);
    }
}

int ota_compat_device(struct ota_config *config)
{
    (void)pthread_once(&the.once, open_device);
    if (the.rc != 0) {
        return the.rc;
    }
    config->primary = &the.device.primary;
    config->secondary = &the.device.secondary;
    config->image_max = ota_board_max_image(the.device.board);
    config->journal = the.device.journal.flash != NULL ? &the.device.journal : NULL;
    config->trust.crypto = &the.crypto;
    config->trust.keys = &the.key;
    config->trust.n_keys = 1;
    config->trust.sig_type = the.key.type;
    config->system = the.services;
    config->mqtt.client = ota_posix_mqtt_client(the.mqtt);
    config->http.client = ota_posix_http_client(the.http);
    return 0;
}

/* ---- Credentials ------------------------------------------------------------------------------
 */

/* Puts a text where *path can be opened; *path is NULL for none. */
static int put_pem(struct pem *p, const char *text, const char **path)
{
    size_t len = text != NULL ? strlen(text) : 0;

    *path = NULL;
    if (len == 0) {
        return 0;
    }
    if (p->fd == 0) {
        int fd = memfd_create("pem", MFD_CLOEXEC);

        if (fd < 0) {
            return OTA_ENOSPC;
        }
        p->fd = fd;
        (void)snprintf(p->path, sizeof p->path, "/proc/self/fd/%d", fd);
    }
    if (ftruncate(p->fd, 0) != 0 || pwrite(p->fd, text, len, 0) != (ssize_t)len) {
        return OTA_ENOSPC;
    }
    *path = p->path;
    return 0;
}

int ota_compat_credentials(enum ota_transport transport,
                           const cy_awsport_ssl_credentials_t *credentials)
{
    static const cy_awsport_ssl_credentials_t none;
    const cy_awsport_ssl_credentials_t *from = credentials != NULL ? credentials : &none;
    bool is_mqtt = transport == OTA_TRANSPORT_MQTT;
    struct identity *to = is_mqtt ? &the.mqtt_identity : &the.http_identity;
    struct ota_posix_tls tls;
    int rc = put_pem(&to->root, from->root_ca, &tls.cafile);

    if (rc == 0) {
        rc = put_pem(&to->cert, from->client_cert, &tls.cert);
    }
    if (rc == 0) {
        rc = put_pem(&to->key, from->private_key, &tls.key);
    }
    if (rc != 0) {
        return rc;
    }
    if (is_mqtt) {
        ota_posix_mqtt_set_tls(the.mqtt, &tls);
    } else {
        ota_posix_http_set_tls(the.http, &tls);
    }
    return 0;
}
