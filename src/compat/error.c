/* SPDX-License-Identifier: Apache-2.0 */
/* Errors in the original's words: one code for each state, but for what a job document can say. */
#include "compat.h"
#include "ota/err.h"

static cy_rslt_t last_error; /* atomic access only */

void ota_compat_set_last_error(cy_rslt_t code)
{
    __atomic_store_n(&last_error, code, __ATOMIC_RELAXED);
}

cy_rslt_t cy_ota_get_last_error(void)
{
    return __atomic_load_n(&last_error, __ATOMIC_RELAXED);
}

/* The code that the original has for any failure of a state. */
static cy_rslt_t code_of_state(cy_ota_agent_state_t state)
{
    switch (state) {
    case CY_OTA_STATE_JOB_CONNECT:
    case CY_OTA_STATE_DATA_CONNECT:
    case CY_OTA_STATE_RESULT_CONNECT:
        return CY_RSLT_OTA_ERROR_CONNECT;
    case CY_OTA_STATE_JOB_DOWNLOAD:
        return CY_RSLT_OTA_ERROR_GET_JOB;
    case CY_OTA_STATE_JOB_DISCONNECT:
    case CY_OTA_STATE_DATA_DISCONNECT:
    case CY_OTA_STATE_RESULT_DISCONNECT:
        return CY_RSLT_OTA_ERROR_DISCONNECT;
    case CY_OTA_STATE_JOB_PARSE:
        return CY_RSLT_OTA_ERROR_MALFORMED_JOB_DOC;
    case CY_OTA_STATE_JOB_REDIRECT:
    case CY_OTA_STATE_RESULT_REDIRECT:
        return CY_RSLT_OTA_ERROR_REDIRECT;
    case CY_OTA_STATE_STORAGE_OPEN:
        return CY_RSLT_OTA_ERROR_OPEN_STORAGE;
    case CY_OTA_STATE_STORAGE_WRITE:
        return CY_RSLT_OTA_ERROR_WRITE_STORAGE;
    case CY_OTA_STATE_STORAGE_CLOSE:
        return CY_RSLT_OTA_ERROR_CLOSE_STORAGE;
    case CY_OTA_STATE_DATA_DOWNLOAD:
        return CY_RSLT_OTA_ERROR_GET_DATA;
    case CY_OTA_STATE_VERIFY:
        return CY_RSLT_OTA_ERROR_VERIFY;
    case CY_OTA_STATE_RESULT_SEND:
        return CY_RSLT_OTA_ERROR_SENDING_RESULT;
    default:
        return CY_RSLT_OTA_ERROR_GENERAL;
    }
}

cy_rslt_t ota_compat_code(int err, cy_ota_agent_state_t state)
{
    switch (err) {
    case 0:
        return CY_RSLT_SUCCESS;
    case OTA_ESTOPPED:
        return CY_RSLT_OTA_ERROR_APP_RETURNED_STOP;
    case OTA_EJOB:
        return CY_RSLT_OTA_ERROR_MALFORMED_JOB_DOC;
    case OTA_EBOARD:
        return CY_RSLT_OTA_ERROR_WRONG_BOARD;
    case OTA_EVERSION:
    case OTA_EREVERTED:
    case OTA_EBOOTREFUSED:
        return CY_RSLT_OTA_ERROR_INVALID_VERSION;
    case OTA_ENOUPDATE:
        return CY_RSLT_OTA_NO_UPDATE_AVAILABLE;
    case OTA_ERETRIES:
        return CY_RSLT_OTA_ERROR_APP_EXCEEDED_RETRIES;
    default:
        return code_of_state(state);
    }
}

cy_rslt_t ota_compat_start_code(int err)
{
    switch (err) {
    case OTA_EARG:
        return CY_RSLT_OTA_ERROR_BADARG;
    case OTA_ENOSPC:
        return CY_RSLT_OTA_ERROR_OUT_OF_MEMORY;
    case OTA_ETRANSPORT:
        return CY_RSLT_OTA_ERROR_TRANSPORT_UNSUPPORTED;
    default:
        return CY_RSLT_OTA_ERROR_GENERAL;
    }
}

/* ---- Texts ------------------------------------------------------------------------------------
 * Those of the original, which scripts look for in logs; its misspelling is corrected. */

static const char *text_of_storage(cy_rslt_t error)
{
    switch (error) {
    case CY_RSLT_OTA_ERROR_OPEN_STORAGE:
        return "OTA ERROR Opening local Storage";
    case CY_RSLT_OTA_ERROR_READ_STORAGE:
        return "OTA ERROR Reading from local Storage";
    case CY_RSLT_OTA_ERROR_WRITE_STORAGE:
        return "OTA ERROR Writing to local Storage";
    case CY_RSLT_OTA_ERROR_CLOSE_STORAGE:
        return "OTA ERROR Closing local Storage";
    default:
        return NULL;
    }
}

static const char *text_of_network(cy_rslt_t error)
{
    switch (error) {
    case CY_RSLT_OTA_ERROR_MQTT_INIT:
        return "OTA ERROR MQTT Initialization";
    case CY_RSLT_OTA_ERROR_CONNECT:
        return "OTA ERROR Connecting";
    case CY_RSLT_OTA_ERROR_DISCONNECT:
        return "OTA ERROR Disconnecting";
    case CY_RSLT_OTA_ERROR_REDIRECT:
        return "OTA ERROR Redirection was bad";
    case CY_RSLT_OTA_ERROR_SERVER_DROPPED:
        return "OTA ERROR Server dropped connection";
    case CY_RSLT_OTA_ERROR_MQTT_SUBSCRIBE:
        return "OTA ERROR MQTT subscribe failed";
    case CY_RSLT_OTA_ERROR_MQTT_PUBLISH:
        return "OTA ERROR MQTT publish failed";
    case CY_RSLT_OTA_ERROR_GET_JOB:
        return "OTA ERROR Downloading Job";
    case CY_RSLT_OTA_ERROR_GET_DATA:
        return "OTA ERROR Downloading Data";
    case CY_RSLT_OTA_ERROR_SENDING_RESULT:
        return "OTA ERROR Sending Result";
    case CY_RSLT_OTA_ERROR_TRANSPORT_UNSUPPORTED:
        return "OTA ERROR Transport is not supported";
    default:
        return text_of_storage(error);
    }
}

static const char *text_of_image(cy_rslt_t error)
{
    switch (error) {
    case CY_RSLT_OTA_ERROR_NOT_A_HEADER:
        return "OTA ERROR packet does not have proper header";
    case CY_RSLT_OTA_ERROR_NOT_A_JOB_DOC:
        return "OTA ERROR packet not a Job document";
    case CY_RSLT_OTA_ERROR_MALFORMED_JOB_DOC:
        return "OTA ERROR Job document malformed";
    case CY_RSLT_OTA_ERROR_WRONG_BOARD:
        return "OTA ERROR Job for different board";
    case CY_RSLT_OTA_ERROR_INVALID_VERSION:
        return "OTA ERROR Job has invalid version";
    case CY_RSLT_OTA_ERROR_VERIFY:
        return "OTA ERROR OTA Image verification failure";
#ifdef COMPONENT_OTA_BLUETOOTH
    case CY_RSLT_OTA_ERROR_BLE_GENERAL:
        return "OTA ERROR Bluetooth";
    case CY_RSLT_OTA_ERROR_BLE_VERIFY:
        return "OTA ERROR Bluetooth: verification failure";
    case CY_RSLT_OTA_ERROR_BLE_GATT:
        return "OTA ERROR Bluetooth: GATT";
#endif
    default:
        return text_of_network(error);
    }
}

static const char *text_of_agent(cy_rslt_t error)
{
    switch (error) {
    case CY_RSLT_SUCCESS:
        return "OTA NO Errors";
    case CY_RSLT_OTA_ERROR_UNSUPPORTED:
        return "OTA Unsupported feature.";
    case CY_RSLT_OTA_ERROR_GENERAL:
        return "OTA Unspecified error";
    case CY_RSLT_OTA_ERROR_BADARG:
        return "OTA ERROR Bad Args";
    case CY_RSLT_OTA_ERROR_OUT_OF_MEMORY:
        return "OTA ERROR Out of memory";
    case CY_RSLT_OTA_ERROR_ALREADY_STARTED:
        return "OTA ERROR Agent already started";
    case CY_RSLT_OTA_ERROR_APP_RETURNED_STOP:
        return "OTA ERROR Application callback stopped OTA";
    case CY_RSLT_OTA_ERROR_APP_EXCEEDED_RETRIES:
        return "OTA ERROR Too many retries";
    case CY_RSLT_OTA_EXITING:
        return "OTA Agent exiting";
    case CY_RSLT_OTA_ALREADY_CONNECTED:
        return "OTA ERROR Agent already connected";
    case CY_RSLT_OTA_CHANGING_SERVER:
        return "OTA Is changing Server connection";
    case CY_RSLT_OTA_USE_DIRECT_FLOW:
        return "OTA Agent use Direct data download flow";
    case CY_RSLT_OTA_NO_UPDATE_AVAILABLE:
        return "OTA ERROR No Update Available";
    default:
        return text_of_image(error);
    }
}

const char *cy_ota_get_error_string(cy_rslt_t error)
{
    const char *text = text_of_agent(error);

    return text != NULL ? text : "INVALID_ARGUMENT";
}

const char *cy_ota_get_state_string(cy_ota_agent_state_t state)
{
    static const char *const texts[CY_OTA_NUM_STATES] = {
        "OTA STATE Not Initialized",
        "OTA STATE Exiting",
        "OTA STATE Initializing",
        "OTA STATE Started",
        "OTA STATE Agent waiting",
        "OTA STATE Storage Open",
        "OTA STATE Storage Write",
        "OTA STATE Storage Close",
        "OTA STATE Start Update",
        "OTA STATE Connecting for Job",
        "OTA STATE Download Job",
        "OTA STATE Disconnect from Job server",
        "OTA STATE parse Job",
        "OTA STATE Job redirection",
        "OTA STATE Connecting for Data",
        "OTA STATE Downloading Data",
        "OTA STATE Disconnecting from Data server",
        "OTA STATE Verifying",
        "OTA STATE Result Redirect to initial connection.",
        "OTA STATE Connecting to send Result",
        "OTA STATE Sending Result",
        "OTA STATE wait for Result response",
        "OTA STATE Disconnect after Result response",
        "OTA STATE Session complete",
    };

    return (unsigned)state < CY_OTA_NUM_STATES ? texts[state] : "INVALID STATE";
}

const char *cy_ota_get_callback_reason_string(cy_ota_cb_reason_t reason)
{
    static const char *const texts[CY_OTA_LAST_REASON] = {
        "OTA Agent State Change.   ",
        "OTA Agent Function Success",
        "OTA Agent Function Failure",
    };

    return (unsigned)reason < CY_OTA_LAST_REASON ? texts[reason] : "INVALID REASON";
}
