/* SPDX-License-Identifier: Apache-2.0 */
/* Signed pushes through the original's functions, in a build with CY_OTA_BLE_SECURE_SUPPORT. */
#include "unit/test.h"

#include <psa/crypto.h>
#include <string.h>

#include "unit/compat_world.h"
#include "unit/fake_bt.h"

#define SIG_LEN 64u
#define TRANSFER_LEN (WORLD_IMAGE_LEN + SIG_LEN)
#define BLOCK 512u

/* The vectors' key (tests/vectors/anycloud/ble/secure.txt), as a peer's tool writes it. */
Point ecdsa256_public_key = {
    {0x0282d4ed, 0xdf66e5b8, 0x2bdf6d6c, 0x3a4f2c15, 0x999e69a2, 0x28278f96, 0xf0b64439,
     0x0217e617},
    {0x306e5794, 0xf2897c65, 0x58599652, 0x56f45fc7, 0x5aa8765a, 0x2dda3ca8, 0xcb97712d,
     0x194a7deb},
    {0},
};

static uint8_t transfer[TRANSFER_LEN];

static void hash(const uint8_t *data, size_t len, uint8_t digest[OTA_SHA256_LEN])
{
    const struct ota_crypto *c = &world.crypto;

    assert_int_equal(c->ops->sha256(c->ctx, OTA_HASH_INIT, NULL, 0, NULL), 0);
    assert_int_equal(c->ops->sha256(c->ctx, OTA_HASH_UPDATE, data, len, NULL), 0);
    assert_int_equal(c->ops->sha256(c->ctx, OTA_HASH_FINISH, NULL, 0, digest), 0);
}

/* Signs with a private key of 32 equal bytes; the vectors' is 0x11. */
static void sign(uint8_t byte)
{
    psa_key_attributes_t attr = PSA_KEY_ATTRIBUTES_INIT;
    uint8_t private_key[32];
    uint8_t digest[OTA_SHA256_LEN];
    psa_key_id_t id;
    size_t n;

    memset(private_key, byte, sizeof private_key);
    psa_set_key_usage_flags(&attr, PSA_KEY_USAGE_SIGN_HASH);
    psa_set_key_algorithm(&attr, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
    psa_set_key_type(&attr, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    assert_int_equal(psa_import_key(&attr, private_key, sizeof private_key, &id), PSA_SUCCESS);
    hash(transfer, WORLD_IMAGE_LEN, digest);
    assert_int_equal(psa_sign_hash(id, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, sizeof digest,
                                   transfer + WORLD_IMAGE_LEN, SIG_LEN, &n),
                     PSA_SUCCESS);
    assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
}

static int set_up(void **state)
{
    (void)state;
    compat_world_init();
    memset(&fake_bt, 0, sizeof fake_bt);
    memcpy(transfer, world.image, WORLD_IMAGE_LEN);
    world.network.initial_connection = CY_OTA_CONNECTION_BLE;
    assert_int_equal(cy_ota_agent_start(&world.network, &world.params, &world.ota),
                     CY_RSLT_SUCCESS);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return cy_ota_agent_stop(&world.ota) == CY_RSLT_SUCCESS ? 0 : -1;
}

static cy_rslt_t push(uint32_t announced)
{
    const uint8_t size[5] = {2, (uint8_t)announced, (uint8_t)(announced >> 8), 0, 0};
    cy_rslt_t result = cy_ota_ble_download_prepare(world.ota, 1, 3);

    if (result == CY_RSLT_SUCCESS) {
        result = cy_ota_ble_download(world.ota, fake_bt_write(size, 5), 1, 3);
    }
    for (uint32_t off = 0; off < announced && result == CY_RSLT_SUCCESS; off += BLOCK) {
        uint32_t left = announced - off;

        result = cy_ota_ble_download_write(
            world.ota, fake_bt_write(transfer + off, left < BLOCK ? left : BLOCK));
    }
    return result != CY_RSLT_SUCCESS
               ? result
               : cy_ota_ble_download_verify(world.ota, fake_bt_write("\x03\0\0\0\0", 5), 1);
}

static void test_push_of_the_right_sender_is_taken(void **state)
{
    (void)state;
    sign(0x11);
    assert_int_equal(push(TRANSFER_LEN), CY_RSLT_SUCCESS);
    assert_true(compat_world_is_pending());
    /* The signature is not an image's part. */
    assert_int_equal(world.flash.mem[WORLD_SLOT + WORLD_IMAGE_LEN], 0xff);
}

static void test_push_of_anybody_else_is_refused(void **state)
{
    (void)state;
    sign(0x22);
    assert_int_equal(push(TRANSFER_LEN), CY_RSLT_OTA_ERROR_BLE_VERIFY);
    assert_string_equal(fake_bt.sent, "N00 N00 I01 ");
    assert_false(compat_world_is_pending());
}

static void test_signature_of_other_bytes_is_refused(void **state)
{
    (void)state;
    sign(0x11);
    transfer[TRANSFER_LEN - 1] ^= 1;
    assert_int_equal(push(TRANSFER_LEN), CY_RSLT_OTA_ERROR_BLE_VERIFY);
    memset(transfer + WORLD_IMAGE_LEN, 0, SIG_LEN);
    assert_int_equal(push(TRANSFER_LEN), CY_RSLT_OTA_ERROR_BLE_VERIFY);
    assert_false(compat_world_is_pending());
}

static void test_push_without_a_signature_is_refused(void **state)
{
    (void)state;
    /* The image's own length gives it away before the end. */
    assert_int_equal(push(WORLD_IMAGE_LEN), CY_RSLT_OTA_ERROR_BLE_GATT);
    assert_false(compat_world_is_pending());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_push_of_the_right_sender_is_taken),
        TEST(test_push_of_anybody_else_is_refused),
        TEST(test_signature_of_other_bytes_is_refused),
        TEST(test_push_without_a_signature_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
