/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/chunk.h"
#include "ota-publisher/job.h"
#include "ota-publisher/server.h"

#define ROOT "anycloud/KIT/"

/* ---- The link, as a list of what was published -------------------------------------------- */

static struct {
    char topic[TOPIC_LEN_MAX + 1];
    uint8_t data[16384];
    size_t len;
    int rc; /* of the next publish */
    int mid;
    unsigned n;
} sent;

int mqtt_link_publish(struct mqtt_link *l, const char *topic, const void *data, size_t len,
                      int *mid)
{
    (void)l;
    if (sent.rc != 0) {
        return sent.rc;
    }
    assert_in_range(len, 1, sizeof sent.data - 1);
    memcpy(sent.data, data, len);
    sent.data[len] = '\0';
    sent.len = len;
    (void)snprintf(sent.topic, sizeof sent.topic, "%s", topic);
    sent.n++;
    sent.mid = sent.mid % 65535 + 1;
    *mid = sent.mid;
    return 0;
}

/* ---- A server with a 10000-byte image of version 1.6.0 ------------------------------------ */

static char image_path[] = "/tmp/test_publisher_server.XXXXXX";
static struct release_store releases;
static struct topics topics;
static struct mqtt_link mqtt;
static struct server server;

static void write_image(size_t size)
{
    FILE *f = fopen(image_path, "wb");

    assert_non_null(f);
    while (size-- > 0) {
        assert_int_not_equal(fputc((int)(size & 0xff), f), EOF);
    }
    assert_int_equal(fclose(f), 0);
}

static int open_server(void **state)
{
    (void)state;
    memset(&sent, 0, sizeof sent);
    write_image(10000);
    if (topics_init(&topics, "anycloud", "KIT") != 0 ||
        release_store_open(&releases, image_path,
                           OTA_TEST_VECTORS "/anycloud/messages/job-file-mqtt.json", "KIT",
                           1883) != 0) {
        return -1;
    }
    mqtt.state = MQTT_LINK_UP;
    server = (struct server){.releases = &releases,
                             .sessions = sessions_new(4),
                             .topics = &topics,
                             .link = &mqtt,
                             .board = "KIT"};
    return server.sessions != NULL ? 0 : -1;
}

static int close_server(void **state)
{
    (void)state;
    sessions_free(server.sessions);
    release_store_close(&releases);
    return 0;
}

static int make_file(void **state)
{
    int fd = mkstemp(image_path);

    (void)state;
    return fd < 0 || close(fd) != 0 ? -1 : 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(image_path);
}

static void receive(const char *message, const char *topic, const char *more)
{
    char text[1024];
    struct mosquitto_message m = {.payload = text};

    m.payloadlen =
        snprintf(text, sizeof text, "{\"Message\": \"%s\", \"UniqueTopicName\": \"%s\"%s}", message,
                 topic, more);
    SERVER_HANDLERS.message(&server, &m);
}

static void ack_all(void)
{
    int mid;

    for (mid = 1; mid <= 65535; mid++) {
        SERVER_HANDLERS.acked(&server, mid);
    }
}

static void expect_chunk(uint32_t offset, uint32_t total)
{
    struct ota_chunk c;

    assert_int_equal(ota_chunk_decode(sent.data, sent.len, &c), 0);
    assert_int_equal(c.offset, offset);
    assert_int_equal(c.total_size, total);
}

static void test_a_chunk_asked_for_right_after_the_result_is_sent(void **state)
{
    (void)state;
    receive("Success", ROOT "a", "");
    receive("Request Data Chunk", ROOT "a", ", \"Offset\": 4096");
    server_pump(&server);
    assert_int_equal(sent.n, 2);
    expect_chunk(4096, 10000);
}

static void test_a_new_job_request_ends_the_download(void **state)
{
    (void)state;
    receive("Request Update", ROOT "a", "");
    receive("Update Availability", ROOT "a", "");
    server_pump(&server);
    assert_int_equal(sent.n, 1);
    assert_non_null(strstr((char *)sent.data, "Update Available"));
}

static void test_an_image_asked_for_again_begins_again(void **state)
{
    (void)state;
    receive("Request Update", ROOT "a", "");
    server_pump(&server);
    assert_int_equal(sent.n, 3);
    receive("Request Update", ROOT "a", "");
    server_pump(&server);
    expect_chunk(0, 10000); /* the window has room for one of three */
    ack_all();
    server_pump(&server);
    assert_int_equal(sent.n, 6);
    expect_chunk(8192, 10000);
}

static void test_the_shared_topic_finishes_and_then_begins_once_more(void **state)
{
    unsigned i;

    (void)state;
    write_image(100000);
    receive("Send Direct Update", "", "");
    server_pump(&server);
    assert_string_equal(sent.topic, ROOT "OTAImage");
    for (i = 0; i < 10; i++) {
        receive("Send Direct Update", "", "");
    }
    for (i = 0; i < 100; i++) {
        ack_all();
        server_pump(&server);
    }
    assert_int_equal(sent.n, 2 * 25);
}

static void test_strangers_cannot_use_the_shared_topic_as_their_own(void **state)
{
    (void)state;
    receive("Update Availability", ROOT "OTAImage", "");
    receive("Request Data Chunk", ROOT "OTAImage", ", \"Offset\": 0");
    receive("Success", ROOT "OTAImage", "");
    server_pump(&server);
    assert_int_equal(sent.n, 0);
}

static void test_a_withdrawn_image_is_neither_offered_nor_sent(void **state)
{
    (void)state;
    write_image(0);
    receive("Request Update", ROOT "a", "");
    receive("Request Data Chunk", ROOT "b", ", \"Offset\": 0");
    server_pump(&server);
    assert_int_equal(sent.n, 0);
    receive("Update Availability", ROOT "c", "");
    server_pump(&server);
    assert_non_null(strstr((char *)sent.data, "No Update Available"));
    receive("Success", ROOT "d", "");
    server_pump(&server);
    assert_string_equal((char *)sent.data,
                        "{\"Message\": \"Result Received\", \"UniqueTopicName\": \"" ROOT "d\"}");
}

static void test_a_file_overwritten_in_place_ends_its_downloads(void **state)
{
    (void)state;
    receive("Update Availability", ROOT "a", "");
    server_pump(&server);
    write_image(20000);
    receive("Request Data Chunk", ROOT "a", ", \"Offset\": 0");
    server_pump(&server);
    assert_int_equal(sent.n, 1);
    receive("Request Data Chunk", ROOT "a", ", \"Offset\": 0");
    server_pump(&server);
    expect_chunk(0, 20000);
}

static void test_a_link_that_takes_nothing_loses_nothing(void **state)
{
    (void)state;
    receive("Request Data Chunk", ROOT "a", ", \"Offset\": 4096");
    sent.rc = MOSQ_ERR_NO_CONN;
    server_pump(&server);
    sent.rc = MOSQ_ERR_SUCCESS;
    server_pump(&server);
    expect_chunk(4096, 10000);
}

static void test_a_topic_that_the_library_refuses_is_given_up(void **state)
{
    (void)state;
    receive("Request Update", ROOT "a", "");
    sent.rc = MOSQ_ERR_INVAL;
    server_pump(&server);
    sent.rc = MOSQ_ERR_SUCCESS;
    server_pump(&server);
    assert_int_equal(sent.n, 0);
}

/* One step of a story that a few devices and an operator write together. */
static void random_step(unsigned dice)
{
    static const char *const MESSAGES[] = {
        "Update Availability", "Request Update", "Request Data Chunk", "Success", "Failure",
        "Send Direct Update"};
    static const char *const TOPICS[] = {ROOT "a", ROOT "b", ROOT "OTAImage",
                                         ROOT "publish_notify"};
    char more[64];

    (void)snprintf(more, sizeof more, ", \"Offset\": %u, \"Size\": %u", dice % 41 * 500,
                   dice % 7 * 1500);
    switch (dice / 64 % 16) {
    case 0:
        server_pump(&server);
        break;
    case 1:
        ack_all();
        break;
    case 2:
        write_image(dice % 3 * 8000);
        break;
    case 3:
        SERVER_HANDLERS.down(&server, dice % 16 == 0);
        break;
    case 4:
        sent.rc = dice % 3 == 0 ? MOSQ_ERR_NO_CONN : dice % 3 == 1 ? MOSQ_ERR_INVAL : 0;
        break;
    default:
        receive(MESSAGES[dice % 6], TOPICS[dice / 7 % 4], more);
    }
}

static void test_no_order_of_events_breaks_the_server(void **state)
{
    uint32_t seed = 1;
    unsigned i;

    (void)state;
    for (i = 0; i < 20000; i++) {
        seed = seed * 1664525u + 1013904223u;
        random_step(seed >> 8);
    }
    sent.rc = 0;
    write_image(10000);
    ack_all();
    for (i = 0; i < 100; i++) {
        server_pump(&server);
        ack_all();
    }
    receive("Update Availability", ROOT "z", "");
    server_pump(&server);
    assert_string_equal(sent.topic, ROOT "z");
    assert_int_equal(server.sessions->unacked_bytes, sent.len);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_server, close_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_chunk_asked_for_right_after_the_result_is_sent),
        TEST(test_a_new_job_request_ends_the_download),
        TEST(test_an_image_asked_for_again_begins_again),
        TEST(test_the_shared_topic_finishes_and_then_begins_once_more),
        TEST(test_strangers_cannot_use_the_shared_topic_as_their_own),
        TEST(test_a_withdrawn_image_is_neither_offered_nor_sent),
        TEST(test_a_file_overwritten_in_place_ends_its_downloads),
        TEST(test_a_link_that_takes_nothing_loses_nothing),
        TEST(test_a_topic_that_the_library_refuses_is_given_up),
        TEST(test_no_order_of_events_breaks_the_server),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
