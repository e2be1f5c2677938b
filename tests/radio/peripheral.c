/* SPDX-License-Identifier: Apache-2.0 */
/* What a peripheral registers: GattManager1 and LEAdvertisingManager1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "radio.h"

#define COPY(dst, src) (void)snprintf(dst, sizeof(dst), "%s", src)

static void clear_flags(struct chr *c)
{
    for (int i = 0; i < 8; i++) {
        free(c->flags[i]);
        c->flags[i] = NULL;
    }
}

void radio_forget_peripheral(struct radio *r)
{
    radio_disappear(r);
    for (int i = 0; i < r->n_chars; i++) {
        clear_flags(&r->chars[i]);
    }
    r->n_chars = 0;
    r->owner[0] = '\0';
    r->is_registered = false;
    r->is_advertised = false;
}

/* ---- Its objects ------------------------------------------------------------------------------*/

static int read_strings(sd_bus_message *m, char **out)
{
    const char *text;
    int n = 0;
    int rc = sd_bus_message_enter_container(m, 'v', "as");

    if (rc >= 0) {
        rc = sd_bus_message_enter_container(m, 'a', "s");
    }
    while (rc >= 0 && (rc = sd_bus_message_read(m, "s", &text)) > 0) {
        if (n < 7) {
            out[n++] = strdup(text);
        }
    }
    if (rc >= 0) {
        rc = sd_bus_message_exit_container(m);
    }
    return rc < 0 ? rc : sd_bus_message_exit_container(m);
}

/* One object's interface: a service or a characteristic is kept. */
static int read_interface(struct radio *r, const char *path, sd_bus_message *m)
{
    const char *interface;
    const char *key;
    struct chr *c = NULL;
    char *uuid = NULL;
    int rc = sd_bus_message_read(m, "s", &interface);

    if (rc >= 0 && strcmp(interface, CHARACTERISTIC) == 0 && r->n_chars < CHARS_MAX) {
        c = &r->chars[r->n_chars++];
        memset(c, 0, sizeof *c);
        c->radio = r;
        c->notify_fd = -1;
        c->write_fd = -1;
        COPY(c->remote, path);
        (void)snprintf(c->path, sizeof c->path, SERVICE "/char%04x", (unsigned)r->n_chars * 4);
        uuid = c->uuid;
    } else if (rc >= 0 && strcmp(interface, "org.bluez.GattService1") == 0) {
        COPY(r->service_path, path);
        uuid = r->service_uuid;
    }
    if (rc >= 0) {
        rc = sd_bus_message_enter_container(m, 'a', "{sv}");
    }
    while (rc >= 0 && (rc = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
        rc = sd_bus_message_read(m, "s", &key);
        if (rc >= 0 && uuid != NULL && strcmp(key, "UUID") == 0) {
            const char *text;

            rc = sd_bus_message_read(m, "v", "s", &text);
            if (rc >= 0) {
                (void)snprintf(uuid, UUID_LEN, "%s", text);
            }
        } else if (rc >= 0 && c != NULL && strcmp(key, "Flags") == 0) {
            rc = read_strings(m, c->flags);
        } else if (rc >= 0) {
            rc = sd_bus_message_skip(m, "v");
        }
        if (rc >= 0) {
            rc = sd_bus_message_exit_container(m);
        }
    }
    return rc < 0 ? rc : sd_bus_message_exit_container(m);
}

static int read_objects(struct radio *r, sd_bus_message *m)
{
    const char *path;
    int rc = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");

    while (rc >= 0 && (rc = sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}")) > 0) {
        rc = sd_bus_message_read(m, "o", &path);
        if (rc >= 0) {
            rc = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
        }
        while (rc >= 0 && (rc = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
            rc = read_interface(r, path, m);
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
    return rc;
}

static int on_objects(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct radio *r = arg;
    int rc = sd_bus_message_is_method_error(m, NULL) ? -1 : read_objects(r, m);

    (void)error;
    if (rc < 0 || r->n_chars == 0 || r->service_uuid[0] == '\0') {
        rc = sd_bus_reply_method_errorf(r->registration, "org.bluez.Error.Failed",
                                        "no service among the application's objects");
        radio_forget_peripheral(r);
    } else {
        r->is_registered = true;
        rc = sd_bus_reply_method_return(r->registration, NULL);
    }
    r->registration = sd_bus_message_unref(r->registration);
    if (r->is_registered && r->is_advertised) {
        radio_appear(r);
    }
    return rc;
}

static int on_register_application(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct radio *r = arg;
    const char *path;
    int rc = sd_bus_message_read(m, "o", &path);

    (void)error;
    if (rc < 0) {
        return rc;
    }
    if (r->registration != NULL || r->owner[0] != '\0') {
        return sd_bus_reply_method_errorf(m, "org.bluez.Error.AlreadyExists",
                                          "one peripheral only");
    }
    COPY(r->owner, sd_bus_message_get_sender(m));
    COPY(r->app, path);
    r->registration = sd_bus_message_ref(m);
    return sd_bus_call_method_async(r->bus, NULL, r->owner, path,
                                    "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
                                    on_objects, r, NULL) < 0
               ? -1
               : 1;
}

static int on_unregister_application(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    (void)error;
    radio_forget_peripheral(arg);
    return sd_bus_reply_method_return(m, NULL);
}

/* ---- Its advertisement ------------------------------------------------------------------------*/

static int on_name(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct radio *r = arg;
    const char *name = "peripheral";

    (void)error;
    if (!sd_bus_message_is_method_error(m, NULL)) {
        (void)sd_bus_message_read(m, "v", "s", &name); /* it may have none */
    }
    COPY(r->name, name);
    r->is_advertised = true;
    if (r->is_registered) {
        radio_appear(r);
    }
    return 0;
}

static int on_register_advertisement(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct radio *r = arg;
    const char *path;
    int rc = sd_bus_message_read(m, "o", &path);

    (void)error;
    if (rc >= 0) {
        COPY(r->advertisement, path);
        rc = sd_bus_reply_method_return(m, NULL);
    }
    return rc < 0 ? rc
                  : sd_bus_call_method_async(r->bus, NULL, sd_bus_message_get_sender(m), path,
                                             "org.freedesktop.DBus.Properties", "Get", on_name, r,
                                             "ss", "org.bluez.LEAdvertisement1", "LocalName");
}

static int on_unregister_advertisement(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct radio *r = arg;

    (void)error;
    r->is_advertised = false;
    return sd_bus_reply_method_return(m, NULL);
}

/* ---- What it says -----------------------------------------------------------------------------*/

static struct chr *chr_of_remote(struct radio *r, const char *path)
{
    for (int i = 0; i < r->n_chars; i++) {
        if (strcmp(r->chars[i].remote, path) == 0) {
            return &r->chars[i];
        }
    }
    return NULL;
}

/* The peripheral changes a Value: that is what goes over the air as a notification. */
static int on_changed(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct radio *r = arg;
    struct chr *c = chr_of_remote(r, sd_bus_message_get_path(m));
    const char *interface;
    const char *key;
    int rc;

    (void)error;
    if (c == NULL || strcmp(sd_bus_message_get_sender(m), r->owner) != 0) {
        return 0;
    }
    rc = sd_bus_message_read(m, "s", &interface);
    if (rc >= 0) {
        rc = sd_bus_message_enter_container(m, 'a', "{sv}");
    }
    while (rc >= 0 && (rc = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
        rc = sd_bus_message_read(m, "s", &key);
        if (rc >= 0 && strcmp(key, "Value") == 0) {
            const void *data;
            size_t len;

            rc = sd_bus_message_enter_container(m, 'v', "ay");
            if (rc >= 0) {
                rc = sd_bus_message_read_array(m, 'y', &data, &len);
            }
            if (rc >= 0) {
                radio_notified(c, data, len);
                rc = sd_bus_message_exit_container(m);
            }
        } else if (rc >= 0) {
            rc = sd_bus_message_skip(m, "v");
        }
        if (rc >= 0) {
            rc = sd_bus_message_exit_container(m);
        }
    }
    return 0;
}

static int on_owner(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct radio *r = arg;
    const char *name;
    const char *old;
    const char *new;

    (void)error;
    if (sd_bus_message_read(m, "sss", &name, &old, &new) >= 0 && new[0] == '\0' &&
        r->owner[0] != '\0' && strcmp(name, r->owner) == 0) {
        radio_forget_peripheral(r);
    }
    return 0;
}

static const sd_bus_vtable gatt_manager[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("RegisterApplication", "oa{sv}", "", on_register_application,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("UnregisterApplication", "o", "", on_unregister_application,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static const sd_bus_vtable advertising_manager[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("RegisterAdvertisement", "oa{sv}", "", on_register_advertisement,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("UnregisterAdvertisement", "o", "", on_unregister_advertisement,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

int radio_add_managers(struct radio *r)
{
    int rc =
        sd_bus_add_object_vtable(r->bus, NULL, ADAPTER, "org.bluez.GattManager1", gatt_manager, r);

    if (rc >= 0) {
        rc = sd_bus_add_object_vtable(r->bus, NULL, ADAPTER, "org.bluez.LEAdvertisingManager1",
                                      advertising_manager, r);
    }
    if (rc >= 0) {
        rc = sd_bus_match_signal(r->bus, NULL, NULL, NULL, "org.freedesktop.DBus.Properties",
                                 "PropertiesChanged", on_changed, r);
    }
    if (rc >= 0) {
        rc = sd_bus_match_signal(r->bus, NULL, "org.freedesktop.DBus", NULL, "org.freedesktop.DBus",
                                 "NameOwnerChanged", on_owner, r);
    }
    return rc;
}
