/* SPDX-License-Identifier: Apache-2.0 */
/* What the tools make of a board file: the bootloader and whom it trusts. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/bootloader.h"
#include "common/trust.h"
#include "ota/err.h"

#define KEY(name) OTA_TEST_VECTORS "/mcuboot/keys/" name

static struct ota_tool_why why;

static struct ota_board *load(const char *file)
{
    struct ota_board *b = NULL;
    char path[512];
    char err[512];

    (void)snprintf(path, sizeof path, "%s/%s", OTA_BOARDS, file);
    if (ota_board_load(path, &b, err, sizeof err) != 0 ||
        ota_board_open_flash(b, NULL, false, err, sizeof err) != 0) {
        fail_msg("%s", err);
    }
    return b;
}

static void test_the_bootloader_takes_every_board(void **state)
{
    static const struct ota_trust nobody = {0};
    DIR *dir = opendir(OTA_BOARDS);
    const struct dirent *entry;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);

        if (len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0) {
            struct ota_board *b = load(entry->d_name);
            struct ota_tool_bootloader loader;
            struct ota_boot boot;
            uint32_t most = ota_tool_max_image(b);

            assert_int_equal(ota_tool_bootloader_init(&loader, b, &nobody, &why), 0);
            assert_int_equal(ota_boot_init(&boot, &loader.config), 0);
            assert_true(most <= ota_board_max_image(b));
            assert_true(most > ota_board_max_image(b) - 64);
            ota_board_free(b);
        }
    }
    (void)closedir(dir);
}

static void test_a_mode_that_the_bootloader_lacks_is_named(void **state)
{
    static const struct ota_trust nobody = {0};
    struct ota_board *b = load("generic-overwrite.json");
    struct ota_tool_bootloader loader;

    (void)state;
    (void)snprintf(b->boot.mode, sizeof b->boot.mode, "swap-nothing");
    assert_int_equal(ota_tool_bootloader_init(&loader, b, &nobody, &why), OTA_ENOTSUP);
    assert_non_null(strstr(why.text, "swap-nothing"));
    ota_board_free(b);
}

static void test_pem_and_der_give_the_same_key(void **state)
{
    char *pem[] = {KEY("ec256.pub.pem")};
    char *der[] = {KEY("ec256.pub.der")};
    struct ota_board *b = load("generic-swap.json");
    static struct ota_tool_trust one, two;

    (void)state;
    assert_int_equal(ota_tool_trust_init(&one, b, pem, 1, &why), 0);
    assert_int_equal(ota_tool_trust_init(&two, b, der, 1, &why), 0);
    assert_int_equal(one.trust.sig_type, OTA_SIG_ECDSA_P256);
    assert_int_equal(one.keys[0].der_len, two.keys[0].der_len);
    assert_memory_equal(one.keys[0].der, two.keys[0].der, one.keys[0].der_len);
    ota_tool_trust_free(&one);
    ota_tool_trust_free(&two);
    ota_board_free(b);
}

static void test_keys_of_the_command_line_set_the_signature_type(void **state)
{
    char *paths[] = {KEY("rsa2048.pub.pem"), KEY("wrong-rsa2048.pub.pem")};
    struct ota_board *b = load("generic-swap.json");
    static struct ota_tool_trust t;

    (void)state;
    assert_int_equal(ota_tool_trust_init(&t, b, paths, 2, &why), 0);
    assert_int_equal(t.trust.sig_type, OTA_SIG_RSA2048);
    assert_int_equal(t.trust.n_keys, 2);
    ota_tool_trust_free(&t);
    ota_board_free(b);
}

static void expect_refusal(char *const *paths, size_t n, const char *words)
{
    struct ota_board *b = load("generic-swap.json");
    static struct ota_tool_trust t;

    assert_true(ota_tool_trust_init(&t, b, paths, n, &why) < 0);
    if (strstr(why.text, words) == NULL) {
        fail_msg("'%s' instead of '%s'", why.text, words);
    }
    ota_board_free(b);
}

static void test_keys_that_cannot_be_used_are_named(void **state)
{
    char *none[] = {"/nonexistent.pem"};
    char *text[] = {OTA_BOARDS "/generic-swap.json"};
    char *mixed[] = {KEY("ec256.pub.pem"), KEY("rsa2048.pub.pem")};

    (void)state;
    expect_refusal(NULL, 0, "names no key");
    expect_refusal(none, 1, "/nonexistent.pem");
    expect_refusal(text, 1, "generic-swap.json");
    expect_refusal(mixed, 2, "key 2 is of type rsa2048");
}

static void test_keys_of_the_board_file_have_its_type(void **state)
{
    struct ota_board *b = load("generic-swap.json");
    static struct ota_tool_trust t;

    (void)state;
    b->boot.keys[0] = malloc(sizeof KEY("rsa3072.pub.pem"));
    assert_non_null(b->boot.keys[0]);
    memcpy(b->boot.keys[0], KEY("rsa3072.pub.pem"), sizeof KEY("rsa3072.pub.pem"));
    b->boot.n_keys = 1;
    assert_int_equal(ota_tool_trust_init(&t, b, NULL, 0, &why), OTA_EKEY);
    assert_non_null(strstr(why.text, "boot.signature of the board is ec256"));
    ota_board_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bootloader_takes_every_board),
        cmocka_unit_test(test_a_mode_that_the_bootloader_lacks_is_named),
        cmocka_unit_test(test_pem_and_der_give_the_same_key),
        cmocka_unit_test(test_keys_of_the_command_line_set_the_signature_type),
        cmocka_unit_test(test_keys_that_cannot_be_used_are_named),
        cmocka_unit_test(test_keys_of_the_board_file_have_its_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
