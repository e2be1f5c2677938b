/* SPDX-License-Identifier: Apache-2.0 */
/*
 * radio: the virtual radio's program. Prints "ready" when it is org.bluez on the bus of
 * DBUS_SYSTEM_BUS_ADDRESS. A test steers it through org.libota.Radio1 at /radio.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "radio.h"

static int on_drop(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    (void)error;
    radio_drop(arg);
    return sd_bus_reply_method_return(m, NULL);
}

/* DropAfter(packets), SetMtu(bytes), SetPacketTime(microseconds). */
static int on_set(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct radio *r = arg;
    const char *what = sd_bus_message_get_member(m);
    uint32_t value;
    int rc = sd_bus_message_read(m, "u", &value);

    (void)error;
    if (rc < 0) {
        return rc;
    }
    if (strcmp(what, "DropAfter") == 0) {
        r->drop_after = value;
    } else if (strcmp(what, "SetMtu") == 0) {
        r->mtu = (uint16_t)value;
    } else {
        r->packet_us = value;
    }
    return sd_bus_reply_method_return(m, NULL);
}

/* Since the last call: data packets, their bytes, commands, notifications, microseconds. */
static int on_stats(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct radio *r = arg;
    int rc = sd_bus_reply_method_return(m, "ututt", r->n_data, r->n_data_bytes, r->n_commands,
                                        (uint64_t)r->n_notified, r->last_us - r->first_us);

    (void)error;
    r->n_data = 0;
    r->n_data_bytes = 0;
    r->n_commands = 0;
    r->n_notified = 0;
    r->first_us = 0;
    r->last_us = 0;
    return rc;
}

static const sd_bus_vtable radio_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Drop", "", "", on_drop, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("DropAfter", "u", "", on_set, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("SetMtu", "u", "", on_set, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("SetPacketTime", "u", "", on_set, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Stats", "", "ututt", on_stats, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static int open_bus(struct radio *r)
{
    int rc = sd_event_default(&r->event);

    if (rc >= 0) {
        rc = sd_bus_open_system(&r->bus);
    }
    if (rc >= 0) {
        rc = radio_add_adapter(r);
    }
    if (rc >= 0) {
        rc = radio_add_managers(r);
    }
    if (rc >= 0) {
        rc = sd_bus_add_object_vtable(r->bus, NULL, "/radio", "org.libota.Radio1", radio_vtable, r);
    }
    if (rc >= 0) {
        rc = sd_bus_attach_event(r->bus, r->event, SD_EVENT_PRIORITY_NORMAL);
    }
    return rc < 0 ? rc : sd_bus_request_name(r->bus, BLUEZ, 0);
}

int main(void)
{
    static struct radio radio = {.mtu = 247};
    int rc;

    if (getenv("DBUS_SYSTEM_BUS_ADDRESS") == NULL) {
        fprintf(stderr, "radio: for a private bus only: set DBUS_SYSTEM_BUS_ADDRESS\n");
        return 2;
    }
    rc = open_bus(&radio);
    if (rc >= 0) {
        printf("ready\n");
        (void)fflush(stdout);
        rc = sd_event_loop(radio.event);
    }
    fprintf(stderr, "radio: %s\n", strerror(-rc));
    return 1;
}
