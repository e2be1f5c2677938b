/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects that bluetoothd reads from us (org.bluez.GattManager1 of BlueZ's doc/gatt-api.txt):
 *
 *     /org/libota                     ObjectManager
 *     /org/libota/service             GattService1
 *     /org/libota/service/control     GattCharacteristic1; BlueZ adds the descriptor 0x2902
 *     /org/libota/service/data
 *     /org/libota/service/info
 *     /org/libota/advertisement       LEAdvertisement1
 *
 * Data comes as WriteValue calls and not through a socket (AcquireWrite): only calls keep their
 * order with the commands that come before and after them.
 */
#include "bluez/peripheral.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "ota/err.h"

#define ROOT "/org/libota"
#define SERVICE ROOT "/service"
#define CONTROL SERVICE "/control"
#define ADVERTISEMENT ROOT "/advertisement"
#define BLUEZ "org.bluez"
#define CHARACTERISTIC "org.bluez.GattCharacteristic1"
#define PATH_MAX_LEN 128u

struct characteristic {
    const char *path;
    const char *uuid;
    enum ota_gatt_value value;
    const char *flags[4]; /* NULL-terminated */
};

static const struct characteristic characteristics[] = {
    {CONTROL, OTA_GATT_CONTROL_UUID, OTA_GATT_CONTROL, {"write", "notify", "indicate", NULL}},
    {SERVICE "/data",
     OTA_GATT_DATA_UUID,
     OTA_GATT_DATA,
     {"write", "write-without-response", NULL, NULL}},
    {SERVICE "/info", OTA_GATT_INFO_UUID, OTA_GATT_INFO, {"read", NULL, NULL, NULL}},
};

#define N_CHARACTERISTICS (sizeof characteristics / sizeof characteristics[0])

struct ota_bluez {
    sd_bus *bus;
    const struct ota_bluez_server *server; /* NULL: not served */
    void *server_ctx;
    char adapter[PATH_MAX_LEN];
    char name[64];
    char device[PATH_MAX_LEN]; /* the peer that is connected; "": none */
    uint16_t mtu;              /* of its connection */
    bool is_secure;
    bool is_notifying;
    bool is_registered;
    bool is_advertised;
    char why[256];     /* why it is not served */
    uint8_t value[16]; /* last of the control point */
    size_t value_len;
};

/* ---- Peers ------------------------------------------------------------------------------------*/

/* The options of a call say who calls, how well connected, and which part of a value is meant. */
struct call_options {
    const char *device;
    uint16_t mtu;
    uint16_t offset;
};

static int read_options(sd_bus_message *m, struct call_options *o)
{
    const char *key;
    int rc;

    memset(o, 0, sizeof *o);
    o->device = "";
    rc = sd_bus_message_enter_container(m, 'a', "{sv}");
    while (rc >= 0 && (rc = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
        rc = sd_bus_message_read(m, "s", &key);
        if (rc >= 0 && strcmp(key, "device") == 0) {
            rc = sd_bus_message_read(m, "v", "o", &o->device);
        } else if (rc >= 0 && strcmp(key, "mtu") == 0) {
            rc = sd_bus_message_read(m, "v", "q", &o->mtu);
        } else if (rc >= 0 && strcmp(key, "offset") == 0) {
            rc = sd_bus_message_read(m, "v", "q", &o->offset);
        } else if (rc >= 0) {
            rc = sd_bus_message_skip(m, "v");
        }
        if (rc >= 0) {
            rc = sd_bus_message_exit_container(m);
        }
    }
    return rc < 0 ? rc : sd_bus_message_exit_container(m);
}

static void forget_peer(struct ota_bluez *b)
{
    b->device[0] = '\0';
    b->mtu = 0;
    b->is_notifying = false;
    if (b->server != NULL) {
        b->server->disconnected(b->server_ctx);
    }
}

/* A call shows that a peer is connected; switching notifications on comes without its name. False
 * if it is another one than the one we serve. */
static bool note_peer(struct ota_bluez *b, const struct call_options *o)
{
    if (o->device[0] != '\0' && b->device[0] != '\0' && strcmp(o->device, b->device) != 0) {
        return false;
    }
    if (o->device[0] != '\0' && b->device[0] == '\0') {
        if (strlen(o->device) >= sizeof b->device) {
            return false;
        }
        memcpy(b->device, o->device, strlen(o->device) + 1);
        if (!b->is_notifying) {
            b->server->connected(b->server_ctx, OTA_GATT_MTU_MIN);
        }
    }
    if (o->mtu != 0 && o->mtu != b->mtu) {
        b->mtu = o->mtu;
        b->server->mtu(b->server_ctx, o->mtu);
    }
    return true;
}

/* BlueZ takes an error code of the application as the error's text. */
static int reply_att(sd_bus_message *m, enum ota_att att)
{
    switch (att) {
    case OTA_ATT_OK:
        return sd_bus_reply_method_return(m, NULL);
    case OTA_ATT_INVALID_LENGTH:
        return sd_bus_reply_method_errorf(m, "org.bluez.Error.InvalidValueLength", "length");
    case OTA_ATT_READ_NOT_PERMITTED:
    case OTA_ATT_WRITE_NOT_PERMITTED:
        return sd_bus_reply_method_errorf(m, "org.bluez.Error.NotPermitted", "not permitted");
    default:
        return sd_bus_reply_method_errorf(m, "org.bluez.Error.Failed", "0x%02x", (unsigned)att);
    }
}

static const struct characteristic *characteristic_of(sd_bus_message *m)
{
    const char *path = sd_bus_message_get_path(m);

    for (size_t i = 0; i < N_CHARACTERISTICS; i++) {
        if (strcmp(characteristics[i].path, path) == 0) {
            return &characteristics[i];
        }
    }
    return NULL;
}

/* ---- Methods of the characteristics -----------------------------------------------------------*/

static int on_write(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct ota_bluez *b = arg;
    struct call_options o;
    const void *data;
    size_t len;
    int rc = sd_bus_message_read_array(m, 'y', &data, &len);

    (void)error;
    if (rc >= 0) {
        rc = read_options(m, &o);
    }
    if (rc < 0) {
        return rc;
    }
    if (o.offset != 0) {
        return sd_bus_reply_method_errorf(m, "org.bluez.Error.InvalidOffset", "offset");
    }
    if (b->server == NULL || !note_peer(b, &o)) {
        return sd_bus_reply_method_errorf(m, "org.bluez.Error.InProgress",
                                          "another peer is served");
    }
    return reply_att(m, b->server->write(b->server_ctx, characteristic_of(m)->value, data, len));
}

static int on_read(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct ota_bluez *b = arg;
    struct call_options o;
    uint8_t buf[OTA_GATT_INFO_MAX];
    size_t len = 0;
    enum ota_att att;
    sd_bus_message *reply = NULL;
    int rc = read_options(m, &o);

    (void)error;
    if (rc < 0) {
        return rc;
    }
    if (b->server == NULL || !note_peer(b, &o)) {
        return sd_bus_reply_method_errorf(m, "org.bluez.Error.InProgress",
                                          "another peer is served");
    }
    att = b->server->read(b->server_ctx, characteristic_of(m)->value, buf, sizeof buf, &len);
    if (att != OTA_ATT_OK) {
        return reply_att(m, att);
    }
    if (o.offset > len) {
        return sd_bus_reply_method_errorf(m, "org.bluez.Error.InvalidOffset", "offset");
    }
    rc = sd_bus_message_new_method_return(m, &reply);
    if (rc >= 0) {
        rc = sd_bus_message_append_array(reply, 'y', buf + o.offset, len - o.offset);
    }
    if (rc >= 0) {
        rc = sd_bus_send(NULL, reply, NULL);
    }
    sd_bus_message_unref(reply);
    return rc;
}

static void set_notifying(struct ota_bluez *b, bool on)
{
    /* BlueZ does not tell which of both the peer has asked for, and sends accordingly. */
    const uint8_t cccd[2] = {on ? 0x03 : 0x00, 0};

    if (on && b->device[0] == '\0' && !b->is_notifying) {
        b->server->connected(b->server_ctx, OTA_GATT_MTU_MIN);
    }
    b->is_notifying = on;
    (void)b->server->write(b->server_ctx, OTA_GATT_CCCD, cccd,
                           sizeof cccd); /* two bytes: accepted */
}

static int on_start_notify(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct ota_bluez *b = arg;

    (void)error;
    if (b->server != NULL && characteristic_of(m)->value == OTA_GATT_CONTROL) {
        set_notifying(b, true);
    }
    return sd_bus_reply_method_return(m, NULL);
}

static int on_stop_notify(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct ota_bluez *b = arg;

    (void)error;
    if (b->server != NULL && characteristic_of(m)->value == OTA_GATT_CONTROL) {
        set_notifying(b, false);
    }
    return sd_bus_reply_method_return(m, NULL);
}

static int on_confirm(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct ota_bluez *b = arg;

    (void)error;
    if (b->server != NULL) {
        b->server->confirmed(b->server_ctx);
    }
    return sd_bus_reply_method_return(m, NULL);
}

/* ---- Properties -------------------------------------------------------------------------------*/

static const struct characteristic *characteristic_at(const char *path)
{
    for (size_t i = 0; i < N_CHARACTERISTICS - 1; i++) {
        if (strcmp(characteristics[i].path, path) == 0) {
            return &characteristics[i];
        }
    }
    return &characteristics[N_CHARACTERISTICS - 1];
}

static const char *service_uuid(const struct ota_bluez *b)
{
    return b->is_secure ? OTA_GATT_SECURE_SERVICE_UUID : OTA_GATT_SERVICE_UUID;
}

/* One getter for all: the property's name says what is wanted. */
static int get_property(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *arg, sd_bus_error *error)
{
    const struct ota_bluez *b = arg;

    (void)bus;
    (void)interface;
    (void)error;
    if (strcmp(property, "UUID") == 0) {
        return sd_bus_message_append(reply, "s",
                                     strcmp(path, SERVICE) == 0 ? service_uuid(b)
                                                                : characteristic_at(path)->uuid);
    }
    if (strcmp(property, "Flags") == 0) {
        return sd_bus_message_append_strv(reply,
                                          (char **)(uintptr_t)characteristic_at(path)->flags);
    }
    if (strcmp(property, "Service") == 0) {
        return sd_bus_message_append(reply, "o", SERVICE);
    }
    if (strcmp(property, "Value") == 0) {
        return sd_bus_message_append_array(reply, 'y', b->value, b->value_len);
    }
    if (strcmp(property, "ServiceUUIDs") == 0) {
        return sd_bus_message_append(reply, "as", 1, service_uuid(b));
    }
    if (strcmp(property, "LocalName") == 0) {
        return sd_bus_message_append(reply, "s", b->name);
    }
    if (strcmp(property, "Type") == 0) {
        return sd_bus_message_append(reply, "s", "peripheral");
    }
    return sd_bus_message_append(reply, "b", 1); /* Primary */
}

static int on_release(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct ota_bluez *b = arg;

    (void)error;
    b->is_advertised = false;
    return sd_bus_reply_method_return(m, NULL);
}

static const sd_bus_vtable service_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("UUID", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Primary", "b", get_property, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_VTABLE_END,
};

static const sd_bus_vtable characteristic_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("UUID", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Service", "o", get_property, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Flags", "as", get_property, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Value", "ay", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_METHOD("ReadValue", "a{sv}", "ay", on_read, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("WriteValue", "aya{sv}", "", on_write, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("StartNotify", "", "", on_start_notify, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("StopNotify", "", "", on_stop_notify, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Confirm", "", "", on_confirm, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static const sd_bus_vtable advertisement_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Type", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("ServiceUUIDs", "as", get_property, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("LocalName", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_METHOD("Release", "", "", on_release, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

/* ---- Registration -----------------------------------------------------------------------------*/

static void explain(struct ota_bluez *b, const char *what, sd_bus_message *m)
{
    const sd_bus_error *e = sd_bus_message_get_error(m);

    (void)snprintf(b->why, sizeof b->why, "BlueZ does not take the %s on %s: %s", what, b->adapter,
                   e != NULL && e->message != NULL ? e->message : "no reason given");
}

static int on_advertised(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct ota_bluez *b = arg;

    (void)error;
    b->is_advertised = !sd_bus_message_is_method_error(m, NULL);
    if (!b->is_advertised) {
        explain(b, "advertisement", m);
    }
    return 0;
}

static int on_registered(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct ota_bluez *b = arg;

    (void)error;
    b->is_registered = !sd_bus_message_is_method_error(m, NULL);
    if (!b->is_registered) {
        explain(b, "service", m);
        return 0;
    }
    return sd_bus_call_method_async(b->bus, NULL, BLUEZ, b->adapter,
                                    "org.bluez.LEAdvertisingManager1", "RegisterAdvertisement",
                                    on_advertised, b, "oa{sv}", ADVERTISEMENT, 0);
}

/* bluetoothd reads our objects before it answers: the call must not wait for the answer. */
static int register_all(struct ota_bluez *b)
{
    b->is_registered = false;
    b->is_advertised = false;
    (void)snprintf(b->why, sizeof b->why, "BlueZ has not answered yet");
    return sd_bus_call_method_async(b->bus, NULL, BLUEZ, b->adapter, "org.bluez.GattManager1",
                                    "RegisterApplication", on_registered, b, "oa{sv}", ROOT, 0);
}

/* bluetoothd came or went. */
static int on_owner(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct ota_bluez *b = arg;
    const char *name;
    const char *old;
    const char *new;
    int rc = sd_bus_message_read(m, "sss", &name, &old, &new);

    (void)error;
    if (rc < 0 || strcmp(name, BLUEZ) != 0) {
        return rc < 0 ? rc : 0;
    }
    forget_peer(b);
    return new[0] == '\0' ? 0 : register_all(b);
}

/* A device of the adapter has changed: ours may be gone. */
static int on_device(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct ota_bluez *b = arg;
    const char *interface;
    const char *key;
    int is_connected = 1;
    int rc;

    (void)error;
    if (b->device[0] == '\0' || strcmp(sd_bus_message_get_path(m), b->device) != 0) {
        return 0;
    }
    rc = sd_bus_message_read(m, "s", &interface);
    if (rc >= 0) {
        rc = sd_bus_message_enter_container(m, 'a', "{sv}");
    }
    while (rc >= 0 && (rc = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
        rc = sd_bus_message_read(m, "s", &key);
        if (rc >= 0) {
            rc = strcmp(key, "Connected") == 0 ? sd_bus_message_read(m, "v", "b", &is_connected)
                                               : sd_bus_message_skip(m, "v");
        }
        if (rc >= 0) {
            rc = sd_bus_message_exit_container(m);
        }
    }
    if (rc >= 0 && is_connected == 0) {
        forget_peer(b);
    }
    return 0;
}

static int add_objects(struct ota_bluez *b)
{
    int rc = sd_bus_add_object_manager(b->bus, NULL, ROOT);

    if (rc >= 0) {
        rc = sd_bus_add_object_vtable(b->bus, NULL, SERVICE, "org.bluez.GattService1",
                                      service_vtable, b);
    }
    for (size_t i = 0; rc >= 0 && i < N_CHARACTERISTICS; i++) {
        rc = sd_bus_add_object_vtable(b->bus, NULL, characteristics[i].path, CHARACTERISTIC,
                                      characteristic_vtable, b);
    }
    if (rc >= 0) {
        rc = sd_bus_add_object_vtable(b->bus, NULL, ADVERTISEMENT, "org.bluez.LEAdvertisement1",
                                      advertisement_vtable, b);
    }
    if (rc >= 0) {
        rc = sd_bus_match_signal(b->bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                 "org.freedesktop.DBus", "NameOwnerChanged", on_owner, b);
    }
    if (rc >= 0) {
        rc = sd_bus_match_signal(b->bus, NULL, BLUEZ, NULL, "org.freedesktop.DBus.Properties",
                                 "PropertiesChanged", on_device, b);
    }
    return rc;
}

/* ---- Application's side -----------------------------------------------------------------------*/

int ota_bluez_open(struct ota_bluez **out, const struct ota_bluez_options *options, char *why,
                   size_t why_cap)
{
    struct ota_bluez *b = calloc(1, sizeof *b);
    int rc;

    *out = NULL;
    if (b == NULL) {
        (void)snprintf(why, why_cap, "out of memory");
        return OTA_ENOSPC;
    }
    (void)snprintf(b->adapter, sizeof b->adapter, "/org/bluez/%s",
                   options->adapter != NULL ? options->adapter : "hci0");
    (void)snprintf(b->name, sizeof b->name, "%s", options->name != NULL ? options->name : "libota");
    b->is_secure = options->is_secure;
    rc = sd_bus_open_system(&b->bus);
    if (rc >= 0) {
        rc = add_objects(b);
    }
    if (rc < 0) {
        (void)snprintf(why, why_cap, "cannot use the system's D-Bus: %s", strerror(-rc));
        ota_bluez_close(b);
        return OTA_ECONNECT;
    }
    *out = b;
    return 0;
}

void ota_bluez_close(struct ota_bluez *b)
{
    if (b != NULL) {
        sd_bus_flush_close_unref(b->bus);
        free(b);
    }
}

/* The value is a property of ours; that it changes is what BlueZ sends on. */
static int send_value(void *ctx, const void *value, size_t len)
{
    struct ota_bluez *b = ctx;

    if (!b->is_notifying || len > sizeof b->value) {
        return OTA_EDROPPED;
    }
    memcpy(b->value, value, len);
    b->value_len = len;
    return sd_bus_emit_properties_changed(b->bus, CONTROL, CHARACTERISTIC, "Value", NULL) < 0
               ? OTA_EDROPPED
               : 0;
}

void ota_bluez_gatt(struct ota_bluez *b, struct ota_gatt *out)
{
    static const struct ota_gatt_ops ops = {.notify = send_value, .indicate = send_value};

    out->ops = &ops;
    out->ctx = b;
}

int ota_bluez_serve_with(struct ota_bluez *b, const struct ota_bluez_server *server, void *ctx)
{
    b->server = server;
    b->server_ctx = ctx;
    return register_all(b) < 0 ? OTA_ECONNECT : 0;
}

int ota_bluez_poll(struct ota_bluez *b)
{
    int rc;

    do {
        rc = sd_bus_process(b->bus, NULL);
    } while (rc > 0);
    if (rc >= 0) {
        rc = sd_bus_flush(b->bus);
    }
    return rc < 0 ? OTA_ECONNECT : 0;
}

int ota_bluez_fd(const struct ota_bluez *b)
{
    return sd_bus_get_fd(b->bus);
}

bool ota_bluez_is_served(const struct ota_bluez *b, const char **why)
{
    *why = b->why;
    return b->is_registered && b->is_advertised;
}
