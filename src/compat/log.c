/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's log as lines of the original's log facility. */
#include "compat.h"
#include "ota/err.h"

static void on_entry(void *arg, const struct ota_log_entry *e)
{
    CY_LOG_LEVEL_T level = (CY_LOG_LEVEL_T)e->level;

    (void)arg;
    if (e->err < 0) {
        (void)cy_log_msg(CYLF_OTA, level, "%s: %s: %s (%s)\n", e->module, e->text,
                         ota_err_text(e->err), ota_err_name(e->err));
    } else {
        (void)cy_log_msg(CYLF_OTA, level, "%s: %s\n", e->module, e->text);
    }
}

static struct ota_log agent_log = {.write = on_entry, .level = OTA_LOG_ERROR};
static int level_set = CY_LOG_ERR; /* atomic access only */

void cy_ota_set_log_level(CY_LOG_LEVEL_T level)
{
    if (level > CY_LOG_DEBUG4) {
        level = CY_LOG_DEBUG4;
    }
    __atomic_store_n(&level_set, (int)level, __ATOMIC_RELAXED);
    (void)cy_log_set_facility_level(CYLF_OTA, level);
    ota_log_set_level(&agent_log, level > CY_LOG_DEBUG ? OTA_LOG_DEBUG : (enum ota_log_level)level);
}

const struct ota_log *ota_compat_log(void)
{
    cy_ota_set_log_level((CY_LOG_LEVEL_T)__atomic_load_n(&level_set, __ATOMIC_RELAXED));
    return &agent_log;
}
