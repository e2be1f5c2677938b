/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <string.h>

#include <jansson.h>

#include "ota/slot.h"
#include "unit/ram_flash.h"

#define SLOT_SIZE 16384u
#define TAIL 160u

static struct ram_flash dev;

static struct ota_slot make_slot(uint8_t align, uint32_t write_size)
{
    struct ota_slot slot = {{&dev.flash, 0, SLOT_SIZE}, align, 0};

    ram_flash_init(&dev, SLOT_SIZE, 4096, write_size, 0xff);
    return slot;
}

static uint8_t *tail(void)
{
    return dev.mem + SLOT_SIZE - TAIL;
}

static void unhex(const char *hex, uint8_t *out)
{
    for (size_t i = 0; i < TAIL; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
}

/*
 * Where 1.7.2 does otherwise than 2.x and we go with 2.x. Returns why, or NULL.
 */
static const char *deviation(const char *version, const char *call, const json_t *before)
{
    const char *magic = json_string_value(json_object_get(before, "magic"));
    const char *copy_done = json_string_value(json_object_get(before, "copy_done"));

    if (strcmp(version, "1.7.2") != 0) {
        return NULL;
    }
    if (strncmp(call, "set_pending", 11) == 0 && strcmp(magic, "bad") == 0) {
        return "erases the slot: a failed request must not cost the downloaded image";
    }
    if (strcmp(call, "set_confirmed") == 0 && strcmp(magic, "good") == 0 &&
        strcmp(copy_done, "unset") == 0) {
        return "refuses to confirm an image that was not swapped in: overwrite never sets "
               "copy_done";
    }
    return NULL;
}

static int call_slot(const struct ota_slot *slot, const char *call)
{
    if (strcmp(call, "set_confirmed") == 0) {
        return ota_slot_confirm(slot);
    }
    return ota_slot_set_pending(slot, strcmp(call, "set_pending(permanent)") == 0);
}

/* 1 if the vector agrees, 0 if it is one of the named deviations. */
static int check_written(const json_t *v)
{
    const char *version = json_string_value(json_object_get(v, "version"));
    const char *call = json_string_value(json_object_get(v, "call"));
    json_int_t align = json_integer_value(json_object_get(v, "align"));
    struct ota_slot slot =
        make_slot((uint8_t)align, (uint32_t)json_integer_value(json_object_get(v, "write")));
    const char *why = deviation(version, call, json_object_get(v, "before"));
    uint8_t want[TAIL];
    int rc;

    unhex(json_string_value(json_object_get(v, "trailer_before")), tail());
    unhex(json_string_value(json_object_get(v, "trailer_after")), want);
    rc = call_slot(&slot, call);
    if (why != NULL) {
        print_message("1.7.2 %s\n", why);
        return 0;
    }
    assert_int_equal(rc, json_integer_value(json_object_get(v, "returns")) == 0 ? 0 : OTA_ESTATE);
    assert_memory_equal(tail(), want, TAIL);
    assert_int_equal(dev.n_writes, json_array_size(json_object_get(v, "flash_operations")));
    return 1;
}

static void test_written_trailers_are_those_of_the_reference(void **state)
{
    json_t *all = json_load_file(OTA_TEST_VECTORS "/mcuboot/trailers.json", 0, NULL);
    int n = 0, equal = 0;
    size_t i;
    json_t *v;

    (void)state;
    assert_non_null(all);
    json_array_foreach(json_object_get(all, "written_trailers"), i, v)
    {
        equal += check_written(v);
        n++;
    }
    assert_int_equal(n, 294);
    assert_int_equal(n - equal, 8 + 6);
    json_decref(all);
}

static void test_bad_magic_keeps_the_slot_and_is_an_error(void **state)
{
    struct ota_slot slot = make_slot(8, 8);

    (void)state;
    memset(dev.mem + SLOT_SIZE - 16, 0, 16);
    assert_int_equal(ota_slot_set_pending(&slot, true), OTA_ESTATE);
    assert_int_equal(ota_slot_confirm(&slot), OTA_ESTATE);
    assert_int_equal(dev.n_erases + dev.n_writes, 0);
}

static void test_confirm_needs_no_copy_done(void **state)
{
    struct ota_slot slot = make_slot(8, 8);

    (void)state;
    assert_int_equal(ota_slot_set_pending(&slot, false), 0);
    assert_int_equal(ota_slot_confirm(&slot), 0);
    assert_int_equal(dev.mem[SLOT_SIZE - 24], 1);
}

static void test_permanent_request_never_becomes_a_test_by_a_cut(void **state)
{
    (void)state;
    for (int cut = 0; cut < 3; cut++) {
        struct ota_slot slot = make_slot(8, 8);
        struct ota_trailer p = {0}, s;

        dev.fail_after = cut;
        assert_int_equal(ota_slot_set_pending(&slot, true), OTA_EFLASH);
        dev.fail_after = -1;
        assert_int_equal(ota_slot_read_trailer(&slot, &s), 0);
        assert_int_equal(ota_swap_type(&p, &s, OTA_SWAP_RULES_V2), OTA_SWAP_NONE);
        assert_int_equal(ota_slot_set_pending(&slot, true), 0);
        assert_int_equal(ota_slot_read_trailer(&slot, &s), 0);
        assert_int_equal(ota_swap_type(&p, &s, OTA_SWAP_RULES_V2), OTA_SWAP_PERM);
    }
}

static void test_test_request_is_refused_after_half_a_permanent_one(void **state)
{
    struct ota_slot slot = make_slot(8, 8);

    (void)state;
    dev.fail_after = 1;
    assert_int_equal(ota_slot_set_pending(&slot, true), OTA_EFLASH);
    dev.fail_after = -1;
    assert_int_equal(ota_slot_set_pending(&slot, false), OTA_ESTATE);
}

static void test_rows_that_rewrite_keep_the_rest_of_the_row(void **state)
{
    struct ota_slot slot = {{&dev.flash, 0, SLOT_SIZE}, 8, OTA_SLOT_MAILBOX};

    (void)state;
    ram_flash_init(&dev, SLOT_SIZE, 512, 512, 0x00);
    dev.flash.flags = OTA_FLASH_REWRITE;
    dev.mem[SLOT_SIZE - 500] = 0x77;
    assert_int_equal(ota_slot_set_pending(&slot, true), 0);
    assert_int_equal(dev.mem[SLOT_SIZE - 500], 0x77);
    assert_int_equal(dev.mem[SLOT_SIZE - 24], 1);
    assert_int_equal(dev.mem[SLOT_SIZE - 16], 0x77);
}

static void test_mailbox_is_confirmed_without_a_magic(void **state)
{
    struct ota_slot slot = make_slot(8, 8);

    (void)state;
    assert_int_equal(ota_slot_confirm(&slot), 0);
    assert_int_equal(dev.n_writes, 0);
    assert_int_equal(ota_slot_is_confirmed(&slot), 1);
    slot.flags = OTA_SLOT_MAILBOX;
    assert_int_equal(ota_slot_is_confirmed(&slot), 0);
    assert_int_equal(ota_slot_confirm(&slot), 0);
    assert_int_equal(ota_slot_is_confirmed(&slot), 1);
    assert_int_equal(ota_slot_confirm(&slot), 0);
    assert_int_equal(dev.n_writes, 1);
}

static void test_trial_image_is_not_confirmed_until_it_is(void **state)
{
    struct ota_slot slot = make_slot(8, 8);

    (void)state;
    assert_int_equal(ota_slot_set_pending(&slot, false), 0);
    dev.mem[SLOT_SIZE - 32] = 1;
    assert_int_equal(ota_slot_is_confirmed(&slot), 0);
    assert_int_equal(ota_slot_confirm(&slot), 0);
    assert_int_equal(ota_slot_is_confirmed(&slot), 1);
}

static void test_impossible_geometries_are_refused(void **state)
{
    struct ota_slot slot = make_slot(8, 16);
    struct ota_trailer t;

    (void)state;
    assert_int_equal(ota_slot_read_trailer(&slot, &t), OTA_EARG);
    slot.align = 16;
    assert_int_equal(ota_slot_read_trailer(&slot, &t), 0);
    assert_int_equal(ota_slot_trailer_size(&slot), 80);
    slot.align = 5;
    assert_int_equal(ota_slot_set_pending(&slot, true), OTA_EARG);
    slot.align = 16;
    slot.area.size = 64;
    assert_int_equal(ota_slot_is_confirmed(&slot), OTA_ERANGE);
    slot.area.flash = NULL;
    assert_int_equal(ota_slot_confirm(&slot), OTA_EARG);
}

static void test_spare_unit_alone_is_erased(void **state)
{
    struct ota_slot slot = make_slot(8, 8);

    (void)state;
    memset(dev.mem, 0x5a, SLOT_SIZE);
    slot.area.off = 8192;
    slot.area.size = SLOT_SIZE - 8192;
    assert_int_equal(ota_slot_erase_spare(&slot), 0);
    assert_int_equal(dev.mem[4096], 0x5a);
    slot.flags = OTA_SLOT_SPARE;
    assert_int_equal(ota_slot_erase_spare(&slot), 0);
    assert_int_equal(dev.mem[4095], 0x5a);
    assert_int_equal(dev.mem[4096], 0xff);
    assert_int_equal(dev.mem[8191], 0xff);
    assert_int_equal(dev.mem[8192], 0x5a);
    slot.area.off = 0;
    assert_int_equal(ota_slot_erase_spare(&slot), OTA_ERANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written_trailers_are_those_of_the_reference),
        cmocka_unit_test(test_bad_magic_keeps_the_slot_and_is_an_error),
        cmocka_unit_test(test_confirm_needs_no_copy_done),
        cmocka_unit_test(test_permanent_request_never_becomes_a_test_by_a_cut),
        cmocka_unit_test(test_test_request_is_refused_after_half_a_permanent_one),
        cmocka_unit_test(test_rows_that_rewrite_keep_the_rest_of_the_row),
        cmocka_unit_test(test_mailbox_is_confirmed_without_a_magic),
        cmocka_unit_test(test_trial_image_is_not_confirmed_until_it_is),
        cmocka_unit_test(test_spare_unit_alone_is_erased),
        cmocka_unit_test(test_impossible_geometries_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
