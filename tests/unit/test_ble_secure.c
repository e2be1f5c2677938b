/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secure variant: 64 bytes of signature end the transfer. The image's own check is a mere hash
 * here, so that the transfer's signature alone decides.
 */
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#include "codec/gatt.h"
#include "ota_psa.h"
#include "unit/ble_device.h"

#define IMAGE_LEN 10000u
#define TRANSFER_LEN (IMAGE_LEN + OTA_GATT_SIG_LEN)
#define VECTORS OTA_TEST_VECTORS "/anycloud/ble"
#define VECTOR_LEN 1000u

static struct ble_device d;
static struct ota_psa psa;
static struct ota_crypto crypto;
static uint8_t transfer[TRANSFER_LEN];

/* SubjectPublicKeyInfo of the vectors' key. */
static uint8_t key_der[91] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                              0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                              0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
static const struct ota_key key = {OTA_SIG_ECDSA_P256, key_der, sizeof key_der};

static void read_hex(const char *label, uint8_t *out, size_t len)
{
    FILE *f = fopen(VECTORS "/secure.txt", "r");
    char line[512];
    const char *hex = NULL;

    assert_non_null(f);
    while (hex == NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, label, strlen(label)) == 0) {
            hex = strrchr(line, ' ') + 1;
        }
    }
    (void)fclose(f);
    assert_non_null(hex);
    for (size_t i = 0; i < len; i++) {
        unsigned byte = 0;

        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        out[i] = (uint8_t)byte;
    }
}

static void hash(const uint8_t *data, size_t len, uint8_t digest[OTA_SHA256_LEN])
{
    assert_int_equal(crypto.ops->sha256(crypto.ctx, OTA_HASH_INIT, NULL, 0, NULL), 0);
    assert_int_equal(crypto.ops->sha256(crypto.ctx, OTA_HASH_UPDATE, data, len, NULL), 0);
    assert_int_equal(crypto.ops->sha256(crypto.ctx, OTA_HASH_FINISH, NULL, 0, digest), 0);
}

/* Signs the first len bytes of what is there and puts the signature behind them. */
static void sign(uint8_t *data, size_t len)
{
    psa_key_attributes_t attr = PSA_KEY_ATTRIBUTES_INIT;
    uint8_t private_key[32];
    uint8_t digest[OTA_SHA256_LEN];
    psa_key_id_t id;
    size_t n;

    memset(private_key, 0x11, sizeof private_key);
    psa_set_key_usage_flags(&attr, PSA_KEY_USAGE_SIGN_HASH);
    psa_set_key_algorithm(&attr, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
    psa_set_key_type(&attr, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    assert_int_equal(psa_import_key(&attr, private_key, sizeof private_key, &id), PSA_SUCCESS);
    hash(data, len, digest);
    assert_int_equal(psa_sign_hash(id, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, sizeof digest,
                                   data + len, OTA_GATT_SIG_LEN, &n),
                     PSA_SUCCESS);
    assert_int_equal(n, OTA_GATT_SIG_LEN);
    assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
}

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(ota_psa_init(&psa, &crypto), 0);
    read_hex("public x ", key_der + 27, 32);
    read_hex("public y ", key_der + 59, 32);
    ble_device_init(&d, &crypto);
    d.ble_config.key = &key;
    ble_image(&crypto, transfer, IMAGE_LEN, 6, NULL);
    sign(transfer, IMAGE_LEN);
    assert_int_equal(ble_device_boot(&d), 0);
    ble_device_connect(&d, 247);
    return 0;
}

static void push(size_t block)
{
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, TRANSFER_LEN);
    (void)ble_device_data(&d, transfer, TRANSFER_LEN, block);
    (void)ble_device_command(&d, 3, 0); /* its checksum does not count */
}

static void expect_bad(int err)
{
    assert_string_equal(d.said.text, "N 00\nN 00\nI 01\n");
    assert_false(ble_device_is_pending(&d));
    assert_int_equal(ota_last_error(&d.agent), err);
}

static int check(const uint8_t *data, const uint8_t *sig)
{
    uint8_t digest[OTA_SHA256_LEN];
    uint8_t der[OTA_GATT_DER_MAX];
    size_t len = ota_gatt_sig_to_der(sig, der);

    hash(data, VECTOR_LEN, digest);
    return crypto.ops->verify(crypto.ctx, OTA_SIG_ECDSA_P256, key.der, key.der_len, digest, der,
                              len);
}

static void read_file(const char *path, uint8_t *out, size_t len)
{
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    assert_int_equal(fread(out, 1, len, f), len);
    (void)fclose(f);
}

/* The four cases that the original gets wrong. */
static void test_signatures_of_the_vectors_are_told_apart(void **state)
{
    static const uint8_t zero[OTA_GATT_SIG_LEN];
    static uint8_t good[VECTOR_LEN + OTA_GATT_SIG_LEN];
    static uint8_t bad[VECTOR_LEN + OTA_GATT_SIG_LEN];

    (void)state;
    read_file(VECTORS "/secure-transfer.bin", good, sizeof good);
    read_file(VECTORS "/secure-transfer-bad-signature.bin", bad, sizeof bad);
    assert_int_equal(check(good, good + VECTOR_LEN), 0);
    assert_int_equal(check(bad, bad + VECTOR_LEN), OTA_ESIG);
    assert_int_equal(check(good, zero), OTA_ESIG);
    good[500] ^= 1;
    assert_int_equal(check(good, good + VECTOR_LEN), OTA_ESIG);
}

static void test_a_signed_transfer_is_installed(void **state)
{
    for (size_t block = 1; block < 512; block = block * 3 + 1) {
        (void)set_up(state);
        push(block);
        assert_string_equal(d.said.text, "N 00\nN 00\nI 00\n");
        assert_true(ble_device_is_pending(&d));
    }
}

static void test_the_signature_is_never_in_flash(void **state)
{
    const uint8_t *slot = d.flash.mem + BLE_SLOT;

    (void)state;
    push(512);
    assert_memory_equal(slot, transfer, IMAGE_LEN);
    for (size_t i = IMAGE_LEN; i < IMAGE_LEN + OTA_GATT_SIG_LEN; i++) {
        assert_int_equal(slot[i], 0xff);
    }
}

static void test_a_wrong_signature_is_bad(void **state)
{
    (void)state;
    transfer[TRANSFER_LEN - 1] ^= 1;
    push(500);
    expect_bad(OTA_ESIG);
}

static void test_a_signature_of_zeros_is_bad(void **state)
{
    (void)state;
    memset(transfer + IMAGE_LEN, 0, OTA_GATT_SIG_LEN);
    push(500);
    expect_bad(OTA_ESIG);
}

static void test_a_signature_of_other_bytes_is_bad(void **state)
{
    (void)state;
    ble_image(&crypto, transfer, IMAGE_LEN, 7, NULL); /* good in itself */
    push(500);
    expect_bad(OTA_ESIG);
}

static void test_a_signature_cut_short_is_bad(void **state)
{
    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, TRANSFER_LEN);
    (void)ble_device_data(&d, transfer, TRANSFER_LEN - 1, 500);
    (void)ble_device_command(&d, 3, 0);
    expect_bad(OTA_EINCOMPLETE);
}

static void test_a_signature_with_more_behind_it_is_bad(void **state)
{
    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, TRANSFER_LEN);
    (void)ble_device_data(&d, transfer, TRANSFER_LEN, 500);
    assert_int_equal(ble_device_data(&d, transfer, 1, 1), OTA_ATT_REFUSED);
    assert_int_equal(ota_last_error(&d.agent), OTA_ESIZE);
}

static void test_a_transfer_of_no_more_than_a_signature_is_bad(void **state)
{
    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, OTA_GATT_SIG_LEN);
    assert_string_equal(d.said.text, "N 00\nN 01\n");
}

static void test_a_signed_transfer_goes_on_after_a_reset(void **state)
{
    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, TRANSFER_LEN);
    (void)ble_device_data(&d, transfer, IMAGE_LEN + 30, 30);
    assert_int_equal(ble_device_boot(&d), 0);
    ble_device_connect(&d, 247);
    (void)ble_device_command(&d, 0x20, TRANSFER_LEN);
    (void)ble_device_data(&d, transfer + 8192, TRANSFER_LEN - 8192, 500);
    (void)ble_device_command(&d, 3, 0);
    assert_true(ble_device_is_pending(&d));
    assert_memory_equal(d.flash.mem + BLE_SLOT, transfer, IMAGE_LEN);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_signatures_of_the_vectors_are_told_apart),
        TEST(test_a_signed_transfer_is_installed),
        TEST(test_the_signature_is_never_in_flash),
        TEST(test_a_wrong_signature_is_bad),
        TEST(test_a_signature_of_zeros_is_bad),
        TEST(test_a_signature_of_other_bytes_is_bad),
        TEST(test_a_signature_cut_short_is_bad),
        TEST(test_a_signature_with_more_behind_it_is_bad),
        TEST(test_a_transfer_of_no_more_than_a_signature_is_bad),
        TEST(test_a_signed_transfer_goes_on_after_a_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
