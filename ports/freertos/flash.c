/* SPDX-License-Identifier: Apache-2.0 */
#include "freertos/ota_freertos.h"

void ota_freertos_flash_lock(struct ota_freertos_flash *f)
{
    (void)xSemaphoreTake(f->mutex, portMAX_DELAY); /* without a limit it cannot fail */
}

void ota_freertos_flash_unlock(struct ota_freertos_flash *f)
{
    (void)xSemaphoreGive(f->mutex);
}

static int flash_read(const struct ota_flash *flash, uint32_t off, void *buf, size_t len)
{
    struct ota_freertos_flash *f = flash->ctx;
    int rc;

    ota_freertos_flash_lock(f);
    rc = f->device->ops->read(f->device, off, buf, len);
    ota_freertos_flash_unlock(f);
    return rc;
}

static int flash_write(const struct ota_flash *flash, uint32_t off, const void *buf, size_t len)
{
    struct ota_freertos_flash *f = flash->ctx;
    int rc;

    ota_freertos_flash_lock(f);
    rc = f->device->ops->write(f->device, off, buf, len);
    ota_freertos_flash_unlock(f);
    return rc;
}

static int flash_erase(const struct ota_flash *flash, uint32_t off)
{
    struct ota_freertos_flash *f = flash->ctx;
    int rc;

    ota_freertos_flash_lock(f);
    rc = f->device->ops->erase(f->device, off);
    ota_freertos_flash_unlock(f);
    return rc;
}

static int flash_sync(const struct ota_flash *flash)
{
    struct ota_freertos_flash *f = flash->ctx;
    int rc = 0;

    ota_freertos_flash_lock(f);
    if (f->device->ops->sync != NULL) {
        rc = f->device->ops->sync(f->device);
    }
    ota_freertos_flash_unlock(f);
    return rc;
}

/* Says what is constant; no lock. */
static int flash_unit(const struct ota_flash *flash, uint32_t off, struct ota_flash_unit *out)
{
    const struct ota_freertos_flash *f = flash->ctx;

    if (f->device->ops->unit != NULL) {
        return f->device->ops->unit(f->device, off, out);
    }
    out->off = off - off % flash->erase_size;
    out->size = flash->erase_size;
    return 0;
}

void ota_freertos_flash_open(struct ota_freertos_flash *f, const struct ota_flash *device,
                             struct ota_flash *out)
{
    static const struct ota_flash_ops ops = {
        .read = flash_read,
        .write = flash_write,
        .erase = flash_erase,
        .sync = flash_sync,
        .unit = flash_unit,
    };

    f->device = device;
    f->mutex = xSemaphoreCreateMutexStatic(&f->memory);
    *out = *device;
    out->ops = &ops;
    out->ctx = f;
}

void ota_freertos_flash_close(struct ota_freertos_flash *f)
{
    vSemaphoreDelete(f->mutex);
}
