/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peer that bench/mqtt compares with: two processes, nothing but libmosquitto, moving
 * messages of the size of an image chunk through a broker with QoS 1.
 *
 *     bare_pair [-p PORT] [-n MESSAGES] [-s BYTES] [-w WINDOW] [-r]
 *
 * Without -r the sender keeps WINDOW messages unacknowledged. With -r the receiver asks for each
 * message with a small one and keeps WINDOW requests unanswered, as an agent does that asks for
 * chunks. Prints the rate in MB/s (10^6 bytes of payload per second) from the first message or
 * request to the last message received.
 */
#include <errno.h>
#include <getopt.h>
#include <mosquitto.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DATA_TOPIC "bare/data"
#define REQUEST_TOPIC "bare/request"
#define REQUEST_LEN 350 /* what a chunk request of a device has */
#define SILENCE_MS 10000

struct side {
    struct mosquitto *mosq;
    const char *publish_to;
    const char *subscribe_to; /* NULL: to nothing */
    int send_len;             /* bytes of the messages that this side sends */
    unsigned total;           /* messages to send and to receive */
    bool on_ack;              /* a message may follow each acknowledgement */
    bool on_answer;           /* a message may follow each received one */
    bool is_open;
    unsigned sent;
    unsigned acked;
    unsigned received;
    unsigned allowed; /* messages that may have been sent by now */
};

static uint8_t payload[1 << 20];

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void on_connect(struct mosquitto *mosq, void *obj, int rc)
{
    struct side *s = obj;

    if (rc != 0) {
        return;
    }
    if (s->subscribe_to != NULL) {
        (void)mosquitto_subscribe(mosq, NULL, s->subscribe_to, 1);
    } else {
        s->is_open = true;
    }
}

static void on_subscribe(struct mosquitto *mosq, void *obj, int mid, int n, const int *granted)
{
    struct side *s = obj;

    (void)mosq;
    (void)mid;
    s->is_open = n == 1 && granted[0] == 1;
}

static void on_publish(struct mosquitto *mosq, void *obj, int mid)
{
    struct side *s = obj;

    (void)mosq;
    (void)mid;
    s->acked++;
    if (s->on_ack) {
        s->allowed++;
    }
}

static void on_message(struct mosquitto *mosq, void *obj, const struct mosquitto_message *m)
{
    struct side *s = obj;

    (void)mosq;
    (void)m;
    s->received++;
    if (s->on_answer) {
        s->allowed++;
    }
}

static int side_open(struct side *s, int port)
{
    s->mosq = mosquitto_new(NULL, true, s);
    if (s->mosq == NULL) {
        return -1;
    }
    mosquitto_connect_callback_set(s->mosq, on_connect);
    mosquitto_subscribe_callback_set(s->mosq, on_subscribe);
    mosquitto_publish_callback_set(s->mosq, on_publish);
    mosquitto_message_callback_set(s->mosq, on_message);
    if (mosquitto_int_option(s->mosq, MOSQ_OPT_TCP_NODELAY, 1) != 0 ||
        mosquitto_max_inflight_messages_set(s->mosq, 0) != 0) {
        return -1;
    }
    return mosquitto_connect(s->mosq, "127.0.0.1", port, 60);
}

/* One turn of the loop; -1 if the connection is lost or nothing came for long. */
static int side_turn(struct side *s)
{
    struct pollfd p = {.fd = mosquitto_socket(s->mosq), .events = POLLIN};
    int waiting = 0;

    if (mosquitto_want_write(s->mosq)) {
        p.events |= POLLOUT;
    }
    if (p.fd < 0 || poll(&p, 1, SILENCE_MS) <= 0) {
        return -1;
    }
    if ((p.revents & ~POLLOUT) != 0) {
        do {
            if (mosquitto_loop_read(s->mosq, 1) != 0) {
                return -1;
            }
        } while (ioctl(p.fd, FIONREAD, &waiting) == 0 && waiting > 0);
    }
    if ((p.revents & POLLOUT) != 0 && mosquitto_loop_write(s->mosq, 1) != 0) {
        return -1;
    }
    return 0;
}

static int side_send(struct side *s)
{
    while (s->publish_to != NULL && s->sent < s->total && s->sent < s->allowed) {
        if (mosquitto_publish(s->mosq, NULL, s->publish_to, s->send_len, payload, 1, false) != 0) {
            return -1;
        }
        s->sent++;
    }
    return 0;
}

static bool side_is_done(const struct side *s)
{
    bool all_sent = s->publish_to == NULL || s->acked == s->total;

    return all_sent && (s->subscribe_to == NULL || s->received == s->total);
}

static int side_run(struct side *s)
{
    while (!side_is_done(s)) {
        if (side_send(s) != 0 || side_turn(s) != 0) {
            return -1;
        }
    }
    return 0;
}

static int wait_open(struct side *s)
{
    while (!s->is_open) {
        if (side_turn(s) != 0) {
            return -1;
        }
    }
    return 0;
}

/* The sending process: waits for a byte on the pipe once it is connected, then sends. */
static int sender(struct side *s, int port, int ready_fd, int go_fd)
{
    char byte = 1;

    if (side_open(s, port) != 0 || wait_open(s) != 0) {
        return 1;
    }
    if (write(ready_fd, &byte, 1) != 1 || read(go_fd, &byte, 1) != 1) {
        return 1;
    }
    return side_run(s) == 0 ? 0 : 1;
}

static int receiver(struct side *s, int port, int ready_fd, int go_fd, double *seconds)
{
    char byte = 1;
    double start;

    if (side_open(s, port) != 0 || wait_open(s) != 0 || read(ready_fd, &byte, 1) != 1) {
        return -1;
    }
    start = now_s();
    if (write(go_fd, &byte, 1) != 1 || side_run(s) != 0) {
        return -1;
    }
    *seconds = now_s() - start;
    return 0;
}

static int run(int port, unsigned total, int bytes, unsigned window, bool request)
{
    struct side from = {.publish_to = DATA_TOPIC,
                        .subscribe_to = request ? REQUEST_TOPIC : NULL,
                        .send_len = bytes,
                        .total = total,
                        .allowed = request ? 0 : window,
                        .on_ack = !request,
                        .on_answer = request};
    struct side to = {.publish_to = request ? REQUEST_TOPIC : NULL,
                      .subscribe_to = DATA_TOPIC,
                      .send_len = REQUEST_LEN,
                      .total = total,
                      .allowed = window,
                      .on_answer = true};
    int ready[2];
    int go[2];
    double seconds = 0;
    int status = 0;
    pid_t child;
    int rc;

    if (pipe(ready) != 0 || pipe(go) != 0) {
        return -1;
    }
    child = fork();
    if (child == 0) {
        _exit(sender(&from, port, ready[1], go[0]));
    }
    if (child < 0) {
        return -1;
    }
    /* Without these ends the reads below fail if the child dies. */
    (void)close(ready[1]);
    (void)close(go[0]);
    rc = receiver(&to, port, ready[0], go[1], &seconds);
    (void)close(go[1]);
    if (waitpid(child, &status, 0) != child || status != 0 || rc != 0) {
        return -1;
    }
    (void)printf("%.2f MB/s (%u messages of %d bytes, window %u%s)\n",
                 (double)total * bytes / seconds / 1e6, total, bytes, window,
                 request ? ", each one asked for" : "");
    return 0;
}

int main(int argc, char **argv)
{
    int port = 1883;
    int bytes = 4096;
    unsigned total = 1024;
    unsigned window = 4;
    bool request = false;
    int code;

    while ((code = getopt(argc, argv, "p:n:s:w:r")) != -1) {
        unsigned long n = optarg != NULL ? strtoul(optarg, NULL, 10) : 0;

        if (code == 'p' && n > 0 && n <= UINT16_MAX) {
            port = (int)n;
        } else if (code == 'n' && n > 0 && n <= 1000000) {
            total = (unsigned)n;
        } else if (code == 's' && n >= REQUEST_LEN && n <= sizeof payload) {
            bytes = (int)n;
        } else if (code == 'w' && n > 0 && n <= 1000) {
            window = (unsigned)n;
        } else if (code == 'r') {
            request = true;
        } else {
            code = '?';
        }
        if (code == '?') {
            (void)fprintf(stderr,
                          "usage: bare_pair [-p PORT] [-n MESSAGES] [-s BYTES] [-w WINDOW] [-r]\n");
            return 2;
        }
    }
    (void)mosquitto_lib_init();
    if (run(port, total, bytes, window, request) != 0) {
        (void)fprintf(stderr, "bare_pair: the broker on port %d does not carry the messages\n",
                      port);
        return 1;
    }
    return 0;
}
