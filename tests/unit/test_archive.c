/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors' archives, in pieces of many sizes, on devices with one and with two images. */
#include "engine/archive.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "ota/err.h"
#include "unit/guard.h"
#include "unit/tar_build.h"
#include "unit/test.h"

#define DIR OTA_TEST_VECTORS "/anycloud/tar/"

static uint8_t tar[32768];
static size_t tar_len;
static uint8_t stored[OTA_IMAGES_MAX][16384];
static size_t stored_len[OTA_IMAGES_MAX];

static size_t load(const char *name, const char *suffix, void *buf, size_t cap)
{
    char path[512];
    gzFile f;
    int n;

    (void)snprintf(path, sizeof path, DIR "%s%s", name, suffix);
    f = gzopen(path, "rb");
    assert_non_null(f);
    n = gzread(f, buf, (unsigned)cap);
    assert_true(n >= 0);
    assert_int_equal(gzclose(f), Z_OK);
    return (size_t)n;
}

/* What a sink does with an archive, without slots and headers. */
static int take(struct ota_archive *a, const uint8_t *data, size_t len, uint8_t n_images)
{
    static const struct ota_version running = {.major = 1};
    struct ota_tar_input in = {data, len}, content;
    int rc;

    while ((rc = ota_archive_next(a, &in, &content)) > 0) {
        if (rc == OTA_ARCHIVE_LIST && a->list.image[1].is_listed && n_images < 2) {
            return OTA_ENOTSUP;
        }
        if (rc == OTA_ARCHIVE_LIST && ota_version_compare(&a->list.version, &running) <= 0) {
            return OTA_EVERSION;
        }
        if (rc == OTA_ARCHIVE_BEGIN) {
            assert_int_equal(stored_len[a->image], 0);
        }
        if (rc == OTA_ARCHIVE_DATA) {
            memcpy(stored[a->image] + stored_len[a->image], content.data, content.len);
            stored_len[a->image] += content.len;
        }
        if (rc == OTA_ARCHIVE_END) {
            assert_int_equal(stored_len[a->image], a->list.image[a->image].size);
        }
    }
    return rc;
}

/* Reads the archive in pieces of step bytes that end at a guard page. */
static int run(size_t step, uint8_t n_images)
{
    struct ota_archive a;
    struct guard g;
    int rc = 0;

    memset(stored_len, 0, sizeof stored_len);
    guard_init(&g, step);
    ota_archive_init(&a);
    for (size_t off = 0; off < tar_len && rc == 0; off += step) {
        size_t n = tar_len - off < step ? tar_len - off : step;

        rc = take(&a, memcpy(g.end - n, tar + off, n), n, n_images);
    }
    guard_free(&g);
    return rc != 0 ? rc : ota_archive_finish(&a);
}

static const struct {
    const char *name;
    int one_image; /* result on a device with one image */
    int two_images;
} expected[] = {
    {"good-gnu", 0, 0},
    {"posix-ustar", 0, 0},
    {"truncated", OTA_EINCOMPLETE, OTA_EINCOMPLETE},
    {"components-second", OTA_EFORMAT, OTA_EFORMAT},
    {"wrong-size", OTA_EFORMAT, OTA_EFORMAT},
    {"unlisted-file", OTA_EFORMAT, OTA_EFORMAT},
    {"two-images", OTA_ENOTSUP, 0},
    {"missing-second-file", OTA_ENOTSUP, OTA_EINCOMPLETE},
    {"unknown-type", OTA_EFORMAT, OTA_EFORMAT},
    {"long-version", OTA_EFORMAT, OTA_EFORMAT},
    {"old-version", OTA_EVERSION, OTA_EVERSION},
    {"nine-files", OTA_ELIMIT, OTA_ELIMIT},
    {"components-600-bytes", 0, 0},
    {"bad-checksum", OTA_EFORMAT, OTA_EFORMAT},
};

#define N_EXPECTED (sizeof expected / sizeof expected[0])

static void compare(const char *name)
{
    uint8_t want[16384];
    size_t len = load("app.bin", "", want, sizeof want);

    assert_int_equal(stored_len[0], len);
    assert_memory_equal(stored[0], want, len);
    len = strcmp(name, "two-images") == 0 ? load("tfm.bin", "", want, sizeof want) : 0;
    assert_int_equal(stored_len[1], len);
    assert_memory_equal(stored[1], want, len);
}

static void test_every_archive_is_stored_or_refused_in_pieces_of_every_size(void **state)
{
    static const size_t steps[] = {1, 13, 100, 256, 500, 511, 512, 513, 1000, 4096, 8192, 20480};

    (void)state;
    for (size_t i = 0; i < N_EXPECTED; i++) {
        tar_len = load(expected[i].name, ".tar.gz", tar, sizeof tar);
        assert_in_range(tar_len, 8192, 20480);
        for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
            assert_int_equal(run(steps[k], 1), expected[i].one_image);
            if (expected[i].one_image == 0) {
                compare(expected[i].name);
            }
            assert_int_equal(run(steps[k], 2), expected[i].two_images);
            if (expected[i].two_images == 0) {
                compare(expected[i].name);
            }
        }
    }
}

/* The table above says what the vectors recommend. */
static void test_the_table_is_the_vectors_own(void **state)
{
    char text[8192];
    char *end;
    size_t n = 0;

    (void)state;
    text[load("expected.tsv", "", text, sizeof text - 1)] = '\0';
    for (char *line = text; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        const char *last;

        *end = '\0';
        if (line[0] == '#') {
            continue;
        }
        last = strrchr(line, '\t');
        assert_non_null(last);
        assert_true(n < N_EXPECTED);
        assert_memory_equal(line, expected[n].name, strlen(expected[n].name));
        assert_int_equal(strstr(last, "reject") != NULL, expected[n].one_image != 0);
        n++;
    }
    assert_int_equal(n, N_EXPECTED);
}

/* ---- Archives of our own ----------------------------------------------------------------------
 */

#define LIST                                                                                       \
    "{\"numberOfComponents\":3,\"version\":\"2.0.0\",\"files\":["                                  \
    "{\"fileName\":\"components.json\",\"fileType\":\"component_list\"},"                          \
    "{\"fileName\":\"a\",\"fileType\":\"NSPE\",\"fileSize\":4},"                                   \
    "{\"fileName\":\"b\",\"fileType\":\"SPE\",\"fileSize\":3}]}"

static struct tar_build built;

static int run_built(void)
{
    memcpy(tar, built.data, built.len);
    tar_len = built.len;
    return run(600, 2);
}

static void begin(const char *list)
{
    memset(&built, 0, sizeof built);
    tar_add(&built, OTA_COMPONENTS_NAME, list, strlen(list));
}

static void test_files_come_in_any_order(void **state)
{
    (void)state;
    begin(LIST);
    tar_add(&built, "b", "BBB", 3);
    tar_add(&built, "a", "AAAA", 4);
    assert_int_equal(run_built(), 0);
    assert_memory_equal(stored[0], "AAAA", 4);
    assert_memory_equal(stored[1], "BBB", 3);
}

static void test_a_file_comes_once(void **state)
{
    (void)state;
    begin(LIST);
    tar_add(&built, "a", "AAAA", 4);
    tar_add(&built, "a", "AAAA", 4);
    assert_int_equal(run_built(), OTA_EFORMAT);
}

static void test_the_list_comes_once(void **state)
{
    (void)state;
    begin(LIST);
    tar_add(&built, OTA_COMPONENTS_NAME, LIST, strlen(LIST));
    assert_int_equal(run_built(), OTA_EFORMAT);
}

static void test_a_list_is_limited(void **state)
{
    char list[OTA_COMPONENTS_LEN_MAX + 2];

    (void)state;
    memset(list, ' ', sizeof list);
    memcpy(list, LIST, strlen(LIST));
    list[OTA_COMPONENTS_LEN_MAX] = '\0';
    begin(list);
    assert_int_equal(run_built(), OTA_EINCOMPLETE); /* only because nothing follows */
    list[OTA_COMPONENTS_LEN_MAX] = ' ';
    list[OTA_COMPONENTS_LEN_MAX + 1] = '\0';
    begin(list);
    assert_int_equal(run_built(), OTA_ELIMIT);
    begin("");
    assert_int_equal(run_built(), OTA_EFORMAT);
}

static void test_an_archive_is_told_by_its_first_name(void **state)
{
    (void)state;
    begin(LIST);
    assert_true(ota_archive_is(built.data));
    assert_false(ota_archive_is((const uint8_t *)"components.jsonX"));
    assert_false(ota_archive_is((const uint8_t *)"components.jso\0\0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_archive_is_stored_or_refused_in_pieces_of_every_size),
        cmocka_unit_test(test_the_table_is_the_vectors_own),
        cmocka_unit_test(test_files_come_in_any_order),
        cmocka_unit_test(test_a_file_comes_once),
        cmocka_unit_test(test_the_list_comes_once),
        cmocka_unit_test(test_a_list_is_limited),
        cmocka_unit_test(test_an_archive_is_told_by_its_first_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
