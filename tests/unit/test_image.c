/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "crypto/equal.h"
#include "ota/err.h"
#include "ota/image.h"
#include "unit/ram_flash.h"
#include "unit/test.h"

/* A cryptographic library whose digest is the sum of the bytes, and whose signatures are right if
 * they begin with the key's first byte. Counts what it is asked for. */
struct fake {
    uint32_t sum;
    unsigned n_verify;
};

static int fake_sha256(void *ctx, enum ota_hash_step step, const void *data, size_t len,
                       uint8_t digest[OTA_SHA256_LEN])
{
    struct fake *f = ctx;

    if (step == OTA_HASH_INIT) {
        f->sum = 0;
    } else if (step == OTA_HASH_FINISH) {
        memset(digest, 0, OTA_SHA256_LEN);
        digest[0] = (uint8_t)f->sum;
        digest[1] = (uint8_t)(f->sum >> 8);
    }
    for (size_t i = 0; step == OTA_HASH_UPDATE && i < len; i++) {
        f->sum += ((const uint8_t *)data)[i];
    }
    return 0;
}

static int fake_verify(void *ctx, enum ota_sig_type type, const uint8_t *key, size_t key_len,
                       const uint8_t digest[OTA_SHA256_LEN], const uint8_t *sig, size_t sig_len)
{
    struct fake *f = ctx;

    (void)type;
    (void)key_len;
    (void)digest;
    f->n_verify++;
    return sig_len > 0 && sig[0] == key[0] ? 0 : OTA_ESIG;
}

static const struct ota_crypto_ops fake_ops = {fake_sha256, fake_verify};

/* Builds an image, field by field. */
struct builder {
    uint8_t bytes[2048];
    uint32_t len;
    uint32_t info; /* offset of the open TLV area */
};

static void put16(struct builder *b, unsigned v)
{
    b->bytes[b->len++] = (uint8_t)v;
    b->bytes[b->len++] = (uint8_t)(v >> 8);
}

static void put_header(struct builder *b, uint16_t protected_size, uint32_t payload_size)
{
    struct ota_image_header h = {.header_size = OTA_IMAGE_HEADER_LEN,
                                 .protected_size = protected_size,
                                 .payload_size = payload_size,
                                 .version = {1, 2, 3, 4}};

    memset(b, 0, sizeof *b);
    ota_image_header_encode(&h, b->bytes);
    memset(b->bytes + OTA_IMAGE_HEADER_LEN, 'p', payload_size);
    b->len = OTA_IMAGE_HEADER_LEN + payload_size;
}

static void open_area(struct builder *b, unsigned magic)
{
    b->info = b->len;
    put16(b, magic);
    put16(b, OTA_TLV_INFO_LEN);
}

static void put_tlv(struct builder *b, unsigned type, const void *value, unsigned len)
{
    put16(b, type);
    put16(b, len);
    memcpy(b->bytes + b->len, value, len);
    b->len += len;
    b->bytes[b->info + 2] = (uint8_t)(b->len - b->info);
    b->bytes[b->info + 3] = (uint8_t)((b->len - b->info) >> 8);
}

static void put_digest_tlv(struct builder *b, unsigned type, const uint8_t *data, uint32_t len)
{
    struct fake f;
    uint8_t digest[OTA_SHA256_LEN];

    (void)fake_sha256(&f, OTA_HASH_INIT, NULL, 0, NULL);
    (void)fake_sha256(&f, OTA_HASH_UPDATE, data, len, NULL);
    (void)fake_sha256(&f, OTA_HASH_FINISH, NULL, 0, digest);
    put_tlv(b, type, digest, sizeof digest);
}

static int parse(const struct builder *b, uint32_t size, struct ota_image *out)
{
    struct ota_source src;

    ota_source_from_memory(&src, b->bytes, size);
    return ota_image_parse(&src, out);
}

static void test_header_survives_encoding_and_decoding(void **state)
{
    const struct ota_image_header in = {.load_addr = 0x20001000,
                                        .header_size = 0x400,
                                        .protected_size = 77,
                                        .payload_size = 123456,
                                        .flags = OTA_IMAGE_F_RAM_LOAD,
                                        .version = {255, 254, 65535, 0xdeadbeef}};
    struct ota_image_header out;
    uint8_t raw[OTA_IMAGE_HEADER_LEN];

    (void)state;
    ota_image_header_encode(&in, raw);
    assert_int_equal(ota_image_header_decode(raw, &out), 0);
    assert_int_equal(out.load_addr, in.load_addr);
    assert_int_equal(out.header_size, in.header_size);
    assert_int_equal(out.protected_size, in.protected_size);
    assert_int_equal(out.payload_size, in.payload_size);
    assert_int_equal(out.flags, in.flags);
    assert_int_equal(out.version.major, 255);
    assert_int_equal(out.version.minor, 254);
    assert_int_equal(out.version.revision, 65535);
    assert_int_equal(out.version.build, 0xdeadbeef);
    assert_memory_equal(raw, "\x3d\xb8\xf3\x96", 4);
    assert_memory_equal(raw + 28, "\0\0\0\0", 4);
}

static void test_flag_not_bootable_is_looked_at_before_the_magic(void **state)
{
    struct ota_image_header h = {.header_size = 32, .flags = OTA_IMAGE_F_NON_BOOTABLE};
    uint8_t raw[OTA_IMAGE_HEADER_LEN];

    (void)state;
    ota_image_header_encode(&h, raw);
    assert_int_equal(ota_image_header_decode(raw, &h), OTA_ENOTBOOT);
    raw[0] ^= 1;
    assert_int_equal(ota_image_header_decode(raw, &h), OTA_ENOTBOOT);
    raw[16] = 0;
    assert_int_equal(ota_image_header_decode(raw, &h), OTA_EMAGIC);
}

static void test_empty_means_the_erased_value_of_the_source(void **state)
{
    uint8_t bytes[64];
    struct ota_source src;
    struct ota_image out;

    (void)state;
    memset(bytes, 0xff, sizeof bytes);
    ota_source_from_memory(&src, bytes, sizeof bytes);
    assert_int_equal(ota_image_parse(&src, &out), OTA_ENOIMAGE);
    src.erased = 0x00;
    assert_int_equal(ota_image_parse(&src, &out), OTA_ENOTBOOT);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(ota_image_parse(&src, &out), OTA_ENOIMAGE);
    src.erased = 0xff;
    assert_int_equal(ota_image_parse(&src, &out), OTA_EMAGIC);
}

static void test_sizes_that_wrap_or_fill_the_source_are_refused(void **state)
{
    static const struct {
        uint16_t header;
        uint32_t payload;
        int want;
    } cases[] = {
        {32, UINT32_MAX, OTA_ESIZE},
        {32, UINT32_MAX - 31, OTA_ESIZE},
        {32, UINT32_MAX - 32, OTA_ESIZE},
        {31, 10, OTA_ESIZE},
        {0, 42, OTA_ESIZE},
        {32, 1024 - 32, OTA_ESIZE},
        {32, 1024 - 33, OTA_ETLV},
        {65535, UINT32_MAX - 65534, OTA_ESIZE},
    };
    struct builder b;
    struct ota_image out;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ota_image_header h = {.header_size = cases[i].header,
                                     .payload_size = cases[i].payload};

        memset(&b, 0, sizeof b);
        ota_image_header_encode(&h, b.bytes);
        assert_int_equal(parse(&b, 1024, &out), cases[i].want);
    }
    assert_int_equal(parse(&b, 31, &out), OTA_ESIZE);
    assert_int_equal(parse(&b, 0, &out), OTA_ESIZE);
}

static void test_layout_follows_from_header_and_infos(void **state)
{
    struct builder b;
    struct ota_image out;

    (void)state;
    put_header(&b, 4 + 4 + 4, 7);
    open_area(&b, OTA_TLV_PROT_INFO_MAGIC);
    put_tlv(&b, OTA_TLV_SEC_CNT, "\1\0\0\0", 4);
    open_area(&b, OTA_TLV_INFO_MAGIC);
    put_tlv(&b, OTA_TLV_SHA256, "x", 1);
    assert_int_equal(parse(&b, sizeof b.bytes, &out), 0);
    assert_int_equal(out.tlv_off, 39);
    assert_int_equal(out.hashed_size, 51);
    assert_int_equal(out.tlv_end, 60);
    assert_int_equal(out.header.version.revision, 3);
    assert_int_equal(parse(&b, 60, &out), 0);
    assert_int_equal(parse(&b, 59, &out), OTA_ETLV);
}

static void test_header_and_protected_info_must_agree(void **state)
{
    struct builder b;
    struct ota_image out;

    (void)state;
    put_header(&b, 0, 7);
    open_area(&b, OTA_TLV_PROT_INFO_MAGIC);
    open_area(&b, OTA_TLV_INFO_MAGIC);
    assert_int_equal(parse(&b, sizeof b.bytes, &out), OTA_ETLV);
    put_header(&b, 4, 7);
    open_area(&b, OTA_TLV_INFO_MAGIC);
    open_area(&b, OTA_TLV_INFO_MAGIC);
    assert_int_equal(parse(&b, sizeof b.bytes, &out), OTA_ETLV);
    put_header(&b, 5, 7);
    open_area(&b, OTA_TLV_PROT_INFO_MAGIC);
    open_area(&b, OTA_TLV_INFO_MAGIC);
    assert_int_equal(parse(&b, sizeof b.bytes, &out), OTA_ETLV);
    put_header(&b, 4, 7);
    open_area(&b, OTA_TLV_PROT_INFO_MAGIC);
    open_area(&b, OTA_TLV_INFO_MAGIC);
    assert_int_equal(parse(&b, sizeof b.bytes, &out), 0);
}

static void test_walk_goes_through_both_areas_in_order(void **state)
{
    struct builder b;
    struct ota_image image;
    struct ota_source src;
    struct ota_tlv_iter it;
    struct ota_tlv tlv;

    (void)state;
    put_header(&b, 4 + 5 + 4, 1);
    open_area(&b, OTA_TLV_PROT_INFO_MAGIC);
    put_tlv(&b, 0xa0, "A", 1);
    put_tlv(&b, 0xa1, "", 0);
    open_area(&b, OTA_TLV_INFO_MAGIC);
    put_tlv(&b, 0xa0, "BB", 2);
    ota_source_from_memory(&src, b.bytes, b.len);
    assert_int_equal(ota_image_parse(&src, &image), 0);
    ota_tlv_begin(&it, &src, &image);
    assert_int_equal(ota_tlv_next(&it, &tlv), 1);
    assert_true(tlv.is_protected && tlv.type == 0xa0 && tlv.len == 1);
    assert_int_equal(b.bytes[tlv.off], 'A');
    assert_int_equal(ota_tlv_next(&it, &tlv), 1);
    assert_true(tlv.is_protected && tlv.type == 0xa1 && tlv.len == 0);
    assert_int_equal(ota_tlv_next(&it, &tlv), 1);
    assert_true(!tlv.is_protected && tlv.type == 0xa0 && tlv.len == 2);
    assert_int_equal(ota_tlv_next(&it, &tlv), 0);
    assert_int_equal(ota_tlv_next(&it, &tlv), 0);
}

static void test_an_entry_may_not_leave_its_area(void **state)
{
    struct builder b;
    struct ota_image image;
    struct ota_source src;
    struct ota_tlv_iter it;
    struct ota_tlv tlv;

    (void)state;
    for (unsigned in_protected = 0; in_protected < 2; in_protected++) {
        for (unsigned len = 0; len < 4; len++) {
            put_header(&b, (uint16_t)(in_protected ? 4 + 6 : 0), 1);
            if (in_protected) {
                open_area(&b, OTA_TLV_PROT_INFO_MAGIC);
                put_tlv(&b, 0xa0, "AB", 2);
                b.bytes[b.len - 4] = (uint8_t)len;
            }
            open_area(&b, OTA_TLV_INFO_MAGIC);
            put_tlv(&b, 0xa0, "AB", 2);
            if (!in_protected) {
                b.bytes[b.len - 4] = (uint8_t)len;
            }
            ota_source_from_memory(&src, b.bytes, sizeof b.bytes);
            assert_int_equal(ota_image_parse(&src, &image), 0);
            ota_tlv_begin(&it, &src, &image);
            if (len <= 2) {
                assert_int_equal(ota_tlv_next(&it, &tlv), 1);
            }
            assert_int_equal(ota_tlv_next(&it, &tlv), len != 2 ? OTA_ETLV : (int)in_protected);
        }
    }
}

static void test_find_tells_protected_from_unprotected(void **state)
{
    struct builder b;
    struct ota_image image;
    struct ota_source src;
    char buf[8];

    (void)state;
    put_header(&b, 4 + 7, 1);
    open_area(&b, OTA_TLV_PROT_INFO_MAGIC);
    put_tlv(&b, OTA_TLV_BOARD, "kit", 3);
    open_area(&b, OTA_TLV_INFO_MAGIC);
    put_tlv(&b, OTA_TLV_BOARD, "forged", 6);
    put_tlv(&b, OTA_TLV_SEC_CNT, "\1\0\0\0", 4);
    ota_source_from_memory(&src, b.bytes, b.len);
    assert_int_equal(ota_image_parse(&src, &image), 0);
    assert_int_equal(ota_tlv_find(&src, &image, OTA_TLV_BOARD, true, buf, sizeof buf), 3);
    assert_memory_equal(buf, "kit", 3);
    assert_int_equal(ota_tlv_find(&src, &image, OTA_TLV_BOARD, true, buf, 2), OTA_ENOSPC);
    assert_int_equal(ota_tlv_find(&src, &image, OTA_TLV_SEC_CNT, true, buf, 8), OTA_ETLV);
    assert_int_equal(ota_tlv_find(&src, &image, OTA_TLV_SEC_CNT, false, buf, 8), 4);
    assert_int_equal(ota_tlv_find(&src, &image, 0xa9, false, buf, 8), OTA_ETLV);
}

static void test_a_flash_area_is_a_source(void **state)
{
    static struct ram_flash dev;
    struct ota_area area = {&dev.flash, 512, 1024};
    struct ota_source src;
    struct ota_image out;
    struct builder b;

    (void)state;
    ram_flash_init(&dev, 4096, 512, 8, 0x00);
    ota_source_from_area(&src, &area);
    assert_int_equal(ota_image_parse(&src, &out), OTA_ENOIMAGE);
    put_header(&b, 0, 9);
    open_area(&b, OTA_TLV_INFO_MAGIC);
    memcpy(dev.mem + 512, b.bytes, b.len);
    assert_int_equal(ota_image_parse(&src, &out), 0);
    assert_int_equal(out.tlv_end, 45);
    assert_int_equal(src.read(src.ctx, 1020, b.bytes, 5), OTA_ERANGE);
}

static const uint8_t der_a[] = {'a', 1, 1, 1};
static const uint8_t der_b[] = {'b', 2, 2};
static const struct ota_key known[] = {{OTA_SIG_ECDSA_P256, der_a, sizeof der_a},
                                       {OTA_SIG_ECDSA_P256, der_b, sizeof der_b}};

/* Appends key hashes (A, B: known; x: unknown), signatures (a, b: right for that key; -: wrong;
 * l: too long) and hashes (#: right; !: wrong) as the letters say. */
static void put_letters(struct builder *b, const char *letters)
{
    static const char too_long[200];
    uint32_t hashed = b->info;

    for (; *letters != '\0'; letters++) {
        switch (*letters) {
        case 'A':
            put_digest_tlv(b, OTA_TLV_KEYHASH, der_a, sizeof der_a);
            break;
        case 'B':
            put_digest_tlv(b, OTA_TLV_KEYHASH, der_b, sizeof der_b);
            break;
        case 'x':
            put_digest_tlv(b, OTA_TLV_KEYHASH, der_b, 1);
            break;
        case '#':
            put_digest_tlv(b, OTA_TLV_SHA256, b->bytes, hashed);
            break;
        case '!':
            put_digest_tlv(b, OTA_TLV_SHA256, b->bytes, hashed - 1);
            break;
        case 'l':
            put_tlv(b, OTA_TLV_ECDSA_SIG, too_long, sizeof too_long);
            break;
        default:
            put_tlv(b, OTA_TLV_ECDSA_SIG, letters, 1);
            break;
        }
    }
}

static int check_letters(const char *letters, unsigned *n_verify)
{
    struct fake fake = {0};
    const struct ota_crypto crypto = {&fake_ops, &fake};
    const struct ota_trust trust = {&crypto, known, 2, OTA_SIG_ECDSA_P256};
    struct ota_source src;
    struct ota_image out;
    struct builder b;
    uint8_t buf[16];
    int rc;

    put_header(&b, 0, 100);
    open_area(&b, OTA_TLV_INFO_MAGIC);
    put_letters(&b, letters);
    ota_source_from_memory(&src, b.bytes, b.len);
    rc = ota_image_check(&src, &trust, buf, sizeof buf, &out);
    *n_verify = fake.n_verify;
    return rc;
}

static void test_the_last_signature_that_follows_a_known_key_decides(void **state)
{
    static const struct {
        const char *letters;
        int want;
    } cases[] = {
        {"#Aa", 0},          {"Aa#", 0},          {"#Bb", 0},         {"#Ab", OTA_ESIG},
        {"Aa", OTA_EHASH},   {"#A", OTA_ENOSIG},  {"#", OTA_ENOSIG},  {"", OTA_EHASH},
        {"#aA", OTA_ENOSIG}, {"#xa", OTA_ENOSIG}, {"#xAa", 0},        {"#Axa", OTA_ENOSIG},
        {"#AaA-", OTA_ESIG}, {"#A-Aa", 0},        {"#AaBb", 0},       {"#Aaxb", 0},
        {"#Aa-", 0},         {"#ABb", 0},         {"#ABa", OTA_ESIG}, {"!Aa", OTA_EHASH},
        {"##Aa", 0},         {"#!Aa", OTA_EHASH}, {"#Al", OTA_ETLV},  {"#lAa", 0},
        {"#AlAa", OTA_ETLV}, {"#A-B-Bb", 0},      {"#Aaxl", 0},
    };
    unsigned n_verify;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int rc = check_letters(cases[i].letters, &n_verify);

        if (rc != cases[i].want) {
            fail_msg("%s: %s", cases[i].letters, ota_err_name(rc));
        }
    }
}

static void test_one_signature_is_verified_however_many_there_are(void **state)
{
    unsigned n_verify;

    (void)state;
    assert_int_equal(check_letters("#A-A-A-A-A-A-A-Aa", &n_verify), 0);
    assert_int_equal(n_verify, 1);
}

static void test_steps_hash_no_more_than_the_buffer_holds(void **state)
{
    struct fake fake = {0};
    const struct ota_crypto crypto = {&fake_ops, &fake};
    const struct ota_trust trust = {&crypto, NULL, 0, OTA_SIG_NONE};
    struct ota_image_check c;
    struct ota_source src;
    struct builder b;
    uint8_t buf[50];

    (void)state;
    put_header(&b, 0, 100);
    open_area(&b, OTA_TLV_INFO_MAGIC);
    put_letters(&b, "#");
    ota_source_from_memory(&src, b.bytes, b.len);
    assert_int_equal(ota_image_check_init(&c, &src, &trust), 0);
    assert_int_equal(ota_image_check_step(&c, buf, 0), OTA_EARG);
    for (uint32_t off = 0; off < 132; off = c.off) {
        assert_int_equal(ota_image_check_step(&c, buf, sizeof buf), 1);
        assert_true(c.off > off && c.off - off <= sizeof buf);
    }
    assert_int_equal(ota_image_check_step(&c, buf, sizeof buf), 0);
    assert_int_equal(c.image.header.version.major, 1);
}

static void test_images_to_be_transformed_first_are_refused(void **state)
{
    static const uint32_t flags[] = {OTA_IMAGE_F_ENCRYPTED_AES128, OTA_IMAGE_F_ENCRYPTED_AES256,
                                     OTA_IMAGE_F_COMPRESSED_LZMA1, OTA_IMAGE_F_COMPRESSED_LZMA2,
                                     OTA_IMAGE_F_COMPRESSED_ARM_THUMB};
    struct fake fake = {0};
    const struct ota_crypto crypto = {&fake_ops, &fake};
    const struct ota_trust trust = {&crypto, NULL, 0, OTA_SIG_NONE};
    struct ota_image_check c;
    struct ota_source src;
    struct builder b;

    (void)state;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        put_header(&b, 0, 100);
        b.bytes[16] = (uint8_t)flags[i];
        b.bytes[17] = (uint8_t)(flags[i] >> 8);
        open_area(&b, OTA_TLV_INFO_MAGIC);
        ota_source_from_memory(&src, b.bytes, b.len);
        assert_int_equal(ota_image_check_init(&c, &src, &trust), OTA_ENOTSUP);
    }
}

static void test_equal_sees_a_difference_anywhere(void **state)
{
    (void)state;
    assert_true(ota_crypto_equal((const uint8_t *)"abc", (const uint8_t *)"abc", 3));
    assert_false(ota_crypto_equal((const uint8_t *)"abc", (const uint8_t *)"xbc", 3));
    assert_false(ota_crypto_equal((const uint8_t *)"abc", (const uint8_t *)"abx", 3));
    assert_true(ota_crypto_equal((const uint8_t *)"abc", (const uint8_t *)"abx", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_survives_encoding_and_decoding),
        cmocka_unit_test(test_flag_not_bootable_is_looked_at_before_the_magic),
        cmocka_unit_test(test_empty_means_the_erased_value_of_the_source),
        cmocka_unit_test(test_sizes_that_wrap_or_fill_the_source_are_refused),
        cmocka_unit_test(test_layout_follows_from_header_and_infos),
        cmocka_unit_test(test_header_and_protected_info_must_agree),
        cmocka_unit_test(test_walk_goes_through_both_areas_in_order),
        cmocka_unit_test(test_an_entry_may_not_leave_its_area),
        cmocka_unit_test(test_find_tells_protected_from_unprotected),
        cmocka_unit_test(test_a_flash_area_is_a_source),
        cmocka_unit_test(test_the_last_signature_that_follows_a_known_key_decides),
        cmocka_unit_test(test_one_signature_is_verified_however_many_there_are),
        cmocka_unit_test(test_steps_hash_no_more_than_the_buffer_holds),
        cmocka_unit_test(test_images_to_be_transformed_first_are_refused),
        cmocka_unit_test(test_equal_sees_a_difference_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
