/* SPDX-License-Identifier: Apache-2.0 */
/* The same on a host: an application that finds clients, cryptography, board and Bluetooth there.
 */
#include <stdio.h>

#include <bluez/peripheral.h>
#include <key_file.h>
#include <ota/agent.h>
#include <ota_psa.h>
#include <posix/system.h>
#include <sim/device.h>

int main(int argc, char *argv[])
{
    static struct ota_sim_device board;
    static struct ota_psa psa;
    struct ota_crypto crypto;
    struct ota_bluez *bluez = NULL;
    char why[256];
    struct ota_posix_mqtt *mqtt = ota_posix_mqtt_new(NULL);
    struct ota_posix_http *http = ota_posix_http_new(NULL);
    int rc = mqtt != NULL && http != NULL ? ota_psa_init(&psa, &crypto) : OTA_ENOSPC;

    if (rc == 0 && argc == 2) {
        rc = ota_sim_device_open(&board, argv[1], "flash", why, sizeof(why));
    }
    ota_bluez_close(bluez);
    ota_sim_device_close(&board);
    ota_posix_http_free(http);
    ota_posix_mqtt_free(mqtt);
    return rc != 0 || puts(ota_err_text(rc)) < 0;
}
