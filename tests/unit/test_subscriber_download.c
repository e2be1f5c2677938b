/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ota-subscriber/download.h"

#define PATH "test_subscriber_download.out"

static struct download d;
static char why[128];
static uint8_t message[OTA_CHUNK_HEADER_LEN + 4096];

static int begin(void **state)
{
    (void)state;
    (void)unlink(PATH);
    memset(message, 0x55, sizeof message);
    return download_open(&d, PATH, 4096);
}

static int end(void **state)
{
    (void)state;
    download_close(&d);
    (void)unlink(PATH);
    return 0;
}

static struct ota_chunk chunk(uint16_t index)
{
    return (struct ota_chunk){.version = {1, 6, 0, 0},
                              .total_size = 10000,
                              .offset = index * 4096u,
                              .data_off = OTA_CHUNK_HEADER_LEN,
                              .size = index == 2 ? 1808 : 4096,
                              .count = 3,
                              .index = index};
}

static int take(const struct ota_chunk *c)
{
    return download_take(&d, c, message, why, sizeof why);
}

static int take_index(uint16_t index)
{
    struct ota_chunk c = chunk(index);

    return take(&c);
}

static void test_chunks_in_any_order_make_the_file(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(take_index(2), 1);
    assert_int_equal(take_index(0), 1);
    assert_false(download_is_complete(&d));
    assert_true(download_has(&d, 2));
    assert_false(download_has(&d, 1));
    assert_int_equal(take_index(1), 1);
    assert_true(download_is_complete(&d));
    assert_int_equal(access(PATH, F_OK), -1);
    assert_int_equal(download_keep(&d), 0);
    assert_int_equal(stat(PATH, &st), 0);
    assert_int_equal(st.st_size, 10000);
}

static void test_repetitions_count_once_and_must_repeat(void **state)
{
    (void)state;
    assert_int_equal(take_index(0), 1);
    assert_int_equal(take_index(0), 0);
    assert_int_equal(take_index(0), 0);
    assert_false(download_is_complete(&d));
    message[OTA_CHUNK_HEADER_LEN + 4095] ^= 1;
    assert_int_equal(take_index(0), -1);
    assert_non_null(strstr(why, "different bytes"));
}

static void test_headers_that_contradict_themselves_are_refused(void **state)
{
    struct ota_chunk c;

    (void)state;
    c = chunk(1);
    c.index = 2;
    assert_int_equal(take(&c), -1);
    c = chunk(1);
    c.offset = 4097;
    assert_int_equal(take(&c), -1);
    c = chunk(0);
    c.count = 4;
    assert_int_equal(take(&c), -1);
    c = chunk(0);
    c.size = 4095;
    assert_int_equal(take(&c), -1);
    c = chunk(2);
    c.size = 1807;
    assert_int_equal(take(&c), -1);
}

static void test_the_image_may_not_change_on_the_way(void **state)
{
    struct ota_chunk c;

    (void)state;
    assert_int_equal(take_index(0), 1);
    c = chunk(1);
    c.total_size = 10001;
    assert_int_equal(take(&c), -1);
    c = chunk(1);
    c.version.minor = 7;
    assert_int_equal(take(&c), -1);
    assert_int_equal(take_index(1), 1);
}

static void test_an_unfinished_file_is_removed(void **state)
{
    char temp[64];

    (void)state;
    assert_int_equal(take_index(0), 1);
    (void)snprintf(temp, sizeof temp, "%s", d.temp);
    assert_int_equal(access(temp, F_OK), 0);
    download_close(&d);
    assert_int_equal(access(temp, F_OK), -1);
    assert_int_equal(access(PATH, F_OK), -1);
}

static void test_a_file_that_cannot_grow_is_an_error(void **state)
{
    struct rlimit old;
    struct rlimit small;

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){6000, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(take_index(0), 1);
    assert_int_equal(take_index(1), -1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_non_null(strstr(why, "cannot write"));
    assert_false(download_has(&d, 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_chunks_in_any_order_make_the_file),
        TEST(test_repetitions_count_once_and_must_repeat),
        TEST(test_headers_that_contradict_themselves_are_refused),
        TEST(test_the_image_may_not_change_on_the_way),
        TEST(test_an_unfinished_file_is_removed),
        TEST(test_a_file_that_cannot_grow_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
