/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <string.h>

#include "common/broker.h"

static void expect(const char *text, const char *host, unsigned port)
{
    struct broker b;

    broker_init(&b);
    assert_int_equal(broker_parse(&b, text), 0);
    assert_string_equal(b.host, host);
    assert_int_equal(b.port, port);
}

static void test_host_and_port_are_told_apart(void **state)
{
    (void)state;
    expect("example.com", "example.com", 0);
    expect("example.com:1884", "example.com", 1884);
    expect("10.0.0.1:65535", "10.0.0.1", 65535);
}

static void test_ipv6_addresses_need_brackets_only_with_a_port(void **state)
{
    (void)state;
    expect("[::1]", "::1", 0);
    expect("[::1]:1883", "::1", 1883);
    expect("fe80::1:2", "fe80::1:2", 0);
}

static void test_what_is_no_broker_is_refused(void **state)
{
    static const char *const BAD[] = {
        "",       ":1883",      "host:",   "host:0",  "host:65536", "host:99999999999999",
        "host:x", "host:12x",   "[::1",    "[]:1883", "[::1]1883",  "[::1]:",
        "a b",    "mqtt://h:1", "h\nh:12", "host:-1", "host: 1883", "[::1]:0"};
    struct broker b;
    size_t i;

    (void)state;
    broker_init(&b);
    for (i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        if (broker_parse(&b, BAD[i]) == 0) {
            fail_msg("'%s' was accepted", BAD[i]);
        }
    }
}

static void test_presets_are_known_by_name_and_letter(void **state)
{
    (void)state;
    expect("eclipse", "mqtt.eclipseprojects.io", 0);
    expect("e", "mqtt.eclipseprojects.io", 0);
    expect("m", "test.mosquitto.org", 0);
    expect("a", "a33jl9z28enc1q-ats.iot.us-west-1.amazonaws.com", 0);
    expect("mosquitto.example", "mosquitto.example", 0);
}

static void test_ports_depend_on_tls_and_preset(void **state)
{
    struct broker b;

    (void)state;
    broker_init(&b);
    assert_int_equal(broker_finish(&b), 0);
    assert_int_equal(b.port, 1883);
    assert_string_equal(b.name, "localhost:1883");
    broker_init(&b);
    b.tls = true;
    assert_int_equal(broker_finish(&b), 0);
    assert_int_equal(b.port, 8883);
    broker_init(&b);
    assert_int_equal(broker_parse(&b, "mosquitto"), 0);
    b.tls = true;
    /* Its files are not here; the port is chosen before they are looked for. */
    assert_int_equal(broker_finish(&b), -1);
    assert_int_equal(b.port, 8884);
    assert_string_equal(b.cafile, "mosquitto.org.crt");
    assert_string_equal(b.key, "mosquitto_client.key");
}

static void test_contradictions_are_refused(void **state)
{
    struct broker b;
    char password[] = "secret";

    (void)state;
    broker_init(&b);
    assert_int_equal(broker_take_option(&b, BROKER_OPT_CAFILE, password), 0);
    assert_int_equal(broker_finish(&b), -1); /* without tls */
    broker_init(&b);
    b.tls = true;
    b.cert = "/dev/null";
    assert_int_equal(broker_finish(&b), -1); /* without key */
    broker_init(&b);
    assert_int_equal(broker_take_option(&b, BROKER_OPT_PASSWORD, password), 0);
    assert_int_equal(broker_finish(&b), -1); /* without user */
}

static void test_a_password_is_wiped_from_the_command_line(void **state)
{
    struct broker b;
    char password[] = "secret";

    (void)state;
    broker_init(&b);
    assert_int_equal(broker_take_option(&b, BROKER_OPT_PASSWORD, password), 0);
    assert_string_equal(b.password, "secret");
    assert_memory_equal(password, "\0\0\0\0\0\0", 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_and_port_are_told_apart),
        cmocka_unit_test(test_ipv6_addresses_need_brackets_only_with_a_port),
        cmocka_unit_test(test_what_is_no_broker_is_refused),
        cmocka_unit_test(test_presets_are_known_by_name_and_letter),
        cmocka_unit_test(test_ports_depend_on_tls_and_preset),
        cmocka_unit_test(test_contradictions_are_refused),
        cmocka_unit_test(test_a_password_is_wiped_from_the_command_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
