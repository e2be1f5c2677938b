/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ota/err.h"
#include "ota/image.h"

#define BOARD OTA_BOARDS "/generic-swap.json"

static char err[512];
static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    (void)unsetenv(OTA_SIM_ENV_BOARD);
    (void)unsetenv(OTA_SIM_ENV_FLASH);
    (void)unsetenv(OTA_SIM_ENV_FD);
    (void)snprintf(dir, sizeof dir, "/tmp/ota-device-XXXXXX");
    return mkdtemp(dir) == NULL;
}

static int remove_dir(void **state)
{
    char path[96];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/flash.bin", dir);
    (void)remove(path);
    return remove(dir);
}

static void test_a_device_opens_from_paths(void **state)
{
    struct ota_sim_device d;
    uint8_t a[16] = {0};
    uint8_t b[16] = {0};

    (void)state;
    assert_int_equal(ota_sim_device_open(&d, BOARD, dir, err, sizeof err), 0);
    assert_string_equal(d.board->board, "GENERIC");
    assert_int_equal(d.primary.area.off, 0x10000);
    assert_int_equal(d.secondary.area.off, 0x390000);
    assert_int_equal(d.journal.size, 0x2000);
    assert_null(d.shared);
    ota_sim_watchdog_kick(&d);
    assert_true(d.system.ops->now_ms(d.system.ctx) > 0);
    assert_int_equal(d.system.ops->random(d.system.ctx, a, sizeof a), 0);
    assert_int_equal(d.system.ops->random(d.system.ctx, b, sizeof b), 0);
    assert_memory_not_equal(a, b, sizeof a);
    ota_sim_device_close(&d);
}

static void test_a_device_opens_from_the_environment(void **state)
{
    struct ota_sim_device d;

    (void)state;
    (void)setenv(OTA_SIM_ENV_BOARD, BOARD, 1);
    (void)setenv(OTA_SIM_ENV_FLASH, dir, 1);
    assert_int_equal(ota_sim_device_open(&d, NULL, NULL, err, sizeof err), 0);
    ota_sim_device_close(&d);
}

static void test_without_a_board_there_is_no_device(void **state)
{
    struct ota_sim_device d;

    (void)state;
    assert_int_equal(ota_sim_device_open(&d, NULL, NULL, err, sizeof err), OTA_EARG);
    assert_non_null(strstr(err, "start this application with ota-board"));
    ota_sim_device_close(&d);
}

static void test_memory_that_is_not_of_ota_board_is_refused(void **state)
{
    static const char *const fds[] = {"", "x", "-1", "99999999999", "0", "1000"};
    struct ota_sim_device d;

    (void)state;
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        (void)setenv(OTA_SIM_ENV_FD, fds[i], 1);
        assert_int_equal(ota_sim_device_open(&d, BOARD, dir, err, sizeof err), OTA_EARG);
        assert_non_null(strstr(err, "does not come from ota-board"));
    }
}

static void test_the_version_is_that_of_the_primary_image(void **state)
{
    const struct ota_image_header header = {
        .header_size = 1024, .payload_size = 8, .version = {.major = 3, .minor = 4, .revision = 5}};
    uint8_t raw[OTA_IMAGE_HEADER_LEN];
    struct ota_sim_device d;
    struct ota_version v;

    (void)state;
    assert_int_equal(ota_sim_device_open(&d, BOARD, dir, err, sizeof err), 0);
    assert_int_equal(ota_sim_device_version(&d, &v), OTA_ENOIMAGE);
    ota_image_header_encode(&header, raw);
    assert_int_equal(ota_board_program(d.board, "primary", raw, sizeof raw), 0);
    assert_int_equal(ota_sim_device_version(&d, &v), 0);
    assert_int_equal(v.minor, 4);
    ota_sim_device_close(&d);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_device_opens_from_paths),
        TEST(test_a_device_opens_from_the_environment),
        TEST(test_without_a_board_there_is_no_device),
        TEST(test_memory_that_is_not_of_ota_board_is_refused),
        TEST(test_the_version_is_that_of_the_primary_image),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
