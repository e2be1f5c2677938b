/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/message.h"

#include <string.h>

#include "base/out.h"
#include "ota/config.h"
#include "ota/err.h"

static void put_name(struct ota_out *o, const char *name)
{
    ota_out_text(o, ", \"");
    ota_out_text(o, name);
    ota_out_text(o, "\": \"");
}

static void put_member(struct ota_out *o, const char *name, const char *value)
{
    put_name(o, name);
    ota_out_json(o, value);
    ota_out_char(o, '"');
}

static void put_digits(struct ota_out *o, uint32_t value, char end)
{
    ota_out_u32(o, value);
    ota_out_char(o, end);
}

static void put_number(struct ota_out *o, const char *name, uint32_t value)
{
    put_name(o, name);
    put_digits(o, value, '"');
}

/* Devices say three numbers: the build number does not take part in the order. */
static void put_version(struct ota_out *o, const struct ota_version *v)
{
    put_name(o, "Version");
    put_digits(o, v->major, '.');
    put_digits(o, v->minor, '.');
    put_digits(o, v->revision, '"');
}

static void put_identity(struct ota_out *o, const struct ota_identity *id)
{
    /* Names, each before the sample's text. */
    static const char known[] = "Manufacturer\0Express Widgits Corporation\0"
                                "ManufacturerID\0EWCO\0"
                                "ProductID\0Easy Widgit\0"
                                "SerialNumber\0ABC213450001\0"
                                "BoardName\0";
    const char *name = known;

    for (unsigned n = 0; n < OTA_WHO_COUNT; n++) {
        const char *sample = name + strlen(name) + 1;

        put_member(o, name, id->text[n] != NULL ? id->text[n] : sample);
        name = sample + strlen(sample) + 1;
    }
}

static void put_message(struct ota_out *o, const char *text)
{
    ota_out_text(o, "{\"Message\":\"");
    ota_out_text(o, text);
    ota_out_char(o, '"');
}

int ota_message_request(const struct ota_message *m, char *buf, size_t cap)
{
    static const char *const text[] = {"Update Availability", "Request Update",
                                       "Request Data Chunk"};
    struct ota_out o;

    ota_out_init(&o, buf, cap);
    put_message(&o, text[m->request]);
    put_identity(&o, m->identity);
    put_version(&o, m->version);
    put_member(&o, "UniqueTopicName", m->topic);
    if (m->request == OTA_REQUEST_CHUNK) {
        put_member(&o, "Filename", m->file);
        put_number(&o, "Offset", m->offset);
        put_number(&o, "Size", m->size);
        if (m->count > 1) {
            put_number(&o, "Count", m->count);
        }
    }
    ota_out_char(&o, '}');
    return ota_out_end(&o);
}

static const char *outcome_text(int err)
{
    if (err == 0) {
        return "confirmed";
    }
    return err == OTA_EREVERTED ? "reverted" : "refused";
}

/* Spaces stand as in the original's templates. */
static void put_place(struct ota_out *o, const struct ota_result *r)
{
    if (!OTA_CONFIG_HTTP || r->file == NULL) {
        put_member(o, "UniqueTopicName", r->topic);
        return;
    }
    ota_out_text(o, ", \"File\":\"");
    ota_out_json(o, r->file);
    ota_out_char(o, '"');
}

int ota_message_result(const struct ota_result *r, char *buf, size_t cap)
{
    struct ota_out o;

    ota_out_init(&o, buf, cap);
    put_message(&o, r->err == 0 ? "Success" : "Failure");
    put_place(&o, r);
    if (r->err != 0) {
        put_number(&o, "Reason", (uint32_t)-r->err);
        if (OTA_CONFIG_TEXTS) {
            put_member(&o, "Detail", ota_err_text(r->err));
        }
    }
    if (OTA_CONFIG_JOURNAL && r->installed != NULL) {
        put_version(&o, r->installed);
        put_member(&o, "Outcome", outcome_text(r->err));
    }
    ota_out_text(&o, !OTA_CONFIG_HTTP || r->file == NULL ? "}" : " }");
    return ota_out_end(&o);
}
