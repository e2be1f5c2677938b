/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include "common/log.h"

static void test_strangers_get_a_burst_and_then_a_trickle(void **state)
{
    struct tool_log_budget b = {.left = 0};
    unsigned long skipped = 1;
    unsigned i;

    (void)state;
    for (i = 0; i < 50; i++) {
        assert_true(tool_log_budget_take(&b, 1000, &skipped));
    }
    assert_int_equal(skipped, 0);
    for (i = 0; i < 7; i++) {
        assert_false(tool_log_budget_take(&b, 1050, &skipped));
    }
    assert_true(tool_log_budget_take(&b, 1100, &skipped));
    assert_int_equal(skipped, 7);
    assert_false(tool_log_budget_take(&b, 1100, &skipped));
    /* A long silence gives back the burst, not more. */
    for (i = 0; i < 50; i++) {
        assert_true(tool_log_budget_take(&b, 1000000000, &skipped));
    }
    assert_false(tool_log_budget_take(&b, 1000000000, &skipped));
}

static void test_text_from_outside_is_made_printable(void **state)
{
    char buf[8];

    (void)state;
    assert_string_equal(tool_printable(buf, sizeof buf, "a\x1b[1m\n"), "a?[1m?");
    assert_string_equal(tool_printable(buf, sizeof buf, "\xc3\xa9"), "??");
    assert_string_equal(tool_printable(buf, sizeof buf, "1234567890"), "1234567");
    assert_string_equal(tool_printable(buf, sizeof buf, NULL), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strangers_get_a_burst_and_then_a_trickle),
        cmocka_unit_test(test_text_from_outside_is_made_printable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
