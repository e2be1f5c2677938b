/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <string.h>

#include "ota/err.h"
#include "ota/version.h"

static int parse(const char *text, struct ota_version *out)
{
    return ota_version_parse(text, strlen(text), out);
}

static void test_full_version_is_read(void **state)
{
    struct ota_version v;

    (void)state;
    assert_int_equal(parse("1.22.333+4444", &v), 0);
    assert_int_equal(v.major, 1);
    assert_int_equal(v.minor, 22);
    assert_int_equal(v.revision, 333);
    assert_int_equal(v.build, 4444);
}

static void test_missing_parts_are_zero(void **state)
{
    struct ota_version v;

    (void)state;
    assert_int_equal(parse("7", &v), 0);
    assert_int_equal(v.major, 7);
    assert_int_equal(v.minor, 0);
    assert_int_equal(parse("7.8+9", &v), 0);
    assert_int_equal(v.minor, 8);
    assert_int_equal(v.revision, 0);
    assert_int_equal(v.build, 9);
}

static void test_malformed_versions_are_refused(void **state)
{
    static const char *const bad[] = {"",          "v1.0.0",       "1.",     "1..2",
                                      "1.2.3.4",   " 1",           "1.2.3 ", "65536.0",
                                      "1.2.65536", "1+4294967296", "1+",     "-1"};
    struct ota_version v = {9, 9, 9, 9};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(bad[i], &v), OTA_EFORMAT);
        assert_int_equal(v.major, 9);
    }
}

static void test_order_ignores_the_build_number(void **state)
{
    struct ota_version a = {1, 2, 3, 0};
    struct ota_version b = {1, 2, 3, 99};
    struct ota_version c = {1, 3, 0, 0};

    (void)state;
    assert_int_equal(ota_version_compare(&a, &b), 0);
    assert_true(ota_version_compare(&a, &c) < 0);
    assert_true(ota_version_compare(&c, &a) > 0);
}

static void test_format_is_exact_about_room(void **state)
{
    struct ota_version v = {65535, 65535, 65535, 4294967295u};
    char buf[OTA_VERSION_TEXT_MAX];

    (void)state;
    assert_int_equal(ota_version_format(&v, buf, sizeof buf), 28);
    assert_string_equal(buf, "65535.65535.65535+4294967295");
    assert_int_equal(ota_version_format(&v, buf, 28), OTA_ENOSPC);
    assert_int_equal(ota_version_format(&v, buf, 29), 28);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_version_is_read),
        cmocka_unit_test(test_missing_parts_are_zero),
        cmocka_unit_test(test_malformed_versions_are_refused),
        cmocka_unit_test(test_order_ignores_the_build_number),
        cmocka_unit_test(test_format_is_exact_about_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
