/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The security counter: a number in an image's protected TLVs that never goes down. The device's
 * own counter is raised when an image is there to stay, so that one on trial can be reverted.
 */
#include "base/le.h"
#include "internal.h"
#include "ota/err.h"

/* The counter of the image that was checked last: 0 and *out, OTA_ETLV without one, or an error. */
static int read_image(const struct ota_boot *b, uint32_t *out)
{
    uint8_t raw[4];
    int rc = ota_tlv_find(&b->source, &b->check.image, OTA_TLV_SEC_CNT, true, raw, sizeof raw);

    if (rc == (int)sizeof raw) {
        *out = ota_get_le32(raw);
        return 0;
    }
    return rc < 0 && rc != OTA_ENOSPC ? rc : OTA_ETLV;
}

static int admit(struct ota_boot *b)
{
    struct ota_boot_counter *c = b->config->counter;
    uint32_t stored;
    int rc = read_image(b, &c->of_image);

    c->has_image = rc == 0;
    if (c->read == NULL) {
        return rc == OTA_ETLV ? 0 : rc;
    }
    rc = rc == OTA_ETLV ? OTA_EVERSION : rc;
    rc = rc == 0 ? c->read(c->ctx, &stored) : rc;
    return rc == 0 && c->of_image < stored ? OTA_EVERSION : rc;
}

static int compare(struct ota_boot *b)
{
    const struct ota_boot_counter *c = b->config->counter;
    uint32_t running;
    int rc = read_image(b, &running);

    if (rc != 0) {
        return rc == OTA_ETLV ? 0 : rc;
    }
    return c->has_image && c->of_image >= running ? 0 : OTA_EVERSION;
}

/* Is the image that is started there to stay? */
static int is_settled(const struct ota_boot *b)
{
    struct ota_trailer t;
    int rc;

    if (!b->config->mode->is_swap) {
        return 1;
    }
    rc = b->config->mode->store->read(b, (enum ota_boot_where)b->result.slot, &t);
    return rc != 0 ? rc : t.magic != OTA_FIELD_SET || t.image_ok == OTA_FIELD_SET;
}

static int raise(struct ota_boot *b)
{
    const struct ota_boot_counter *c = b->config->counter;
    uint32_t stored;
    int rc = c->read == NULL ? 0 : is_settled(b);

    if (rc != 1) {
        return rc;
    }
    rc = c->read(c->ctx, &stored);
    return rc == 0 && c->of_image > stored ? c->raise(c->ctx, c->of_image) : rc;
}

void ota_boot_counter_init(struct ota_boot_counter *counter)
{
    static const struct ota_boot_counter_ops ops = {admit, compare, raise};

    counter->ops = &ops;
}
