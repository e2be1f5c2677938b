/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mqtt_link.h"

/* ---- A name with an IPv6 and an IPv4 address, as libmosquitto sees it -------------------------
 */

static struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
static struct sockaddr_in v4 = {.sin_family = AF_INET};
static struct addrinfo second = {.ai_family = AF_INET,
                                 .ai_socktype = SOCK_STREAM,
                                 .ai_addr = (struct sockaddr *)&v4,
                                 .ai_addrlen = sizeof v4};
static struct addrinfo first = {.ai_family = AF_INET6,
                                .ai_socktype = SOCK_STREAM,
                                .ai_addr = (struct sockaddr *)&v6,
                                .ai_addrlen = sizeof v6,
                                .ai_next = &second};

static struct sockaddr_in any = {.sin_family = AF_INET};
static struct addrinfo to_bind = {.ai_family = AF_INET,
                                  .ai_socktype = SOCK_STREAM,
                                  .ai_addr = (struct sockaddr *)&any,
                                  .ai_addrlen = sizeof any};

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **res)
{
    (void)service;
    (void)hints;
    v6.sin6_addr = in6addr_loopback;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *res = strcmp(node, "0.0.0.0") == 0 ? &to_bind : &first;
    return 0;
}

void freeaddrinfo(struct addrinfo *res)
{
    (void)res; /* static */
}

/* ---- The tests --------------------------------------------------------------------------------
 */

/* A socket with an IPv4 port; nothing can connect to it until it listens. */
static int bind_ipv4(uint16_t *port)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof own;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &len), 0);
    *port = ntohs(own.sin_port);
    return fd;
}

static void open_link(struct mqtt_link *l, struct broker *b, uint16_t port, bool tls)
{
    char text[32];

    tool_log_setup("test", false);
    broker_init(b);
    b->tls = tls;
    (void)snprintf(text, sizeof text, "somewhere:%u", port);
    assert_int_equal(broker_parse(b, text), 0);
    assert_int_equal(broker_finish(b), 0);
    assert_int_equal(
        mqtt_link_open(
            l, &(struct mqtt_link_config){.broker = b, .id_prefix = "test", .keepalive_s = 60}),
        0);
}

/* Moves the link until it has failed or somebody has connected to the listener. */
static int connect_once(struct mqtt_link *l, int listener)
{
    int fd = -1;

    for (int turn = 0; fd < 0 && l->attempt == 0 && turn < 200; turn++) {
        struct pollfd p;
        int wait_ms = mqtt_link_prepare(l, &p, tool_now_ms());

        (void)poll(&p, 1, wait_ms < 50 ? wait_ms : 50);
        assert_int_equal(mqtt_link_handle(l, p.revents, tool_now_ms()), 0);
        fd = accept(listener, NULL, NULL);
    }
    return fd;
}

static void expect_ipv4_is_reached(bool tls)
{
    struct mqtt_link l;
    struct broker b;
    uint16_t port;
    int listener = bind_ipv4(&port);
    int fd;

    assert_int_equal(listen(listener, 1), 0);
    open_link(&l, &b, port, tls);
    fd = connect_once(&l, listener);
    assert_true(fd >= 0);
    assert_int_equal(l.attempt, 0);
    (void)close(fd);
    (void)close(listener);
    mqtt_link_close(&l);
}

static void test_broker_on_ipv4_only_is_reached_by_a_name_with_both(void **state)
{
    (void)state;
    expect_ipv4_is_reached(false);
}

static void test_it_is_reached_over_tls_too(void **state)
{
    (void)state;
    expect_ipv4_is_reached(true);
}

static void test_after_the_last_address_there_is_a_pause(void **state)
{
    struct mqtt_link l;
    struct broker b;
    uint16_t port;
    int silent = bind_ipv4(&port);

    (void)state;
    open_link(&l, &b, port, false);
    assert_int_equal(connect_once(&l, silent), -1);
    assert_int_equal(l.attempt, 1);
    assert_int_equal(l.state, MQTT_LINK_WAITING);
    assert_true(l.at_ms > tool_now_ms());
    assert_false(l.only_ipv4);
    (void)close(silent);
    mqtt_link_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broker_on_ipv4_only_is_reached_by_a_name_with_both),
        cmocka_unit_test(test_it_is_reached_over_tls_too),
        cmocka_unit_test(test_after_the_last_address_there_is_a_pause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
