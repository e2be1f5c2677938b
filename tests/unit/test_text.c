/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "base/text.h"
#include "ota/err.h"

static void test_a_text_is_all_of_its_bytes(void **state)
{
    (void)state;
    assert_true(ota_text_is("abc", "abcd", 3));
    assert_false(ota_text_is("abc", "abcd", 4));
    assert_false(ota_text_is("abc", "abd", 3));
    assert_true(ota_text_is("", "x", 0));
    assert_true(ota_text_same("abc", "abc"));
    assert_false(ota_text_same("abc", "abcd"));
    assert_false(ota_text_same("abcd", "abc"));
}

static void test_words_have_no_case(void **state)
{
    (void)state;
    assert_true(ota_text_is_word("https", "HttpS:", 5));
    assert_false(ota_text_is_word("http", "https", 5));
    assert_false(ota_text_is_word("https", "http", 4));
    assert_false(ota_text_is_word("a[", "a{", 2)); /* only letters have two cases */
}

static void test_numbers_end_where_their_digits_do(void **state)
{
    const char text[] = "65535x";
    const char *at = text;
    uint32_t v = 1;

    (void)state;
    assert_int_equal(ota_text_u32(&at, text + 6, 65535, &v), 0);
    assert_int_equal(v, 65535);
    assert_ptr_equal(at, text + 5);
    assert_int_equal(ota_text_u32(&at, text + 6, 65535, &v), OTA_EFORMAT);
    at = text;
    assert_int_equal(ota_text_u32(&at, text + 5, 65534, &v), OTA_ELIMIT);
    assert_int_equal(ota_text_u32(&at, text + 1, 5, &v), OTA_ELIMIT);
    assert_int_equal(v, 65535);
    assert_ptr_equal(at, text);
    assert_int_equal(ota_text_u32(&at, text + 2, 65, &v), 0);
    assert_int_equal(v, 65);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_text_is_all_of_its_bytes),
        cmocka_unit_test(test_words_have_no_case),
        cmocka_unit_test(test_numbers_end_where_their_digits_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
