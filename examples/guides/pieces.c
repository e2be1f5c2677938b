/* SPDX-License-Identifier: Apache-2.0 */
/* What docs/ble.md, docs/archives.md, docs/bootloader.md, docs/encryption.md and docs/logging.md
 * show. */
#include "guides.h"

#include "ota_psa.h"

/* ---- Bluetooth --------------------------------------------------------------------------------
 */

/* [ble] */
static struct ota_ble ble;

int guide_ble_start(struct ota_agent *agent, const struct ota_config *agent_config,
                    const struct ota_gatt_ops *my_gatt) /* notify, indicate */
{
    static struct ota_ble_config config;
    int rc = ota_init(agent, agent_config); /* OTA_TRANSPORT_BLE: no sessions of its own */

    config.gatt.ops = my_gatt;
    return rc == 0 ? ota_ble_init(&ble, agent, &config) : rc;
}

/* From the stack's events, on the agent's thread. */
void guide_ble_connected(uint16_t mtu)
{
    ota_ble_connected(&ble, mtu);
}

enum ota_att guide_ble_data_written(const void *value, size_t len)
{
    return ota_ble_write(&ble, OTA_GATT_DATA, value, len); /* what to answer with */
}

void guide_ble_confirmed(void)
{
    ota_ble_confirmed(&ble);
}

void guide_ble_disconnected(void)
{
    ota_ble_disconnected(&ble);
}

/* In the main loop: how long it may sleep. */
uint32_t guide_ble_step(void)
{
    return ota_ble_poll(&ble);
}
/* [end] */

/* ---- Archives ---------------------------------------------------------------------------------
 */

/* [archive] */
void guide_archives(struct ota_config *config, const struct ota_area *journal,
                    const struct ota_slot *tfm_primary, const struct ota_slot *tfm_secondary)
{
    static struct ota_archive_memory archive; /* OTA_ARCHIVE_LEN bytes */

    config->archive = &archive;     /* NULL: archives are refused */
    config->journal = journal;      /* needed for two images */
    config->primary2 = tfm_primary; /* NULL, both: archives with a second image are refused */
    config->secondary2 = tfm_secondary;
}
/* [end] */

/* ---- Encrypted images -------------------------------------------------------------------------
 */

/* [encryption] */
int guide_encryption(struct ota_boot_config *config, const uint8_t *private_key, size_t len)
{
    static struct ota_boot_encryption encryption;
    static struct ota_psa_cipher psa;
    static struct ota_cipher cipher;
    int rc = ota_psa_cipher_init(&psa, private_key, len, &cipher); /* from ota-imgtool getpriv */

    if (rc == 0) {
        rc = ota_boot_encryption_init(&encryption, &cipher, 16); /* 32: AES-256 */
    }
    config->encryption = &encryption;
    return rc;
}
/* [end] */

/* [decryption] */
int guide_decryption(struct ota_config *config, const uint8_t *private_key, size_t len)
{
    static struct ota_decryption decryption;
    static struct ota_psa_cipher psa;
    static struct ota_cipher cipher;
    int rc = ota_psa_cipher_init(&psa, private_key, len, &cipher); /* from ota-imgtool getpriv */

    if (rc == 0) {
        rc = ota_decryption_init(&decryption, &cipher, 16); /* 32: AES-256 */
    }
    config->decryption = &decryption; /* before ota_init */
    return rc;
}
/* [end] */

/* ---- Log --------------------------------------------------------------------------------------
 */

/* [log] */
static void on_entry(void *arg, const struct ota_log_entry *entry)
{
    char line[OTA_LOG_TEXT_MAX];

    (void)arg;
    if (ota_log_format(entry, line, sizeof line) > 0) {
        guide_put_line(line); /* a serial line, a file, a memory that survives a reset */
    }
}

static struct ota_log agent_log = {.write = on_entry, .level = OTA_LOG_NOTICE};

void guide_log(struct ota_config *config)
{
    config->log = &agent_log;
}

void guide_tell_all(void) /* while it runs, from any thread or interrupt */
{
    ota_log_set_level(&agent_log, OTA_LOG_DEBUG);
}
/* [end] */
