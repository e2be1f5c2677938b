/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "agent/agent.h"
#include "ota/err.h"

static uint8_t percent(uint32_t written, uint32_t total)
{
    return (uint8_t)(total == 0 ? 0 : (uint64_t)written * 100 / total);
}

static bool has_message(enum ota_state state)
{
    return state == OTA_STATE_JOB_DOWNLOAD || state == OTA_STATE_DATA_DOWNLOAD ||
           state == OTA_STATE_RESULT_SEND || state == OTA_STATE_JOB_PARSE;
}

static int call(struct agent *a, struct ota_hook_info *info)
{
    const struct ota_config *c = a->config;

    if (c->hook == NULL) {
        return 0;
    }
    info->endpoint = &a->job.data;
    info->topic = a->topic;
    info->topic_cap = sizeof a->topic;
    info->file = a->job.file;
    info->file_cap = a->job.file_cap;
    info->written = a->env.xfer.next;
    info->total = a->env.xfer.total;
    info->percent = percent(info->written, info->total);
    switch (c->hook(c->hook_arg, info)) {
    case OTA_ANSWER_CONTINUE:
        return 0;
    case OTA_ANSWER_STOP:
        a->defer_ms = info->defer_s > UINT32_MAX / 1000 ? OTA_NEVER : info->defer_s * 1000;
        return OTA_ESTOPPED;
    case OTA_ANSWER_REFUSE:
        return OTA_EREFUSED;
    default:
        return 1;
    }
}

int ota_hook_ask(struct agent *a, enum ota_moment moment, int err)
{
    struct ota_hook_info info = {
        .moment = moment,
        .state = ota_agent_state(a),
        .err = err != 0 ? err : a->session.err,
    };
    int rc;

    if (has_message(info.state)) {
        info.message = a->env.text;
        info.message_cap = info.state == OTA_STATE_DATA_DOWNLOAD ? OTA_MESSAGE_MAX : OTA_JOB_MAX;
    }
    rc = call(a, &info);
    if (info.message != NULL) {
        a->env.text[info.message_cap - 1] = '\0';
        a->env.text_len = strlen(a->env.text);
    }
    return rc;
}

int ota_hook_ask_write(struct agent *a, const uint8_t *data, uint32_t len)
{
    struct ota_hook_info info = {
        .moment = OTA_MOMENT_BEFORE,
        .state = OTA_STATE_STORAGE_WRITE,
        .err = a->session.err,
        .data = data,
        .data_len = len,
    };

    return call(a, &info);
}
