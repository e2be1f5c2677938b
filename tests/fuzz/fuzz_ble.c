/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peer's writes, in any order and at any moment. Whatever it does: an image that is marked is
 * whole and newer, the image that runs stays as it is, and one that is not busy is not complete.
 *
 * Input: records of a kind (u8), a length (u8), and so many bytes.
 */
#include <stdlib.h>

#include "base/crc32.h"
#include "unit/ble_device.h"
#include "unit/fake_image.h"

#define IMAGE_LEN 1200u
#define RUNNING_LEN 200u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ble_device device;
static uint8_t image[IMAGE_LEN];

static void check_marked(void)
{
    struct ota_source src;
    struct ota_image out;
    uint8_t buf[256];

    ota_source_from_area(&src, &device.secondary.area);
    if (ota_image_check(&src, &device.config.trust, buf, sizeof buf, &out) != 0 ||
        ota_version_compare(&out.header.version, ota_running_version(&device.agent)) <= 0) {
        abort();
    }
}

/* Bytes of the image, so that the fuzzer need not find a hash: off and len are its choice. */
static void write_image(const uint8_t *data, size_t len)
{
    size_t off = len > 1 ? (data[0] + 256u * data[1]) % IMAGE_LEN : 0;
    size_t n = len > 2 ? data[2] * 5u : IMAGE_LEN;

    n = n < IMAGE_LEN - off ? n : IMAGE_LEN - off;
    (void)ble_device_data(&device, image + off, n, 500);
}

static void act(uint8_t kind, const uint8_t *data, size_t len)
{
    switch (kind % 9) {
    case 0:
    case 1:
    case 2:
        (void)ota_ble_write(&device.ble, (enum ota_gatt_value)(kind % 9), data, len);
        break;
    case 3:
        ota_ble_disconnected(&device.ble);
        break;
    case 4:
        ble_device_connect(&device, (uint16_t)(len * 7));
        break;
    case 5:
        write_image(data, len);
        break;
    case 6:
        (void)ble_device_command(&device, 3, ota_crc32(OTA_CRC32_POLY, 0, image, IMAGE_LEN));
        break;
    case 7:
        device.now_ms += len * 1000;
        break;
    default:
        if (ble_device_boot(&device) != 0) {
            abort();
        }
        break;
    }
    (void)ota_ble_poll(&device.ble);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t running[RUNNING_LEN];

    ble_device_init(&device, &fake_crypto);
    ble_image(&fake_crypto, image, IMAGE_LEN, 6, NULL);
    ble_image(&fake_crypto, running, sizeof running, 0, NULL);
    if (ble_device_boot(&device) != 0) {
        abort();
    }
    ble_device_connect(&device, 247);
    for (size_t off = 0; size - off >= 2;) {
        size_t len = data[off + 1] < size - off - 2 ? data[off + 1] : size - off - 2;

        act(data[off], data + off + 2, len);
        off += 2 + len;
    }
    ble_device_settle(&device);
    if (memcmp(device.flash.mem, running, sizeof running) != 0) {
        abort();
    }
    if (ble_device_is_pending(&device)) {
        check_marked();
    } else if (ota_state(&device.agent) == OTA_STATE_OTA_COMPLETE) {
        abort();
    }
    return 0;
}
