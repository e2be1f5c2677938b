/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets between central and peripheral. A data packet keeps the air busy for packet_us; writes
 * without response wait in their socket until the air is free and the peripheral has taken the
 * ones before: the flow control that a real link layer has.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "radio.h"

/* Packets on their way to the peripheral. */
#define PENDING_MAX 8

/* A write or read that waits for the peripheral's answer. */
struct transfer {
    struct transfer *next;
    struct radio *radio;
    struct chr *c;
    sd_bus_message *call; /* of the central; NULL: it came through the socket */
    bool is_request;
};

uint64_t radio_now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int on_drop_due(sd_event_source *s, void *arg)
{
    (void)s;
    radio_drop(arg);
    return 0;
}

static void count(struct chr *c, size_t len)
{
    struct radio *r = c->radio;

    r->last_us = radio_now_us();
    if (r->first_us == 0) {
        r->first_us = r->last_us;
    }
    if (radio_is_command(c)) {
        r->n_commands++;
        return;
    }
    r->n_data++;
    r->n_data_bytes += len;
    if (!r->is_on_schedule && r->free_us < r->last_us) {
        r->free_us = r->last_us; /* the air was idle */
    }
    r->free_us += r->packet_us;
    if (r->drop_after > 0 && --r->drop_after == 0) {
        /* Not while a call of the central is being handled. */
        r->drop_source = sd_event_source_unref(r->drop_source);
        (void)sd_event_add_defer(r->event, &r->drop_source, on_drop_due, r);
    }
}

/* ---- Towards the peripheral -------------------------------------------------------------------*/

static void forget(struct transfer *t)
{
    struct transfer **at = &t->radio->transfers;

    while (*at != t) {
        at = &(*at)->next;
    }
    *at = t->next;
    t->radio->n_pending--;
    sd_bus_message_unref(t->call);
    free(t);
}

void radio_fail_all(struct radio *r)
{
    for (struct transfer *t = r->transfers; t != NULL; t = t->next) {
        if (t->call != NULL) {
            (void)sd_bus_reply_method_errorf(t->call, "org.bluez.Error.Failed", "Not connected");
            t->call = sd_bus_message_unref(t->call);
        }
    }
}

static int on_written(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct transfer *t = arg;
    struct radio *r = t->radio;
    const sd_bus_error *e = sd_bus_message_get_error(m);

    (void)error;
    if (t->call != NULL && t->is_request && e != NULL) {
        (void)sd_bus_reply_method_error(t->call, e);
    } else if (t->call != NULL) {
        (void)sd_bus_reply_method_return(t->call, NULL);
    }
    forget(t);
    for (int i = 0; i < r->n_chars; i++) {
        radio_fill_air(r, &r->chars[i]);
    }
    return 0;
}

static int new_call(struct chr *c, const char *method, const void *data, size_t len,
                    const char *type, uint16_t offset, sd_bus_message **out)
{
    struct radio *r = c->radio;
    int rc =
        sd_bus_message_new_method_call(r->bus, out, r->owner, c->remote, CHARACTERISTIC, method);

    if (rc >= 0 && data != NULL) {
        rc = sd_bus_message_append_array(*out, 'y', data, len);
    }
    if (rc >= 0) {
        rc = sd_bus_message_append(*out, "a{sv}", 5, "device", "o", CENTRAL, "link", "s", "LE",
                                   "mtu", "q", (int)r->mtu, "type", "s", type, "offset", "q",
                                   (int)offset);
    }
    return rc;
}

static int start(struct chr *c, sd_bus_message *m, sd_bus_message *call, bool is_request,
                 sd_bus_message_handler_t done)
{
    struct transfer *t = calloc(1, sizeof *t);

    if (t == NULL) {
        return -ENOMEM;
    }
    t->radio = c->radio;
    t->c = c;
    t->call = sd_bus_message_ref(call);
    t->is_request = is_request;
    t->next = c->radio->transfers;
    c->radio->transfers = t;
    c->radio->n_pending++;
    return sd_bus_call_async(c->radio->bus, NULL, m, done, t, 0);
}

int radio_write(struct chr *c, const void *data, size_t len, bool is_request, sd_bus_message *call)
{
    sd_bus_message *m = NULL;
    int rc;

    rc = new_call(c, "WriteValue", len > 0 ? data : "", len, is_request ? "request" : "command", 0,
                  &m);
    if (rc >= 0) {
        rc = start(c, m, call, is_request, on_written);
    }
    sd_bus_message_unref(m);
    count(c, len);
    return rc;
}

static int on_read(sd_bus_message *m, void *arg, sd_bus_error *error)
{
    struct transfer *t = arg;
    const sd_bus_error *e = sd_bus_message_get_error(m);
    sd_bus_message *reply = NULL;
    const void *data = NULL;
    size_t len = 0;

    (void)error;
    if (t->call == NULL) {
        forget(t);
        return 0;
    }
    if (e != NULL || sd_bus_message_read_array(m, 'y', &data, &len) < 0) {
        (void)sd_bus_reply_method_errorf(t->call, "org.bluez.Error.Failed", "read failed");
    } else if (sd_bus_message_new_method_return(t->call, &reply) >= 0 &&
               sd_bus_message_append_array(reply, 'y', data, len) >= 0) {
        (void)sd_bus_send(NULL, reply, NULL);
    }
    sd_bus_message_unref(reply);
    forget(t);
    return 0;
}

int radio_read(struct chr *c, uint16_t offset, sd_bus_message *call)
{
    sd_bus_message *m = NULL;
    int rc = new_call(c, "ReadValue", NULL, 0, "request", offset, &m);

    if (rc >= 0) {
        rc = start(c, m, call, true, on_read);
    }
    sd_bus_message_unref(m);
    return rc;
}

static int on_air_free(sd_event_source *s, uint64_t us, void *arg)
{
    struct radio *r = arg;

    (void)s;
    (void)us;
    /* What waited goes out at once, however late we are told: the air was not idle. */
    r->is_on_schedule = true;
    for (int i = 0; i < r->n_chars; i++) {
        radio_fill_air(r, &r->chars[i]);
    }
    r->is_on_schedule = false;
    return 0;
}

static void wait_for_air(struct radio *r)
{
    r->air_timer = sd_event_source_unref(r->air_timer);
    (void)sd_event_add_time(r->event, &r->air_timer, CLOCK_MONOTONIC, r->free_us, 1, on_air_free,
                            r);
}

void radio_fill_air(struct radio *r, struct chr *c)
{
    uint8_t packet[512];
    ssize_t n;

    while (c->write_fd >= 0 && r->is_connected) {
        /* Nothing more is looked for until there is room for it. */
        (void)sd_event_source_set_enabled(c->write_source, SD_EVENT_OFF);
        if (r->n_pending >= PENDING_MAX) {
            r->is_on_schedule = false;
            return;
        }
        if (r->free_us > radio_now_us()) {
            wait_for_air(r);
            return;
        }
        n = recv(c->write_fd, packet, sizeof packet, MSG_DONTWAIT);
        if (n <= 0) {
            r->is_on_schedule = false;
            (void)sd_event_source_set_enabled(c->write_source, SD_EVENT_ON);
            return;
        }
        (void)radio_write(c, packet, (size_t)n, false, NULL);
    }
}

void radio_subscribe(struct chr *c, bool on)
{
    (void)sd_bus_call_method_async(c->radio->bus, NULL, c->radio->owner, c->remote, CHARACTERISTIC,
                                   on ? "StartNotify" : "StopNotify", NULL, NULL, NULL);
}

/* ---- Towards the central ----------------------------------------------------------------------*/

void radio_notified(struct chr *c, const void *data, size_t len)
{
    if (!c->radio->is_connected || !c->is_notifying || len > sizeof c->value) {
        return;
    }
    c->radio->n_notified++;
    c->radio->last_us = radio_now_us();
    if (c->notify_fd >= 0) {
        (void)send(c->notify_fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        return;
    }
    memcpy(c->value, data, len);
    c->value_len = len;
    (void)sd_bus_emit_properties_changed(c->radio->bus, c->path, CHARACTERISTIC, "Value", NULL);
}
