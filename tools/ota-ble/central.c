/* SPDX-License-Identifier: Apache-2.0 */
#include "ota-ble/central.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#include "common/stop.h"
#include "ota/err.h"
#include "ota/gatt.h"

#define BLUEZ "org.bluez"
#define CHARACTERISTIC "org.bluez.GattCharacteristic1"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define CALL_US (30u * 1000000u)
#define STEP_US 100000u

#define COPY(dst, src) (void)snprintf(dst, sizeof(dst), "%s", src)

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- Calls ------------------------------------------------------------------------------------*/

static int fail(struct central *c, int err, const char *what, const char *reason)
{
    (void)snprintf(c->why, sizeof c->why, "%s: %s", what, reason);
    return err;
}

/* Sends a call and waits for its answer; *reply is to be released. BlueZ has one error for
 * whatever the device answers. */
static int call(struct central *c, sd_bus_message *m, const char *what, sd_bus_message **reply)
{
    sd_bus_error e = SD_BUS_ERROR_NULL;
    int rc = sd_bus_call(c->bus, m, CALL_US, &e, reply);
    int err = 0;

    if (rc < 0) {
        bool is_gone =
            e.message != NULL && (strcasestr(e.message, "not connected") != NULL ||
                                  sd_bus_error_has_name(&e, SD_BUS_ERROR_UNKNOWN_OBJECT));

        err = is_gone ? OTA_EDROPPED : rc == -ETIMEDOUT ? OTA_ETIMEOUT : OTA_EREFUSED;
        (void)fail(c, err, what, e.message != NULL ? e.message : strerror(-rc));
    }
    sd_bus_error_free(&e);
    return err;
}

static int call_simple(struct central *c, const char *path, const char *interface,
                       const char *method)
{
    sd_bus_message *m = NULL;
    sd_bus_message *reply = NULL;
    int rc = sd_bus_message_new_method_call(c->bus, &m, BLUEZ, path, interface, method) < 0
                 ? OTA_ENOSPC
                 : call(c, m, method, &reply);

    sd_bus_message_unref(m);
    sd_bus_message_unref(reply);
    return rc;
}

/* ---- BlueZ's objects --------------------------------------------------------------------------*/

/* What the properties of one interface of one object say. */
struct object {
    const char *path;
    const char *uuid;
    struct central_device device;
};

static int read_uuids(sd_bus_message *m, struct central_device *d)
{
    const char *uuid;
    int rc = sd_bus_message_enter_container(m, 'v', "as");

    if (rc >= 0) {
        rc = sd_bus_message_enter_container(m, 'a', "s");
    }
    while (rc >= 0 && (rc = sd_bus_message_read(m, "s", &uuid)) > 0) {
        d->is_secure = d->is_secure || strcasecmp(uuid, OTA_GATT_SECURE_SERVICE_UUID) == 0;
        d->is_ours = d->is_ours || d->is_secure || strcasecmp(uuid, OTA_GATT_SERVICE_UUID) == 0;
    }
    if (rc >= 0) {
        rc = sd_bus_message_exit_container(m);
    }
    return rc < 0 ? rc : sd_bus_message_exit_container(m);
}

static int read_property(sd_bus_message *m, const char *key, struct object *o)
{
    const char *text = "";
    int flag = 0;
    int rc;

    if (strcmp(key, "UUID") == 0) {
        return sd_bus_message_read(m, "v", "s", &o->uuid);
    }
    if (strcmp(key, "Address") == 0 || strcmp(key, "Alias") == 0) {
        rc = sd_bus_message_read(m, "v", "s", &text);
        if (key[1] == 'd') {
            COPY(o->device.address, text);
        } else {
            COPY(o->device.name, text);
        }
        return rc;
    }
    if (strcmp(key, "UUIDs") == 0) {
        return read_uuids(m, &o->device);
    }
    if (strcmp(key, "RSSI") == 0) {
        return sd_bus_message_read(m, "v", "n", &o->device.rssi);
    }
    if (strcmp(key, "Connected") == 0 || strcmp(key, "ServicesResolved") == 0) {
        rc = sd_bus_message_read(m, "v", "b", &flag);
        if (key[0] == 'C') {
            o->device.is_connected = flag != 0;
        } else {
            o->device.is_resolved = flag != 0;
        }
        return rc;
    }
    return sd_bus_message_skip(m, "v");
}

static bool is_below(const char *path, const char *top)
{
    size_t len = strlen(top);

    return len > 0 && strncmp(path, top, len) == 0 && path[len] == '/';
}

static void take_object(struct central *c, const char *interface, const struct object *o)
{
    if (strcmp(interface, "org.bluez.Device1") == 0 && is_below(o->path, c->adapter) &&
        c->n_devices < CENTRAL_DEVICES) {
        struct central_device *d = &c->devices[c->n_devices++];

        *d = o->device;
        COPY(d->path, o->path);
        if (strcmp(d->path, c->device.path) == 0) {
            c->device = *d;
        }
    } else if (strcmp(interface, CHARACTERISTIC) == 0 && o->uuid != NULL &&
               is_below(o->path, c->device.path)) {
        if (strcasecmp(o->uuid, OTA_GATT_CONTROL_UUID) == 0) {
            COPY(c->control, o->path);
        } else if (strcasecmp(o->uuid, OTA_GATT_DATA_UUID) == 0) {
            COPY(c->data, o->path);
        } else if (strcasecmp(o->uuid, OTA_GATT_INFO_UUID) == 0) {
            COPY(c->info, o->path);
        }
    }
}

static int read_interface(struct central *c, sd_bus_message *m, const char *path)
{
    struct object o = {.path = path};
    const char *interface;
    const char *key;
    int rc = sd_bus_message_read(m, "s", &interface);

    if (rc >= 0) {
        rc = sd_bus_message_enter_container(m, 'a', "{sv}");
    }
    while (rc >= 0 && (rc = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
        rc = sd_bus_message_read(m, "s", &key);
        if (rc >= 0) {
            rc = read_property(m, key, &o);
        }
        if (rc >= 0) {
            rc = sd_bus_message_exit_container(m);
        }
    }
    if (rc >= 0) {
        take_object(c, interface, &o);
        rc = sd_bus_message_exit_container(m);
    }
    return rc;
}

static int read_objects(struct central *c, sd_bus_message *m)
{
    const char *path;
    int rc = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");

    while (rc >= 0 && (rc = sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}")) > 0) {
        rc = sd_bus_message_read(m, "o", &path);
        if (rc >= 0) {
            rc = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
        }
        while (rc >= 0 && (rc = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
            rc = read_interface(c, m, path);
            if (rc >= 0) {
                rc = sd_bus_message_exit_container(m);
            }
        }
        if (rc >= 0) {
            rc = sd_bus_message_exit_container(m);
        }
        if (rc >= 0) {
            rc = sd_bus_message_exit_container(m);
        }
    }
    return rc < 0 ? OTA_EPROTO : 0;
}

static int reload(struct central *c)
{
    sd_bus_message *m = NULL;
    sd_bus_message *reply = NULL;
    int rc =
        sd_bus_message_new_method_call(c->bus, &m, BLUEZ, "/", "org.freedesktop.DBus.ObjectManager",
                                       "GetManagedObjects") < 0
            ? OTA_ENOSPC
            : call(c, m, "BlueZ", &reply);

    c->n_devices = 0;
    c->is_stale = false;
    if (rc == 0) {
        rc = read_objects(c, reply);
    }
    sd_bus_message_unref(m);
    sd_bus_message_unref(reply);
    return rc;
}

/* ---- Signals ----------------------------------------------------------------------------------*/

static void take_note(struct central *c, sd_bus_message *m)
{
    const void *data;
    size_t len;

    if (sd_bus_message_enter_container(m, 'v', "ay") >= 0 &&
        sd_bus_message_read_array(m, 'y', &data, &len) >= 0 && len <= sizeof c->notes[0].value &&
        c->n_notes < CENTRAL_NOTES) {
        struct central_note *n = &c->notes[c->n_notes++];

        memcpy(n->value, data, len);
        n->len = (uint8_t)len;
    }
}

static int on_changed(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct central *c = arg;
    const char *path = sd_bus_message_get_path(m);
    const char *interface;
    const char *key;
    int flag = 1;

    (void)error;
    c->is_stale = c->is_stale || strcmp(path, c->control) != 0;
    if (sd_bus_message_read(m, "s", &interface) < 0 ||
        sd_bus_message_enter_container(m, 'a', "{sv}") < 0 ||
        sd_bus_message_enter_container(m, 'e', "sv") <= 0 ||
        sd_bus_message_read(m, "s", &key) < 0) {
        return 0;
    }
    /* BlueZ sends these properties one at a time. */
    if (strcmp(path, c->control) == 0 && strcmp(key, "Value") == 0) {
        take_note(c, m);
    } else if (strcmp(path, c->device.path) == 0 && strcmp(key, "Connected") == 0 &&
               sd_bus_message_read(m, "v", "b", &flag) >= 0) {
        c->device.is_connected = flag != 0;
    }
    return 0;
}

static int on_objects(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct central *c = arg;

    (void)m;
    (void)error;
    c->is_stale = true;
    return 0;
}

/* Handles what has come. */
static int process(struct central *c)
{
    int rc;

    do {
        rc = sd_bus_process(c->bus, NULL);
    } while (rc > 0);
    return rc < 0 ? fail(c, OTA_ECONNECT, "D-Bus", strerror(-rc)) : 0;
}

/* Waits a step for something to come. A signal of the user's ends everything. */
static int wait_step(struct central *c, uint64_t until_ms)
{
    uint64_t now = now_ms();
    uint64_t us = until_ms > now ? (until_ms - now) * 1000 : 0;
    int rc;

    if (tool_stopping()) {
        return OTA_ESTOPPED;
    }
    rc = process(c);
    if (rc == 0) {
        struct pollfd p = {.fd = sd_bus_get_fd(c->bus), .events = POLLIN};

        tool_wait(&p, 1, (int)((us < STEP_US ? us : STEP_US) / 1000));
        rc = process(c);
    }
    return rc;
}

/* ---- Finding a device -------------------------------------------------------------------------*/

int central_open(struct central *c, const char *adapter)
{
    int rc;

    memset(c, 0, sizeof *c);
    c->data_fd = -1;
    (void)snprintf(c->adapter, sizeof c->adapter, "/org/bluez/%s", adapter);
    rc = sd_bus_open_system(&c->bus);
    if (rc >= 0) {
        rc = sd_bus_match_signal(c->bus, NULL, BLUEZ, NULL, PROPERTIES, "PropertiesChanged",
                                 on_changed, c);
    }
    if (rc >= 0) {
        rc = sd_bus_match_signal(c->bus, NULL, BLUEZ, "/", "org.freedesktop.DBus.ObjectManager",
                                 NULL, on_objects, c);
    }
    if (rc < 0) {
        return fail(c, OTA_ECONNECT, "the system's D-Bus", strerror(-rc));
    }
    return reload(c) == 0 ? 0 : OTA_ECONNECT;
}

void central_close(struct central *c)
{
    if (c->data_fd >= 0) {
        (void)close(c->data_fd);
        c->data_fd = -1;
    }
    c->bus = sd_bus_flush_close_unref(c->bus);
}

static bool is_named(const struct central_device *d, const char *name)
{
    return strcasecmp(d->address, name) == 0 || strcmp(d->name, name) == 0;
}

static bool has_device(const struct central *c, const char *name)
{
    for (unsigned i = 0; name != NULL && i < c->n_devices; i++) {
        if (is_named(&c->devices[i], name) && c->devices[i].is_ours) {
            return true;
        }
    }
    return false;
}

int central_scan(struct central *c, const char *name, unsigned ms)
{
    uint64_t until = now_ms() + ms;
    int rc = call_simple(c, c->adapter, "org.bluez.Adapter1", "StartDiscovery");

    c->is_stale = true;
    while (rc == 0 && now_ms() < until) {
        if (c->is_stale) {
            rc = reload(c);
        }
        if (rc != 0 || has_device(c, name)) {
            break;
        }
        rc = wait_step(c, until);
    }
    (void)call_simple(c, c->adapter, "org.bluez.Adapter1", "StopDiscovery"); /* ends with us */
    return rc;
}

const struct central_device *central_find(struct central *c, const char *name)
{
    const struct central_device *found = NULL;

    for (unsigned i = 0; i < c->n_devices; i++) {
        const struct central_device *d = &c->devices[i];

        if (name != NULL ? !is_named(d, name) : !d->is_ours) {
            continue;
        }
        if (found != NULL) {
            (void)fail(c, 0, "more than one device takes updates", "name one with --device");
            return NULL;
        }
        found = d;
    }
    if (found == NULL) {
        (void)fail(c, 0, name != NULL ? name : "no device that takes updates",
                   "not found; is it on, near, and not connected to something else?");
    }
    return found;
}

int central_connect(struct central *c, const struct central_device *device, unsigned ms)
{
    uint64_t until = now_ms() + ms;
    int rc;

    c->device = *device;
    rc = call_simple(c, c->device.path, "org.bluez.Device1", "Connect");
    while (rc == 0) {
        rc = reload(c);
        if (rc != 0 || (c->device.is_connected && c->device.is_resolved)) {
            break;
        }
        rc = now_ms() < until ? wait_step(c, until)
                              : fail(c, OTA_ETIMEOUT, c->device.name, "does not tell its services");
    }
    if (rc == 0 && (c->control[0] == '\0' || c->data[0] == '\0')) {
        rc = fail(c, OTA_ENOTSUP, c->device.name, "does not offer the update service");
    }
    return rc;
}

void central_disconnect(struct central *c)
{
    if (c->device.is_connected) {
        (void)call_simple(c, c->device.path, "org.bluez.Device1", "Disconnect"); /* or it is gone */
    }
}

/* ---- Talking to it ----------------------------------------------------------------------------*/

int central_subscribe(struct central *c)
{
    return call_simple(c, c->control, CHARACTERISTIC, "StartNotify");
}

int central_open_data(struct central *c, bool without_response)
{
    sd_bus_message *m = NULL;
    sd_bus_message *reply = NULL;
    int fd;
    int rc;

    if (!without_response) {
        return 0;
    }
    rc = sd_bus_message_new_method_call(c->bus, &m, BLUEZ, c->data, CHARACTERISTIC, "AcquireWrite");
    if (rc >= 0) {
        rc = sd_bus_message_append(m, "a{sv}", 0);
    }
    rc = rc < 0 ? OTA_ENOSPC : call(c, m, "data", &reply);
    if (rc == 0 && sd_bus_message_read(reply, "hq", &fd, &c->mtu) >= 0) {
        c->data_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    }
    sd_bus_message_unref(m);
    sd_bus_message_unref(reply);
    /* Devices of the original have no writes without response. */
    return rc == OTA_EREFUSED ? 0 : rc;
}

static int write_value(struct central *c, const char *path, const void *data, size_t len)
{
    sd_bus_message *m = NULL;
    sd_bus_message *reply = NULL;
    int rc = sd_bus_message_new_method_call(c->bus, &m, BLUEZ, path, CHARACTERISTIC, "WriteValue");

    if (rc >= 0) {
        rc = sd_bus_message_append_array(m, 'y', data, len);
    }
    if (rc >= 0) {
        rc = sd_bus_message_append(m, "a{sv}", 1, "type", "s", "request");
    }
    rc = rc < 0 ? OTA_ENOSPC : call(c, m, "write", &reply);
    sd_bus_message_unref(m);
    sd_bus_message_unref(reply);
    return rc;
}

int central_command(struct central *c, const void *data, size_t len)
{
    return write_value(c, c->control, data, len);
}

static int check_alive(struct central *c)
{
    int rc = process(c);

    if (rc == 0 && !c->device.is_connected) {
        rc = fail(c, OTA_EDROPPED, c->device.name, "the connection is lost");
    }
    return rc == 0 && tool_stopping() ? OTA_ESTOPPED : rc;
}

int central_data(struct central *c, const void *data, size_t len)
{
    int rc = check_alive(c);

    if (c->data_fd < 0) {
        return rc != 0 ? rc : write_value(c, c->data, data, len);
    }
    while (rc == 0) {
        struct pollfd p[2] = {{.fd = c->data_fd, .events = POLLOUT},
                              {.fd = sd_bus_get_fd(c->bus), .events = POLLIN}};
        ssize_t n = send(c->data_fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n == (ssize_t)len) {
            return 0;
        }
        if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
            return fail(c, OTA_EDROPPED, c->device.name, "the connection is lost");
        }
        tool_wait(p, 2, 100);
        rc = check_alive(c);
    }
    return rc;
}

int central_drain(struct central *c)
{
    int left = 0;
    int rc = 0;

    while (c->data_fd >= 0 && rc == 0) {
        struct pollfd p = {.fd = sd_bus_get_fd(c->bus), .events = POLLIN};

        if (ioctl(c->data_fd, SIOCOUTQ, &left) != 0 || left == 0) {
            break;
        }
        tool_wait(&p, 1, 1);
        rc = check_alive(c);
    }
    return rc;
}

int central_info(struct central *c, void *buf, size_t cap)
{
    sd_bus_message *m = NULL;
    sd_bus_message *reply = NULL;
    const void *data;
    size_t len = 0;
    int rc;

    if (c->info[0] == '\0') {
        return OTA_ENOTSUP;
    }
    rc = sd_bus_message_new_method_call(c->bus, &m, BLUEZ, c->info, CHARACTERISTIC, "ReadValue");
    if (rc >= 0) {
        rc = sd_bus_message_append(m, "a{sv}", 0);
    }
    rc = rc < 0 ? OTA_ENOSPC : call(c, m, "information", &reply);
    if (rc == 0 && (sd_bus_message_read_array(reply, 'y', &data, &len) < 0 || len > cap)) {
        rc = OTA_EPROTO;
    }
    if (rc == 0) {
        memcpy(buf, data, len);
    }
    sd_bus_message_unref(m);
    sd_bus_message_unref(reply);
    return rc != 0 ? rc : (int)len;
}

int central_note(struct central *c, struct central_note *out, unsigned ms)
{
    uint64_t until = now_ms() + ms;
    int rc = check_alive(c);

    while (rc == 0 && c->n_notes == 0 && now_ms() < until) {
        rc = wait_step(c, until);
        if (rc == 0 && c->n_notes == 0) {
            rc = check_alive(c);
        }
    }
    if (c->n_notes == 0) {
        return rc != 0 ? rc : OTA_ETIMEOUT;
    }
    *out = c->notes[0];
    memmove(c->notes, c->notes + 1, --c->n_notes * sizeof c->notes[0]);
    return 0;
}
