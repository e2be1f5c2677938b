/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt_codec.h"

#include <string.h>

#include "ota/err.h"
#include "unit/guard.h"

#define OUT 256u

/* What the codec told: events in order, and the payload put together. */
struct log {
    size_t n;
    struct ota_mqtt_event events[64];
    char topic[200];
    uint8_t payload[70000];
    size_t payload_len;
};

static struct log told;
static uint8_t out[OUT];
static struct ota_mqtt_codec codec;

static void on_event(void *arg, const struct ota_mqtt_event *ev)
{
    (void)arg;
    if (told.n < 64) {
        told.events[told.n] = *ev;
    }
    told.n++;
    if (ev->kind == OTA_MQTT_MESSAGE) {
        assert_true(ev->topic_len < sizeof told.topic);
        memcpy(told.topic, ev->topic, ev->topic_len);
        told.topic[ev->topic_len] = '\0';
        assert_int_equal(ev->off, told.payload_len);
        memcpy(told.payload + told.payload_len, ev->data, ev->len);
        told.payload_len += ev->len;
        if (told.payload_len == ev->total) {
            told.payload_len = 0;
        }
    }
}

static const struct ota_mqtt_sink sink = {.event = on_event};

static int receive(const void *data, size_t len)
{
    return ota_mqtt_codec_receive(&codec, data, len, &sink);
}

/* Everything that waits is sent. */
static void drain(void)
{
    size_t len;

    (void)ota_mqtt_codec_pending(&codec, &len);
    ota_mqtt_codec_sent(&codec, len, 0);
}

static void expect_pending(const void *bytes, size_t len)
{
    size_t n;
    const uint8_t *p = ota_mqtt_codec_pending(&codec, &n);

    assert_int_equal(n, len);
    assert_memory_equal(p, bytes, len);
}

static void greet(uint16_t keep_alive_s)
{
    const struct ota_mqtt_login login = {
        .client_id = "dev", .clean_session = true, .keep_alive_s = keep_alive_s};

    memset(&told, 0, sizeof told);
    assert_int_equal(ota_mqtt_codec_connect(&codec, &login, out, sizeof out), 0);
    drain();
}

/* An open connection that has told nothing yet. */
static void open_codec(uint16_t keep_alive_s)
{
    greet(keep_alive_s);
    assert_int_equal(receive("\x20\x02\x00\x00", 4), 4);
    memset(&told, 0, sizeof told);
}

/* ---- Sending --------------------------------------------------------------------------------- */

static void test_connect_carries_will_and_credentials(void **state)
{
    const struct ota_mqtt_login login = {.client_id = "dev",
                                         .keep_alive_s = 0x102,
                                         .username = "u",
                                         .password = "pw",
                                         .will_topic = "w",
                                         .will_payload = "gone"};

    (void)state;
    assert_int_equal(ota_mqtt_codec_connect(&codec, &login, out, sizeof out), 0);
    expect_pending("\x10\x1f\x00\x04MQTT\x04\xcc\x01\x02\x00\x03"
                   "dev\x00\x01w\x00\x04gone\x00\x01u\x00\x02pw",
                   33);
}

static void test_plain_connect_has_no_flags_but_clean_session(void **state)
{
    const struct ota_mqtt_login login = {
        .client_id = "dev", .clean_session = true, .password = "alone"};

    (void)state;
    assert_int_equal(ota_mqtt_codec_connect(&codec, &login, out, sizeof out), 0);
    expect_pending("\x10\x0f\x00\x04MQTT\x04\x02\x00\x00\x00\x03"
                   "dev",
                   17);
}

static void test_connect_that_does_not_fit_is_refused(void **state)
{
    const struct ota_mqtt_login login = {.client_id = "dev"};

    (void)state;
    assert_int_equal(ota_mqtt_codec_connect(&codec, &login, out, 17 + 3), OTA_ENOSPC);
    assert_int_equal(ota_mqtt_codec_connect(&codec, &login, out, 3), OTA_ENOSPC);
    assert_int_equal(ota_mqtt_codec_connect(&codec, &login, out, 17 + 4), 0);
}

static void test_text_of_more_than_64_kib_is_refused(void **state)
{
    static char text[0x10001];
    const struct ota_mqtt_login login = {.client_id = text};

    (void)state;
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(ota_mqtt_codec_connect(&codec, &login, out, sizeof out), OTA_ELIMIT);
    open_codec(0);
    assert_int_equal(ota_mqtt_codec_subscribe(&codec, text), OTA_ELIMIT);
    assert_int_equal(ota_mqtt_codec_publish(&codec, text, "", 0), OTA_ELIMIT);
    expect_pending("", 0);
}

static void test_subscribe_asks_for_qos_1(void **state)
{
    (void)state;
    open_codec(0);
    assert_int_equal(ota_mqtt_codec_subscribe(&codec, "a/b"), 0);
    assert_int_equal(ota_mqtt_codec_unsubscribe(&codec, "a/b"), 0);
    expect_pending("\x82\x08\x00\x01\x00\x03"
                   "a/b\x01\xa2\x07\x00\x02\x00\x03"
                   "a/b",
                   19);
}

static void test_publish_has_topic_identifier_and_payload(void **state)
{
    (void)state;
    open_codec(0);
    assert_int_equal(ota_mqtt_codec_publish(&codec, "t", "hello", 5), 0);
    assert_int_equal(ota_mqtt_codec_publish(&codec, "t", NULL, 0), 0);
    expect_pending("\x32\x0a\x00\x01t\x00\x01hello\x32\x05\x00\x01t\x00\x02", 19);
}

static void test_publish_of_128_bytes_has_a_size_of_two(void **state)
{
    uint8_t payload[123] = {0};

    (void)state;
    open_codec(0);
    assert_int_equal(ota_mqtt_codec_publish(&codec, "t", payload, sizeof payload), 0);
    assert_memory_equal(out, "\x32\x80\x01\x00\x01t", 6);
    drain();
    assert_int_equal(ota_mqtt_codec_publish(&codec, "t", payload, sizeof payload - 1), 0);
    assert_memory_equal(out, "\x32\x7f\x00\x01t", 5);
}

static void test_full_buffer_is_busy_and_one_too_small_says_so(void **state)
{
    uint8_t payload[OUT] = {0};

    (void)state;
    open_codec(0);
    assert_int_equal(ota_mqtt_codec_publish(&codec, "t", payload, OUT - 4 - 8), 0);
    assert_int_equal(ota_mqtt_codec_publish(&codec, "t", payload, 1), OTA_EBUSY);
    drain();
    assert_int_equal(ota_mqtt_codec_publish(&codec, "t", payload, OUT - 4 - 7), OTA_ENOSPC);
    assert_int_equal(ota_mqtt_codec_publish(&codec, "t", payload, SIZE_MAX), OTA_ENOSPC);
    assert_int_equal(ota_mqtt_codec_publish(&codec, "t", payload, 1), 0);
}

static void test_identifiers_wrap_around_zero(void **state)
{
    (void)state;
    open_codec(0);
    for (unsigned i = 1; i <= 0x10000; i++) {
        assert_int_equal(ota_mqtt_codec_publish(&codec, "t", "", 0), 0);
        assert_int_equal(out[5] << 8 | out[6], i == 0x10000 ? 1 : i);
        drain();
    }
}

static void test_nothing_is_sent_before_the_broker_accepts(void **state)
{
    (void)state;
    greet(60);
    assert_int_equal(ota_mqtt_codec_subscribe(&codec, "t"), OTA_EDROPPED);
    assert_int_equal(ota_mqtt_codec_unsubscribe(&codec, "t"), OTA_EDROPPED);
    assert_int_equal(ota_mqtt_codec_publish(&codec, "t", "", 0), OTA_EDROPPED);
    assert_int_equal(ota_mqtt_codec_tick(&codec, 1000000), 0);
    expect_pending("", 0);
    assert_int_equal(ota_mqtt_codec_disconnect(&codec), OTA_EDROPPED);
    assert_int_equal(ota_mqtt_codec_phase(&codec), OTA_MQTT_CLOSED);
}

static void test_disconnect_says_goodbye(void **state)
{
    (void)state;
    open_codec(0);
    assert_int_equal(ota_mqtt_codec_disconnect(&codec), 0);
    expect_pending("\xe0\x00", 2);
    assert_int_equal(ota_mqtt_codec_publish(&codec, "t", "", 0), OTA_EDROPPED);
}

static void test_part_of_what_waits_can_be_sent(void **state)
{
    (void)state;
    open_codec(0);
    assert_int_equal(ota_mqtt_codec_publish(&codec, "t", "hello", 5), 0);
    ota_mqtt_codec_sent(&codec, 9, 0);
    expect_pending("llo", 3);
}

/* ---- Keeping alive -----------------------------------------------------------------------------
 */

static void test_silent_connection_is_pinged_at_half_the_interval(void **state)
{
    (void)state;
    open_codec(10);
    assert_int_equal(ota_mqtt_codec_tick(&codec, 4999), 0);
    expect_pending("", 0);
    assert_int_equal(ota_mqtt_codec_tick(&codec, 5000), 0);
    assert_int_equal(ota_mqtt_codec_tick(&codec, 5001), 0);
    expect_pending("\xc0\x00", 2);
}

static void test_answered_ping_is_followed_by_the_next(void **state)
{
    (void)state;
    open_codec(10);
    assert_int_equal(ota_mqtt_codec_tick(&codec, 5000), 0);
    ota_mqtt_codec_sent(&codec, 2, 5000);
    assert_int_equal(receive("\xd0\x00", 2), 2);
    assert_int_equal(ota_mqtt_codec_tick(&codec, 9999), 0);
    expect_pending("", 0);
    assert_int_equal(ota_mqtt_codec_tick(&codec, 10000), 0);
    expect_pending("\xc0\x00", 2);
}

static void test_ping_without_answer_ends_the_connection(void **state)
{
    (void)state;
    open_codec(10);
    assert_int_equal(ota_mqtt_codec_tick(&codec, 5000), 0);
    assert_int_equal(ota_mqtt_codec_tick(&codec, 14999), 0);
    assert_int_equal(ota_mqtt_codec_tick(&codec, 15000), OTA_EDROPPED);
}

static void test_clock_may_wrap_around(void **state)
{
    (void)state;
    open_codec(10);
    ota_mqtt_codec_sent(&codec, 0, UINT32_MAX - 999);
    assert_int_equal(ota_mqtt_codec_tick(&codec, 3999), 0);
    expect_pending("", 0);
    assert_int_equal(ota_mqtt_codec_tick(&codec, 4000), 0);
    expect_pending("\xc0\x00", 2);
}

static void test_no_keep_alive_means_no_ping(void **state)
{
    (void)state;
    open_codec(0);
    assert_int_equal(ota_mqtt_codec_tick(&codec, UINT32_MAX), 0);
    expect_pending("", 0);
}

/* ---- Receiving ---------------------------------------------------------------------------------
 */

static void test_acceptance_opens(void **state)
{
    (void)state;
    greet(0);
    assert_int_equal(ota_mqtt_codec_phase(&codec), OTA_MQTT_GREETING);
    assert_int_equal(receive("\x20\x02\x01\x00", 4), 4);
    assert_int_equal(ota_mqtt_codec_phase(&codec), OTA_MQTT_OPEN);
    assert_int_equal(told.n, 1);
    assert_int_equal(told.events[0].kind, OTA_MQTT_CONNECTED);
    assert_int_equal(told.events[0].err, 0);
}

static void test_refusal_closes_and_says_why(void **state)
{
    static const int want[] = {OTA_ECONNECT, OTA_ECONNECT, OTA_ECONNECT,
                               OTA_EAUTH,    OTA_EAUTH,    OTA_ECONNECT};

    (void)state;
    for (uint8_t code = 1; code <= 6; code++) {
        const uint8_t answer[] = {0x20, 2, 0, code, 0xff, 0xff};

        greet(0);
        assert_int_equal(receive(answer, sizeof answer), sizeof answer);
        assert_int_equal(told.n, 1);
        assert_int_equal(told.events[0].err, want[code - 1]);
        assert_int_equal(ota_mqtt_codec_phase(&codec), OTA_MQTT_CLOSED);
    }
}

static void test_acknowledgements_become_events(void **state)
{
    (void)state;
    open_codec(0);
    assert_int_equal(receive("\x90\x03\x00\x01\x01"
                             "\x90\x03\x00\x02\x80"
                             "\x40\x02\x00\x03"
                             "\xb0\x02\x00\x04",
                             18),
                     18);
    assert_int_equal(told.n, 3);
    assert_int_equal(told.events[0].kind, OTA_MQTT_SUBSCRIBED);
    assert_int_equal(told.events[0].err, 0);
    assert_int_equal(told.events[1].kind, OTA_MQTT_SUBSCRIBED);
    assert_int_equal(told.events[1].err, OTA_EAUTH);
    assert_int_equal(told.events[2].kind, OTA_MQTT_PUBLISHED);
}

static void test_message_is_handed_on_and_acknowledged(void **state)
{
    (void)state;
    open_codec(0);
    assert_int_equal(receive("\x33\x0a\x00\x03"
                             "a/b\x12\x34xyz",
                             12),
                     12);
    assert_int_equal(told.n, 1);
    assert_string_equal(told.topic, "a/b");
    assert_int_equal(told.events[0].total, 3);
    assert_true(told.events[0].retained);
    assert_memory_equal(told.payload, "xyz", 3);
    expect_pending("\x40\x02\x12\x34", 4);
}

static void test_qos_0_is_not_acknowledged(void **state)
{
    (void)state;
    open_codec(0);
    assert_int_equal(receive("\x30\x06\x00\x03"
                             "a/bx",
                             8),
                     8);
    assert_int_equal(told.n, 1);
    assert_false(told.events[0].retained);
    expect_pending("", 0);
}

static void test_empty_message_is_one_event(void **state)
{
    (void)state;
    open_codec(0);
    assert_int_equal(receive("\x30\x03\x00\x01t\x32\x05\x00\x01t\x00\x07", 12), 12);
    assert_int_equal(told.n, 2);
    assert_int_equal(told.events[1].len, 0);
    assert_int_equal(told.events[1].total, 0);
    expect_pending("\x40\x02\x00\x07", 4);
}

/* Larger than any buffer, in pieces of every size that matters. */
static void test_long_message_arrives_whole_however_it_is_cut(void **state)
{
    static uint8_t packet[9 + 65536];
    static const size_t cuts[] = {1, 2, 3, 7, 536, 1460, 4096, sizeof packet};

    (void)state;
    memcpy(packet, "\x32\x85\x80\x04\x00\x01t\x00\x01", 9);
    for (size_t i = 9; i < sizeof packet; i++) {
        packet[i] = (uint8_t)(i * 7 + (i >> 8));
    }
    for (size_t c = 0; c < sizeof cuts / sizeof cuts[0]; c++) {
        struct guard g;

        guard_init(&g, sizeof packet);
        open_codec(0);
        for (size_t off = 0; off < sizeof packet;) {
            size_t n = sizeof packet - off < cuts[c] ? sizeof packet - off : cuts[c];

            memcpy(g.end - n, packet + off, n);
            assert_int_equal(receive(g.end - n, n), n);
            off += n;
        }
        assert_int_equal(told.payload_len, 0);
        assert_memory_equal(told.payload, packet + 9, 65536);
        expect_pending("\x40\x02\x00\x01", 4);
        guard_free(&g);
    }
}

static void test_message_on_a_long_topic_is_dropped_and_acknowledged(void **state)
{
    uint8_t packet[4 + 161 + 2 + 3] = {0x32, 0xa8, 0x01, 0x00, 0xa1};

    (void)state;
    memset(packet + 5, 't', 161);
    packet[166] = 0x00;
    packet[167] = 0x09;
    open_codec(0);
    assert_int_equal(receive(packet, sizeof packet), sizeof packet);
    assert_int_equal(receive("z", 1), 1);
    assert_int_equal(told.n, 0);
    expect_pending("\x40\x02\x00\x09", 4);
    assert_int_equal(receive("\x30\x04\x00\x01tx", 6), 6);
    assert_int_equal(told.n, 1);
}

static void test_message_on_the_longest_topic_is_handed_on(void **state)
{
    uint8_t packet[3 + 2 + 160 + 1] = {0x30, 0xa3, 0x01, 0x00, 0xa0};

    (void)state;
    memset(packet + 5, 't', 161);
    open_codec(0);
    assert_int_equal(receive(packet, sizeof packet), sizeof packet);
    assert_int_equal(told.n, 1);
    assert_int_equal(strlen(told.topic), 160);
}

static void test_without_room_for_acknowledgements_nothing_more_is_taken(void **state)
{
    static const char message[] = "\x32\x06\x00\x01t\x00\x01x";
    uint8_t payload[OUT] = {0};
    size_t taken = 0;

    (void)state;
    open_codec(0);
    assert_int_equal(ota_mqtt_codec_publish(&codec, "t", payload, OUT - 4 - 8 - 5), 0);
    for (int i = 0; i < 3; i++) {
        taken += (size_t)receive(message, 8);
    }
    assert_int_equal(taken, 16);
    assert_int_equal(told.n, 2);
    drain();
    assert_int_equal(receive(message, 8), 8);
    assert_int_equal(told.n, 3);
    expect_pending("\x40\x02\x00\x01", 4);
}

static void test_nobody_needs_to_listen(void **state)
{
    (void)state;
    open_codec(0);
    assert_int_equal(ota_mqtt_codec_receive(&codec, "\x30\x04\x00\x01tx\x40\x02\x00\x01", 10, NULL),
                     10);
}

/* ---- Brokers that break the protocol -----------------------------------------------------------
 */

static void expect_broken(const void *packet, size_t len)
{
    open_codec(0);
    assert_int_equal(receive(packet, len), OTA_EPROTO);
    assert_int_equal(told.n, 0);
    assert_int_equal(ota_mqtt_codec_phase(&codec), OTA_MQTT_CLOSED);
    assert_int_equal(receive("\x30\x04\x00\x01tx", 6), 6);
    assert_int_equal(told.n, 0);
}

static void test_packet_before_the_acceptance_is_refused(void **state)
{
    (void)state;
    greet(0);
    assert_int_equal(receive("\x30\x04\x00\x01tx", 6), OTA_EPROTO);
    assert_int_equal(told.n, 0);
}

static void test_second_acceptance_is_refused(void **state)
{
    (void)state;
    expect_broken("\x20\x02\x00\x00", 4);
}

static void test_packets_of_wrong_length_are_refused(void **state)
{
    (void)state;
    greet(0);
    assert_int_equal(receive("\x20\x03", 2), OTA_EPROTO);
    expect_broken("\x40\x01", 2);
    expect_broken("\x40\x00", 2);
    expect_broken("\x90\x02", 2);
    expect_broken("\x90\x04", 2);
    expect_broken("\xb0\x03", 2);
    expect_broken("\xd0\x01", 2);
}

static void test_packets_that_brokers_do_not_send_are_refused(void **state)
{
    (void)state;
    for (unsigned head = 0; head < 256; head++) {
        const uint8_t packet[] = {(uint8_t)head, 0x02};
        unsigned type = head & 0xf0u;
        bool is_known = head == 0x40 || head == 0xb0 || (type == 0x30 && (head & 4) == 0);

        open_codec(0);
        assert_int_equal(receive(packet, 2), is_known ? 2 : OTA_EPROTO);
    }
}

static void test_size_of_more_than_four_bytes_is_refused(void **state)
{
    (void)state;
    expect_broken("\x30\x80\x80\x80\x80", 5);
    open_codec(0);
    assert_int_equal(receive("\x30\xff\xff\xff\x7f", 5), 5);
}

static void test_message_whose_fields_do_not_fit_is_refused(void **state)
{
    (void)state;
    expect_broken("\x30\x01", 2);
    expect_broken("\x30\x04\x00\x03", 4);
    expect_broken("\x30\x03\x00\x00", 4);
    expect_broken("\x32\x04\x00\x01t", 5);
    expect_broken("\x32\x06\x00\x01t\x00\x00", 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connect_carries_will_and_credentials),
        cmocka_unit_test(test_plain_connect_has_no_flags_but_clean_session),
        cmocka_unit_test(test_connect_that_does_not_fit_is_refused),
        cmocka_unit_test(test_text_of_more_than_64_kib_is_refused),
        cmocka_unit_test(test_subscribe_asks_for_qos_1),
        cmocka_unit_test(test_publish_has_topic_identifier_and_payload),
        cmocka_unit_test(test_publish_of_128_bytes_has_a_size_of_two),
        cmocka_unit_test(test_full_buffer_is_busy_and_one_too_small_says_so),
        cmocka_unit_test(test_identifiers_wrap_around_zero),
        cmocka_unit_test(test_nothing_is_sent_before_the_broker_accepts),
        cmocka_unit_test(test_disconnect_says_goodbye),
        cmocka_unit_test(test_part_of_what_waits_can_be_sent),
        cmocka_unit_test(test_silent_connection_is_pinged_at_half_the_interval),
        cmocka_unit_test(test_answered_ping_is_followed_by_the_next),
        cmocka_unit_test(test_ping_without_answer_ends_the_connection),
        cmocka_unit_test(test_clock_may_wrap_around),
        cmocka_unit_test(test_no_keep_alive_means_no_ping),
        cmocka_unit_test(test_acceptance_opens),
        cmocka_unit_test(test_refusal_closes_and_says_why),
        cmocka_unit_test(test_acknowledgements_become_events),
        cmocka_unit_test(test_message_is_handed_on_and_acknowledged),
        cmocka_unit_test(test_qos_0_is_not_acknowledged),
        cmocka_unit_test(test_empty_message_is_one_event),
        cmocka_unit_test(test_long_message_arrives_whole_however_it_is_cut),
        cmocka_unit_test(test_message_on_a_long_topic_is_dropped_and_acknowledged),
        cmocka_unit_test(test_message_on_the_longest_topic_is_handed_on),
        cmocka_unit_test(test_without_room_for_acknowledgements_nothing_more_is_taken),
        cmocka_unit_test(test_nobody_needs_to_listen),
        cmocka_unit_test(test_packet_before_the_acceptance_is_refused),
        cmocka_unit_test(test_second_acceptance_is_refused),
        cmocka_unit_test(test_packets_of_wrong_length_are_refused),
        cmocka_unit_test(test_packets_that_brokers_do_not_send_are_refused),
        cmocka_unit_test(test_size_of_more_than_four_bytes_is_refused),
        cmocka_unit_test(test_message_whose_fields_do_not_fit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
