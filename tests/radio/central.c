/* SPDX-License-Identifier: Apache-2.0 */
/* What a central sees: the adapter, the device, its services and characteristics. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "radio.h"

#define ADVERTISE_US 100000u

static void emit(struct radio *r, const char *path, const char *interface, const char *property)
{
    (void)sd_bus_emit_properties_changed(r->bus, path, interface, property, NULL);
}

/* ---- Characteristics --------------------------------------------------------------------------*/

/* Looks an option up in a{sv}: "offset" or "type". */
static int read_options(sd_bus_message *m, uint16_t *offset, bool *is_command)
{
    const char *key;
    int rc = sd_bus_message_enter_container(m, 'a', "{sv}");

    while (rc >= 0 && (rc = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
        rc = sd_bus_message_read(m, "s", &key);
        if (rc >= 0 && strcmp(key, "offset") == 0) {
            rc = sd_bus_message_read(m, "v", "q", offset);
        } else if (rc >= 0 && strcmp(key, "type") == 0) {
            const char *type;

            rc = sd_bus_message_read(m, "v", "s", &type);
            *is_command = rc >= 0 && strcmp(type, "command") == 0;
        } else if (rc >= 0) {
            rc = sd_bus_message_skip(m, "v");
        }
        if (rc >= 0) {
            rc = sd_bus_message_exit_container(m);
        }
    }
    return rc < 0 ? rc : sd_bus_message_exit_container(m);
}

static int not_connected(sd_bus_message *m)
{
    return sd_bus_reply_method_errorf(m, "org.bluez.Error.Failed", "Not connected");
}

static int on_write_value(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct chr *c = arg;
    const void *data;
    size_t len;
    uint16_t offset = 0;
    bool is_command = false;
    int rc = sd_bus_message_read_array(m, 'y', &data, &len);

    (void)error;
    if (rc >= 0) {
        rc = read_options(m, &offset, &is_command);
    }
    if (rc < 0) {
        return rc;
    }
    if (!c->radio->is_connected) {
        return not_connected(m);
    }
    if (is_command && len > c->radio->mtu - 3u) {
        return sd_bus_reply_method_errorf(m, "org.bluez.Error.InvalidValueLength", "over the MTU");
    }
    if (c->radio->free_us > radio_now_us()) {
        (void)usleep((useconds_t)(c->radio->free_us - radio_now_us()));
    }
    rc = radio_write(c, data, len, !is_command, m);
    return rc < 0 ? rc : 1;
}

static int on_read_value(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct chr *c = arg;
    uint16_t offset = 0;
    bool is_command = false;
    int rc = read_options(m, &offset, &is_command);

    (void)error;
    if (rc < 0) {
        return rc;
    }
    if (!c->radio->is_connected) {
        return not_connected(m);
    }
    rc = radio_read(c, offset, m);
    return rc < 0 ? rc : 1;
}

static void set_notifying(struct chr *c, bool on)
{
    if (c->is_notifying != on) {
        c->is_notifying = on;
        radio_subscribe(c, on);
        emit(c->radio, c->path, CHARACTERISTIC, "Notifying");
    }
}

static int on_start_notify(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct chr *c = arg;

    (void)error;
    if (!c->radio->is_connected) {
        return not_connected(m);
    }
    if (!radio_is_command(c)) {
        return sd_bus_reply_method_errorf(m, "org.bluez.Error.NotSupported", "no notifications");
    }
    set_notifying(c, true);
    return sd_bus_reply_method_return(m, NULL);
}

static int on_stop_notify(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    (void)error;
    set_notifying(arg, false);
    return sd_bus_reply_method_return(m, NULL);
}

/* Gives the central one end of a socket pair. */
static int reply_socket(sd_bus_message *m, struct radio *r, int *ours)
{
    int fds[2];
    int rc;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
        return -errno;
    }
    rc = sd_bus_reply_method_return(m, "hq", fds[1], (int)r->mtu);
    (void)close(fds[1]);
    *ours = fds[0];
    return rc;
}

static int on_packet(sd_event_source *s, int fd, uint32_t events, void *arg)
{
    struct chr *c = arg;
    uint8_t peek;

    (void)s;
    (void)events;
    if (recv(fd, &peek, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
        c->write_source = sd_event_source_unref(c->write_source);
        (void)close(c->write_fd);
        c->write_fd = -1;
        return 0;
    }
    radio_fill_air(c->radio, c);
    return 0;
}

static int on_acquire_write(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct chr *c = arg;
    int rc;

    (void)error;
    if (!c->radio->is_connected) {
        return not_connected(m);
    }
    if (c->write_fd >= 0) {
        return sd_bus_reply_method_errorf(m, "org.bluez.Error.NotPermitted", "acquired already");
    }
    rc = reply_socket(m, c->radio, &c->write_fd);
    if (rc >= 0) {
        rc = sd_event_add_io(c->radio->event, &c->write_source, c->write_fd, 1 /* EPOLLIN */,
                             on_packet, c);
    }
    return rc;
}

static int on_acquire_notify(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct chr *c = arg;
    int rc;

    (void)error;
    if (!c->radio->is_connected) {
        return not_connected(m);
    }
    if (c->is_notifying || !radio_is_command(c)) {
        return sd_bus_reply_method_errorf(m, "org.bluez.Error.NotPermitted", "notifying already");
    }
    rc = reply_socket(m, c->radio, &c->notify_fd);
    set_notifying(c, true);
    return rc;
}

static int get_chr(sd_bus *bus, const char *path, const char *interface, const char *property,
                   sd_bus_message *reply, void *arg, sd_bus_error *error)
{
    const struct chr *c = arg;

    (void)bus;
    (void)path;
    (void)interface;
    (void)error;
    if (strcmp(property, "UUID") == 0) {
        return sd_bus_message_append(reply, "s", c->uuid);
    }
    if (strcmp(property, "Service") == 0) {
        return sd_bus_message_append(reply, "o", SERVICE);
    }
    if (strcmp(property, "Flags") == 0) {
        return sd_bus_message_append_strv(reply, (char **)(uintptr_t)c->flags);
    }
    if (strcmp(property, "Value") == 0) {
        return sd_bus_message_append_array(reply, 'y', c->value, c->value_len);
    }
    if (strcmp(property, "MTU") == 0) {
        return sd_bus_message_append(reply, "q", (int)c->radio->mtu);
    }
    return sd_bus_message_append(reply, "b", (int)c->is_notifying);
}

static int get_cccd(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *arg, sd_bus_error *error)
{
    const struct chr *c = arg;

    (void)bus;
    (void)path;
    (void)interface;
    (void)error;
    if (strcmp(property, "UUID") == 0) {
        return sd_bus_message_append(reply, "s", "00002902-0000-1000-8000-00805f9b34fb");
    }
    return sd_bus_message_append(reply, "o", c->path);
}

static const sd_bus_vtable chr_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("UUID", "s", get_chr, 0, 0),
    SD_BUS_PROPERTY("Service", "o", get_chr, 0, 0),
    SD_BUS_PROPERTY("Flags", "as", get_chr, 0, 0),
    SD_BUS_PROPERTY("Value", "ay", get_chr, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Notifying", "b", get_chr, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("MTU", "q", get_chr, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_METHOD("ReadValue", "a{sv}", "ay", on_read_value, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("WriteValue", "aya{sv}", "", on_write_value, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("StartNotify", "", "", on_start_notify, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("StopNotify", "", "", on_stop_notify, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("AcquireWrite", "a{sv}", "hq", on_acquire_write, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("AcquireNotify", "a{sv}", "hq", on_acquire_notify, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static const sd_bus_vtable cccd_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("UUID", "s", get_cccd, 0, 0),
    SD_BUS_PROPERTY("Characteristic", "o", get_cccd, 0, 0),
    SD_BUS_VTABLE_END,
};

/* ---- Device -----------------------------------------------------------------------------------*/

static int get_device(sd_bus *bus, const char *path, const char *interface, const char *property,
                      sd_bus_message *reply, void *arg, sd_bus_error *error)
{
    const struct radio *r = arg;

    (void)bus;
    (void)path;
    (void)interface;
    (void)error;
    if (strcmp(property, "Address") == 0) {
        return sd_bus_message_append(reply, "s", DEVICE_ADDRESS);
    }
    if (strcmp(property, "AddressType") == 0) {
        return sd_bus_message_append(reply, "s", "public");
    }
    if (strcmp(property, "Name") == 0 || strcmp(property, "Alias") == 0) {
        return sd_bus_message_append(reply, "s", r->name);
    }
    if (strcmp(property, "Adapter") == 0) {
        return sd_bus_message_append(reply, "o", ADAPTER);
    }
    if (strcmp(property, "UUIDs") == 0) {
        return sd_bus_message_append(reply, "as", 1, r->service_uuid);
    }
    if (strcmp(property, "RSSI") == 0) {
        return sd_bus_message_append(reply, "n", -50 - (int)(r->n_advertised % 2));
    }
    if (strcmp(property, "Connected") == 0) {
        return sd_bus_message_append(reply, "b", (int)r->is_connected);
    }
    if (strcmp(property, "ServicesResolved") == 0) {
        return sd_bus_message_append(reply, "b", (int)r->is_resolved);
    }
    return sd_bus_message_append(reply, "b", 0);
}

static int get_service(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *arg, sd_bus_error *error)
{
    const struct radio *r = arg;

    (void)bus;
    (void)path;
    (void)interface;
    (void)error;
    if (strcmp(property, "UUID") == 0) {
        return sd_bus_message_append(reply, "s", r->service_uuid);
    }
    if (strcmp(property, "Device") == 0) {
        return sd_bus_message_append(reply, "o", DEVICE);
    }
    if (strcmp(property, "Includes") == 0) {
        return sd_bus_message_append(reply, "ao", 0);
    }
    return sd_bus_message_append(reply, "b", 1);
}

static const sd_bus_vtable service_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("UUID", "s", get_service, 0, 0),
    SD_BUS_PROPERTY("Device", "o", get_service, 0, 0),
    SD_BUS_PROPERTY("Primary", "b", get_service, 0, 0),
    SD_BUS_PROPERTY("Includes", "ao", get_service, 0, 0),
    SD_BUS_VTABLE_END,
};

static void add_services(struct radio *r)
{
    (void)sd_bus_add_object_vtable(r->bus, &r->service_slot, SERVICE, "org.bluez.GattService1",
                                   service_vtable, r);
    (void)sd_bus_emit_object_added(r->bus, SERVICE);
    for (int i = 0; i < r->n_chars; i++) {
        struct chr *c = &r->chars[i];
        char cccd[PATH_LEN + 16];

        (void)sd_bus_add_object_vtable(r->bus, &c->slot, c->path, CHARACTERISTIC, chr_vtable, c);
        (void)sd_bus_emit_object_added(r->bus, c->path);
        if (radio_is_command(c)) {
            (void)snprintf(cccd, sizeof cccd, "%s/desc0001", c->path);
            (void)sd_bus_add_object_vtable(r->bus, &c->cccd_slot, cccd, "org.bluez.GattDescriptor1",
                                           cccd_vtable, c);
            (void)sd_bus_emit_object_added(r->bus, cccd);
        }
    }
}

static void remove_services(struct radio *r)
{
    for (int i = 0; i < r->n_chars; i++) {
        struct chr *c = &r->chars[i];
        char cccd[PATH_LEN + 16];

        if (c->cccd_slot != NULL) {
            (void)snprintf(cccd, sizeof cccd, "%s/desc0001", c->path);
            (void)sd_bus_emit_object_removed(r->bus, cccd);
            c->cccd_slot = sd_bus_slot_unref(c->cccd_slot);
        }
        if (c->slot != NULL) {
            (void)sd_bus_emit_object_removed(r->bus, c->path);
            c->slot = sd_bus_slot_unref(c->slot);
        }
    }
    if (r->service_slot != NULL) {
        (void)sd_bus_emit_object_removed(r->bus, SERVICE);
        r->service_slot = sd_bus_slot_unref(r->service_slot);
    }
}

static void close_sockets(struct chr *c)
{
    c->write_source = sd_event_source_unref(c->write_source);
    if (c->write_fd >= 0) {
        (void)close(c->write_fd);
    }
    if (c->notify_fd >= 0) {
        (void)close(c->notify_fd);
    }
    c->write_fd = -1;
    c->notify_fd = -1;
}

/* The peripheral's side sees the central come and go as a device, too. */
static void tell_peripheral(struct radio *r)
{
    (void)sd_bus_emit_signal(r->bus, CENTRAL, "org.freedesktop.DBus.Properties",
                             "PropertiesChanged", "sa{sv}as", "org.bluez.Device1", 1, "Connected",
                             "b", (int)r->is_connected, 0);
}

void radio_drop(struct radio *r)
{
    if (!r->is_connected) {
        return;
    }
    r->is_connected = false;
    r->is_resolved = false;
    r->drop_after = 0;
    for (int i = 0; i < r->n_chars; i++) {
        struct chr *c = &r->chars[i];

        close_sockets(c);
        if (c->is_notifying) {
            c->is_notifying = false;
            radio_subscribe(c, false);
        }
    }
    radio_fail_all(r);
    tell_peripheral(r);
    emit(r, DEVICE, "org.bluez.Device1", "ServicesResolved");
    emit(r, DEVICE, "org.bluez.Device1", "Connected");
}

static int on_connect(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct radio *r = arg;
    int rc;

    (void)error;
    if (!r->is_connected) {
        r->is_connected = true;
        remove_services(r); /* known until then */
        add_services(r);
        tell_peripheral(r);
        emit(r, DEVICE, "org.bluez.Device1", "Connected");
    }
    rc = sd_bus_reply_method_return(m, NULL);
    if (!r->is_resolved) {
        r->is_resolved = true;
        emit(r, DEVICE, "org.bluez.Device1", "ServicesResolved");
    }
    return rc;
}

static int on_disconnect(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    (void)error;
    radio_drop(arg);
    return sd_bus_reply_method_return(m, NULL);
}

static const sd_bus_vtable device_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Address", "s", get_device, 0, 0),
    SD_BUS_PROPERTY("AddressType", "s", get_device, 0, 0),
    SD_BUS_PROPERTY("Name", "s", get_device, 0, 0),
    SD_BUS_PROPERTY("Alias", "s", get_device, 0, 0),
    SD_BUS_PROPERTY("Adapter", "o", get_device, 0, 0),
    SD_BUS_PROPERTY("UUIDs", "as", get_device, 0, 0),
    SD_BUS_PROPERTY("RSSI", "n", get_device, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Connected", "b", get_device, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("ServicesResolved", "b", get_device, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Paired", "b", get_device, 0, 0),
    SD_BUS_PROPERTY("Trusted", "b", get_device, 0, 0),
    SD_BUS_PROPERTY("Blocked", "b", get_device, 0, 0),
    SD_BUS_PROPERTY("LegacyPairing", "b", get_device, 0, 0),
    SD_BUS_METHOD("Connect", "", "", on_connect, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Disconnect", "", "", on_disconnect, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

void radio_appear(struct radio *r)
{
    if (r->device_slot == NULL &&
        sd_bus_add_object_vtable(r->bus, &r->device_slot, DEVICE, "org.bluez.Device1",
                                 device_vtable, r) >= 0) {
        (void)sd_bus_emit_object_added(r->bus, DEVICE);
    }
    if (r->is_discovering) {
        emit(r, DEVICE, "org.bluez.Device1", "RSSI");
    }
}

void radio_disappear(struct radio *r)
{
    radio_drop(r);
    remove_services(r);
    if (r->device_slot != NULL) {
        (void)sd_bus_emit_object_removed(r->bus, DEVICE);
        r->device_slot = sd_bus_slot_unref(r->device_slot);
    }
}

/* ---- Adapter ----------------------------------------------------------------------------------*/

/* A device that is not connected advertises again and again. */
static int on_advertise(sd_event_source *s, uint64_t us, void *arg)
{
    struct radio *r = arg;

    if (r->is_discovering && r->device_slot != NULL && !r->is_connected) {
        r->n_advertised++;
        emit(r, DEVICE, "org.bluez.Device1", "RSSI");
    }
    (void)sd_event_source_set_time(s, us + ADVERTISE_US);
    return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int on_discovery(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct radio *r = arg;
    int rc = sd_bus_reply_method_return(m, NULL);

    (void)error;
    r->is_discovering = strcmp(sd_bus_message_get_member(m), "StartDiscovery") == 0;
    emit(r, ADAPTER, "org.bluez.Adapter1", "Discovering");
    if (r->is_discovering && r->is_registered && r->is_advertised) {
        radio_appear(r);
    }
    return rc;
}

static int on_nothing(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    (void)arg;
    (void)error;
    return sd_bus_reply_method_return(m, NULL);
}

static int get_adapter(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *arg, sd_bus_error *error)
{
    const struct radio *r = arg;

    (void)bus;
    (void)path;
    (void)interface;
    (void)error;
    if (strcmp(property, "Address") == 0) {
        return sd_bus_message_append(reply, "s", "01:02:03:04:05:06");
    }
    if (strcmp(property, "Name") == 0 || strcmp(property, "Alias") == 0) {
        return sd_bus_message_append(reply, "s", "virtual radio");
    }
    if (strcmp(property, "UUIDs") == 0) {
        return sd_bus_message_append(reply, "as", 0);
    }
    if (strcmp(property, "Powered") == 0) {
        return sd_bus_message_append(reply, "b", 1);
    }
    return sd_bus_message_append(reply, "b",
                                 strcmp(property, "Discovering") == 0 ? (int)r->is_discovering : 0);
}

static const sd_bus_vtable adapter_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Address", "s", get_adapter, 0, 0),
    SD_BUS_PROPERTY("Name", "s", get_adapter, 0, 0),
    SD_BUS_PROPERTY("Alias", "s", get_adapter, 0, 0),
    SD_BUS_PROPERTY("UUIDs", "as", get_adapter, 0, 0),
    SD_BUS_PROPERTY("Powered", "b", get_adapter, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Discovering", "b", get_adapter, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Discoverable", "b", get_adapter, 0, 0),
    SD_BUS_PROPERTY("Pairable", "b", get_adapter, 0, 0),
    SD_BUS_METHOD("StartDiscovery", "", "", on_discovery, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("StopDiscovery", "", "", on_discovery, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("SetDiscoveryFilter", "a{sv}", "", on_nothing, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("RemoveDevice", "o", "", on_nothing, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static const sd_bus_vtable agent_manager[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("RegisterAgent", "os", "", on_nothing, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("UnregisterAgent", "o", "", on_nothing, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("RequestDefaultAgent", "o", "", on_nothing, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

int radio_add_adapter(struct radio *r)
{
    int rc = sd_bus_add_object_manager(r->bus, NULL, "/");

    if (rc >= 0) {
        rc = sd_bus_add_object_vtable(r->bus, NULL, "/org/bluez", "org.bluez.AgentManager1",
                                      agent_manager, r);
    }
    if (rc >= 0) {
        rc = sd_bus_add_object_vtable(r->bus, NULL, ADAPTER, "org.bluez.Adapter1", adapter_vtable,
                                      r);
    }
    return rc < 0 ? rc
                  : sd_event_add_time(r->event, NULL, CLOCK_MONOTONIC, radio_now_us(), 0,
                                      on_advertise, r);
}
