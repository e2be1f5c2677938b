/* SPDX-License-Identifier: Apache-2.0 */
/* Telling the application's log, at the cost of one comparison while it does not listen. */
#ifndef OTA_BASE_LOG_H
#define OTA_BASE_LOG_H

#include <stdbool.h>

#include "ota/config.h"
#include "ota/log.h"

static inline bool ota_log_is_on(const struct ota_log *log, enum ota_log_level level)
{
    return OTA_CONFIG_LOG && log != NULL &&
           __atomic_load_n(&log->level, __ATOMIC_RELAXED) >= (uint8_t)level;
}

/* Hands an entry over; the caller has asked ota_log_is_on. */
void ota_log_put(const struct ota_log *log, const struct ota_log_entry *entry);

/* The time is asked for only if the entry is made. */
#define OTA_LOG(log, lvl, now_ms, mod, txt, error)                                                 \
    do {                                                                                           \
        if (ota_log_is_on(log, lvl)) {                                                             \
            const struct ota_log_entry ota_log_entry_ = {                                          \
                .level = (lvl), .ms = (now_ms), .module = (mod), .text = (txt), .err = (error)};   \
                                                                                                   \
            ota_log_put(log, &ota_log_entry_);                                                     \
        }                                                                                          \
    } while (false)

#endif
