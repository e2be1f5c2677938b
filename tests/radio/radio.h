/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual radio: org.bluez on a private bus. One peripheral registers its service as with the
 * real bluetoothd; centrals on the same bus see it as a device of the adapter, connect, read, write
 * and are notified. Tests set the MTU and the time on air, and cut the connection.
 */
#ifndef RADIO_H
#define RADIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define BLUEZ "org.bluez"
#define ADAPTER "/org/bluez/hci0"
#define DEVICE ADAPTER "/dev_0A_0B_0C_0D_0E_0F"
#define DEVICE_ADDRESS "0A:0B:0C:0D:0E:0F"
#define CENTRAL ADAPTER "/dev_01_02_03_04_05_06" /* how the peripheral sees the central */
#define SERVICE DEVICE "/service0001"
#define CHARACTERISTIC "org.bluez.GattCharacteristic1"

#define CHARS_MAX 8
#define UUID_LEN 37
#define PATH_LEN 128

struct radio;

/* A characteristic of the peripheral, and how the central sees it. */
struct chr {
    struct radio *radio;
    char path[PATH_LEN];   /* as the central knows it */
    char remote[PATH_LEN]; /* as the peripheral does */
    char uuid[UUID_LEN];
    char *flags[8];
    uint8_t value[512];
    size_t value_len;
    bool is_notifying;
    int notify_fd; /* AcquireNotify; -1: none */
    int write_fd;  /* AcquireWrite; -1: none */
    sd_event_source *write_source;
    sd_bus_slot *slot;
    sd_bus_slot *cccd_slot;
};

struct radio {
    sd_bus *bus;
    sd_event *event;
    /* Peripheral. */
    char owner[64]; /* its name on the bus; "": none */
    char app[PATH_LEN];
    char advertisement[PATH_LEN];
    char name[64];
    char service_uuid[UUID_LEN];
    char service_path[PATH_LEN];
    sd_bus_message *registration; /* that waits for its answer */
    bool is_registered;
    bool is_advertised;
    struct chr chars[CHARS_MAX];
    int n_chars;
    sd_bus_slot *device_slot;
    sd_bus_slot *service_slot;
    /* Air. */
    bool is_discovering;
    unsigned n_advertised;
    bool is_connected;
    bool is_resolved;
    uint16_t mtu;
    uint32_t packet_us;  /* time on air of a data packet; 0: none */
    uint64_t free_us;    /* when the air is free again */
    bool is_on_schedule; /* packets go out that have waited for the air */
    sd_event_source *air_timer;
    sd_event_source *drop_source;
    uint32_t drop_after; /* data packets until the connection goes; 0: never */
    struct transfer *transfers;
    int n_pending; /* packets that the peripheral has not answered yet */
    /* Statistics. */
    uint32_t n_data;       /* packets to a characteristic without notifications */
    uint64_t n_data_bytes; /* and what they carried */
    uint32_t n_commands;   /* writes to others */
    uint32_t n_notified;
    uint64_t first_us; /* when the first of all these came */
    uint64_t last_us;
};

uint64_t radio_now_us(void);

/* peripheral.c */
int radio_add_managers(struct radio *r);
void radio_forget_peripheral(struct radio *r);

/* central.c */
int radio_add_adapter(struct radio *r);
void radio_appear(struct radio *r);    /* the device is advertised and known */
void radio_disappear(struct radio *r); /* and is no more */
void radio_drop(struct radio *r);      /* the connection is gone */

/* air.c: packets in both directions */
int radio_write(struct chr *c, const void *data, size_t len, bool is_request, sd_bus_message *call);
int radio_read(struct chr *c, uint16_t offset, sd_bus_message *call);
void radio_subscribe(struct chr *c, bool on);
void radio_notified(struct chr *c, const void *data, size_t len);
void radio_fail_all(struct radio *r); /* the connection is gone: nothing waits any longer */
void radio_fill_air(struct radio *r, struct chr *c); /* go on with what waits in the socket */

static inline bool radio_is_command(const struct chr *c)
{
    for (int i = 0; c->flags[i] != NULL; i++) {
        if (c->flags[i][0] == 'n') {
            return true;
        }
    }
    return false;
}

#endif
