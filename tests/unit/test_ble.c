/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Bluetooth side against peers: what the original's peers send, byte for byte, and what no
 * honest peer would.
 */
#include "unit/test.h"

#include <stdio.h>
#include <string.h>

#include "base/crc32.h"
#include "codec/gatt.h"
#include "unit/ble_device.h"
#include "unit/fake_image.h"

#define IMAGE_LEN 10000u
#define TRANSFER_MAX (IMAGE_LEN + OTA_GATT_SIG_LEN)
#define VECTORS OTA_TEST_VECTORS "/anycloud/ble"

static struct ble_device d;
static uint8_t image[TRANSFER_MAX];
static char trace[64][40];
static size_t n_trace;
static enum ota_state refused_state;

static enum ota_answer on_hook(void *arg, struct ota_hook_info *info)
{
    static const char moment[] = "BDF";

    (void)arg;
    if (info->state != OTA_STATE_STORAGE_WRITE && n_trace < sizeof trace / sizeof trace[0]) {
        (void)snprintf(trace[n_trace++], sizeof trace[0], "%c %d", moment[info->moment],
                       info->state);
    }
    return info->moment == OTA_MOMENT_BEFORE && info->state == refused_state ? OTA_ANSWER_REFUSE
                                                                             : OTA_ANSWER_CONTINUE;
}

static int set_up(void **state)
{
    (void)state;
    n_trace = 0;
    refused_state = OTA_STATE_NOT_INITIALIZED;
    ble_device_init(&d, &fake_crypto);
    ble_image(&fake_crypto, image, IMAGE_LEN, 6, NULL);
    assert_int_equal(ble_device_boot(&d), 0);
    ble_device_connect(&d, 247);
    return 0;
}

static uint32_t crc_of(const uint8_t *data, size_t len)
{
    return ota_crc32(OTA_CRC32_POLY, 0, data, len);
}

/* Sends a whole image the way of the original. */
static void push(size_t block)
{
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    (void)ble_device_data(&d, image, IMAGE_LEN, block);
    (void)ble_device_command(&d, 3, crc_of(image, IMAGE_LEN));
}

static void expect_said(const char *text)
{
    assert_string_equal(d.said.text, text);
    d.said.len = 0;
    d.said.text[0] = '\0';
}

static void expect_installed(void)
{
    assert_true(ble_device_is_pending(&d));
    assert_memory_equal(d.flash.mem + BLE_SLOT, image, IMAGE_LEN);
    assert_int_equal(ota_last_error(&d.agent), 0);
}

/* The image that runs is whole, and nothing is asked of the bootloader. */
static void expect_safe(int err)
{
    static uint8_t old[200];

    ble_image(&fake_crypto, old, sizeof old, 0, NULL);
    assert_memory_equal(d.flash.mem, old, sizeof old);
    assert_false(ble_device_is_pending(&d));
    assert_int_equal(ota_last_error(&d.agent), err);
    assert_int_not_equal(ota_state(&d.agent), OTA_STATE_OTA_COMPLETE);
}

/* ---- What the original's peers send -----------------------------------------------------------*/

static size_t parse_hex(const char *text, uint8_t *out, size_t cap)
{
    size_t n = 0;
    unsigned byte;

    while (n < cap && sscanf(text + 2 * n, "%2x", &byte) == 1) {
        out[n++] = (uint8_t)byte;
    }
    return n;
}

/* One line of the recorded exchange. The image of the recording is none that boots: ours has the
 * same length, and so its own data and checksum. */
static void replay_line(const char *how, const char *where, const char *hex, size_t block)
{
    uint8_t raw[32];
    size_t len = parse_hex(hex, raw, sizeof raw);
    char said[136];

    if (*how != 'W') {
        (void)snprintf(said, sizeof said, "%c %s\n", *how, hex);
        ble_device_settle(&d);
        expect_said(said);
    } else if (strcmp(where, "data") == 0) {
        assert_int_equal(ble_device_data(&d, image, IMAGE_LEN, block), OTA_ATT_OK);
    } else {
        enum ota_gatt_value value = strcmp(where, "cccd") == 0 ? OTA_GATT_CCCD : OTA_GATT_CONTROL;

        if (value == OTA_GATT_CONTROL && raw[0] == 3) {
            uint32_t crc = crc_of(image, IMAGE_LEN);

            for (size_t i = 0; i < 4; i++) {
                raw[1 + i] = (uint8_t)(crc >> (8 * i));
            }
        }
        assert_int_equal(ota_ble_write(&d.ble, value, raw, len), OTA_ATT_OK);
    }
}

static void replay(size_t block)
{
    FILE *f = fopen(VECTORS "/plain-sequence.txt", "r");
    char line[256];
    char how[2];
    char where[8];
    char hex[128];
    int n = 0;

    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "%1s %7s %127s", how, where, hex) == 3 && line[0] != '#') {
            replay_line(how, where, hex, block);
            n++;
        }
    }
    (void)fclose(f);
    assert_int_equal(n, 10);
    expect_said(""); /* aborts are not answered */
    expect_installed();
}

static void test_the_windows_peer_gets_the_originals_answers(void **state)
{
    (void)state;
    ota_ble_connected(&d.ble, OTA_GATT_MTU_MIN);
    replay(20);
    (void)set_up(state);
    ota_ble_connected(&d.ble, 517);
    replay(512);
}

static void test_the_android_peer_gets_the_originals_answers(void **state)
{
    (void)state;
    ota_ble_mtu(&d.ble, 259);
    replay(256);
}

static void test_the_checksum_is_that_of_the_vectors(void **state)
{
    static uint8_t recorded[IMAGE_LEN];
    FILE *f = fopen(OTA_TEST_VECTORS "/anycloud/mqtt/image-10000.bin", "rb");

    (void)state;
    assert_non_null(f);
    assert_int_equal(fread(recorded, 1, sizeof recorded, f), sizeof recorded);
    (void)fclose(f);
    assert_int_equal(crc_of(recorded, sizeof recorded), 0x13ac40f5);
    assert_int_equal(crc_of((const uint8_t *)"123456789", 9), 0xcbf43926);
}

static void test_a_peer_that_wants_indications_gets_them(void **state)
{
    (void)state;
    assert_int_equal(ota_ble_write(&d.ble, OTA_GATT_CCCD, "\x02", 2), OTA_ATT_OK);
    push(256);
    expect_said("I 00\nI 00\nI 00\n");
    expect_installed();
}

static void test_a_peer_that_wants_no_answers_is_told_to_want_them(void **state)
{
    (void)state;
    assert_int_equal(ota_ble_write(&d.ble, OTA_GATT_CCCD, "\x00", 2), OTA_ATT_OK);
    assert_int_equal(ble_device_command(&d, 1, 0), OTA_ATT_BAD_CCCD);
    assert_false(ota_ble_is_busy(&d.ble));
    expect_said("");
}

static void test_states_are_the_originals(void **state)
{
    (void)state;
    (void)ble_device_command(&d, 1, 0);
    assert_int_equal(ota_state(&d.agent), OTA_STATE_AGENT_WAITING);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    assert_int_equal(ota_state(&d.agent), OTA_STATE_START_UPDATE);
    (void)ble_device_data(&d, image, 256, 256);
    assert_int_equal(ota_state(&d.agent), OTA_STATE_DATA_DOWNLOAD);
    (void)ble_device_data(&d, image + 256, IMAGE_LEN - 256, 256);
    (void)ble_device_command(&d, 3, crc_of(image, IMAGE_LEN));
    assert_int_equal(ota_state(&d.agent), OTA_STATE_OTA_COMPLETE);
    ota_ble_confirmed(&d.ble);
    assert_int_equal(ota_state(&d.agent), OTA_STATE_OTA_COMPLETE);
    ble_device_settle(&d);
    assert_int_equal(ota_state(&d.agent), OTA_STATE_AGENT_WAITING);
    assert_int_equal(ota_sessions(&d.agent), 1);
}

static void test_the_hook_sees_every_step(void **state)
{
    static const char *const want[] = {"B 5",  "D 5",  "B 8",  "D 8", "B 15",
                                       "D 15", "B 17", "D 17", "B 23"};

    (void)state;
    d.config.hook = on_hook;
    push(500);
    assert_int_equal(n_trace, sizeof want / sizeof want[0]);
    for (size_t i = 0; i < n_trace; i++) {
        assert_string_equal(trace[i], want[i]);
    }
}

static void test_what_the_hook_refuses_is_bad(void **state)
{
    static const enum ota_state states[] = {OTA_STATE_STORAGE_OPEN, OTA_STATE_START_UPDATE,
                                            OTA_STATE_DATA_DOWNLOAD, OTA_STATE_STORAGE_WRITE,
                                            OTA_STATE_VERIFY};

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        (void)set_up(state);
        d.config.hook = on_hook;
        refused_state = states[i];
        (void)ble_device_command(&d, 1, 0);
        if (i > 0) {
            (void)ble_device_command(&d, 2, IMAGE_LEN);
        }
        if (i > 1) {
            (void)ble_device_data(&d, image, IMAGE_LEN, 500);
        }
        if (i > 3) {
            (void)ble_device_command(&d, 3, crc_of(image, IMAGE_LEN));
        }
        assert_string_equal(d.said.text + d.said.len - 3, "01\n");
        expect_safe(OTA_EREFUSED);
    }
}

/* ---- Restart ----------------------------------------------------------------------------------*/

static void test_the_device_restarts_when_the_peer_knows(void **state)
{
    (void)state;
    d.config.reboot = true;
    push(500);
    assert_int_equal(d.n_resets, 0);
    ota_ble_confirmed(&d.ble);
    ble_device_settle(&d);
    assert_int_equal(d.n_resets, 1);
}

static void test_the_device_does_not_wait_for_ever_for_that(void **state)
{
    (void)state;
    d.config.reboot = true;
    push(500);
    d.now_ms += ota_ble_poll(&d.ble);
    ble_device_settle(&d);
    assert_int_equal(d.n_resets, 1);
    (void)set_up(state);
    d.config.reboot = true;
    push(500);
    ota_ble_disconnected(&d.ble);
    ble_device_settle(&d);
    assert_int_equal(d.n_resets, 1);
}

static void test_a_check_goes_on_without_the_peer(void **state)
{
    uint32_t crc = crc_of(image, IMAGE_LEN);
    const uint8_t verify[5] = {3, (uint8_t)crc, (uint8_t)(crc >> 8), (uint8_t)(crc >> 16),
                               (uint8_t)(crc >> 24)};

    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    (void)ble_device_data(&d, image, IMAGE_LEN, 512);
    assert_int_equal(ota_ble_write(&d.ble, OTA_GATT_CONTROL, verify, sizeof verify), OTA_ATT_OK);
    ota_ble_disconnected(&d.ble);
    ble_device_settle(&d);
    expect_installed();
}

/* ---- Hostile peers ----------------------------------------------------------------------------*/

static void test_commands_out_of_order_are_bad(void **state)
{
    /* Letters: P prepare, D download, d a block of data, a all data, V verify. */
    static const char *const orders[] = {"D",   "d",    "V",    "Pd",    "PV",    "PDD",
                                         "PDV", "PDdV", "PDdD", "PDdPd", "PDdPV", "PDaD"};

    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        (void)set_up(state);
        for (const char *c = orders[i]; *c != '\0'; c++) {
            switch (*c) {
            case 'P':
                (void)ble_device_command(&d, 1, 0);
                break;
            case 'D':
                (void)ble_device_command(&d, 2, IMAGE_LEN);
                break;
            case 'V':
                (void)ble_device_command(&d, 3, 0);
                break;
            default:
                (void)ble_device_data(&d, image, *c == 'a' ? IMAGE_LEN : 500, 500);
                break;
            }
        }
        if (strcmp(d.said.text + d.said.len - 3, "01\n") != 0) {
            fail_msg("after %s the device said %s", orders[i], d.said.text);
        }
        assert_false(ota_ble_is_busy(&d.ble));
        expect_safe(strcmp(orders[i], "PDV") == 0 || strcmp(orders[i], "PDdV") == 0
                        ? OTA_EINCOMPLETE
                        : OTA_EPROTO);
    }
}

static void test_sizes_that_cannot_be_are_bad(void **state)
{
    static const uint32_t sizes[] = {0, BLE_SLOT - 39, BLE_SLOT, 0x7fffffff, UINT32_MAX};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        (void)set_up(state);
        (void)ble_device_command(&d, 1, 0);
        (void)ble_device_command(&d, 2, sizes[i]);
        expect_said("N 00\nN 01\n");
        expect_safe(OTA_ESIZE);
    }
}

static void test_sizes_that_are_lies_are_bad(void **state)
{
    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN - 1); /* less than the header says */
    assert_int_equal(ble_device_data(&d, image, IMAGE_LEN, 500), OTA_ATT_REFUSED);
    expect_said("N 00\nN 00\nN 01\n");
    expect_safe(OTA_ESIZE);

    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN + 1); /* more than will come */
    (void)ble_device_data(&d, image, IMAGE_LEN, 500);
    (void)ble_device_command(&d, 3, crc_of(image, IMAGE_LEN));
    expect_said("N 00\nN 00\nI 01\n");
    expect_safe(OTA_EINCOMPLETE);

    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    (void)ble_device_data(&d, image, IMAGE_LEN, 500);
    assert_int_equal(ble_device_data(&d, image, 1, 1), OTA_ATT_REFUSED); /* one byte too many */
    expect_said("N 00\nN 00\nN 01\n");
    expect_safe(OTA_ESIZE);
}

static void test_commands_of_wrong_length_are_bad(void **state)
{
    static const uint8_t raw[6] = {2, 0x10, 0x27, 0, 0, 0};

    (void)state;
    for (size_t len = 0; len <= sizeof raw; len++) {
        (void)ble_device_command(&d, 1, 0);
        d.said.len = 0;
        assert_int_equal(ota_ble_write(&d.ble, OTA_GATT_CONTROL, raw, len), OTA_ATT_OK);
        expect_said(len == 5 ? "N 00\n" : "N 01\n");
    }
    assert_int_equal(ota_ble_write(&d.ble, OTA_GATT_CCCD, raw, 1), OTA_ATT_INVALID_LENGTH);
    assert_int_equal(ota_ble_write(&d.ble, OTA_GATT_INFO, raw, 1), OTA_ATT_WRITE_NOT_PERMITTED);
}

static void test_unknown_commands_are_bad_and_end_nothing(void **state)
{
    static const uint8_t old[] = {0, 5, 6, 8, 0x21, 0xff};

    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    d.said.len = 0;
    for (size_t i = 0; i < sizeof old; i++) {
        (void)ota_ble_write(&d.ble, OTA_GATT_CONTROL, old + i, 1);
        expect_said("N 01\n");
    }
    (void)ble_device_data(&d, image, IMAGE_LEN, 500);
    (void)ble_device_command(&d, 3, crc_of(image, IMAGE_LEN));
    expect_installed();
}

static void test_a_wrong_checksum_is_bad(void **state)
{
    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    (void)ble_device_data(&d, image, IMAGE_LEN, 500);
    (void)ble_device_command(&d, 3, crc_of(image, IMAGE_LEN) ^ 1);
    expect_said("N 00\nN 00\nI 01\n");
    expect_safe(OTA_EHASH);
    (void)ble_device_command(&d, 0x20, IMAGE_LEN); /* and there is nothing to go on with */
    expect_said("N 000000000000000000\n");
}

static void test_an_image_that_fails_the_check_is_bad(void **state)
{
    (void)state;
    image[5000] ^= 1;
    push(500);
    expect_said("N 00\nN 00\nI 01\n");
    expect_safe(OTA_EHASH);
}

static void test_an_image_for_another_board_is_bad(void **state)
{
    (void)state;
    ble_image(&fake_crypto, image, IMAGE_LEN, 6, "OTHER");
    push(500);
    expect_said("N 00\nN 00\nI 01\n");
    expect_safe(OTA_EBOARD);
    ble_image(&fake_crypto, image, IMAGE_LEN, 6, BLE_BOARD);
    push(500);
    expect_said("N 00\nN 00\nI 00\n");
}

static void test_what_is_not_newer_leaves_the_slot_alone(void **state)
{
    (void)state;
    ble_image(&fake_crypto, image, IMAGE_LEN, 0, NULL);
    d.flash.mem[BLE_SLOT + 9000] = 0xa5;
    push(20);
    expect_said("N 00\nN 00\nN 01\nN 01\n");
    assert_int_equal(d.flash.mem[BLE_SLOT + 9000], 0xa5);
    expect_safe(OTA_EPROTO); /* of the VERIFY that came all the same */
}

static void test_one_bad_answers_all_data_that_is_on_its_way(void **state)
{
    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    memset(image, 0, 32);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(ota_ble_write(&d.ble, OTA_GATT_DATA, image, 100), OTA_ATT_REFUSED);
    }
    expect_said("N 00\nN 00\nN 01\n");
    expect_safe(OTA_ENOIMAGE);
}

static void test_nothing_changes_a_verified_image(void **state)
{
    (void)state;
    push(500);
    d.said.len = 0;
    assert_int_equal(ble_device_data(&d, image, 500, 500), OTA_ATT_REFUSED);
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    (void)ble_device_command(&d, 3, 0);
    (void)ble_device_command(&d, 0x20, IMAGE_LEN);
    (void)ble_device_command(&d, 4, 0);
    expect_said("N 01\nN 01\nN 01\nN 01\n");
    expect_installed();
    assert_int_equal(ota_state(&d.agent), OTA_STATE_OTA_COMPLETE);
}

static void test_a_disconnect_at_every_write_costs_little(void **state)
{
    size_t n = 0;

    for (size_t cut = 0; cut <= IMAGE_LEN; cut += 244, n++) {
        size_t off;

        (void)set_up(state);
        (void)ble_device_command(&d, 1, 0);
        (void)ble_device_command(&d, 2, IMAGE_LEN);
        (void)ble_device_data(&d, image, cut, 244);
        ota_ble_disconnected(&d.ble);
        expect_safe(OTA_EDROPPED);
        ble_device_connect(&d, 247);
        d.said.len = 0;
        (void)ble_device_command(&d, 0x20, IMAGE_LEN);
        off = cut / 4096 * 4096;
        assert_int_equal(strncmp(d.said.text, "N 00", 4), 0);
        assert_int_equal(d.said.text[6] - '0', (int)(off >> 12));
        (void)ble_device_data(&d, image + off, IMAGE_LEN - off, 244);
        (void)ble_device_command(&d, 3, crc_of(image, IMAGE_LEN));
        expect_installed();
    }
    assert_int_equal(n, 41);
}

static void test_a_reset_costs_little(void **state)
{
    uint8_t want[OTA_GATT_RESUME_ANSWER_LEN];
    char text[64];

    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    (void)ble_device_data(&d, image, 9000, 500);
    assert_int_equal(ble_device_boot(&d), 0);
    ble_device_connect(&d, 247);
    (void)ble_device_command(&d, 0x20, IMAGE_LEN);
    ota_gatt_resume_encode(8192, crc_of(image, 8192), want);
    for (size_t i = 0; i < sizeof want; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", want[i]);
    }
    assert_int_equal(strncmp(d.said.text + 2, text, 18), 0);
    (void)ble_device_data(&d, image + 8192, IMAGE_LEN - 8192, 500);
    (void)ble_device_command(&d, 3, crc_of(image, IMAGE_LEN));
    expect_installed();
}

static void test_another_image_begins_at_its_start(void **state)
{
    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    (void)ble_device_data(&d, image, 9000, 500);
    ota_ble_disconnected(&d.ble);
    ble_device_connect(&d, 247);
    d.said.len = 0;
    (void)ble_device_command(&d, 0x20, IMAGE_LEN - 8);
    expect_said("N 000000000000000000\n");
    ble_image(&fake_crypto, image, IMAGE_LEN, 7, NULL);
    push(500); /* of the same size: an old peer does not ask */
    expect_installed();
}

static void test_an_abort_undoes_the_transfer(void **state)
{
    static const uint8_t aborts[] = {4, 7};

    for (size_t i = 0; i < sizeof aborts; i++) {
        (void)set_up(state);
        (void)ble_device_command(&d, 1, 0);
        (void)ble_device_command(&d, 2, IMAGE_LEN);
        (void)ble_device_data(&d, image, 9000, 500);
        d.said.len = 0;
        d.said.text[0] = '\0';
        assert_int_equal(ble_device_command(&d, aborts[i], 0), OTA_ATT_OK);
        assert_int_equal(ble_device_data(&d, image, 500, 500), OTA_ATT_REFUSED);
        expect_said("");
        expect_safe(OTA_ESTOPPED);
        (void)ble_device_command(&d, 0x20, IMAGE_LEN);
        expect_said("N 000000000000000000\n");
    }
}

static void test_mtu_changes_change_nothing_else(void **state)
{
    static const uint16_t mtus[] = {0, 23, 517, 65535, 24, 185};

    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    for (size_t off = 0, i = 0; off < IMAGE_LEN; i++) {
        uint16_t mtu = mtus[i % 6];
        size_t n = mtu > 515 ? 512 : mtu < 23 ? 20 : mtu - 3u;

        n = n < IMAGE_LEN - off ? n : IMAGE_LEN - off;
        ota_ble_mtu(&d.ble, mtu);
        assert_int_equal(ble_device_data(&d, image + off, n, n), OTA_ATT_OK);
        off += n;
    }
    (void)ble_device_command(&d, 3, crc_of(image, IMAGE_LEN));
    expect_installed();
}

static void test_a_write_longer_than_an_attribute_is_refused(void **state)
{
    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    assert_int_equal(ble_device_data(&d, image, 513, 513), OTA_ATT_REFUSED);
    expect_safe(OTA_ESIZE);
}

static void test_a_failing_flash_is_bad(void **state)
{
    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    d.flash.fail_after = 20;
    assert_int_equal(ble_device_data(&d, image, IMAGE_LEN, 500), OTA_ATT_REFUSED);
    expect_said("N 00\nN 00\nN 01\n");
    expect_safe(OTA_EFLASH);
}

static void test_a_silent_peer_does_not_hold_the_agent(void **state)
{
    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    (void)ble_device_data(&d, image, 5000, 500);
    d.now_ms += 59999;
    ble_device_settle(&d);
    assert_true(ota_ble_is_busy(&d.ble));
    d.now_ms += 1;
    ble_device_settle(&d);
    expect_safe(OTA_ETIMEOUT);
    assert_false(ota_ble_is_busy(&d.ble));
}

/* ---- The agent --------------------------------------------------------------------------------*/

static void test_an_image_on_trial_is_not_replaced(void **state)
{
    struct ota_trailer t;

    (void)state;
    /* The trailer of a trial: magic and copy_done, image_ok unset. */
    assert_int_equal(ota_slot_set_pending(&d.primary, false), 0);
    d.flash.mem[BLE_SLOT - 16 - 16] = 0x01;
    assert_int_equal(ota_slot_read_trailer(&d.primary, &t), 0);
    assert_int_equal(t.copy_done, OTA_FIELD_SET);
    (void)ble_device_command(&d, 1, 0);
    expect_said("N 01\n");
    expect_safe(OTA_ESTATE);
}

static void test_a_stop_ends_the_push(void **state)
{
    (void)state;
    ota_stop(&d.agent); /* void: there is nothing to stop */
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    (void)ble_device_data(&d, image, 5000, 500);
    ota_stop(&d.agent);
    ble_device_settle(&d);
    expect_said("N 00\nN 00\nN 01\n");
    expect_safe(OTA_ESTOPPED);
}

static void test_a_stop_unmarks_the_image(void **state)
{
    (void)state;
    push(500);
    ota_stop(&d.agent);
    ble_device_settle(&d);
    expect_safe(OTA_ESTOPPED);
}

static void test_a_shutdown_ends_push_and_agent(void **state)
{
    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ota_poll(&d.agent);
    ota_shutdown(&d.agent);
    (void)ota_poll(&d.agent);
    assert_int_equal(ota_state(&d.agent), OTA_STATE_AGENT_WAITING);
    ble_device_settle(&d);
    (void)ota_poll(&d.agent);
    assert_int_equal(ota_state(&d.agent), OTA_STATE_EXITING);
    d.said.len = 0;
    (void)ble_device_command(&d, 1, 0);
    expect_said("N 01\n");
}

static void test_without_a_network_the_agent_only_waits(void **state)
{
    (void)state;
    ota_check(&d.agent);
    for (int i = 0; i < 100; i++) {
        assert_true(ota_poll(&d.agent) > 0);
        d.now_ms += 86400000;
        assert_int_equal(ota_state(&d.agent), OTA_STATE_AGENT_WAITING);
    }
}

static void test_a_peer_that_hears_nothing_installs_nothing(void **state)
{
    (void)state;
    d.said.is_deaf = true;
    assert_int_equal(ble_device_command(&d, 1, 0), OTA_ATT_BAD_CCCD);
    assert_false(ota_ble_is_busy(&d.ble));
}

static void test_the_device_tells_what_it_is(void **state)
{
    uint8_t info[OTA_GATT_INFO_MAX];
    size_t len = 0;
    size_t board = strlen(BLE_BOARD);

    (void)state;
    (void)ble_device_command(&d, 1, 0);
    (void)ble_device_command(&d, 2, IMAGE_LEN);
    (void)ble_device_data(&d, image, 9000, 500);
    ota_ble_disconnected(&d.ble);
    ble_device_connect(&d, 247);
    assert_int_equal(ota_ble_read(&d.ble, OTA_GATT_INFO, info, sizeof info, &len), OTA_ATT_OK);
    assert_int_equal(len, 24 + board);
    assert_memory_equal(info, "\x01\x00\xf7\x00\x01\x00\x00\x00\x00\x00\x00\x00", 12);
    assert_memory_equal(info + 12, "\x00\x20\x00\x00\x10\x27\x00\x00", 8);
    assert_int_equal(info[20], -OTA_EDROPPED);
    assert_int_equal(info[22], board);
    assert_memory_equal(info + 24, BLE_BOARD, board);
    assert_int_equal(ota_ble_read(&d.ble, OTA_GATT_INFO, info, 24, &len), OTA_ATT_INVALID_LENGTH);
    assert_int_equal(ota_ble_read(&d.ble, OTA_GATT_DATA, info, sizeof info, &len),
                     OTA_ATT_READ_NOT_PERMITTED);
}

static void test_what_cannot_work_is_refused(void **state)
{
    static const struct ota_key rsa = {.type = OTA_SIG_RSA2048};
    struct ota_ble_config c = d.ble_config;

    (void)state;
    c.key = &rsa;
    assert_int_equal(ota_ble_init(&d.ble, &d.agent, &c), OTA_EARG);
    c.key = NULL;
    c.gatt.ops = NULL;
    assert_int_equal(ota_ble_init(&d.ble, &d.agent, &c), OTA_EARG);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_windows_peer_gets_the_originals_answers),
        TEST(test_the_android_peer_gets_the_originals_answers),
        TEST(test_the_checksum_is_that_of_the_vectors),
        TEST(test_a_peer_that_wants_indications_gets_them),
        TEST(test_a_peer_that_wants_no_answers_is_told_to_want_them),
        TEST(test_states_are_the_originals),
        TEST(test_the_hook_sees_every_step),
        TEST(test_what_the_hook_refuses_is_bad),
        TEST(test_the_device_restarts_when_the_peer_knows),
        TEST(test_the_device_does_not_wait_for_ever_for_that),
        TEST(test_a_check_goes_on_without_the_peer),
        TEST(test_commands_out_of_order_are_bad),
        TEST(test_sizes_that_cannot_be_are_bad),
        TEST(test_sizes_that_are_lies_are_bad),
        TEST(test_commands_of_wrong_length_are_bad),
        TEST(test_unknown_commands_are_bad_and_end_nothing),
        TEST(test_a_wrong_checksum_is_bad),
        TEST(test_an_image_that_fails_the_check_is_bad),
        TEST(test_an_image_for_another_board_is_bad),
        TEST(test_what_is_not_newer_leaves_the_slot_alone),
        TEST(test_one_bad_answers_all_data_that_is_on_its_way),
        TEST(test_nothing_changes_a_verified_image),
        TEST(test_a_disconnect_at_every_write_costs_little),
        TEST(test_a_reset_costs_little),
        TEST(test_another_image_begins_at_its_start),
        TEST(test_an_abort_undoes_the_transfer),
        TEST(test_mtu_changes_change_nothing_else),
        TEST(test_a_write_longer_than_an_attribute_is_refused),
        TEST(test_a_failing_flash_is_bad),
        TEST(test_a_silent_peer_does_not_hold_the_agent),
        TEST(test_an_image_on_trial_is_not_replaced),
        TEST(test_a_stop_ends_the_push),
        TEST(test_a_stop_unmarks_the_image),
        TEST(test_a_shutdown_ends_push_and_agent),
        TEST(test_without_a_network_the_agent_only_waits),
        TEST(test_a_peer_that_hears_nothing_installs_nothing),
        TEST(test_the_device_tells_what_it_is),
        TEST(test_what_cannot_work_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
