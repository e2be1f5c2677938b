/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Updates as the original's examples do them: over MQTT or HTTP, by the build's components. What a
 * product keeps in its settings, this one takes from the environment:
 *
 *   EXAMPLE_PORT    of the server on localhost
 *   EXAMPLE_FLOW    job or direct
 *   EXAMPLE_ANSWER  stop: the callback ends sessions at their first block; store: it stores the
 *                   image itself
 */
#include "update_task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "FreeRTOS.h"
#include "cy_ota_api.h"
#include "cy_wcm.h"
#include "cyabs_rtos.h"
#include "task.h"

static cy_ota_context_ptr agent;
static cy_ota_network_params_t network_params;
static cy_ota_agent_params_t agent_params;

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value != NULL ? value : otherwise;
}

static bool is_setting(const char *name, const char *value)
{
    return strcmp(setting(name, ""), value) == 0;
}

/* ---- Callback ----------------------------------------------------------------------------------
 */

static void show(const cy_ota_cb_struct_t *cb)
{
    if (cb->reason == CY_OTA_REASON_FAILURE) {
        printf("%s: %s\n", cy_ota_get_state_string(cb->state), cy_ota_get_error_string(cb->error));
        return;
    }
    if (cb->state == CY_OTA_STATE_STORAGE_WRITE) {
        printf("block at %lu, %lu %%\n", (unsigned long)cb->storage->offset,
               (unsigned long)cb->percentage);
    } else if (cb->reason == CY_OTA_REASON_STATE_CHANGE) {
        printf("%s\n", cy_ota_get_state_string(cb->state));
    } else if (cb->state == CY_OTA_STATE_OTA_COMPLETE) {
        printf("session over: %s\n", cy_ota_get_error_string(cb->error));
    }
}

static cy_ota_callback_results_t store(cy_ota_cb_struct_t *cb)
{
    return cy_ota_write_incoming_data_block(agent, cb->storage) == CY_RSLT_SUCCESS
               ? CY_OTA_CB_RSLT_APP_SUCCESS
               : CY_OTA_CB_RSLT_APP_FAILED;
}

static cy_ota_callback_results_t on_update(cy_ota_cb_struct_t *cb_data)
{
    if (cb_data == NULL) {
        return CY_OTA_CB_RSLT_OTA_STOP;
    }
    show(cb_data);
    if (cb_data->reason == CY_OTA_REASON_STATE_CHANGE &&
        cb_data->state == CY_OTA_STATE_STORAGE_WRITE) {
        if (is_setting("EXAMPLE_ANSWER", "stop")) {
            return CY_OTA_CB_RSLT_OTA_STOP;
        }
        if (is_setting("EXAMPLE_ANSWER", "store")) {
            return store(cb_data);
        }
    }
    return CY_OTA_CB_RSLT_OTA_CONTINUE;
}

/* ---- Set-up ------------------------------------------------------------------------------------
 */

static bool join_network(void)
{
    cy_wcm_config_t config = {.interface = CY_WCM_INTERFACE_TYPE_STA};
    cy_wcm_connect_params_t params = {.ap_credentials = {.SSID = "home",
                                                         .password = "secret",
                                                         .security = CY_WCM_SECURITY_WPA2_AES_PSK}};
    cy_wcm_ip_address_t address;

    return cy_wcm_init(&config) == CY_RSLT_SUCCESS &&
           cy_wcm_connect_ap(&params, &address) == CY_RSLT_SUCCESS &&
           cy_awsport_network_init() == CY_RSLT_SUCCESS;
}

static void set_network(void)
{
    uint16_t port = (uint16_t)strtoul(setting("EXAMPLE_PORT", "0"), NULL, 10);

    network_params.use_get_job_flow =
        is_setting("EXAMPLE_FLOW", "direct") ? CY_OTA_DIRECT_FLOW : CY_OTA_JOB_FLOW;
#ifdef COMPONENT_OTA_MQTT
    static const char *filters[] = {COMPANY_TOPIC_PREPEND "/" CY_TARGET_BOARD_STRING
                                                          "/" PUBLISHER_DIRECT_TOPIC};

    network_params.initial_connection = CY_OTA_CONNECTION_MQTT;
    network_params.mqtt.broker.host_name = "127.0.0.1";
    network_params.mqtt.broker.port = port;
    network_params.mqtt.pIdentifier = "CY_IOT_DEVICE";
    network_params.mqtt.pTopicFilters = filters;
    network_params.mqtt.numTopicFilters = 1;
    network_params.mqtt.session_type = CY_OTA_MQTT_SESSION_CLEAN;
    (void)cy_mqtt_init();
#else
    network_params.initial_connection = CY_OTA_CONNECTION_HTTP;
    network_params.http.server.host_name = "127.0.0.1";
    network_params.http.server.port = port;
    network_params.http.file =
        network_params.use_get_job_flow == CY_OTA_JOB_FLOW ? "" : CY_OTA_HTTP_DATA_FILE;
#endif
}

void update_task(void *arg)
{
    cy_rslt_t result;

    (void)arg;
    if (!join_network()) {
        printf("no network\n");
        vTaskDelete(NULL);
    }
    set_network();
    agent_params.cb_func = on_update;
    agent_params.reboot_upon_completion = 1;
    agent_params.validate_after_reboot = 1;
    result = cy_ota_agent_start(&network_params, &agent_params, &agent);
    if (result != CY_RSLT_SUCCESS) {
        printf("agent does not start: %s\n", cy_ota_get_error_string(result));
        vTaskDelete(NULL);
    }
    while (cy_ota_get_update_now(agent) == CY_RSLT_OTA_ERROR_GENERAL) {
        (void)cy_rtos_delay_milliseconds(10); /* it is not up yet */
    }
    vTaskSuspend(NULL);
}
