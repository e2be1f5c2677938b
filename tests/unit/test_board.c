/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/board.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flash/area.h"
#include "ota/err.h"

#define DEVICES                                                                                    \
    "\"devices\":{\"internal\":{\"base\":\"0x10000000\",\"size\":262144,\"erase\":4096,"           \
    "\"write\":8,\"erased\":\"0xff\"}}"
#define AREAS                                                                                      \
    "\"areas\":{\"primary\":{\"device\":\"internal\",\"offset\":0,\"size\":65536},"                \
    "\"secondary\":{\"device\":\"internal\",\"offset\":65536,\"size\":65536},"                     \
    "\"scratch\":{\"device\":\"internal\",\"offset\":131072,\"size\":16384}}"
#define BOOT                                                                                       \
    "\"boot\":{\"mode\":\"swap-scratch\",\"align\":8,\"max_sectors\":128,"                         \
    "\"version\":\"2.4.0\",\"validate_primary\":true,\"signature\":\"ec256\","                     \
    "\"keys\":[\"keys/a.pem\",\"/etc/b.pem\"]}"
#define GOOD "{\"name\":\"good\"," DEVICES "," AREAS "," BOOT "}"

static char err[512];

static int parse(const char *text, struct ota_board **b)
{
    const struct ota_board_text whole = {text, strlen(text), "dir/board.json"};

    err[0] = '\0';
    *b = NULL;
    return ota_board_parse(&whole, b, err, sizeof err);
}

/* GOOD with the first occurrence of one text replaced by another. */
static char *edit(const char *from, const char *to)
{
    static char text[2048];
    const char *at = strstr(GOOD, from);

    assert_non_null(at);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - GOOD), GOOD, to, at + strlen(from));
    return text;
}

static void expect_error(const char *from, const char *to, const char *words)
{
    struct ota_board *b;
    int rc = parse(edit(from, to), &b);

    if (rc == 0 || b != NULL || strstr(err, words) == NULL) {
        fail_msg("'%s' gives %d, '%s' instead of '%s'", to, rc, err, words);
    }
}

static void test_a_board_is_loaded(void **state)
{
    struct ota_board *b;
    struct ota_area area;
    struct ota_slot slot;

    (void)state;
    assert_int_equal(parse(GOOD, &b), 0);
    assert_string_equal(b->board, "good");
    assert_int_equal(b->header_size, 1024);
    assert_int_equal(b->boot.signature, OTA_SIG_ECDSA_P256);
    assert_int_equal(b->boot.n_keys, 2);
    assert_string_equal(b->boot.keys[0], "dir/keys/a.pem");
    assert_string_equal(b->boot.keys[1], "/etc/b.pem");
    assert_int_equal(ota_board_area(b, "secondary", &area), 0);
    assert_int_equal(area.off, 65536);
    assert_int_equal(area.flash->write_size, 8);
    assert_int_equal(ota_board_address(b, "secondary"), 0x10010000);
    assert_int_equal(ota_board_slot(b, "primary", &slot), 0);
    assert_int_equal(slot.flags, 0);
    assert_int_equal(ota_board_area(b, "tertiary", &area), OTA_EARG);
    assert_int_equal(ota_board_max_image(b), 65536 - 3120);
    ota_board_free(b);
}

static void test_counters_and_faults_belong_to_areas(void **state)
{
    uint8_t row[8] = {0};
    struct ota_board *b;
    struct ota_area area;

    (void)state;
    assert_int_equal(parse(GOOD, &b), 0);
    assert_int_equal(ota_board_open_flash(b, NULL, false, err, sizeof err), 0);
    assert_int_equal(ota_board_area(b, "scratch", &area), 0);
    assert_int_equal(area.flash->ops->write(area.flash, area.off, row, sizeof row), 0);
    assert_int_equal(area.flash->ops->write(area.flash, area.off, row, sizeof row), OTA_EFLASH);
    assert_int_equal(ota_board_count(b, "scratch")->writes, 1);
    assert_int_equal(ota_board_count(b, "primary")->writes, 0);
    assert_null(ota_board_count(b, "status"));
    assert_non_null(strstr(ota_board_fault(b), "internal"));
    ota_board_free(b);
}

static void test_syntax_errors_name_line_and_column(void **state)
{
    struct ota_board *b;

    (void)state;
    assert_int_equal(parse("{\n \"name\": }", &b), OTA_EFORMAT);
    assert_non_null(strstr(err, "dir/board.json: line 2"));
    assert_int_equal(parse("", &b), OTA_EFORMAT);
    assert_int_equal(parse("[]", &b), OTA_EFORMAT);
    assert_int_equal(parse("{\"name\":\"a\",\"name\":\"b\"}", &b), OTA_EFORMAT);
    assert_non_null(strstr(err, "duplicate"));
}

static void test_missing_and_unknown_fields_are_named(void **state)
{
    (void)state;
    expect_error("\"name\":\"good\",", "", "name: is missing");
    expect_error("\"erase\":4096,", "", "devices.internal.erase: is missing");
    expect_error("\"erase\":", "\"erases\":", "devices.internal.erases: is not a field");
    expect_error(BOOT, "\"boot\":[]", "boot: must be an object");
    expect_error("," BOOT, "", "boot: is missing");
    expect_error(AREAS, "\"areas\":7", "areas: must be an object");
    expect_error(DEVICES, "\"devices\":{}", "devices: must be an object with 1 to");
}

static void test_wrong_types_and_values_are_named(void **state)
{
    (void)state;
    expect_error("\"good\"", "\"../x\"", "name: must be a name");
    expect_error("262144", "\"262144\"", "devices.internal.size: must be a number");
    expect_error("262144", "-1", "devices.internal.size: must be a number");
    expect_error("262144", "1e3", "devices.internal.size: must be a number");
    expect_error("262144", "99999999999999999999", "integer");
    expect_error("\"0x10000000\"", "\"0x110000000\"", "devices.internal.base");
    expect_error("\"0xff\"", "\"0x7f\"", "erased must be");
    expect_error("4096", "4100", "multiple of write");
    expect_error("\"write\":8", "\"write\":6", "power of two");
    expect_error("262144", "262145", "multiple of erase");
    expect_error("swap-scratch", "swap", "boot.mode: 'swap' is not a mode");
    expect_error("ec256", "ec384", "boot.signature: 'ec384'");
    expect_error("2.4.0", "new", "boot.version: 'new'");
    expect_error("\"align\":8", "\"align\":12", "boot.align");
    expect_error(":true", ":1", "boot.validate_primary: must be true or false");
    expect_error("\"keys/a.pem\"", "3", "boot.keys: item 0");
    expect_error("\"device\":\"internal\"", "\"device\":\"sd\"", "areas.primary: device 'sd'");
}

static void test_areas_that_do_not_fit_are_named(void **state)
{
    (void)state;
    expect_error("\"offset\":131072", "\"offset\":249856", "areas.scratch: reaches beyond");
    expect_error("\"offset\":131072", "\"offset\":126976", "areas.scratch: overlaps area");
    expect_error("\"offset\":131072", "\"offset\":131080", "multiples of 4096");
    expect_error("\"size\":16384", "\"size\":4294963200", "areas.scratch: reaches beyond");
    expect_error("\"offset\":65536,\"size\":65536", "\"offset\":65536,\"size\":61440",
                 "slots of equal size");
    expect_error("\"max_sectors\":128", "\"max_sectors\":15", "a slot has 16 sectors");
    expect_error("\"max_sectors\":128", "\"max_sectors\":4096", "leaves no room");
    expect_error("swap-scratch", "swap-status-scratch", "areas.status: is missing");
    expect_error("\"write\":8", "\"write\":16", "boot.align: is 8");
    expect_error("\"scratch\"", "\"spare\"", "areas.scratch: is missing");
}

static void test_areas_may_not_share_an_erase_unit(void **state)
{
    (void)state;
    expect_error("\"erased\":\"0xff\"}}," AREAS,
                 "\"erased\":\"0xff\",\"erase_rounds_out\":true}},"
                 "\"areas\":{\"primary\":{\"device\":\"internal\",\"offset\":0,\"size\":65536},"
                 "\"secondary\":{\"device\":\"internal\",\"offset\":65536,\"size\":65536},"
                 "\"scratch\":{\"device\":\"internal\",\"offset\":131072,\"size\":15360},"
                 "\"log\":{\"device\":\"internal\",\"offset\":146432,\"size\":1024}}",
                 "areas.log: shares an erase unit with area 'scratch'");
}

static void test_a_missing_file_is_named(void **state)
{
    struct ota_board *b;

    (void)state;
    assert_int_equal(ota_board_load("/nonexistent/x.json", &b, err, sizeof err), OTA_EARG);
    assert_non_null(strstr(err, "/nonexistent/x.json"));
}

static void test_programming_erases_and_fills_up(void **state)
{
    uint8_t data[4100];
    uint8_t back[8];
    struct ota_board *b;
    struct ota_area area;

    (void)state;
    memset(data, 0x5a, sizeof data);
    assert_int_equal(parse(GOOD, &b), 0);
    assert_int_equal(ota_board_open_flash(b, NULL, false, err, sizeof err), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ota_board_program(b, "secondary", data, sizeof data), 0);
    }
    assert_int_equal(ota_board_area(b, "secondary", &area), 0);
    assert_int_equal(area.flash->ops->read(area.flash, area.off + 4096, back, sizeof back), 0);
    assert_memory_equal(back, "\x5a\x5a\x5a\x5a\xff\xff\xff\xff", 8);
    assert_int_equal(ota_board_program(b, "secondary", data, area.size + 1), OTA_ESIZE);
    assert_int_equal(ota_board_program(b, "third", data, 1), OTA_EARG);
    assert_int_equal(ota_board_erase(b, "secondary"), 0);
    assert_int_equal(ota_area_is_erased(&area, 0, area.size), 1);
    assert_int_equal(ota_board_count(b, "primary")->erases, 0);
    ota_board_free(b);
}

/* ---- The board files of the project --------------------------------------------------------- */

static struct ota_board *load(const char *file)
{
    struct ota_board *b = NULL;
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s", OTA_BOARDS, file);
    if (ota_board_load(path, &b, err, sizeof err) != 0) {
        fail_msg("%s", err);
    }
    return b;
}

static void test_every_board_file_is_a_board(void **state)
{
    DIR *dir = opendir(OTA_BOARDS);
    const struct dirent *entry;
    size_t n = 0;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);

        if (len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0) {
            struct ota_board *b = load(entry->d_name);
            struct ota_area area;

            assert_int_equal(strncmp(entry->d_name, b->name, len - 5), 0);
            assert_int_equal(ota_board_open_flash(b, NULL, false, err, sizeof err), 0);
            for (size_t i = 0; i < b->n_areas; i++) {
                assert_int_equal(ota_board_area(b, b->areas[i].name, &area), 0);
                assert_int_equal(ota_area_check(&area), 0);
            }
            print_message("%-46s %8u bytes of image\n", b->name, ota_board_max_image(b));
            ota_board_free(b);
            n++;
        }
    }
    (void)closedir(dir);
    assert_int_equal(n, 21);
}

static void test_the_kits_have_the_limits_of_their_bootloader(void **state)
{
    static const char *const kits[] = {"CY8CPROTO_062_4343W", "CY8CKIT_062S2_43012",
                                       "CY8CKIT_064B0S2_4343W", "CY8CEVAL_062S2_LAI_4373M2"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct ota_board *b;
        struct ota_slot slot;
        char file[96];

        (void)snprintf(file, sizeof file, "%s-external-swap.json", kits[i]);
        b = load(file);
        assert_string_equal(b->board, kits[i]);
        assert_int_equal(ota_board_max_image(b), 0x19bc00);
        assert_int_equal(ota_board_address(b, "primary"), 0x10018000);
        assert_int_equal(ota_board_address(b, "secondary"), 0x18024400);
        assert_int_equal(ota_board_address(b, "status"), 0x101d8000);
        assert_int_equal(ota_board_slot(b, "secondary", &slot), 0);
        assert_int_equal(slot.flags, OTA_SLOT_MAILBOX);
        ota_board_free(b);
        (void)snprintf(file, sizeof file, "%s-internal-swap.json", kits[i]);
        b = load(file);
        assert_int_equal(ota_board_max_image(b), 0xee000 - 512);
        assert_int_equal(ota_board_address(b, "secondary"), 0x10106000);
        assert_int_equal(ota_board_address(b, "status"), 0x101f4000);
        assert_int_equal(ota_board_address(b, "scratch"), 0x101f7c00);
        ota_board_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_board_is_loaded),
        cmocka_unit_test(test_counters_and_faults_belong_to_areas),
        cmocka_unit_test(test_syntax_errors_name_line_and_column),
        cmocka_unit_test(test_missing_and_unknown_fields_are_named),
        cmocka_unit_test(test_wrong_types_and_values_are_named),
        cmocka_unit_test(test_areas_that_do_not_fit_are_named),
        cmocka_unit_test(test_areas_may_not_share_an_erase_unit),
        cmocka_unit_test(test_a_missing_file_is_named),
        cmocka_unit_test(test_programming_erases_and_fills_up),
        cmocka_unit_test(test_every_board_file_is_a_board),
        cmocka_unit_test(test_the_kits_have_the_limits_of_their_bootloader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
