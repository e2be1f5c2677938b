/* SPDX-License-Identifier: Apache-2.0 */
/* The secondary slot for applications that store an image themselves, and the confirmation. */
#include "compat.h"
#include "ota/err.h"

cy_rslt_t cy_ota_storage_validated(void)
{
    struct ota_config config = {.board = NULL};
    int rc = ota_compat_device(&config);

    if (rc == 0) {
        rc = ota_slot_confirm(config.primary);
    }
    if (rc == 0 && config.primary2 != NULL) {
        rc = ota_slot_confirm(config.primary2);
    }
    if (rc != 0) {
        (void)cy_log_msg(CYLF_OTA, CY_LOG_ERR, "image is not confirmed: %s (%s)\n",
                         ota_err_text(rc), ota_err_name(rc));
    }
    return rc == 0 ? CY_RSLT_SUCCESS : CY_RSLT_OTA_ERROR_GENERAL;
}

cy_rslt_t cy_ota_storage_read(cy_ota_context_ptr ota_ptr, cy_ota_storage_write_info_t *chunk_info)
{
    struct ota_config config = {.board = NULL};
    const struct ota_area *a;
    const cy_ota_storage_write_info_t *b = chunk_info;

    (void)ota_ptr;
    if (b == NULL || b->buffer == NULL || ota_compat_device(&config) != 0) {
        return CY_RSLT_OTA_ERROR_READ_STORAGE;
    }
    a = &config.secondary->area;
    if (b->offset > a->size || b->size > a->size - b->offset ||
        a->flash->ops->read(a->flash, a->off + b->offset, b->buffer, b->size) != 0) {
        return CY_RSLT_OTA_ERROR_READ_STORAGE;
    }
    return CY_RSLT_SUCCESS;
}

#if COMPAT_HAS_AGENT

static uint32_t limit_of(const struct ota_config *config)
{
    return config->image_max != 0
               ? config->image_max
               : config->secondary->area.size - ota_slot_trailer_size(config->secondary);
}

cy_rslt_t cy_ota_storage_open(cy_ota_context_ptr ota_ptr)
{
    struct compat *c = ota_compat_of(ota_ptr);
    int rc;

    if (c == NULL || c->config.secondary->area.flash->write_size > sizeof c->row) {
        return CY_RSLT_OTA_ERROR_OPEN_STORAGE;
    }
    rc = ota_writer_init(&c->writer, &c->config.secondary->area, limit_of(&c->config), c->row, 0);
    rc = rc == 0 ? ota_slot_erase_spare(c->config.secondary) : rc;
    c->is_open = rc == 0;
    return rc == 0 ? CY_RSLT_SUCCESS : CY_RSLT_OTA_ERROR_OPEN_STORAGE;
}

cy_rslt_t cy_ota_storage_write(cy_ota_context_ptr ota_ptr, cy_ota_storage_write_info_t *chunk_info)
{
    struct compat *c = ota_compat_of(ota_ptr);

    if (c == NULL || chunk_info == NULL || chunk_info->buffer == NULL || !c->is_open ||
        chunk_info->offset != c->writer.off ||
        ota_writer_push(&c->writer, chunk_info->buffer, chunk_info->size) != 0) {
        return CY_RSLT_OTA_ERROR_WRITE_STORAGE;
    }
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_ota_write_incoming_data_block(cy_ota_context_ptr ota_ptr,
                                           cy_ota_storage_write_info_t *chunk_info)
{
    const struct compat *c = ota_compat_of(ota_ptr);

    if (c != NULL && chunk_info != NULL && chunk_info->offset == 0 &&
        (!c->is_open || c->writer.off != 0) && cy_ota_storage_open(ota_ptr) != CY_RSLT_SUCCESS) {
        return CY_RSLT_OTA_ERROR_WRITE_STORAGE;
    }
    return cy_ota_storage_write(ota_ptr, chunk_info);
}

int ota_compat_finish(struct compat *c)
{
    if (!c->is_open) {
        return 0;
    }
    c->is_open = false;
    return ota_writer_finish(&c->writer);
}

cy_rslt_t cy_ota_storage_close(cy_ota_context_ptr ota_ptr)
{
    struct compat *c = ota_compat_of(ota_ptr);

    return c != NULL && c->is_open && ota_compat_finish(c) == 0 ? CY_RSLT_SUCCESS
                                                                : CY_RSLT_OTA_ERROR_CLOSE_STORAGE;
}

/* The same questions that the agent asks before it marks an image. */
static int verify(const struct compat *c)
{
    struct ota_source src;
    struct ota_image_check check;
    uint8_t buf[256];
    int rc;

    ota_source_from_area(&src, &c->config.secondary->area);
    rc = ota_image_check_init(&check, &src, &c->config.trust);
    while (rc == 0 && (rc = ota_image_check_step(&check, buf, sizeof buf)) == 1) {
        rc = 0;
    }
    if (rc == 0 &&
        ota_version_compare(&check.image.header.version, ota_running_version(&c->agent)) <= 0) {
        rc = OTA_EVERSION;
    }
    return rc;
}

cy_rslt_t cy_ota_storage_verify(cy_ota_context_ptr ota_ptr)
{
    struct compat *c = ota_compat_of(ota_ptr);
    int rc = c == NULL ? OTA_EARG : verify(c);

    if (rc == 0) {
        rc = ota_slot_set_pending(c->config.secondary, c->config.is_permanent);
    }
    if (rc != 0) {
        (void)cy_log_msg(CYLF_OTA, CY_LOG_ERR, "image is not marked: %s (%s)\n", ota_err_text(rc),
                         ota_err_name(rc));
    }
    return rc == 0 ? CY_RSLT_SUCCESS : CY_RSLT_OTA_ERROR_VERIFY;
}

#else

cy_rslt_t cy_ota_storage_open(cy_ota_context_ptr ota_ptr)
{
    (void)ota_ptr;
    return CY_RSLT_OTA_ERROR_OPEN_STORAGE;
}

cy_rslt_t cy_ota_storage_write(cy_ota_context_ptr ota_ptr, cy_ota_storage_write_info_t *chunk_info)
{
    (void)ota_ptr;
    (void)chunk_info;
    return CY_RSLT_OTA_ERROR_WRITE_STORAGE;
}

cy_rslt_t cy_ota_write_incoming_data_block(cy_ota_context_ptr ota_ptr,
                                           cy_ota_storage_write_info_t *chunk_info)
{
    return cy_ota_storage_write(ota_ptr, chunk_info);
}

cy_rslt_t cy_ota_storage_close(cy_ota_context_ptr ota_ptr)
{
    (void)ota_ptr;
    return CY_RSLT_OTA_ERROR_CLOSE_STORAGE;
}

cy_rslt_t cy_ota_storage_verify(cy_ota_context_ptr ota_ptr)
{
    (void)ota_ptr;
    return CY_RSLT_OTA_ERROR_VERIFY;
}

#endif
