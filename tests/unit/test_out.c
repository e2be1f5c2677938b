/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "base/crc32.h"
#include "base/out.h"
#include "ota/err.h"

static void test_text_fits_to_the_last_byte(void **state)
{
    char buf[6];
    struct ota_out o;

    (void)state;
    ota_out_init(&o, buf, sizeof buf);
    ota_out_text(&o, "12345");
    assert_int_equal(ota_out_end(&o), 5);
    assert_string_equal(buf, "12345");
}

static void test_overflow_is_sticky_and_leaves_no_half_text(void **state)
{
    char buf[6];
    struct ota_out o;

    (void)state;
    ota_out_init(&o, buf, sizeof buf);
    ota_out_text(&o, "123");
    ota_out_text(&o, "456");
    ota_out_char(&o, '7');
    assert_int_equal(ota_out_end(&o), OTA_ENOSPC);
    assert_string_equal(buf, "");
    ota_out_init(&o, buf, 0);
    ota_out_char(&o, 'x');
    assert_int_equal(ota_out_end(&o), OTA_ENOSPC);
}

static void test_json_text_is_escaped(void **state)
{
    char buf[32];
    struct ota_out o;

    (void)state;
    ota_out_init(&o, buf, sizeof buf);
    ota_out_json(&o, "a\"b\\c\n");
    ota_out_u32(&o, 4294967295u);
    assert_true(ota_out_end(&o) > 0);
    assert_string_equal(buf, "a\\\"b\\\\c\\u000a4294967295");
}

static void test_crc_check_values(void **state)
{
    (void)state;
    assert_int_equal(ota_crc32(OTA_CRC32_POLY, 0, "123456789", 9), 0xcbf43926u);
    assert_int_equal(ota_crc32(OTA_CRC32C_POLY, 0, "123456789", 9), 0xe3069283u);
    assert_int_equal(ota_crc32(OTA_CRC32_POLY, ota_crc32(OTA_CRC32_POLY, 0, "1234", 4), "56789", 5),
                     0xcbf43926u);
}

static void test_every_error_has_name_and_text(void **state)
{
    (void)state;
    for (int err = -42; err < 0; err++) {
        assert_string_not_equal(ota_err_text(err), "unknown error");
        assert_string_not_equal(ota_err_name(err), "OTA_EUNKNOWN");
    }
    assert_string_equal(ota_err_text(-9999), "unknown error");
    assert_string_equal(ota_err_text(5), "no error");
    assert_string_equal(ota_err_name(OTA_EHASH), "OTA_EHASH");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_fits_to_the_last_byte),
        cmocka_unit_test(test_overflow_is_sticky_and_leaves_no_half_text),
        cmocka_unit_test(test_json_text_is_escaped),
        cmocka_unit_test(test_crc_check_values),
        cmocka_unit_test(test_every_error_has_name_and_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
