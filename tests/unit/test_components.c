/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/components.h"

#include <string.h>

#include "ota/err.h"
#include "unit/guard.h"
#include "unit/test.h"

#define LIST "{\"fileName\":\"components.json\",\"fileType\": \"component_list\"}"
#define NSPE "{\"fileName\":\"app.bin\",\"fileType\": \"NSPE\",\"fileSize\":\"10000\"}"
#define SPE "{\"fileName\":\"tfm.bin\",\"fileType\": \"SPE\",\"fileSize\":3000}"
#define DOC(n, files)                                                                              \
    "{\"numberOfComponents\":\"" #n "\",\"version\":\"1.6.0\",\"files\":[" files "]}"

static int parse(const char *text, struct ota_components *out)
{
    size_t len = strlen(text);
    struct guard g;
    int rc;

    guard_init(&g, len);
    rc = ota_components_parse(memcpy(g.end - len, text, len), len, out);
    guard_free(&g);
    return rc;
}

static void test_both_images_are_found(void **state)
{
    struct ota_components c;

    (void)state;
    assert_int_equal(parse(DOC(3, LIST "," SPE "," NSPE), &c), 0);
    assert_int_equal(c.version.minor, 6);
    assert_true(c.image[0].is_listed);
    assert_string_equal(c.image[0].name, "app.bin");
    assert_int_equal(c.image[0].size, 10000);
    assert_true(c.image[1].is_listed);
    assert_string_equal(c.image[1].name, "tfm.bin");
    assert_int_equal(c.image[1].size, 3000);
}

static void test_the_second_image_may_be_missing(void **state)
{
    struct ota_components c;

    (void)state;
    assert_int_equal(parse(DOC(2, LIST "," NSPE), &c), 0);
    assert_true(c.image[0].is_listed);
    assert_false(c.image[1].is_listed);
}

static void test_malformed_lists_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        DOC(1, LIST),                   /* no image */
        DOC(2, LIST "," SPE),           /* no application */
        DOC(1, NSPE),                   /* the list is not listed */
        DOC(3, LIST "," NSPE),          /* counts wrong */
        DOC(3, LIST "," NSPE "," NSPE), /* twice */
        DOC(3, LIST "," LIST "," NSPE),
        DOC(2, LIST " " NSPE),
        DOC(2, LIST "," NSPE ","),
        DOC(2, LIST ",1"),
        DOC(2, LIST ",\"a\":1"),
        DOC(2, LIST ",{\"fileName\":\"x\",\"fileType\":\"XYZ\",\"fileSize\":\"1\"}"),
        DOC(2, LIST ",{\"fileName\":\"x\",\"fileType\":\"NSPE\"}"),
        DOC(2, LIST ",{\"fileName\":\"x\",\"fileType\":\"NSPE\",\"fileSize\":\"0\"}"),
        DOC(2, LIST ",{\"fileName\":\"x\",\"fileType\":\"NSPE\",\"fileSize\":\"-1\"}"),
        DOC(2, LIST ",{\"fileName\":\"x\",\"fileType\":\"NSPE\",\"fileSize\":\"4294967296\"}"),
        DOC(2, LIST ",{\"fileName\":\"x\",\"fileSize\":\"1\"}"),
        DOC(2, LIST ",{\"fileType\":\"NSPE\",\"fileSize\":\"1\"}"),
        DOC(2, LIST ",{\"fileName\":\"x\",\"fileName\":\"y\",\"fileType\":\"NSPE\","
                    "\"fileSize\":\"1\"}"),
        DOC(2, LIST ",{\"fileName\":\"components.json\",\"fileType\":\"NSPE\",\"fileSize\":\"1\"}"),
        DOC(3, LIST "," NSPE ",{\"fileName\":\"app.bin\",\"fileType\":\"SPE\",\"fileSize\":\"1\"}"),
        "{\"version\":\"1.6.0\",\"files\":[" LIST "," NSPE "]}",
        "{\"numberOfComponents\":2,\"files\":[" LIST "," NSPE "]}",
        "{\"numberOfComponents\":2,\"version\":\"1.6.0\"}",
        "{\"numberOfComponents\":2,\"version\":\"x\",\"files\":[" LIST "," NSPE "]}",
        "{\"numberOfComponents\":2,\"version\":\"1.6.0\",\"files\":\"["
        "]\"}",
        "{\"numberOfComponents\":2,\"version\":\"1.6.0\",\"version\":\"1.6.0\",\"files\":[" LIST
        "," NSPE "]}",
        /* A prefix of a name is no name. */
        "{\"numberOfComponents\":2,\"v\":\"1.6.0\",\"files\":[" LIST "," NSPE "]}",
    };
    struct ota_components c;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (parse(bad[i], &c) != OTA_EFORMAT) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
}

static void test_more_files_than_images_are_refused(void **state)
{
    struct ota_components c;

    (void)state;
    assert_int_equal(parse(DOC(4, LIST "," NSPE "," SPE "," SPE), &c), OTA_ELIMIT);
}

static void test_members_that_are_not_known_are_passed_over(void **state)
{
    struct ota_components c;

    (void)state;
    assert_int_equal(parse("{\"note\":[1,{\"version\":2}],\"numberOfComponents\":2,"
                           "\"version\":\"1.6.0\",\"files\":[{\"note\":1,\"fileName\":"
                           "\"components.json\",\"fileType\":\"component_list\",\"fileSize\":"
                           "\"178\"}," NSPE "]}",
                           &c),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_images_are_found),
        cmocka_unit_test(test_the_second_image_may_be_missing),
        cmocka_unit_test(test_malformed_lists_are_refused),
        cmocka_unit_test(test_more_files_than_images_are_refused),
        cmocka_unit_test(test_members_that_are_not_known_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
