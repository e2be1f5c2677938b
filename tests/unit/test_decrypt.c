/* SPDX-License-Identifier: Apache-2.0 */
#include "base/le.h"
#include "fake_cipher.h"
#include "fake_image.h"
#include "test.h"

#define HEADER 40u
#define PAYLOAD 72u
#define END (HEADER + PAYLOAD)
#define SIZE 512u

static const uint8_t key_value[FAKE_KEY_LEN] = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6};

/* Image with a hash of the plain payload and a key, stored encrypted; plain: the same in clear. */
struct fixture {
    uint8_t stored[SIZE];
    uint8_t plain[SIZE];
    struct ota_source src;
    struct ota_decrypted d;
};

static uint8_t *put_entry(uint8_t *at, uint16_t type, const uint8_t *value, uint16_t len)
{
    ota_put_le16(at, type);
    ota_put_le16(at + 2, len);
    memcpy(at + 4, value, len);
    return at + 4 + len;
}

static void make(struct fixture *f, uint32_t flags, uint16_t type, uint16_t key_len)
{
    const struct ota_image_header h = {
        .header_size = HEADER, .payload_size = PAYLOAD, .flags = flags, .version = {.major = 1}};
    struct ota_image_key key = {.len = FAKE_KEY_LEN};
    uint8_t value[OTA_ENC_TLV_MAX + 1] = {0};
    uint8_t hash[OTA_SHA256_LEN];
    uint8_t *at;

    memset(f, 0xff, sizeof *f);
    ota_image_header_encode(&h, f->plain);
    for (uint32_t i = HEADER; i < END; i++) {
        f->plain[i] = (uint8_t)(i * 11);
    }
    (void)fake_sha256(NULL, OTA_HASH_INIT, NULL, 0, NULL);
    (void)fake_sha256(NULL, OTA_HASH_UPDATE, f->plain, END, NULL);
    (void)fake_sha256(NULL, OTA_HASH_FINISH, NULL, 0, hash);
    memcpy(value, key_value, sizeof key_value);
    at = put_entry(f->plain + END + OTA_TLV_INFO_LEN, OTA_TLV_SHA256, hash, sizeof hash);
    if (type != 0) {
        at = put_entry(at, type, value, key_len);
    }
    ota_put_le16(f->plain + END, OTA_TLV_INFO_MAGIC);
    ota_put_le16(f->plain + END + 2, (uint16_t)(at - (f->plain + END)));
    memcpy(f->stored, f->plain, SIZE);
    memcpy(key.bytes, key_value, sizeof key_value);
    if ((flags & OTA_IMAGE_F_ENCRYPTED_AES128) != 0) {
        assert_int_equal(fake_ctr(NULL, &key, 0, f->stored + HEADER, PAYLOAD), 0);
    }
    ota_source_from_memory(&f->src, f->stored, SIZE);
}

static int open_with(struct fixture *f, uint32_t flags, uint16_t type, uint16_t key_len)
{
    make(f, flags, type, key_len);
    return ota_decrypted_open(&f->d, &f->src, &fake_cipher);
}

static int check(const struct ota_source *src)
{
    struct ota_image image;
    uint8_t buf[13];

    return ota_image_check(src, &fake_trust, buf, sizeof buf, &image);
}

static void test_an_encrypted_image_reads_in_the_clear(void **state)
{
    struct fixture f;
    uint8_t buf[SIZE];

    (void)state;
    assert_int_equal(open_with(&f, OTA_IMAGE_F_ENCRYPTED_AES128, FAKE_KEY_TLV, FAKE_KEY_LEN), 0);
    for (uint32_t off = 0; off < END + 40; off++) {
        for (uint32_t len = 0; len < END + 40 - off; len++) {
            memset(buf, 0, sizeof buf);
            assert_int_equal(f.d.plain.read(f.d.plain.ctx, off, buf, len), 0);
            assert_memory_equal(buf, f.plain + off, len);
            assert_int_equal(buf[len], 0);
        }
    }
}

static void test_only_the_plain_payload_has_the_hash(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(open_with(&f, OTA_IMAGE_F_ENCRYPTED_AES128, FAKE_KEY_TLV, FAKE_KEY_LEN), 0);
    assert_int_equal(check(&f.d.plain), 0);
    f.stored[HEADER + 3] ^= 1;
    assert_int_equal(check(&f.d.plain), OTA_EHASH);
    assert_int_equal(check(&f.src), OTA_ENOTSUP);
}

static void test_an_encrypted_image_in_the_clear_is_checked_as_it_is(void **state)
{
    struct fixture f;

    (void)state;
    make(&f, OTA_IMAGE_F_ENCRYPTED_AES128, FAKE_KEY_TLV, FAKE_KEY_LEN);
    ota_source_from_memory(&f.src, f.plain, SIZE);
    assert_int_equal(check(&f.src), OTA_ENOTSUP);
    f.src.is_plain = true;
    assert_int_equal(check(&f.src), 0);
}

static void test_an_image_that_is_not_encrypted_is_read_as_it_is(void **state)
{
    struct fixture f;

    (void)state;
    assert_int_equal(open_with(&f, 0, 0, 0), 0);
    assert_false(f.d.plain.is_plain);
    assert_int_equal(check(&f.d.plain), 0);
}

static void test_a_compressed_image_is_not_supported(void **state)
{
    struct fixture f;
    const uint32_t flags = OTA_IMAGE_F_ENCRYPTED_AES128 | OTA_IMAGE_F_COMPRESSED_LZMA2;

    (void)state;
    assert_int_equal(open_with(&f, flags, FAKE_KEY_TLV, FAKE_KEY_LEN), 0);
    assert_int_equal(check(&f.d.plain), OTA_ENOTSUP);
}

static void test_an_image_needs_a_key_of_the_length_that_it_claims(void **state)
{
    const uint32_t aes128 = OTA_IMAGE_F_ENCRYPTED_AES128, aes256 = OTA_IMAGE_F_ENCRYPTED_AES256;
    struct fixture f;

    (void)state;
    assert_int_equal(open_with(&f, aes128, 0, 0), OTA_ETLV);
    assert_int_equal(open_with(&f, aes256, FAKE_KEY_TLV, 32), 0);
    assert_int_equal(open_with(&f, aes256, FAKE_KEY_TLV, 16), OTA_ETLV);
    assert_int_equal(open_with(&f, aes128, FAKE_KEY_TLV, 32), OTA_ETLV);
    assert_int_equal(open_with(&f, aes128, FAKE_KEY_TLV, OTA_ENC_TLV_MAX + 1), OTA_ETLV);
    assert_int_equal(open_with(&f, aes128, OTA_TLV_ENC_RSA2048, OTA_ENC_TLV_MAX), OTA_ENOTSUP);
    assert_int_equal(open_with(&f, aes128 | aes256, FAKE_KEY_TLV, 16), OTA_ENOTSUP);
}

static void test_an_image_that_does_not_parse_is_not_opened(void **state)
{
    struct fixture f;

    (void)state;
    make(&f, OTA_IMAGE_F_ENCRYPTED_AES128, FAKE_KEY_TLV, FAKE_KEY_LEN);
    f.stored[0] ^= 1;
    assert_int_equal(ota_decrypted_open(&f.d, &f.src, &fake_cipher), OTA_EMAGIC);
    f.stored[0] ^= 1;
    f.stored[END + OTA_TLV_INFO_LEN + 2] ^= 0x80; /* the length of the first entry */
    assert_int_equal(ota_decrypted_open(&f.d, &f.src, &fake_cipher), OTA_ETLV);
}

static void test_a_wiped_key_is_gone(void **state)
{
    static const struct ota_image_key zero;
    struct ota_image_key key;

    (void)state;
    memset(&key, 0x5a, sizeof key);
    ota_image_key_wipe(&key);
    assert_memory_equal(&key, &zero, sizeof key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_encrypted_image_reads_in_the_clear),
        cmocka_unit_test(test_only_the_plain_payload_has_the_hash),
        cmocka_unit_test(test_an_encrypted_image_in_the_clear_is_checked_as_it_is),
        cmocka_unit_test(test_an_image_that_is_not_encrypted_is_read_as_it_is),
        cmocka_unit_test(test_a_compressed_image_is_not_supported),
        cmocka_unit_test(test_an_image_needs_a_key_of_the_length_that_it_claims),
        cmocka_unit_test(test_an_image_that_does_not_parse_is_not_opened),
        cmocka_unit_test(test_a_wiped_key_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
