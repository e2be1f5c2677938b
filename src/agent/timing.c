/* SPDX-License-Identifier: Apache-2.0 */
/* From the configuration's seconds and their defaults to what the engines want. */
#include "agent/agent.h"

static uint32_t ms_or(uint32_t seconds, uint32_t otherwise)
{
    if (seconds == 0) {
        seconds = otherwise;
    }
    return seconds > UINT32_MAX / 1000 ? OTA_NEVER : seconds * 1000;
}

static uint8_t count_or(uint8_t count, uint8_t otherwise)
{
    return count != 0 ? count : otherwise;
}

void ota_agent_set_times(const struct ota_timing *t, struct ota_session_config *s,
                         struct ota_xfer_config *x)
{
    s->initial_ms = ms_or(t->initial_check_s, 60);
    s->next_ms = ms_or(t->next_check_s, 86400);
    s->retry_ms = ms_or(t->retry_s, 5);
    s->limit_ms[OTA_LIMIT_NONE] = OTA_NEVER;
    s->limit_ms[OTA_LIMIT_CONNECT] = ms_or(t->connect_s, 30);
    s->limit_ms[OTA_LIMIT_JOB] = ms_or(t->job_s, 30);
    s->limit_ms[OTA_LIMIT_DATA] = ms_or(t->data_s, 1200);
    x->give_up_ms = ms_or(t->packet_s, 60);
    x->stall_ms = ms_or(t->stall_s, 5);
    s->limit_ms[OTA_LIMIT_RESULT] = ms_or(t->result_s, 30);
    s->connect_retries = count_or(t->connect_retries, 3);
    s->download_tries = count_or(t->download_tries, 3);
}
