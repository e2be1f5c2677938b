/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's life: one structure, one thread. */
#include <string.h>

#include "compat.h"
#include "ota/err.h"

#define THREAD_NAME "CY OTA Agent"
#define THREAD_STACK (12 * 1024)

#if COMPAT_HAS_AGENT

static struct compat the_agent;

struct compat *ota_compat_of(cy_ota_context_ptr ota_ptr)
{
    uint8_t phase = __atomic_load_n(&the_agent.phase, __ATOMIC_ACQUIRE);

    bool is_alive = phase == COMPAT_RUNNING || phase == COMPAT_STOPPING || phase == COMPAT_ENDING;

    return ota_ptr == &the_agent && is_alive ? &the_agent : NULL;
}

static bool move(uint8_t from, uint8_t to)
{
    return __atomic_compare_exchange_n(&the_agent.phase, &from, to, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

static void put(uint8_t phase)
{
    __atomic_store_n(&the_agent.phase, phase, __ATOMIC_RELEASE);
}

static void set_state(struct compat *c, cy_ota_agent_state_t state)
{
    __atomic_store_n(&c->state, (uint8_t)state, __ATOMIC_RELEASE);
}

void ota_compat_release(struct compat *c)
{
    set_state(c, CY_OTA_STATE_EXITING);
    put(COMPAT_FREE);
}

#if CY_OTA_HAS_AGENT_
static void run(cy_thread_arg_t arg)
{
    struct compat *c = arg;

    (void)ota_run(&c->agent);
    set_state(c, CY_OTA_STATE_EXITING);
    ota_compat_say_goodbye(c);
    (void)move(COMPAT_ENDING, COMPAT_ENDED);
    (void)cy_rtos_exit_thread();
}
#endif

/* Gets it going. What is pushed to has no thread. */
static cy_rslt_t launch(struct compat *c)
{
    put(COMPAT_RUNNING);
#if CY_OTA_HAS_AGENT_
    if (!ota_compat_is_pushed(c)) {
        return cy_rtos_create_thread(&c->thread, run, THREAD_NAME, NULL, THREAD_STACK,
                                     CY_RTOS_PRIORITY_NORMAL, c) == CY_RSLT_SUCCESS
                   ? CY_RSLT_SUCCESS
                   : CY_RSLT_OTA_ERROR_GENERAL;
    }
#else
    (void)c;
#endif
    return CY_RSLT_SUCCESS;
}

/* Takes the structure, after the thread of an agent that has stopped itself. */
static bool take(void)
{
    if (move(COMPAT_ENDED, COMPAT_BUSY)) {
        (void)cy_rtos_join_thread(&the_agent.thread);
        return true;
    }
    return move(COMPAT_FREE, COMPAT_BUSY);
}

static cy_rslt_t prepare(struct compat *c, const cy_ota_network_params_t *network,
                         const cy_ota_agent_params_t *params)
{
    size_t off = offsetof(struct compat, thread);
    int rc;

    memset((uint8_t *)c + off, 0, sizeof *c - off);
    c->network = *network;
    c->params = *params;
    set_state(c, CY_OTA_STATE_INITIALIZING);
    rc = ota_compat_configure(c);
    if (rc == 0) {
        rc = ota_init(&c->agent, &c->config);
    }
#ifdef COMPONENT_OTA_BLUETOOTH
    if (rc == 0 && ota_compat_is_pushed(c)) {
        rc = ota_compat_ble_init(c);
    }
#endif
    if (rc != 0) {
        (void)cy_log_msg(CYLF_OTA, CY_LOG_ERR, "agent does not start: %s (%s)\n", ota_err_text(rc),
                         ota_err_name(rc));
    }
    return rc == 0 ? CY_RSLT_SUCCESS : ota_compat_start_code(rc);
}

cy_rslt_t cy_ota_agent_start(cy_ota_network_params_t *network_params,
                             cy_ota_agent_params_t *agent_params, cy_ota_context_ptr *ota_ptr)
{
    struct compat *c = &the_agent;
    cy_rslt_t result;

    if (ota_ptr == NULL || network_params == NULL || agent_params == NULL) {
        return CY_RSLT_OTA_ERROR_BADARG;
    }
    result = ota_compat_check(network_params);
    if (result != CY_RSLT_SUCCESS) {
        return result;
    }
    if (!take()) {
        return CY_RSLT_OTA_ERROR_ALREADY_STARTED;
    }
    result = prepare(c, network_params, agent_params);
    if (result == CY_RSLT_SUCCESS) {
        *ota_ptr = c;
        ota_compat_set_last_error(CY_RSLT_SUCCESS);
        result = launch(c);
        if (result == CY_RSLT_SUCCESS) {
            return result;
        }
    }
    *ota_ptr = NULL;
    put(COMPAT_FREE);
    return result;
}

#ifdef COMPONENT_OTA_BLUETOOTH
static cy_rslt_t stop_pushed(struct compat *c, cy_ota_context_ptr *ota_ptr)
{
    if (!move(COMPAT_RUNNING, COMPAT_ENDING)) {
        return CY_RSLT_OTA_ERROR_BADARG;
    }
    *ota_ptr = NULL;
    if (ota_compat_ble_stop(c)) {
        ota_compat_release(c);
    }
    return CY_RSLT_SUCCESS;
}
#endif

cy_rslt_t cy_ota_agent_stop(cy_ota_context_ptr *ota_ptr)
{
    struct compat *c = ota_ptr == NULL ? NULL : ota_compat_of(*ota_ptr);
    bool is_own;

    if (c == NULL) {
        return CY_RSLT_OTA_ERROR_BADARG;
    }
#ifdef COMPONENT_OTA_BLUETOOTH
    if (ota_compat_is_pushed(c)) {
        return stop_pushed(c, ota_ptr);
    }
#endif
    is_own = ota_compat_is_thread(&c->thread);
    if (!move(COMPAT_RUNNING, is_own ? COMPAT_ENDING : COMPAT_STOPPING)) {
        return CY_RSLT_OTA_ERROR_BADARG; /* somebody else stops it */
    }
    *ota_ptr = NULL;
    ota_shutdown(&c->agent);
    if (!is_own) {
        (void)cy_rtos_join_thread(&c->thread);
        put(COMPAT_FREE);
    }
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_ota_get_update_now(cy_ota_context_ptr ota_ptr)
{
    struct compat *c = ota_compat_of(ota_ptr);
    cy_ota_agent_state_t state;

    if (c == NULL) {
        return CY_RSLT_OTA_ERROR_BADARG;
    }
    if (ota_compat_is_pushed(c)) {
        return CY_RSLT_OTA_ERROR_UNSUPPORTED;
    }
    state = (cy_ota_agent_state_t)__atomic_load_n(&c->state, __ATOMIC_ACQUIRE);
    if (state != CY_OTA_STATE_AGENT_WAITING) {
        return state < CY_OTA_STATE_AGENT_WAITING ? CY_RSLT_OTA_ERROR_GENERAL
                                                  : CY_RSLT_OTA_ERROR_ALREADY_STARTED;
    }
    ota_check(&c->agent);
    return CY_RSLT_SUCCESS;
}

cy_rslt_t cy_ota_get_state(cy_ota_context_ptr ota_ptr, cy_ota_agent_state_t *state)
{
    struct compat *c = ota_compat_of(ota_ptr);

    if (c == NULL || state == NULL) {
        return CY_RSLT_OTA_ERROR_BADARG;
    }
    *state = (cy_ota_agent_state_t)__atomic_load_n(&c->state, __ATOMIC_ACQUIRE);
    return CY_RSLT_SUCCESS;
}

#else

/* Without a transport there is no agent. */

cy_rslt_t cy_ota_agent_start(cy_ota_network_params_t *network_params,
                             cy_ota_agent_params_t *agent_params, cy_ota_context_ptr *ota_ptr)
{
    if (ota_ptr == NULL || network_params == NULL || agent_params == NULL) {
        return CY_RSLT_OTA_ERROR_BADARG;
    }
    *ota_ptr = NULL;
    return CY_RSLT_OTA_ERROR_TRANSPORT_UNSUPPORTED;
}

cy_rslt_t cy_ota_agent_stop(cy_ota_context_ptr *ota_ptr)
{
    (void)ota_ptr;
    return CY_RSLT_OTA_ERROR_BADARG;
}

cy_rslt_t cy_ota_get_update_now(cy_ota_context_ptr ota_ptr)
{
    return ota_ptr == NULL ? CY_RSLT_OTA_ERROR_BADARG : CY_RSLT_OTA_ERROR_UNSUPPORTED;
}

cy_rslt_t cy_ota_get_state(cy_ota_context_ptr ota_ptr, cy_ota_agent_state_t *state)
{
    (void)ota_ptr;
    (void)state;
    return CY_RSLT_OTA_ERROR_BADARG;
}

#endif
