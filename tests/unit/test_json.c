/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "ota/err.h"

struct seen {
    int n;
    struct ota_json_member last;
};

static int count(void *arg, const struct ota_json_member *m)
{
    struct seen *s = arg;

    s->n++;
    s->last = *m;
    return 0;
}

/* From an exact copy, so that an over-read is seen by the sanitizer. */
static int members(const char *text, size_t len)
{
    char *exact = malloc(len > 0 ? len : 1);
    struct seen s = {0};
    int rc;

    assert_non_null(exact);
    memcpy(exact, text, len);
    rc = ota_json_object(exact, len, count, &s);
    free(exact);
    return rc < 0 ? rc : s.n;
}

static int members_of(const char *text)
{
    return members(text, strlen(text));
}

static void test_own_members_are_visited_nested_ones_not(void **state)
{
    (void)state;
    assert_int_equal(members_of("{}"), 0);
    assert_int_equal(members_of(" {\"a\":1} \n"), 1);
    assert_int_equal(members_of("{\"a\":{\"b\":1,\"c\":[1,2,{\"d\":3}]},\"e\":true}"), 2);
    assert_int_equal(members_of("{\"a\":[],\"b\":{},\"c\":\"\"}"), 3);
}

static void test_anything_but_one_object_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "[]",
        "1",
        "\"a\"",
        "{",
        "}",
        "{}{}",
        "{} x",
        "x{}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,\"a\":1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\" 1}",
        "{\"a\"::1}",
        "{\"a\":1,,\"b\":2}",
        "{\"a\":1;\"b\":2}",
        "{a:1}",
        "{1:2}",
        "{\"a\":tru",
        "{\"a\":\"b}",
        "{\"a\",\"b\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (members_of(bad[i]) >= 0) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
}

static void test_every_prefix_of_a_document_is_refused(void **state)
{
    static const char text[] =
        "{\"Message\":\"a\\u00e9b\", \"n\": [1, {\"x\": null}], \"v\": -1.5e3}";

    (void)state;
    assert_int_equal(members_of(text), 3);
    for (size_t len = 0; len < sizeof text - 1; len++) {
        assert_true(members(text, len) < 0);
    }
}

static void test_deep_documents_are_too_much(void **state)
{
    char text[4096] = "{\"a\":";
    size_t n = strlen(text);

    (void)state;
    memset(text + n, '[', 32);
    memset(text + n + 32, ']', 32);
    text[n + 64] = '}';
    assert_int_equal(members(text, n + 65), 1);
    memset(text + n, '{', 33);
    memset(text + n + 33, '}', 34);
    assert_int_equal(members(text, n + 67), OTA_ELIMIT);
    memset(text + n, '[', 2000);
    assert_int_equal(members(text, n + 2000), OTA_ELIMIT);
}

static void test_brackets_of_values_are_pairs(void **state)
{
    (void)state;
    assert_int_equal(members_of("{\"a\":[{\"b\":\"]}\"},[]]}"), 1);
    assert_int_equal(members_of("{\"a\":[{]}}"), OTA_EFORMAT);
    assert_int_equal(members_of("{\"a\":[}"), OTA_EFORMAT);
    assert_int_equal(members_of("{\"a\":{\"b\":\"\\\"}\"}}"), 1);
    assert_int_equal(members_of("{\"a\":{\"b\":\"\\\\\"}}"), 1);
}

static void test_there_may_be_many_members(void **state)
{
    char text[4096] = "{";
    size_t n = 1;

    (void)state;
    for (int i = 0; i < 500; i++, n += 6) {
        memcpy(text + n, "\"k\":1,", 6);
    }
    text[n - 1] = '}';
    assert_int_equal(members(text, n), 500);
}

static void test_strings_lose_their_escapes(void **state)
{
    char buf[32];
    struct ota_json_member m = {.type = OTA_JSON_STRING};

    (void)state;
    m.value = "a\\\"\\\\\\/\\n\\u0041\\u00e9\\u20ac";
    m.value_len = strlen(m.value);
    assert_int_equal(ota_json_copy(&m, buf, sizeof buf), 11);
    assert_string_equal(buf, "a\"\\/\nA\xc3\xa9\xe2\x82\xac");
    assert_int_equal(ota_json_copy(&m, buf, 11), OTA_ENOSPC);
    assert_int_equal(ota_json_copy(&m, buf, 12), 11);
}

static void test_bad_escapes_and_hidden_nuls_are_refused(void **state)
{
    static const char *const bad[] = {"\\",      "\\x",     "\\u12", "\\u0000",
                                      "\\ud800", "\\uzzzz", "a\x01"};
    char buf[32];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct ota_json_member m = {
            .type = OTA_JSON_STRING, .value = bad[i], .value_len = strlen(bad[i])};

        assert_int_equal(ota_json_copy(&m, buf, sizeof buf), OTA_EFORMAT);
    }
}

static int number(const char *text, enum ota_json_type type, uint32_t max, uint32_t *out)
{
    struct ota_json_member m = {.type = type, .value = text, .value_len = strlen(text)};

    return ota_json_u32(&m, max, out);
}

static void test_numbers_are_exact(void **state)
{
    uint32_t v = 7;

    (void)state;
    assert_int_equal(number("65535", OTA_JSON_STRING, 65535, &v), 0);
    assert_int_equal(v, 65535);
    assert_int_equal(number("4294967295", OTA_JSON_PRIMITIVE, UINT32_MAX, &v), 0);
    assert_true(v == UINT32_MAX);
    assert_int_equal(number("65536", OTA_JSON_STRING, 65535, &v), OTA_EFORMAT);
    assert_int_equal(number("4294967296", OTA_JSON_STRING, UINT32_MAX, &v), OTA_EFORMAT);
    assert_int_equal(number("-1", OTA_JSON_PRIMITIVE, 100, &v), OTA_EFORMAT);
    assert_int_equal(number("1.0", OTA_JSON_PRIMITIVE, 100, &v), OTA_EFORMAT);
    assert_int_equal(number("", OTA_JSON_STRING, 100, &v), OTA_EFORMAT);
    assert_int_equal(number("1 ", OTA_JSON_STRING, 100, &v), OTA_EFORMAT);
    assert_int_equal(number("9", OTA_JSON_STRING, 5, &v), OTA_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_members_are_visited_nested_ones_not),
        cmocka_unit_test(test_anything_but_one_object_is_refused),
        cmocka_unit_test(test_every_prefix_of_a_document_is_refused),
        cmocka_unit_test(test_deep_documents_are_too_much),
        cmocka_unit_test(test_brackets_of_values_are_pairs),
        cmocka_unit_test(test_there_may_be_many_members),
        cmocka_unit_test(test_strings_lose_their_escapes),
        cmocka_unit_test(test_bad_escapes_and_hidden_nuls_are_refused),
        cmocka_unit_test(test_numbers_are_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
