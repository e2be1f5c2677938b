/* SPDX-License-Identifier: Apache-2.0 */
/* The agent over Zephyr's names. docs/integrating-zephyr.md shows it; it has not run on Zephyr. */
#include "guides.h"

#include <zephyr/kernel.h>
#include <zephyr/random/random.h>
#include <zephyr/storage/flash_map.h>
#include <zephyr/sys/reboot.h>

/* [flash] */
/* One "device" for each slot: offsets begin at the partition. */
static int area_read(const struct ota_flash *flash, uint32_t off, void *buf, size_t len)
{
    return flash_area_read(flash->ctx, (off_t)off, buf, len) == 0 ? 0 : OTA_EFLASH;
}

static int area_write(const struct ota_flash *flash, uint32_t off, const void *buf, size_t len)
{
    return flash_area_write(flash->ctx, (off_t)off, buf, len) == 0 ? 0 : OTA_EFLASH;
}

static int area_erase(const struct ota_flash *flash, uint32_t off)
{
    return flash_area_erase(flash->ctx, (off_t)off, flash->erase_size) == 0 ? 0 : OTA_EFLASH;
}

static int open_slot(uint8_t id, struct ota_flash *flash, struct ota_slot *slot)
{
    static const struct ota_flash_ops ops = {
        .read = area_read, .write = area_write, .erase = area_erase};
    const struct flash_area *fa;

    if (flash_area_open(id, &fa) != 0) {
        return OTA_EFLASH;
    }
    flash->ops = &ops;
    flash->ctx = (void *)(uintptr_t)fa; /* given back to flash_area_* as it is */
    flash->size = (uint32_t)fa->fa_size;
    flash->erase_size = 4096; /* of the part; equal for all its pages */
    flash->write_size = flash_area_align(fa);
    flash->erased = flash_area_erased_val(fa);
    slot->area = (struct ota_area){flash, 0, flash->size};
    slot->align = 8; /* CONFIG_MCUBOOT's BOOT_MAX_ALIGN */
    return 0;
}
/* [end] */

/* [slots] */
static struct ota_flash primary_flash, secondary_flash;
static struct ota_slot primary, secondary;

int guide_zephyr_open(void)
{
    int rc = open_slot(FIXED_PARTITION_ID(slot0_partition), &primary_flash, &primary);

    return rc != 0 ? rc
                   : open_slot(FIXED_PARTITION_ID(slot1_partition), &secondary_flash, &secondary);
}
/* [end] */

/* [system] */
static struct k_sem wake_up;

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return (uint64_t)k_uptime_get();
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    return sys_csrand_get(buf, len) == 0 ? 0 : OTA_EENTROPY;
}

static void reset(void *ctx)
{
    (void)ctx;
    sys_reboot(SYS_REBOOT_COLD);
}

static void wait_ms(void *ctx, uint32_t ms)
{
    (void)ctx;
    (void)k_sem_take(&wake_up, K_MSEC(ms)); /* woken or not: the agent looks */
}

static void wake(void *ctx)
{
    (void)ctx;
    k_sem_give(&wake_up); /* from threads and interrupts */
}
/* [end] */

/* [start] */
static struct ota_agent agent;
static struct k_thread thread;
K_THREAD_STACK_DEFINE(stack, 8192);

static void run(void *a, void *b, void *c)
{
    (void)b;
    (void)c;
    (void)ota_run(a);
}

int guide_zephyr_start(struct ota_config *config)
{
    static const struct ota_system_ops ops = {now_ms, random_bytes, reset, wait_ms, wake};
    int rc;

    (void)k_sem_init(&wake_up, 0, 1);
    config->system.ops = &ops;
    config->primary = &primary;
    config->secondary = &secondary;
    rc = ota_init(&agent, config);
    if (rc == 0) {
        (void)k_thread_create(&thread, stack, K_THREAD_STACK_SIZEOF(stack), run, &agent, NULL, NULL,
                              7, 0, K_NO_WAIT);
    }
    return rc;
}
/* [end] */
