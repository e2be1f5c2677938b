/* SPDX-License-Identifier: Apache-2.0 */
/* What the code of the guides shows: it is compiled with every build. */
#ifndef OTA_EXAMPLES_GUIDES_H
#define OTA_EXAMPLES_GUIDES_H

#include "ota/agent.h"
#include "ota/boot.h"
#include "ota/gatt.h"
#include "ota/mqtt.h"

/* FreeRTOS. */
int guide_start(const struct ota_mqtt *client, const struct ota_trust *trust);
void guide_button_isr(void);
int guide_stop(void);
int guide_trial(bool (*self_test)(void));

/* Bare metal. */
void guide_loop(const struct ota_config *base);
void guide_conform(void (*say)(const char *line));

/* Zephyr. */
int guide_zephyr_open(void);
int guide_zephyr_start(struct ota_config *config);

/* Pieces: Bluetooth, archives, encryption, log. */
int guide_ble_start(struct ota_agent *agent, const struct ota_config *agent_config,
                    const struct ota_gatt_ops *my_gatt);
void guide_ble_connected(uint16_t mtu);
enum ota_att guide_ble_data_written(const void *value, size_t len);
void guide_ble_confirmed(void);
void guide_ble_disconnected(void);
uint32_t guide_ble_step(void);
void guide_archives(struct ota_config *config, const struct ota_area *journal,
                    const struct ota_slot *tfm_primary, const struct ota_slot *tfm_secondary);
int guide_encryption(struct ota_boot_config *config, const uint8_t *private_key, size_t len);
int guide_decryption(struct ota_config *config, const uint8_t *private_key, size_t len);
void guide_log(struct ota_config *config);
void guide_tell_all(void);
void guide_put_line(const char *line); /* whoever shows it */

#endif
