/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <string.h>

#include "common/topics.h"

static struct topics topics;

static int make_topics(void **state)
{
    (void)state;
    return topics_init(&topics, "anycloud", "KIT");
}

static void test_topics_are_those_of_the_protocol(void **state)
{
    (void)state;
    assert_string_equal(topics.notify, "anycloud/KIT/publish_notify");
    assert_string_equal(topics.direct, "anycloud/KIT/OTAImage");
}

static void test_company_may_have_several_levels_and_kit_one(void **state)
{
    struct topics t;

    (void)state;
    assert_int_equal(topics_init(&t, "acme/lab", "KIT"), 0);
    assert_string_equal(t.notify, "acme/lab/KIT/publish_notify");
    assert_int_equal(topics_init(&t, "acme", "KIT/x"), -1);
}

static void test_company_and_kit_with_wildcards_are_refused(void **state)
{
    struct topics t;
    char longest[300];

    (void)state;
    memset(longest, 'k', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(topics_init(&t, "", "KIT"), -1);
    assert_int_equal(topics_init(&t, "anycloud", ""), -1);
    assert_int_equal(topics_init(&t, "#", "KIT"), -1);
    assert_int_equal(topics_init(&t, "anycloud", "+"), -1);
    assert_int_equal(topics_init(&t, "$SYS", "KIT"), -1);
    assert_int_equal(topics_init(&t, "any\ncloud", "KIT"), -1);
    assert_int_equal(topics_init(&t, "anycloud", longest), -1);
}

static void test_unique_topics_of_both_kinds_of_device_are_taken(void **state)
{
    (void)state;
    assert_null(topics_refuse(&topics, "anycloud/KIT/OTAImage/54321"));
    assert_null(topics_refuse(&topics, "anycloud/KIT/subscriber/image813908754"));
}

static void test_unique_topics_that_lead_elsewhere_are_refused(void **state)
{
    static const char *const BAD[] = {
        "",
        "anycloud/KIT/",
        "anycloud/KIT",
        "anycloud/OTHER/OTAImage/1",
        "other/KIT/OTAImage/1",
        "anycloud/KIT/publish_notify",
        "anycloud/KIT/OTAImage/+",
        "anycloud/KIT/#",
        "anycloud/KIT/a\x01",
        "anycloud/KIT/a\x7f",
        "anycloud/KIT/a\xc2\x85",
        "$SYS/broker",
        "/anycloud/KIT/x",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        if (topics_refuse(&topics, BAD[i]) == NULL) {
            fail_msg("'%s' was accepted", BAD[i]);
        }
    }
}

static void test_unique_topics_end_at_256_bytes(void **state)
{
    char topic[300];

    (void)state;
    memset(topic, 'x', sizeof topic);
    memcpy(topic, "anycloud/KIT/", 13);
    topic[256] = '\0';
    assert_null(topics_refuse(&topics, topic));
    topic[256] = 'x';
    topic[257] = '\0';
    assert_non_null(topics_refuse(&topics, topic));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topics_are_those_of_the_protocol),
        cmocka_unit_test(test_company_may_have_several_levels_and_kit_one),
        cmocka_unit_test(test_company_and_kit_with_wildcards_are_refused),
        cmocka_unit_test(test_unique_topics_of_both_kinds_of_device_are_taken),
        cmocka_unit_test(test_unique_topics_that_lead_elsewhere_are_refused),
        cmocka_unit_test(test_unique_topics_end_at_256_bytes),
    };

    return cmocka_run_group_tests(tests, make_topics, NULL);
}
