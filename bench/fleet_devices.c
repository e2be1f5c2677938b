/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many simulated devices in one process, all downloading the same image by chunk requests at
 * once; each compares every byte with the file that the publisher serves.
 *
 *     fleet_devices -p PORT -n DEVICES -f IMAGE [-w WINDOW] [-k KIT]
 *
 * Prints "DEVICES SECONDS": from the first request, when all are subscribed, to the last chunk.
 * Fails if a device gets a wrong byte or nothing arrives for ten seconds.
 */
#include "codec/chunk.h"

#include <fcntl.h>
#include <getopt.h>
#include <mosquitto.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 4096u
#define DEVICES_MAX 5000u
#define SILENCE_MS 10000

struct device {
    struct mosquitto *mosq;
    unsigned number;
    uint32_t asked; /* chunks */
    uint32_t received;
    bool is_open;
};

static struct {
    const char *kit;
    const uint8_t *image;
    uint32_t size;
    uint32_t count; /* of chunks */
    unsigned window;
    unsigned n;
    unsigned open;
    unsigned done;
    bool failed;
    struct device *devices;
    struct pollfd *polls;
} fleet = {.kit = "CY8CPROTO_062_4343W", .window = 4};

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void ask(struct device *d)
{
    char topic[128];
    char text[512];
    int len;

    (void)snprintf(topic, sizeof topic, "anycloud/%s/publish_notify", fleet.kit);
    while (d->asked < fleet.count && d->asked - d->received < fleet.window) {
        len = snprintf(text, sizeof text,
                       "{\"Message\":\"Request Data Chunk\", \"Manufacturer\": \"Express Widgits "
                       "Corporation\", \"ManufacturerID\": \"EWCO\", \"ProductID\": \"Easy "
                       "Widgit\", \"SerialNumber\": \"ABC213450001\", \"BoardName\": \"%s\", "
                       "\"Version\": \"1.0.0\", \"UniqueTopicName\": \"anycloud/%s/OTAImage/%u\", "
                       "\"Filename\": \"/image\", \"Offset\": \"%u\", \"Size\": \"%u\"}",
                       fleet.kit, fleet.kit, d->number, d->asked * CHUNK, CHUNK);
        if (mosquitto_publish(d->mosq, NULL, topic, len, text, 1, false) != MOSQ_ERR_SUCCESS) {
            fleet.failed = true;
        }
        d->asked++;
    }
}

static void on_connect(struct mosquitto *mosq, void *obj, int rc)
{
    struct device *d = obj;
    char topic[128];

    (void)snprintf(topic, sizeof topic, "anycloud/%s/OTAImage/%u", fleet.kit, d->number);
    if (rc != 0 || mosquitto_subscribe(mosq, NULL, topic, 1) != MOSQ_ERR_SUCCESS) {
        fleet.failed = true;
    }
}

static void on_subscribe(struct mosquitto *mosq, void *obj, int mid, int n, const int *granted)
{
    struct device *d = obj;

    (void)mosq;
    (void)mid;
    if (n != 1 || granted[0] != 1) {
        fleet.failed = true;
    }
    d->is_open = true;
    fleet.open++;
}

static void on_message(struct mosquitto *mosq, void *obj, const struct mosquitto_message *m)
{
    struct device *d = obj;
    struct ota_chunk c;
    const uint8_t *data = m->payload;

    (void)mosq;
    /* One connection carries them in order, so the next one is the one that is missing. */
    if (ota_chunk_decode(m->payload, (size_t)m->payloadlen, &c) != 0 ||
        c.total_size != fleet.size || c.offset != d->received * CHUNK ||
        memcmp(data + c.data_off, fleet.image + c.offset, c.size) != 0) {
        fleet.failed = true;
        return;
    }
    if (++d->received == fleet.count) {
        fleet.done++;
    }
    ask(d);
}

static int open_device(struct device *d, int port)
{
    d->mosq = mosquitto_new(NULL, true, d);
    if (d->mosq == NULL) {
        return -1;
    }
    mosquitto_connect_callback_set(d->mosq, on_connect);
    mosquitto_subscribe_callback_set(d->mosq, on_subscribe);
    mosquitto_message_callback_set(d->mosq, on_message);
    if (mosquitto_int_option(d->mosq, MOSQ_OPT_TCP_NODELAY, 1) != 0) {
        return -1;
    }
    return mosquitto_connect(d->mosq, "127.0.0.1", port, 60);
}

static int serve_device(struct device *d, const struct pollfd *p)
{
    int waiting = 0;

    if ((p->revents & ~POLLOUT) != 0) {
        do {
            if (mosquitto_loop_read(d->mosq, 1) != 0) {
                return -1;
            }
        } while (ioctl(p->fd, FIONREAD, &waiting) == 0 && waiting > 0);
    }
    if ((p->revents & POLLOUT) != 0 || mosquitto_want_write(d->mosq)) {
        return mosquitto_loop_write(d->mosq, 1) == 0 ? 0 : -1;
    }
    return 0;
}

static int turn(void)
{
    unsigned i;

    for (i = 0; i < fleet.n; i++) {
        fleet.polls[i].fd = mosquitto_socket(fleet.devices[i].mosq);
        fleet.polls[i].events = POLLIN;
        if (mosquitto_want_write(fleet.devices[i].mosq)) {
            fleet.polls[i].events |= POLLOUT;
        }
    }
    if (poll(fleet.polls, fleet.n, SILENCE_MS) <= 0) {
        return -1;
    }
    for (i = 0; i < fleet.n; i++) {
        if (fleet.polls[i].revents != 0 && serve_device(&fleet.devices[i], &fleet.polls[i]) != 0) {
            return -1;
        }
    }
    return fleet.failed ? -1 : 0;
}

static int run(int port)
{
    unsigned i;
    double start;

    fleet.devices = calloc(fleet.n, sizeof *fleet.devices);
    fleet.polls = calloc(fleet.n, sizeof *fleet.polls);
    if (fleet.devices == NULL || fleet.polls == NULL) {
        return -1;
    }
    for (i = 0; i < fleet.n; i++) {
        fleet.devices[i].number = i;
        if (open_device(&fleet.devices[i], port) != 0) {
            return -1;
        }
    }
    while (fleet.open < fleet.n) {
        if (turn() != 0) {
            return -1;
        }
    }
    start = now_s();
    for (i = 0; i < fleet.n; i++) {
        ask(&fleet.devices[i]);
    }
    while (fleet.done < fleet.n) {
        if (turn() != 0) {
            return -1;
        }
    }
    (void)printf("%u %.6f\n", fleet.n, now_s() - start);
    return 0;
}

static int map_image(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *map;

    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0 || st.st_size > INT32_MAX) {
        return -1;
    }
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    (void)close(fd); /* the mapping stays */
    if (map == MAP_FAILED) {
        return -1;
    }
    fleet.image = map;
    fleet.size = (uint32_t)st.st_size;
    fleet.count = (fleet.size - 1) / CHUNK + 1;
    return 0;
}

int main(int argc, char **argv)
{
    const char *path = NULL;
    int port = 0;
    int code;

    while ((code = getopt(argc, argv, "p:n:f:w:k:")) != -1) {
        if (code == 'p') {
            port = (int)strtol(optarg, NULL, 10);
        } else if (code == 'n') {
            fleet.n = (unsigned)strtoul(optarg, NULL, 10);
        } else if (code == 'w') {
            fleet.window = (unsigned)strtoul(optarg, NULL, 10);
        } else if (code == 'f') {
            path = optarg;
        } else if (code == 'k') {
            fleet.kit = optarg;
        } else {
            return 2;
        }
    }
    if (path == NULL || port < 1 || port > UINT16_MAX || fleet.n < 1 || fleet.n > DEVICES_MAX ||
        fleet.window < 1 || map_image(path) != 0) {
        (void)fprintf(stderr,
                      "usage: fleet_devices -p PORT -n DEVICES -f IMAGE [-w WINDOW] [-k KIT]\n");
        return 2;
    }
    (void)mosquitto_lib_init();
    if (run(port) != 0) {
        (void)fprintf(stderr, "fleet_devices: %u of %u devices have the image; %s\n", fleet.done,
                      fleet.n, fleet.failed ? "one got a wrong message" : "the rest got no more");
        return 1;
    }
    return 0;
}
