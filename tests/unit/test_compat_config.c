/* SPDX-License-Identifier: Apache-2.0 */
/* What an application's cy_ota_config.h overrides has the effect that docs/compat.md says. */
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#include "compat/compat.h"
#include "unit/compat_world.h"

/* What was published, with its topic in front. */
static char published[8192];
static struct ota_mqtt_ops spy;
static int (*publish_on)(void *ctx, const char *topic, const void *payload, size_t len);

static int publish(void *ctx, const char *topic, const void *payload, size_t len)
{
    size_t at = strlen(published);

    (void)snprintf(published + at, sizeof published - at, "%s %.*s\n", topic, (int)len,
                   (const char *)payload);
    return publish_on(ctx, topic, payload, len);
}

static int set_up(void **state)
{
    (void)state;
    compat_world_init();
    published[0] = '\0';
    spy = *world.peer.client.ops;
    publish_on = spy.publish;
    spy.publish = publish;
    world.peer.client.ops = &spy;
    return 0;
}

/* The library's configuration for the world's parameters. */
static const struct ota_config *configure(void)
{
    static struct compat c;

    memset(&c, 0, sizeof c);
    c.network = world.network;
    c.params = world.params;
    assert_int_equal(ota_compat_configure(&c), 0);
    return &c.config;
}

static void test_times_and_numbers_are_those_of_the_settings(void **state)
{
    const struct ota_timing *t = &configure()->timing;

    (void)state;
    assert_int_equal(t->initial_check_s, 11);
    assert_int_equal(t->next_check_s, 2222);
    assert_int_equal(t->retry_s, 33);
    assert_int_equal(t->packet_s, OTA_NEVER_S); /* 0: no limit */
    assert_int_equal(t->job_s, 55);
    assert_int_equal(t->data_s, 666);
    assert_int_equal(t->connect_retries, 7);
    assert_int_equal(t->download_tries, 8);
    assert_int_equal(t->stall_s, 0); /* the library's own over MQTT */
    world.network.initial_connection = CY_OTA_CONNECTION_HTTP;
    assert_int_equal(configure()->timing.stall_s, 9);
}

static void test_names_are_those_of_the_settings(void **state)
{
    const struct ota_config *c;

    (void)state;
    world.network.mqtt.pIdentifier = "";
    c = configure();
    assert_string_equal(c->mqtt.identifier, "my_device");
    assert_string_equal(c->mqtt.will_topic, "my_prefix/will");
    assert_string_equal(c->mqtt.company, "mine");
    assert_string_equal(c->mqtt.listen_topic, "listen");
    assert_int_equal(c->mqtt.keep_alive_s, 99);
    assert_false(c->mqtt.whole_image);
    assert_string_equal(c->manufacturer, "My Factory");
    assert_string_equal(c->manufacturer_id, "MINE");
    assert_string_equal(c->product, "My Product");
    assert_string_equal(c->serial, "0042");
    assert_string_equal(c->http.job_file, "/my_job.json");
    assert_string_equal(c->http.file, "/my_image.bin");
    assert_string_equal(CY_OTA_SUBSCRIBE_AVAIL_TOPIC, "mine/CY8CPROTO_062_4343W/direct");
}

static void test_number_of_filters_is_that_of_the_settings(void **state)
{
    static const char *filters[] = {"a", "b", "c", "d", "e"};

    (void)state;
    world.network.mqtt.pTopicFilters = filters;
    world.network.mqtt.numTopicFilters = 5;
    assert_int_equal(ota_compat_check(&world.network), CY_RSLT_OTA_ERROR_BADARG);
    world.network.mqtt.numTopicFilters = 4;
    assert_int_equal(ota_compat_check(&world.network), CY_RSLT_SUCCESS);
}

static void test_messages_over_mqtt_are_those_of_the_settings(void **state)
{
    (void)state;
    compat_world_run(1);
    assert_true(compat_world_is_pending());
    assert_non_null(strstr(published, "mine/CY8CPROTO_062_4343W/listen {\"Message\":\"Update "
                                      "Availability\",\"Mine\":\"1.0.0\",\"UniqueTopicName\":\""
                                      "mine/CY8CPROTO_062_4343W/OTAImage/"));
    assert_true(world.peer.n_chunk_requests >= 3); /* chunk by chunk */
    assert_int_equal(world.peer.n_whole_requests, 0);
    assert_non_null(strstr(published, "\"My Factory\""));
    assert_non_null(strstr(world.peer.result, "{\"Outcome\":\"Fine\",\"UniqueTopicName\":\"mine/"));
}

static void test_failure_over_mqtt_has_the_word_of_the_settings(void **state)
{
    (void)state;
    world.image[5000] ^= 1;
    compat_world_run(1);
    assert_false(compat_world_is_pending());
    assert_non_null(strstr(world.peer.result, "{\"Outcome\":\"Broken\","));
}

static char shown[512];

static cy_ota_callback_results_t keep_requests(cy_ota_cb_struct_t *cb)
{
    size_t len = strlen(shown);

    if (cb->reason == CY_OTA_REASON_STATE_CHANGE &&
        (cb->state == CY_OTA_STATE_JOB_DOWNLOAD || cb->state == CY_OTA_STATE_DATA_DOWNLOAD)) {
        (void)snprintf(shown + len, sizeof shown - len, "%.200s\n", cb->json_doc);
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

static void test_messages_over_http_are_those_of_the_settings(void **state)
{
    (void)state;
    shown[0] = '\0';
    world.network.initial_connection = CY_OTA_CONNECTION_HTTP;
    world.answer = keep_requests;
    compat_world_run(1);
    assert_string_equal(shown, "FETCH /my_job.json FROM web.local:80\n"
                               "PIECE OF /anycloud-ota.bin FROM web.local:80, 0-4095\n");
    assert_string_equal(world.web.result, "{\"Outcome\":\"Fine\",\"What\":\"/anycloud-ota.bin\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_times_and_numbers_are_those_of_the_settings, set_up),
        cmocka_unit_test_setup(test_names_are_those_of_the_settings, set_up),
        cmocka_unit_test_setup(test_number_of_filters_is_that_of_the_settings, set_up),
        cmocka_unit_test_setup(test_messages_over_mqtt_are_those_of_the_settings, set_up),
        cmocka_unit_test_setup(test_failure_over_mqtt_has_the_word_of_the_settings, set_up),
        cmocka_unit_test_setup(test_messages_over_http_are_those_of_the_settings, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
