/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/tar.h"

#include "ota/err.h"
#include "unit/guard.h"
#include "unit/tar_build.h"
#include "unit/test.h"

static struct tar_build t;
static char seen[512]; /* name(size)content. for each file */

static int set_up(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    return 0;
}

/* Reads t in pieces of step bytes, each of which ends at a guard page. */
static int read_by(size_t step)
{
    struct ota_tar_input in, content;
    struct ota_tar tar;
    struct guard g;
    size_t n = 0;
    int rc = 0;

    guard_init(&g, step);
    ota_tar_init(&tar);
    seen[0] = '\0';
    for (size_t off = 0; off < t.len && rc >= 0; off += step) {
        in.len = t.len - off < step ? t.len - off : step;
        in.data = memcpy(g.end - in.len, t.data + off, in.len);
        while ((rc = ota_tar_next(&tar, &in, &content)) > 0) {
            const char *format = rc == OTA_TAR_END ? "." : "%.*s";
            size_t room = sizeof seen - n;

            n += (size_t)(rc == OTA_TAR_BEGIN
                              ? snprintf(seen + n, room, "%s(%u)", tar.name, (unsigned)tar.size)
                              : snprintf(seen + n, room, format, (int)content.len, content.data));
        }
    }
    guard_free(&g);
    return rc < 0 ? rc : !ota_tar_is_between(&tar);
}

/* The same result in pieces of every size. */
static int read_all(void)
{
    int rc = read_by(1);

    for (size_t step = 2; step <= t.len; step += step < 16 ? 1 : step / 3) {
        assert_int_equal(read_by(step), rc);
    }
    return rc;
}

static void test_files_come_in_order_with_their_content(void **state)
{
    (void)state;
    tar_add(&t, "one", "ABC", 3);
    tar_add(&t, "none", "", 0);
    tar_add(&t, "two", "0123456789", 10);
    tar_end(&t);
    assert_int_equal(read_all(), 0);
    assert_string_equal(seen, "one(3)ABC.none(0).two(10)0123456789.");
}

static void test_the_end_may_be_missing(void **state)
{
    (void)state;
    tar_add(&t, "one", "ABC", 3);
    assert_int_equal(read_all(), 0);
    t.len--;
    assert_int_equal(read_all(), 1);
    t.len = 512 + 2;
    assert_int_equal(read_all(), 1);
    t.len = 511;
    assert_int_equal(read_all(), 1);
}

static void test_nothing_may_follow_the_end(void **state)
{
    (void)state;
    tar_add(&t, "one", "ABC", 3);
    tar_end(&t);
    t.len += 4096; /* of zeroes */
    assert_int_equal(read_all(), 0);
    tar_add(&t, "two", "ABC", 3);
    assert_int_equal(read_all(), OTA_EFORMAT);
}

static void test_a_lone_block_of_zeroes_is_no_gap(void **state)
{
    (void)state;
    tar_add(&t, "one", "ABC", 3);
    t.len += 512;
    tar_add(&t, "two", "ABC", 3);
    assert_int_equal(read_all(), OTA_EFORMAT);
}

static void test_gnu_headers_are_read(void **state)
{
    (void)state;
    tar_add(&t, "one", "ABC", 3);
    memcpy(t.data + 257, "ustar  ", 8);
    t.data[345] = '7'; /* a time, in GNU's headers */
    tar_sum(t.data);
    assert_int_equal(read_all(), 0);
    assert_string_equal(seen, "one(3)ABC.");
}

static void test_extended_headers_are_passed_over(void **state)
{
    (void)state;
    (void)tar_header(&t, "PaxHeaders/one", 30, 'x');
    memcpy(t.data + t.len, "30 mtime=1600000000.123456789\n", 30);
    t.len += 512;
    tar_add(&t, "one", "ABC", 3);
    (void)tar_header(&t, "global", 0, 'g');
    assert_int_equal(read_all(), 0);
    assert_string_equal(seen, "one(3)ABC.");
}

static void test_other_types_are_refused(void **state)
{
    for (const char *type = "123456789LKSD"; *type != '\0'; type++) {
        (void)set_up(state);
        (void)tar_header(&t, "one", 0, *type);
        assert_int_equal(read_all(), OTA_EFORMAT);
    }
}

static void test_a_changed_header_is_noticed(void **state)
{
    (void)state;
    tar_add(&t, "one", "ABC", 3);
    for (size_t i = 0; i < 512; i++) {
        if (i == 155) { /* behind the NUL that ends the checksum */
            continue;
        }
        t.data[i] ^= 0x11;
        assert_int_equal(read_by(t.len), OTA_EFORMAT);
        t.data[i] ^= 0x11;
    }
    assert_int_equal(read_all(), 0);
}

/* A header whose size field is as given. */
static int read_size(const char *field)
{
    (void)set_up(NULL);
    (void)tar_header(&t, "one", 0, '0');
    memset(t.data + 124, 0, 12);
    memcpy(t.data + 124, field, strlen(field));
    tar_sum(t.data);
    return read_by(t.len);
}

static void test_sizes_are_octal_numbers_of_32_bits(void **state)
{
    (void)state;
    assert_int_equal(read_size("0"), 0);
    assert_int_equal(read_size("     000000 "), 0);
    assert_int_equal(read_size("000000000000"), 0);
    assert_int_equal(read_size("037777777777"), 1); /* 4 GiB - 1 are to come */
    assert_int_equal(read_size("040000000000"), OTA_EFORMAT);
    assert_int_equal(read_size("777777777777"), OTA_EFORMAT);
    assert_int_equal(read_size(""), OTA_EFORMAT);
    assert_int_equal(read_size("  "), OTA_EFORMAT);
    assert_int_equal(read_size("8"), OTA_EFORMAT);
    assert_int_equal(read_size("-1"), OTA_EFORMAT);
    assert_int_equal(read_size("12x"), OTA_EFORMAT);
    assert_int_equal(read_size("\x80\x01"), OTA_EFORMAT); /* GNU's binary numbers */
}

static void test_a_name_of_full_length_has_no_nul(void **state)
{
    char name[101];

    (void)state;
    memset(name, 'n', 100);
    name[100] = '\0';
    tar_add(&t, name, "A", 1);
    assert_int_equal(read_all(), 0);
    assert_memory_equal(seen, name, 100);
    assert_string_equal(seen + 100, "(1)A.");
}

static void test_a_name_with_a_prefix_is_refused(void **state)
{
    (void)state;
    tar_add(&t, "one", "ABC", 3);
    t.data[345] = 'p';
    tar_sum(t.data);
    assert_int_equal(read_all(), OTA_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_files_come_in_order_with_their_content, set_up),
        cmocka_unit_test_setup(test_the_end_may_be_missing, set_up),
        cmocka_unit_test_setup(test_nothing_may_follow_the_end, set_up),
        cmocka_unit_test_setup(test_a_lone_block_of_zeroes_is_no_gap, set_up),
        cmocka_unit_test_setup(test_gnu_headers_are_read, set_up),
        cmocka_unit_test_setup(test_extended_headers_are_passed_over, set_up),
        cmocka_unit_test_setup(test_other_types_are_refused, set_up),
        cmocka_unit_test_setup(test_a_changed_header_is_noticed, set_up),
        cmocka_unit_test_setup(test_sizes_are_octal_numbers_of_32_bits, set_up),
        cmocka_unit_test_setup(test_a_name_of_full_length_has_no_nul, set_up),
        cmocka_unit_test_setup(test_a_name_with_a_prefix_is_refused, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
