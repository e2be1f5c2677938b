/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <string.h>

#include "base/log.h"
#include "ota/err.h"

static struct ota_log_entry last;
static int n_entries;
static int n_times;

static void on_entry(void *arg, const struct ota_log_entry *entry)
{
    assert_ptr_equal(arg, &n_entries);
    last = *entry;
    n_entries++;
}

static uint64_t time_ms(void)
{
    n_times++;
    return 12345;
}

static void put(const struct ota_log *log, enum ota_log_level level)
{
    OTA_LOG(log, level, time_ms(), "agent", "connecting", OTA_ERESOLVE);
}

static int set_up(void **state)
{
    (void)state;
    n_entries = 0;
    n_times = 0;
    return 0;
}

static void test_entries_up_to_the_level_are_made(void **state)
{
    struct ota_log log = {.write = on_entry, .arg = &n_entries, .level = OTA_LOG_NOTICE};

    (void)state;
    for (int level = OTA_LOG_ERROR; level <= OTA_LOG_DEBUG; level++) {
        put(&log, (enum ota_log_level)level);
    }
    assert_int_equal(n_entries, 3);
    assert_int_equal(last.level, OTA_LOG_NOTICE);
    assert_int_equal(last.ms, 12345);
    assert_string_equal(last.module, "agent");
    assert_int_equal(last.err, OTA_ERESOLVE);
}

static void test_silence_costs_no_look_at_the_clock(void **state)
{
    struct ota_log log = {.write = on_entry, .arg = &n_entries};

    (void)state;
    put(&log, OTA_LOG_ERROR);
    put(NULL, OTA_LOG_ERROR);
    assert_int_equal(n_entries, 0);
    assert_int_equal(n_times, 0);
}

static void test_level_changes_while_it_runs(void **state)
{
    struct ota_log log = {.write = on_entry, .arg = &n_entries};

    (void)state;
    ota_log_set_level(&log, OTA_LOG_DEBUG);
    put(&log, OTA_LOG_DEBUG);
    ota_log_set_level(&log, OTA_LOG_OFF);
    put(&log, OTA_LOG_ERROR);
    assert_int_equal(n_entries, 1);
}

static void test_entry_is_written_as_one_line(void **state)
{
    struct ota_log_entry e = {OTA_LOG_ERROR, 12045, "agent", "connecting", OTA_ERESOLVE};
    char text[OTA_LOG_TEXT_MAX];

    (void)state;
    assert_true(ota_log_format(&e, text, sizeof text) > 0);
    assert_string_equal(
        text, "12.045 error agent: connecting: host name does not resolve (OTA_ERESOLVE)");
    e.err = 0;
    e.level = OTA_LOG_INFO;
    assert_int_equal(ota_log_format(&e, text, sizeof text), 29);
    assert_string_equal(text, "12.045 info agent: connecting");
    assert_int_equal(ota_log_format(&e, text, 29), OTA_ENOSPC);
}

static void test_every_error_fits_the_room(void **state)
{
    char text[OTA_LOG_TEXT_MAX];

    (void)state;
    for (int err = 0; err > -200; err--) {
        struct ota_log_entry e = {OTA_LOG_WARNING, UINT64_MAX, "agent",
                                  "disconnecting from the image server, and something more", err};

        assert_true(ota_log_format(&e, text, sizeof text) > 0);
    }
    for (int level = -1; level < 12; level++) {
        assert_true(strlen(ota_log_level_text((enum ota_log_level)level)) >= 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_entries_up_to_the_level_are_made, set_up),
        cmocka_unit_test_setup(test_silence_costs_no_look_at_the_clock, set_up),
        cmocka_unit_test_setup(test_level_changes_while_it_runs, set_up),
        cmocka_unit_test_setup(test_entry_is_written_as_one_line, set_up),
        cmocka_unit_test_setup(test_every_error_fits_the_room, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
