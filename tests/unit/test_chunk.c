/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/chunk.h"
#include "ota/err.h"

#define VECTORS OTA_TEST_VECTORS "/anycloud/mqtt/chunk-headers.tsv"

static const uint8_t worked_example[32] = {
    0x4f, 0x54, 0x41, 0x49, 0x6d, 0x61, 0x67, 0x65, 0x20, 0x00, 0x00, 0x00, 0x01, 0x00, 0x06, 0x00,
    0x00, 0x00, 0x10, 0x27, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x03, 0x00, 0x00, 0x00};

static void test_worked_example_is_encoded_to_the_byte(void **state)
{
    struct ota_chunk c = {
        .version = {1, 6, 0, 0}, .total_size = 10000, .data_off = 32, .size = 4096, .count = 3};
    uint8_t raw[OTA_CHUNK_HEADER_LEN];

    (void)state;
    ota_chunk_encode(&c, raw);
    assert_memory_equal(raw, worked_example, sizeof raw);
}

static size_t unhex(const char *hex, uint8_t *out, size_t cap)
{
    size_t n = 0;

    for (; n < cap && hex[2 * n] > ' ' && hex[2 * n + 1] > ' '; n++) {
        char pair[3] = {hex[2 * n], hex[2 * n + 1], '\0'};

        out[n] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

/* Columns: name, payload_len, device_version, observed, recommended, fields, header_hex. The
 * version rows are decided by the download, not by the codec. */
static void check_row(char *line)
{
    char *col[7];
    uint8_t *msg;
    size_t len;
    struct ota_chunk c;
    int rc;

    for (size_t i = 0; i < 7; i++) {
        col[i] = line;
        line = strchr(line, '\t');
        if (line != NULL) {
            *line++ = '\0';
        } else {
            assert_int_equal(i, 6);
        }
    }
    len = strtoul(col[1], NULL, 10);
    msg = calloc(1, len > 32 ? len : 32);
    assert_non_null(msg);
    assert_int_equal(unhex(col[6], msg, 32), 32);
    /* An exact copy, so that an over-read is seen by the sanitizer. */
    {
        uint8_t *exact = malloc(len);

        assert_non_null(exact);
        memcpy(exact, msg, len);
        rc = ota_chunk_decode(exact, len, &c);
        free(exact);
    }
    free(msg);
    if (strstr(col[0], "version-") == col[0] || strncmp(col[4], "write", 5) == 0) {
        assert_int_equal(rc, 0);
    } else {
        assert_true(rc == OTA_EFORMAT || rc == OTA_EPROTO);
    }
}

static void test_vectors_get_the_recommended_handling(void **state)
{
    FILE *f = fopen(VECTORS, "r");
    char line[512];
    int rows = 0;

    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        if (line[0] != '#') {
            check_row(line);
            rows++;
        }
    }
    (void)fclose(f);
    assert_int_equal(rows, 20);
}

static void test_every_shorter_message_is_refused(void **state)
{
    struct ota_chunk c;

    (void)state;
    for (size_t len = 0; len < 32; len++) {
        uint8_t *exact = malloc(len > 0 ? len : 1);

        assert_non_null(exact);
        memcpy(exact, worked_example, len);
        assert_int_equal(ota_chunk_decode(exact, len, &c), OTA_EFORMAT);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_example_is_encoded_to_the_byte),
        cmocka_unit_test(test_vectors_get_the_recommended_handling),
        cmocka_unit_test(test_every_shorter_message_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
