/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/out.h"
#include "ota/err.h"

void ota_log_put(const struct ota_log *log, const struct ota_log_entry *entry)
{
    log->write(log->arg, entry);
}

void ota_log_set_level(struct ota_log *log, enum ota_log_level level)
{
    __atomic_store_n(&log->level, (uint8_t)level, __ATOMIC_RELAXED);
}

const char *ota_log_level_text(enum ota_log_level level)
{
    switch (level) {
    case OTA_LOG_ERROR:
        return "error";
    case OTA_LOG_WARNING:
        return "warning";
    case OTA_LOG_NOTICE:
        return "notice";
    case OTA_LOG_INFO:
        return "info";
    case OTA_LOG_DEBUG:
        return "debug";
    default:
        return "off";
    }
}

static void put_time(struct ota_out *o, uint64_t ms)
{
    uint32_t part = (uint32_t)(ms % 1000);

    ota_out_u32(o, (uint32_t)(ms / 1000)); /* wraps after 136 years */
    ota_out_char(o, '.');
    ota_out_char(o, (char)('0' + part / 100));
    ota_out_char(o, (char)('0' + part / 10 % 10));
    ota_out_char(o, (char)('0' + part % 10));
}

int ota_log_format(const struct ota_log_entry *entry, char *buf, size_t cap)
{
    struct ota_out o;

    ota_out_init(&o, buf, cap);
    put_time(&o, entry->ms);
    ota_out_char(&o, ' ');
    ota_out_text(&o, ota_log_level_text(entry->level));
    ota_out_char(&o, ' ');
    ota_out_text(&o, entry->module);
    ota_out_text(&o, ": ");
    ota_out_text(&o, entry->text);
    if (entry->err < 0) {
        ota_out_text(&o, ": ");
        ota_out_text(&o, ota_err_text(entry->err));
        ota_out_text(&o, " (");
        ota_out_text(&o, ota_err_name(entry->err));
        ota_out_char(&o, ')');
    }
    return ota_out_end(&o);
}
