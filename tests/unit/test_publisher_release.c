/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "ota-publisher/job.h"
#include "ota-publisher/release.h"

#define IMAGES OTA_TEST_VECTORS "/mcuboot/images/"
#define GOOD IMAGES "ec256-h200-plain.bin"
#define BOARD "CY8CPROTO_062_4343W"
#define WEB_JOB "{\"Version\": \"1.0.0\", \"Connection\": \"HTTP\"}"

static char folder[] = "/tmp/test_publisher_release.XXXXXX";
static char image_path[128];
static char job_path[128];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(image_path, sizeof image_path, "%s/image.bin", folder);
    (void)snprintf(job_path, sizeof job_path, "%s/job.json", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int remove_files(void **state)
{
    (void)state;
    (void)unlink(image_path);
    (void)unlink(job_path);
    return 0;
}

/* As a careful operator does: beside the name, then renamed over it. */
static void replace(const char *path, const void *data, size_t len)
{
    char beside[160];
    FILE *f;

    (void)snprintf(beside, sizeof beside, "%s.new", path);
    f = fopen(beside, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(rename(beside, path), 0);
}

static void write_job(const char *version)
{
    char text[256];
    int len =
        snprintf(text, sizeof text, "{\"Version\": \"%s\", \"Connection\": \"MQTT\"}", version);

    replace(job_path, text, (size_t)len);
}

static size_t read_good(uint8_t *buf, size_t cap)
{
    FILE *f = fopen(GOOD, "rb");
    size_t len;

    assert_non_null(f);
    len = fread(buf, 1, cap, f);
    (void)fclose(f);
    assert_in_range(len, 100, cap - 1);
    return len;
}

static void test_an_image_is_offered_with_the_version_of_its_header(void **state)
{
    struct release_store s;

    (void)state;
    assert_int_equal(release_store_open(&s, GOOD, NULL, BOARD, 1883), 0);
    assert_true(s.current->version.major + s.current->version.minor + s.current->version.revision >
                0);
    assert_non_null(s.current->job);
    release_store_close(&s);
}

static void test_any_file_is_offered_if_a_job_gives_the_version(void **state)
{
    struct release_store s;

    (void)state;
    replace(image_path, "just bytes", 10);
    assert_int_equal(release_store_open(&s, image_path, NULL, BOARD, 1883), -1);
    assert_non_null(strstr(s.error, "no MCUboot image"));
    write_job("3.1.4");
    assert_int_equal(release_store_open(&s, image_path, job_path, BOARD, 1883), 0);
    assert_int_equal(s.current->version.minor, 1);
    assert_int_equal(s.current->size, 10);
    release_store_close(&s);
}

static void test_damaged_cut_and_missing_images_are_refused(void **state)
{
    static uint8_t image[1 << 20];
    struct release_store s;
    size_t len = read_good(image, sizeof image);

    (void)state;
    replace(image_path, image, len - 1);
    assert_int_equal(release_store_open(&s, image_path, NULL, BOARD, 1883), -1);
    image[len / 2] ^= 1;
    replace(image_path, image, len);
    assert_int_equal(release_store_open(&s, image_path, NULL, BOARD, 1883), -1);
    assert_non_null(strstr(s.error, "hash"));
    assert_int_equal(release_store_open(&s, "/nonexistent/i.bin", NULL, BOARD, 1883), -1);
    assert_non_null(strstr(s.error, "/nonexistent/i.bin"));
    replace(image_path, "", 0);
    assert_int_equal(release_store_open(&s, image_path, NULL, BOARD, 1883), -1);
    assert_int_equal(release_store_open(&s, folder, NULL, BOARD, 1883), -1);
}

/* Whether it is whole shows at the device; that it cannot be opened there shows here. */
static void test_an_encrypted_image_without_a_key_is_refused(void **state)
{
    struct release_store s;

    (void)state;
    assert_int_equal(
        release_store_open(&s, IMAGES "bad-ec256-flag-encrypted.bin", NULL, BOARD, 1883), -1);
    assert_non_null(strstr(s.error, "TLV"));
}

static void test_an_image_of_too_many_chunks_is_refused(void **state)
{
    struct release_store s;
    off_t most = (off_t)RELEASE_CHUNKS_MAX * RELEASE_CHUNK_SIZE;

    (void)state;
    write_job("1.0.0");
    replace(image_path, "x", 1);
    assert_int_equal(truncate(image_path, most), 0);
    assert_int_equal(release_store_open(&s, image_path, job_path, BOARD, 1883), 0);
    release_store_close(&s);
    assert_int_equal(truncate(image_path, most + 1), 0);
    assert_int_equal(release_store_open(&s, image_path, job_path, BOARD, 1883), -1);
    assert_non_null(strstr(s.error, "65535 chunks"));
}

static void test_a_replaced_image_is_a_new_release_and_the_old_one_can_be_finished(void **state)
{
    struct release_store s;
    struct release *old;
    char bytes[3];

    (void)state;
    write_job("1.0.0");
    replace(image_path, "old", 3);
    assert_int_equal(release_store_open(&s, image_path, job_path, BOARD, 1883), 0);
    old = release_get(s.current);
    assert_ptr_equal(release_current(&s), old);
    replace(image_path, "newer", 5);
    assert_ptr_not_equal(release_current(&s), old);
    assert_int_equal(s.current->size, 5);
    assert_int_equal(release_read(old, 0, bytes, 3), 0);
    assert_memory_equal(bytes, "old", 3);
    release_put(old);
    release_store_close(&s);
}

static void test_a_changed_job_is_a_new_release(void **state)
{
    struct release_store s;

    (void)state;
    write_job("1.0.0");
    replace(image_path, "bytes", 5);
    assert_int_equal(release_store_open(&s, image_path, job_path, BOARD, 1883), 0);
    write_job("2.0.0");
    assert_int_equal(release_current(&s)->version.major, 2);
    release_store_close(&s);
}

static void test_a_file_overwritten_in_place_gives_no_mixture(void **state)
{
    struct release_store s;
    struct release *old;
    char bytes[3];
    int fd;

    (void)state;
    write_job("1.0.0");
    replace(image_path, "old", 3);
    assert_int_equal(release_store_open(&s, image_path, job_path, BOARD, 1883), 0);
    old = release_get(s.current);
    fd = open(image_path, O_WRONLY);
    assert_int_equal(write(fd, "longer", 6), 6);
    (void)close(fd);
    assert_int_equal(release_read(old, 0, bytes, 3), -1);
    release_put(old);
    release_store_close(&s);
}

static void test_nothing_is_offered_while_the_image_is_gone(void **state)
{
    struct release_store s;

    (void)state;
    write_job("1.0.0");
    replace(image_path, "bytes", 5);
    assert_int_equal(release_store_open(&s, image_path, job_path, BOARD, 1883), 0);
    assert_int_equal(unlink(image_path), 0);
    assert_null(release_current(&s));
    assert_null(release_current(&s));
    replace(image_path, "bytes", 5);
    assert_non_null(release_current(&s));
    release_store_close(&s);
}

static void test_a_job_for_a_web_server_needs_no_image(void **state)
{
    struct release_store s;

    (void)state;
    replace(job_path, WEB_JOB, sizeof WEB_JOB - 1);
    assert_int_equal(release_store_open(&s, NULL, job_path, BOARD, 1883), 0);
    assert_int_equal(s.current->fd, -1);
    release_store_close(&s);
    write_job("1.0.0");
    assert_int_equal(release_store_open(&s, NULL, job_path, BOARD, 1883), -1);
}

static void test_a_job_without_version_takes_that_of_the_image(void **state)
{
    struct release_store s;
    struct ota_version v;

    (void)state;
    replace(job_path, "{\"Board\": \"x\"}", 14);
    assert_int_equal(release_store_open(&s, GOOD, job_path, BOARD, 1883), 0);
    assert_int_equal(job_version(s.current->job, &v), 1);
    assert_int_equal(ota_version_compare(&v, &s.current->version), 0);
    release_store_close(&s);
}

#define TEST(name) cmocka_unit_test_teardown(name, remove_files)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_image_is_offered_with_the_version_of_its_header),
        TEST(test_any_file_is_offered_if_a_job_gives_the_version),
        TEST(test_damaged_cut_and_missing_images_are_refused),
        TEST(test_an_encrypted_image_without_a_key_is_refused),
        TEST(test_an_image_of_too_many_chunks_is_refused),
        TEST(test_a_replaced_image_is_a_new_release_and_the_old_one_can_be_finished),
        TEST(test_a_changed_job_is_a_new_release),
        TEST(test_a_file_overwritten_in_place_gives_no_mixture),
        TEST(test_nothing_is_offered_while_the_image_is_gone),
        TEST(test_a_job_for_a_web_server_needs_no_image),
        TEST(test_a_job_without_version_takes_that_of_the_image),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
