/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ota-publisher/folder.h"

/* base/secret lies beside what is served, base/served. */
static char base[] = "/tmp/test_publisher_folder.XXXXXX";
static int served = -1;

static void write_file(int at, const char *name)
{
    int fd = openat(at, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(close(fd), 0);
}

static int set_up(void **state)
{
    int at;

    (void)state;
    if (mkdtemp(base) == NULL) {
        return -1;
    }
    at = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    write_file(at, "secret");
    assert_int_equal(mkdirat(at, "served", 0700), 0);
    served = openat(at, "served", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(served, "sub", 0700), 0);
    write_file(served, "file");
    write_file(served, "sub/file");
    write_file(served, ".hidden");
    assert_int_equal(symlinkat("../secret", served, "link"), 0);
    assert_int_equal(symlinkat("..", served, "up"), 0);
    assert_int_equal(symlinkat("file", served, "inner"), 0);
    assert_int_equal(mkfifoat(served, "pipe", 0600), 0);
    return close(at);
}

static int tear_down(void **state)
{
    static const char *const names[] = {"sub/file", "file",  ".hidden", "link",
                                        "up",       "inner", "pipe"};
    int at = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = 0;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        rc |= unlinkat(served, names[i], 0);
    }
    rc |= unlinkat(served, "sub", AT_REMOVEDIR) | unlinkat(at, "served", AT_REMOVEDIR);
    rc |= unlinkat(at, "secret", 0) | rmdir(base);
    return rc | close(served) | close(at);
}

static void test_files_on_all_levels_are_opened(void **state)
{
    static const char *const names[] = {"/file", "/sub/file"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        int fd = folder_open(served, names[i]);
        char c;

        assert_true(fd >= 0);
        assert_int_equal(read(fd, &c, 1), 1);
        assert_int_equal(close(fd), 0);
    }
}

static void test_nothing_else_is_opened(void **state)
{
    static const char *const names[] = {"",
                                        "/",
                                        "file",
                                        "//file",
                                        "/sub",
                                        "/sub/",
                                        "/sub//file",
                                        "/none",
                                        "/file/",
                                        "/file/x",
                                        "/.hidden",
                                        "/../secret",
                                        "/./file",
                                        "/sub/../file",
                                        "/link",
                                        "/up/secret",
                                        "/inner",
                                        "/pipe",
                                        "/..",
                                        "/sub/../../secret",
                                        "/up/served/file",
                                        "/sub/./file"};
    char longer[600];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(folder_open(served, names[i]), -1);
    }
    memset(longer, 'a', sizeof longer);
    longer[0] = '/';
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(folder_open(served, longer), -1);
}

static void test_no_descriptor_is_left_open(void **state)
{
    int before = dup(served);
    int after;

    (void)state;
    assert_int_equal(close(before), 0);
    (void)folder_open(served, "/sub/none");
    (void)folder_open(served, "/sub/");
    (void)folder_open(served, "/sub/../x");
    (void)folder_open(served, "/pipe");
    after = dup(served);
    assert_int_equal(after, before);
    assert_int_equal(close(after), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_on_all_levels_are_opened),
        cmocka_unit_test(test_nothing_else_is_opened),
        cmocka_unit_test(test_no_descriptor_is_left_open),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
