/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <string.h>

#include <jansson.h>

#include "codec/trailer.h"

static enum ota_field field_of(const char *name)
{
    if (strcmp(name, "unset") == 0) {
        return OTA_FIELD_UNSET;
    }
    return strcmp(name, "bad") == 0 ? OTA_FIELD_BAD : OTA_FIELD_SET;
}

static enum ota_swap_type type_of(const char *name)
{
    static const char *const names[] = {"", "none", "test", "perm", "revert"};

    for (int i = OTA_SWAP_NONE; i <= OTA_SWAP_REVERT; i++) {
        if (strcmp(name, names[i]) == 0) {
            return (enum ota_swap_type)i;
        }
    }
    fail_msg("unknown swap type %s", name);
    return OTA_SWAP_NONE;
}

static const char *text_at(const json_t *row, size_t i)
{
    return json_string_value(json_array_get(row, i));
}

static enum ota_swap_rules rules_of(const char *column)
{
    if (strstr(column, "1.7.2") != NULL) {
        return OTA_SWAP_RULES_V1;
    }
    return strstr(column, "offset") != NULL ? OTA_SWAP_RULES_OFFSET : OTA_SWAP_RULES_V2;
}

static unsigned check_row(const json_t *columns, const json_t *row)
{
    struct ota_trailer p = {field_of(text_at(row, 0)), field_of(text_at(row, 2)),
                            field_of(text_at(row, 1)), 0, 0};
    struct ota_trailer s = {field_of(text_at(row, 3)), field_of(text_at(row, 5)),
                            field_of(text_at(row, 4)), 0, 0};
    unsigned n = 0;

    for (size_t i = 6; i < json_array_size(columns); i++, n++) {
        const char *column = text_at(columns, i);

        if (ota_swap_type(&p, &s, rules_of(column)) != type_of(text_at(row, i))) {
            fail_msg("%s: %s %s %s / %s %s %s is not %s", column, text_at(row, 0), text_at(row, 1),
                     text_at(row, 2), text_at(row, 3), text_at(row, 4), text_at(row, 5),
                     text_at(row, i));
        }
    }
    return n;
}

static void test_swap_type_agrees_with_every_row_of_the_reference(void **state)
{
    json_t *all = json_load_file(OTA_TEST_VECTORS "/mcuboot/trailers.json", 0, NULL);
    const json_t *tables = json_object_get(all, "swap_type_tables");
    unsigned n = 0;
    size_t t, r;
    json_t *table, *row;

    (void)state;
    assert_non_null(all);
    json_array_foreach(tables, t, table)
    {
        json_array_foreach(json_object_get(table, "rows"), r, row)
        {
            n += check_row(json_object_get(table, "columns"), row);
        }
    }
    assert_int_equal(n, 729 * (5 + 4));
    json_decref(all);
}

static void test_fields_lie_where_each_alignment_puts_them(void **state)
{
    static const struct {
        uint8_t align;
        uint32_t back[5];
    } rows[] = {
        {8, {16, 24, 32, 40, 48}}, {16, {16, 32, 48, 64, 80}}, {32, {16, 64, 96, 128, 160}}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (int f = OTA_TRAILER_MAGIC; f <= OTA_TRAILER_SWAP_SIZE; f++) {
            assert_int_equal(ota_trailer_back(rows[i].align, (enum ota_trailer_field)f),
                             rows[i].back[f]);
        }
    }
    assert_int_equal(ota_trailer_align(0), 8);
    assert_int_equal(ota_trailer_align(32), 32);
    assert_int_equal(ota_trailer_align(4), 0);
}

static void test_magic_of_another_alignment_is_bad(void **state)
{
    uint8_t magic[OTA_TRAILER_MAGIC_LEN];

    (void)state;
    ota_trailer_magic(16, magic);
    assert_int_equal(ota_trailer_magic_state(magic, 16, 0xff), OTA_FIELD_SET);
    assert_int_equal(ota_trailer_magic_state(magic, 8, 0xff), OTA_FIELD_BAD);
    assert_int_equal(ota_trailer_magic_state(magic, 32, 0xff), OTA_FIELD_BAD);
}

static void test_erased_value_decides_what_is_unset(void **state)
{
    uint8_t raw[48];
    struct ota_trailer t;

    (void)state;
    memset(raw, 0x00, sizeof raw);
    ota_trailer_decode(raw, 8, 0x00, &t);
    assert_int_equal(t.magic, OTA_FIELD_UNSET);
    assert_int_equal(t.copy_done, OTA_FIELD_UNSET);
    ota_trailer_decode(raw, 8, 0xff, &t);
    assert_int_equal(t.magic, OTA_FIELD_BAD);
    assert_int_equal(t.image_ok, OTA_FIELD_BAD);
}

static void test_every_field_is_decoded(void **state)
{
    uint8_t raw[160];
    struct ota_trailer t;

    (void)state;
    memset(raw, 0xff, sizeof raw);
    memcpy(raw, "\x39\x30\x00\x00", 4);
    raw[32] = 0x13;
    raw[64] = 1;
    raw[96] = 7;
    ota_trailer_magic(32, raw + 144);
    ota_trailer_decode(raw, 32, 0xff, &t);
    assert_int_equal(t.swap_size, 12345);
    assert_int_equal(t.swap_info, 0x13);
    assert_int_equal(t.copy_done, OTA_FIELD_SET);
    assert_int_equal(t.image_ok, OTA_FIELD_BAD);
    assert_int_equal(t.magic, OTA_FIELD_SET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swap_type_agrees_with_every_row_of_the_reference),
        cmocka_unit_test(test_fields_lie_where_each_alignment_puts_them),
        cmocka_unit_test(test_magic_of_another_alignment_is_bad),
        cmocka_unit_test(test_erased_value_decides_what_is_unset),
        cmocka_unit_test(test_every_field_is_decoded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
