/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface of anycloud-ota 4.1.0, over libota: for applications that were written for it.
 * New applications use ota/agent.h, of which this is a thin adapter.
 *
 * The layout of structures follows the components of the build, as in the original, so
 * src/compat/ is compiled with the application's own settings: CMake's ota_compat_library()
 * does that. Flash, keys, clock and network clients come from the three functions of ota_compat.h,
 * which the POSIX port implements over the board that ota-board emulates.
 *
 *   COMPONENT_OTA_MQTT, COMPONENT_OTA_HTTP   transports in the build; without either one there is
 *                                            no agent thread
 *   COMPONENT_OTA_BLUETOOTH                  Bluetooth functions; the application has a GATT
 *                                            database with its names (cycfg_gatt_db.h)
 *   CY_OTA_BLE_SECURE_SUPPORT=1              pushes are signed: ecdsa256_public_key
 *   CY_TARGET_BOARD                          board name, without quotes; required
 *   CY_OTA_API_VERSION                       2, 3, 4 (default) or 5: whose names the application
 *                                            uses (docs/migration.md)
 *
 * Names, values and meaning: the original's header. docs/compat.md lists what differs.
 *
 * Thread rules: one agent in a program. All functions may be called from any thread, those for
 * storage only from the callback, or while there is no session. The callback runs on the agent's
 * thread; it may call everything here, cy_ota_agent_stop included.
 */
#ifndef CY_OTA_API_H
#define CY_OTA_API_H

/* ---- Versions of the interface ----------------------------------------------------------------
 */

#ifndef CY_OTA_API_VERSION
/* Whose names the application uses: 2, 3, 4 or 5. */
#define CY_OTA_API_VERSION 4
#endif
#if CY_OTA_API_VERSION < 2 || CY_OTA_API_VERSION > 5
#error "CY_OTA_API_VERSION is 2, 3, 4 or 5"
#endif

/* Before 4.0 both transports were always there; 4.0 itself chose Bluetooth by definitions. */
#if CY_OTA_API_VERSION < 4 && !defined(COMPONENT_OTA_MQTT) && !defined(COMPONENT_OTA_HTTP)
#define COMPONENT_OTA_MQTT
#define COMPONENT_OTA_HTTP
#endif
#if defined(CY_OTA_BLE_SUPPORT) || defined(CY_OTA_BLE_ONLY)
#ifndef COMPONENT_OTA_BLUETOOTH
#define COMPONENT_OTA_BLUETOOTH
#endif
#ifdef CY_OTA_BLE_ONLY
#undef COMPONENT_OTA_MQTT
#undef COMPONENT_OTA_HTTP
#endif
#endif

/* 1: a transport with an agent thread is in the build. */
#if defined(COMPONENT_OTA_MQTT) || defined(COMPONENT_OTA_HTTP)
#define CY_OTA_HAS_AGENT_ 1
#else
#define CY_OTA_HAS_AGENT_ 0
#endif

/* ---- Board ------------------------------------------------------------------------------------
 */

/* Text of a token, as it is written. */
#define ADD_QUOTES(x) #x
/* Text of what a macro stands for. */
#define EXPAND_AND_ADD_QUOTES(x) ADD_QUOTES(x)
#ifdef CY_TARGET_BOARD
/* Name of the board as text: in topics and requests, and what a job's Board is compared with. */
#define CY_TARGET_BOARD_STRING EXPAND_AND_ADD_QUOTES(CY_TARGET_BOARD)
#else
#define CY_TARGET_BOARD_STRING ""
#endif

/* ---- The application's settings ---------------------------------------------------------------
 */

#if defined(__has_include)
#if __has_include("cy_ota_config.h")
#include "cy_ota_config.h"
#endif
#else
#include "cy_ota_config.h"
#endif
#include "cy_ota_defaults.h"

#include "cyhal.h"

#include "cybsp.h"

#include "cy_result_mw.h"

#include "cy_log.h"
#if CY_OTA_HAS_AGENT_
#include "cybsp_wifi.h"

#include "cy_tcpip_port_secure_sockets.h"
#if CY_OTA_API_VERSION < 3
#include "iot_network.h"
#endif
#endif
#ifdef COMPONENT_OTA_HTTP
#include "cy_http_client_api.h"
#endif
#ifdef COMPONENT_OTA_MQTT
#include "cy_mqtt_api.h"
#endif
#ifdef COMPONENT_OTA_BLUETOOTH
#include "wiced_bt_gatt.h"
#if defined(CY_OTA_BLE_SECURE_SUPPORT) && CY_OTA_BLE_SECURE_SUPPORT
#include "p_256_ecc_pp.h"
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

#if CY_OTA_HAS_AGENT_
#if CY_OTA_API_VERSION < 3
/* A server, in applications of 2.x. */
typedef struct {
    const char *pHostName; /* name or address, without a scheme; ends with NUL */
    uint16_t port;         /* 1 to 65535 */
} cy_ota_server_info_t;
typedef cy_ota_server_info_t cy_ota_server_;              /* a server, in this version's words */
typedef IotNetworkCredentials_t *cy_ota_credentials_;     /* credentials in the parameters */
typedef IotNetworkCredentials_t *cy_ota_credentials_ptr_; /* credentials in the callback */
#else
typedef cy_awsport_server_info_t cy_ota_server_;               /* a server: host_name and port */
typedef cy_awsport_ssl_credentials_t cy_ota_credentials_;      /* credentials in the parameters */
typedef cy_awsport_ssl_credentials_t *cy_ota_credentials_ptr_; /* credentials in the callback */
#endif
#endif

/* ---- Result values ----------------------------------------------------------------------------
 */

#ifndef CY_RSLT_MODULE_MIDDLEWARE_OTA_UPDATE
/* Number of this library among those that make result values: 0x020D. */
#define CY_RSLT_MODULE_MIDDLEWARE_OTA_UPDATE (CY_RSLT_MODULE_MIDDLEWARE_BASE + 13u)
#endif

/* Errors begin here: 0x08360000. */
#define CY_RSLT_OTA_ERROR_BASE                                                                     \
    CY_RSLT_CREATE(CY_RSLT_TYPE_ERROR, CY_RSLT_MODULE_MIDDLEWARE_OTA_UPDATE, 0u)
/* Results that are no errors begin here: 0x08340000. */
#define CY_RSLT_OTA_INFO_BASE                                                                      \
    CY_RSLT_CREATE(CY_RSLT_TYPE_INFO, CY_RSLT_MODULE_MIDDLEWARE_OTA_UPDATE, 0u)

/* The function is not there for this transport, or the setting is not supported. */
#define CY_RSLT_OTA_ERROR_UNSUPPORTED (CY_RSLT_OTA_ERROR_BASE + 1u)
/* Anything that has no code of its own; the log says what it was. */
#define CY_RSLT_OTA_ERROR_GENERAL (CY_RSLT_OTA_ERROR_BASE + 2u)
/* An argument or a parameter is missing or out of range. */
#define CY_RSLT_OTA_ERROR_BADARG (CY_RSLT_OTA_ERROR_BASE + 3u)
/* A buffer of the build is too small. */
#define CY_RSLT_OTA_ERROR_OUT_OF_MEMORY (CY_RSLT_OTA_ERROR_BASE + 4u)
/* There is an agent already, or a session is under way. */
#define CY_RSLT_OTA_ERROR_ALREADY_STARTED (CY_RSLT_OTA_ERROR_BASE + 5u)
/* MQTT client cannot be used. Never produced here: CONNECT says it, as the original's callback. */
#define CY_RSLT_OTA_ERROR_MQTT_INIT (CY_RSLT_OTA_ERROR_BASE + 6u)
/* The secondary slot cannot be prepared for writing. */
#define CY_RSLT_OTA_ERROR_OPEN_STORAGE (CY_RSLT_OTA_ERROR_BASE + 7u)
/* The secondary slot cannot be read there. */
#define CY_RSLT_OTA_ERROR_READ_STORAGE (CY_RSLT_OTA_ERROR_BASE + 8u)
/* The block is not the next one, does not fit, or flash has failed. */
#define CY_RSLT_OTA_ERROR_WRITE_STORAGE (CY_RSLT_OTA_ERROR_BASE + 9u)
/* What was collected last cannot be written, or the storage is not open. */
#define CY_RSLT_OTA_ERROR_CLOSE_STORAGE (CY_RSLT_OTA_ERROR_BASE + 10u)
/* Server not reached, or not trusted. */
#define CY_RSLT_OTA_ERROR_CONNECT (CY_RSLT_OTA_ERROR_BASE + 11u)
/* The callback has failed a ..._DISCONNECT. */
#define CY_RSLT_OTA_ERROR_DISCONNECT (CY_RSLT_OTA_ERROR_BASE + 12u)
/* The job leads where the agent cannot go. */
#define CY_RSLT_OTA_ERROR_REDIRECT (CY_RSLT_OTA_ERROR_BASE + 13u)
/* Connection lost. Never produced here: GET_JOB, GET_DATA or SENDING_RESULT say it. */
#define CY_RSLT_OTA_ERROR_SERVER_DROPPED (CY_RSLT_OTA_ERROR_BASE + 14u)
/* Broker has refused a subscription. Never produced, as in the original. */
#define CY_RSLT_OTA_ERROR_MQTT_SUBSCRIBE (CY_RSLT_OTA_ERROR_BASE + 15u)
/* Message not sent. Never produced here: GET_JOB, GET_DATA or SENDING_RESULT say it. */
#define CY_RSLT_OTA_ERROR_MQTT_PUBLISH (CY_RSLT_OTA_ERROR_BASE + 16u)
/* Job document not obtained. */
#define CY_RSLT_OTA_ERROR_GET_JOB (CY_RSLT_OTA_ERROR_BASE + 17u)
/* Image not obtained: no answer, a lost connection, a bad chunk, or a slot that is too small. */
#define CY_RSLT_OTA_ERROR_GET_DATA (CY_RSLT_OTA_ERROR_BASE + 18u)
/* Bad chunk header. Never produced here: GET_DATA says it. */
#define CY_RSLT_OTA_ERROR_NOT_A_HEADER (CY_RSLT_OTA_ERROR_BASE + 19u)
/* Not a job document. Never produced, as in the original: MALFORMED_JOB_DOC says it. */
#define CY_RSLT_OTA_ERROR_NOT_A_JOB_DOC (CY_RSLT_OTA_ERROR_BASE + 20u)
/* The job document lacks something, or says something that cannot be. */
#define CY_RSLT_OTA_ERROR_MALFORMED_JOB_DOC (CY_RSLT_OTA_ERROR_BASE + 21u)
#define CY_RSLT_OTA_ERROR_WRONG_BOARD (CY_RSLT_OTA_ERROR_BASE + 22u) /* job for another board */
/* The version on offer is not newer, or is the one that was reverted. */
#define CY_RSLT_OTA_ERROR_INVALID_VERSION (CY_RSLT_OTA_ERROR_BASE + 23u)
/* The image is not what it should be: header, hash, signature or version. */
#define CY_RSLT_OTA_ERROR_VERIFY (CY_RSLT_OTA_ERROR_BASE + 24u)
/* The result was not delivered; what is installed does not depend on it. */
#define CY_RSLT_OTA_ERROR_SENDING_RESULT (CY_RSLT_OTA_ERROR_BASE + 25u)
/* The callback has ended the session. */
#define CY_RSLT_OTA_ERROR_APP_RETURNED_STOP (CY_RSLT_OTA_ERROR_BASE + 26u)
/* Every try that the settings allow has failed. */
#define CY_RSLT_OTA_ERROR_APP_EXCEEDED_RETRIES (CY_RSLT_OTA_ERROR_BASE + 27u)
/* The transport is not in this build. */
#define CY_RSLT_OTA_ERROR_TRANSPORT_UNSUPPORTED (CY_RSLT_OTA_ERROR_BASE + 28u)
#ifdef COMPONENT_OTA_BLUETOOTH
/* Bluetooth, anything else. Never produced, as in the original. */
#define CY_RSLT_OTA_ERROR_BLE_GENERAL (CY_RSLT_OTA_ERROR_BASE + 0x20u)
/* Bluetooth: the image is not what it should be; the peer has been told. */
#define CY_RSLT_OTA_ERROR_BLE_VERIFY (CY_RSLT_OTA_ERROR_BASE + 0x21u)
/* Bluetooth: a command or data that cannot be taken now; the peer has been told. */
#define CY_RSLT_OTA_ERROR_BLE_GATT (CY_RSLT_OTA_ERROR_BASE + 0x22u)
#endif

/* Error of the last callback: the agent's thread ends. */
#define CY_RSLT_OTA_EXITING (CY_RSLT_OTA_INFO_BASE + 1u)
/* A connect that was not needed. Never produced here. */
#define CY_RSLT_OTA_ALREADY_CONNECTED (CY_RSLT_OTA_INFO_BASE + 2u)
/* The job names another server. Never produced here: it is no error, and JOB_REDIRECT shows it. */
#define CY_RSLT_OTA_CHANGING_SERVER (CY_RSLT_OTA_INFO_BASE + 3u)
#define CY_RSLT_OTA_USE_JOB_FLOW CY_RSLT_SUCCESS /* another name for it */
/* The session has no job document. Never produced here: START_UPDATE ends with SUCCESS. */
#define CY_RSLT_OTA_USE_DIRECT_FLOW (CY_RSLT_OTA_INFO_BASE + 4u)
/* The server's message says that there is nothing newer. */
#define CY_RSLT_OTA_NO_UPDATE_AVAILABLE (CY_RSLT_OTA_INFO_BASE + 5u)

/* ---- Constants --------------------------------------------------------------------------------
 */

/* Facility of the log: the original's number, shared with audio. */
#define CYLF_OTA CYLF_AUDIO

#define CY_OTA_MQTT_FILENAME_BUFF_SIZE (256) /* bytes with the end; for applications */
#define CY_OTA_MQTT_UNIQUE_TOPIC_BUFF_SIZE                                                         \
    (256)                                /* bytes of unique_topic with its end; 159 used           \
                                          */
#define CY_OTA_JSON_DOC_BUFF_SIZE (1024) /* bytes of json_doc with its end */
#define CY_OTA_CHUNK_SIZE (4 * 1024)     /* bytes of a chunk over MQTT, of a range over HTTP */
#define CY_OTA_HTTP_FILENAME_SIZE (256)  /* bytes of file with its end */

#define NOTIFICATION_RESPONSE_NO_UPDATES "No Update Available" /* Message of such a document */
#define NOTIFICATION_RESPONSE_UPDATES "Update Available"       /* Message of a job document */
#define NOTIFICATION_RESPONSE_RESULT_RECEIVED                                                      \
    "Result Received" /* publisher's answer to a result                                            \
                       */

/* Topic on which the agent asks and reports. */
#define SUBSCRIBER_PUBLISH_TOPIC                                                                   \
    COMPANY_TOPIC_PREPEND "/" CY_TARGET_BOARD_STRING "/" PUBLISHER_LISTEN_TOPIC
/* Topic on which publishers push an image to every board of a kind; for pTopicFilters. */
#define CY_OTA_SUBSCRIBE_AVAIL_TOPIC                                                               \
    COMPANY_TOPIC_PREPEND "/" CY_TARGET_BOARD_STRING "/" PUBLISHER_DIRECT_TOPIC

#define CY_OTA_MQTT_BROKER_PORT (1883)          /* MQTT: never TLS */
#define CY_OTA_MQTT_BROKER_PORT_TLS (8883)      /* MQTT over TLS */
#define CY_OTA_MQTT_BROKER_PORT_TLS_CERT (8884) /* MQTT over TLS, broker wants a certificate */
#define CY_OTA_HTTP_SERVER_PORT (80)            /* HTTP */
#define CY_OTA_HTTP_SERVER_PORT_TLS (443)       /* HTTPS */

#define CY_OTA_MQTT_STRING "MQTT"   /* value of Connection: image over MQTT */
#define CY_OTA_HTTP_STRING "HTTP"   /* value of Connection: image over HTTP */
#define CY_OTA_HTTPS_STRING "HTTPS" /* value of Connection: image over HTTPS */

#define CY_OTA_MESSAGE_FIELD "Message"              /* member: what a message is */
#define CY_OTA_MANUF_FIELD "Manufacturer"           /* member: who makes the product */
#define CY_OTA_MANUF_ID_FIELD "ManufacturerID"      /* member: the same, short */
#define CY_OTA_PRODUCT_FIELD "Product"              /* member: name of the product */
#define CY_OTA_SERIAL_NUMBER_FIELD "SerialNumber"   /* member: which device */
#define CY_OTA_VERSION_FIELD "Version"              /* member: major.minor.build */
#define CY_OTA_BOARD_FIELD "Board"                  /* member: CY_TARGET_BOARD of the image */
#define CY_OTA_CONNECTION_FIELD "Connection"        /* member: how the image is fetched */
#define CY_OTA_BROKER_FIELD "Broker"                /* member: host, over MQTT */
#define CY_OTA_PORT_FIELD "Port"                    /* member: port of Broker or Server */
#define CY_OTA_SERVER_FIELD "Server"                /* member: host, over HTTP and HTTPS */
#define CY_OTA_FILE_FIELD "File"                    /* member: path of the image there */
#define CY_OTA_OFFSET_FIELD "Offset"                /* member: first byte of a chunk */
#define CY_OTA_SIZE_FIELD "Size"                    /* member: bytes of a chunk */
#define CY_OTA_UNIQUE_TOPIC_FIELD "UniqueTopicName" /* member: topic for the answer */

/* Room for members in the original's parser, in bytes with the end: for applications. */
#define CY_OTA_MESSAGE_LEN (32)           /* of Message */
#define CY_OTA_JOB_MANUF_LEN (64)         /* of Manufacturer */
#define CY_OTA_JOB_MANUF_ID_LEN (16)      /* of ManufacturerID */
#define CY_OTA_JOB_PRODUCT_ID_LEN (64)    /* of Product */
#define CY_OTA_JOB_SERIAL_NUMBER_LEN (32) /* of SerialNumber */
#define CY_OTA_JOB_VERSION_LEN (16)       /* of Version */
#define CY_OTA_JOB_BOARD_LEN (32)         /* of Board */
#define CY_OTA_JOB_URL_BROKER_LEN (256)   /* of Broker and Server */

#ifdef COMPONENT_OTA_BLUETOOTH
#define CY_OTA_UPGRADE_COMMAND_PREPARE_DOWNLOAD 1 /* command byte: begin anew */
#define CY_OTA_UPGRADE_COMMAND_DOWNLOAD 2         /* command byte; 4 bytes of size follow */
#define CY_OTA_UPGRADE_COMMAND_VERIFY 3           /* command byte; 4 bytes of CRC-32 follow */
#define CY_OTA_UPGRADE_COMMAND_ABORT 4            /* command byte: forget it; peers send 7, too */
#define CY_OTA_UPGRADE_STATUS_OK 0                /* answer to a command */
#define CY_OTA_UPGRADE_STATUS_BAD 1               /* answer to a command that was refused */
#define CRC32_INITIAL_VALUE 0x00000000            /* for an application's own checksum */
#endif

/* ---- Enumerations -----------------------------------------------------------------------------
 */

/* What a session begins with. */
typedef enum {
    CY_OTA_JOB_FLOW = 0,    /* a job document, then the image it points to */
    CY_OTA_DIRECT_FLOW = 1, /* the image at once */
} cy_ota_update_flow_t;

/* Ways to a server. */
typedef enum {
    CY_OTA_CONNECTION_UNKNOWN = 0, /* refused when the agent starts */
    CY_OTA_CONNECTION_MQTT = 1,    /* a broker */
    CY_OTA_CONNECTION_HTTP = 2,    /* a web server */
    CY_OTA_CONNECTION_HTTPS = 3,   /* a web server over TLS */
    CY_OTA_CONNECTION_BLE = 4,     /* a Bluetooth peer that pushes */
} cy_ota_connection_t;

/* Whether the broker keeps subscriptions between connections. */
typedef enum {
    CY_OTA_MQTT_SESSION_CLEAN = 0,   /* no; the client id is new each time */
    CY_OTA_MQTT_SESSION_RESTART = 1, /* yes; the client id stays the same */
} cy_ota_mqtt_session_type_t;

/* Why the callback is called. */
typedef enum {
    CY_OTA_REASON_STATE_CHANGE = 0, /* the state is entered; what it does comes next */
    CY_OTA_REASON_SUCCESS = 1,      /* it is done */
    CY_OTA_REASON_FAILURE = 2,      /* it has failed: error says why */
    CY_OTA_LAST_REASON = 3,         /* how many there are */
} cy_ota_cb_reason_t;

/* What the callback answers. */
typedef enum {
    CY_OTA_CB_RSLT_OTA_CONTINUE = 0, /* go on; so does any value that is not one of these */
    CY_OTA_CB_RSLT_OTA_STOP = 1,     /* end this session */
    CY_OTA_CB_RSLT_APP_SUCCESS = 2,  /* STATE_CHANGE: the application has done it */
    CY_OTA_CB_RSLT_APP_FAILED = 3,   /* take it as failed */
    CY_OTA_CB_NUM_RESULTS = 4,       /* how many there are */
} cy_ota_callback_results_t;

/* What the agent is doing; cy_ota_get_state_string has them in words. */
typedef enum {
    CY_OTA_STATE_NOT_INITIALIZED = 0,  /* never seen */
    CY_OTA_STATE_EXITING = 1,          /* the agent ends */
    CY_OTA_STATE_INITIALIZING = 2,     /* started, but not yet at work; Bluetooth: until PREPARE */
    CY_OTA_STATE_AGENT_STARTED = 3,    /* never seen */
    CY_OTA_STATE_AGENT_WAITING = 4,    /* waits for the next session */
    CY_OTA_STATE_STORAGE_OPEN = 5,     /* prepares the secondary slot */
    CY_OTA_STATE_STORAGE_WRITE = 6,    /* callback only: a block has come */
    CY_OTA_STATE_STORAGE_CLOSE = 7,    /* writes what is left of the image */
    CY_OTA_STATE_START_UPDATE = 8,     /* begins a session */
    CY_OTA_STATE_JOB_CONNECT = 9,      /* connects for the job document */
    CY_OTA_STATE_JOB_DOWNLOAD = 10,    /* asks for it and waits */
    CY_OTA_STATE_JOB_DISCONNECT = 11,  /* ends that connection */
    CY_OTA_STATE_JOB_PARSE = 12,       /* reads it: is there something newer for this board? */
    CY_OTA_STATE_JOB_REDIRECT = 13,    /* takes over the server that it names */
    CY_OTA_STATE_DATA_CONNECT = 14,    /* connects for the image */
    CY_OTA_STATE_DATA_DOWNLOAD = 15,   /* fetches it; STORAGE_WRITE for each block */
    CY_OTA_STATE_DATA_DISCONNECT = 16, /* ends that connection */
    CY_OTA_STATE_VERIFY = 17,          /* checks the image and marks it to be installed */
    CY_OTA_STATE_RESULT_REDIRECT = 18, /* goes back to the first server */
    CY_OTA_STATE_RESULT_CONNECT = 19,  /* connects to it */
    CY_OTA_STATE_RESULT_SEND = 20,     /* tells it how the session went */
    CY_OTA_STATE_RESULT_RESPONSE = 21, /* never entered, as in the original */
    CY_OTA_STATE_RESULT_DISCONNECT = 22, /* ends that connection */
    CY_OTA_STATE_OTA_COMPLETE = 23,      /* session over; restarts, or plans the next one */
    CY_OTA_NUM_STATES = 24,              /* how many there are */
} cy_ota_agent_state_t;

/* ---- Structures -------------------------------------------------------------------------------
 */

/* The agent, opaque. Valid from cy_ota_agent_start to cy_ota_agent_stop. */
typedef void *cy_ota_context_ptr;

/* A block of an image. In a callback buffer is the agent's, until the callback returns. */
typedef struct {
    uint32_t total_size;    /* bytes of the image; 0: not known */
    uint32_t offset;        /* bytes from its start */
    uint8_t *buffer;        /* the bytes; NULL in a callback that is not about a block */
    uint32_t size;          /* bytes in buffer */
    uint16_t packet_number; /* which block, from 0: offset / CY_OTA_CHUNK_SIZE */
    uint16_t total_packets; /* how many; 0: not known */
} cy_ota_storage_write_info_t;

#ifdef COMPONENT_OTA_HTTP
/* Where sessions over HTTP begin, and whom the agent trusts when a job leads there. */
typedef struct {
    cy_ota_server_ server; /* a port is needed: 0 is refused */
    const char *file; /* path of the job document, direct flow: of the image; "": the default */
    cy_ota_credentials_ credentials; /* for HTTPS */
} cy_ota_http_params_t;
#endif

#ifdef COMPONENT_OTA_MQTT
/* Where sessions over MQTT begin, and whom the agent trusts when a job leads there. */
typedef struct {
    bool awsIotMqttMode;                     /* no effect, as in the original */
    const char *pIdentifier;                 /* begins the client id; "": the default */
    uint8_t numTopicFilters;                 /* up to CY_OTA_MQTT_MAX_TOPICS */
    const char **pTopicFilters;              /* topics to subscribe to besides the unique one */
    cy_ota_mqtt_session_type_t session_type; /* what the broker keeps */
    cy_ota_server_ broker;                   /* a port is needed: 0 is refused */
    cy_ota_credentials_ credentials;         /* TLS is used if it has a certificate or the port is
                                                8883 or 8884, never on 1883 */
} cy_ota_mqtt_params_t;
#endif

/* The way to the servers. Copied by cy_ota_agent_start; what it points to is not, and stays as it
 * is until the agent has been stopped. */
typedef struct {
    cy_ota_connection_t initial_connection; /* where sessions begin: the others may stay empty */
#ifdef COMPONENT_OTA_MQTT
    cy_ota_mqtt_params_t mqtt; /* for CY_OTA_CONNECTION_MQTT, and jobs that lead to it */
#endif
#ifdef COMPONENT_OTA_HTTP
    cy_ota_http_params_t http; /* for HTTP and HTTPS, and jobs that lead to it */
#endif
    cy_ota_update_flow_t use_get_job_flow; /* what sessions begin with */
#if CY_OTA_API_VERSION < 3
    void *network_interface; /* no effect: the device's clients are used */
#endif
} cy_ota_network_params_t;

/*
 * What the callback is told. Everything is valid until it returns. Texts may be changed:
 *   unique_topic    STATE_CHANGE of JOB_, DATA_, RESULT_CONNECT
 *   broker_server   the same
 *   credentials     the same: another structure, that stays
 *   file            STATE_CHANGE of DATA_CONNECT; HTTP: of JOB_DOWNLOAD, too
 *   json_doc        the request in STATE_CHANGE of JOB_DOWNLOAD, DATA_DOWNLOAD and RESULT_SEND over
 *                   MQTT, of RESULT_SEND over HTTP; the job in SUCCESS of JOB_DOWNLOAD and
 *                   STATE_CHANGE of JOB_PARSE, and with APP_SUCCESS of JOB_DOWNLOAD
 */
typedef struct {
    cy_ota_cb_reason_t reason; /* before, done or failed */
    void *cb_arg;              /* of the agent's parameters */
#if CY_OTA_API_VERSION >= 5
    cy_ota_agent_state_t ota_agt_state; /* which state it is about */
#else
    cy_ota_agent_state_t state; /* which state it is about */
#endif
    cy_rslt_t error;                      /* of the session so far; FAILURE: why */
    cy_ota_storage_write_info_t *storage; /* STORAGE_WRITE: the block; else the last one, without
                                             its bytes */
    uint32_t total_size;                  /* bytes of the image; 0: not known yet */
    uint32_t bytes_written;               /* bytes in the slot; STORAGE_WRITE: without this block */
    uint32_t percentage;                  /* 0 to 100, of total_size */
    cy_ota_connection_t connection_type;  /* of the server below */
#if CY_OTA_HAS_AGENT_
    cy_ota_server_ broker_server;        /* server of this state, also over HTTP */
    cy_ota_credentials_ptr_ credentials; /* for it, of the parameters */
#endif
#ifdef COMPONENT_OTA_MQTT
#if CY_OTA_API_VERSION >= 3
    cy_mqtt_t mqtt_connection; /* NULL; another value is refused */
#endif
    char unique_topic[CY_OTA_MQTT_UNIQUE_TOPIC_BUFF_SIZE]; /* for answers, new for each session */
#endif
#if defined(COMPONENT_OTA_HTTP) && CY_OTA_API_VERSION >= 3
    cy_http_client_t http_connection; /* NULL; another value is refused */
#endif
#if CY_OTA_HAS_AGENT_
    char file[CY_OTA_HTTP_FILENAME_SIZE];     /* path on the server */
    char json_doc[CY_OTA_JSON_DOC_BUFF_SIZE]; /* request, job or result; "": longer than that */
#endif
} cy_ota_cb_struct_t;

/* The application's callback. Called on the agent's thread, which waits for it; over Bluetooth on
 * the thread that calls the functions below. */
typedef cy_ota_callback_results_t (*cy_ota_callback_t)(cy_ota_cb_struct_t *cb_data);

/* What the agent does besides downloading. Copied by cy_ota_agent_start. */
typedef struct {
    uint8_t reboot_upon_completion; /* 1: restart when an image is marked to be installed */
    uint8_t validate_after_reboot;  /* 1: the image must call cy_ota_storage_validated, or it is
                                       reverted; 0: it is installed for good */
#if CY_OTA_API_VERSION >= 3
    bool do_not_send_result; /* true: no server is told how a session went */
#endif
    cy_ota_callback_t cb_func; /* NULL: none */
    void *cb_arg;              /* handed to it; the agent does not look at it */
} cy_ota_agent_params_t;

/* ---- Agent ------------------------------------------------------------------------------------
 */

/*
 * Starts the agent and its thread. *ota_ptr is set before the first callback. SUCCESS; BADARG for a
 * missing parameter of the initial connection; TRANSPORT_UNSUPPORTED for one that the build lacks;
 * UNSUPPORTED for another CY_OTA_MQTT_MAGIC; ALREADY_STARTED; OUT_OF_MEMORY; GENERAL if the device
 * has no flash, key or running image to work with. *ota_ptr is NULL then. With Bluetooth as the
 * initial connection there is no thread: everything happens within the functions below.
 */
cy_rslt_t cy_ota_agent_start(cy_ota_network_params_t *network_params,
                             cy_ota_agent_params_t *agent_params, cy_ota_context_ptr *ota_ptr);

/*
 * Ends the session under way and then the agent, and waits for its thread; nothing is installed
 * that was not marked before. From the callback it does not wait; nor while a Bluetooth function
 * runs, with which the agent ends then. SUCCESS, *ota_ptr is NULL then; BADARG if there is no such
 * agent.
 */
cy_rslt_t cy_ota_agent_stop(cy_ota_context_ptr *ota_ptr);

/* Begins a session now. SUCCESS; BADARG; ALREADY_STARTED during a session; GENERAL while the agent
 * is not up; UNSUPPORTED with Bluetooth. */
cy_rslt_t cy_ota_get_update_now(cy_ota_context_ptr ota_ptr);

/* What the agent is doing at this moment. SUCCESS; BADARG if there is no such agent, or no place
 * for the state. */
cy_rslt_t cy_ota_get_state(cy_ota_context_ptr ota_ptr, cy_ota_agent_state_t *state);

/* First error of the session under way or, when waiting, of the last one; also after the stop. */
cy_rslt_t cy_ota_get_last_error(void);

/* An error for people; never NULL: "INVALID_ARGUMENT" for a value that is not one of ours. */
const char *cy_ota_get_error_string(cy_rslt_t error);

/* A state for people; never NULL: "INVALID STATE" for one that there is not. */
const char *cy_ota_get_state_string(cy_ota_agent_state_t state);

/* A reason for people; never NULL: "INVALID REASON" for one that there is not. */
const char *cy_ota_get_callback_reason_string(cy_ota_cb_reason_t reason);

/* How much the agent tells, CY_LOG_DEBUG4 at most; CY_LOG_ERR unless it is called. */
void cy_ota_set_log_level(CY_LOG_LEVEL_T level);

/* ---- Storage: the secondary slot, for a callback that stores the image itself ------------------
 */

/* Prepares for writing from offset 0. SUCCESS, OPEN_STORAGE. */
cy_rslt_t cy_ota_storage_open(cy_ota_context_ptr ota_ptr);

/* Reads size bytes at offset into buffer. SUCCESS, READ_STORAGE. The context is not used. */
cy_rslt_t cy_ota_storage_read(cy_ota_context_ptr ota_ptr, cy_ota_storage_write_info_t *chunk_info);

/* Writes the next bytes: offset is where the last call ended. SUCCESS, WRITE_STORAGE. */
cy_rslt_t cy_ota_storage_write(cy_ota_context_ptr ota_ptr, cy_ota_storage_write_info_t *chunk_info);

/* The same as cy_ota_storage_write; opens the storage at offset 0 if it is not open. */
cy_rslt_t cy_ota_write_incoming_data_block(cy_ota_context_ptr ota_ptr,
                                           cy_ota_storage_write_info_t *chunk_info);

/* Ends writing. SUCCESS; CLOSE_STORAGE if it is not open, or the flash fails. */
cy_rslt_t cy_ota_storage_close(cy_ota_context_ptr ota_ptr);

/* Checks the image (header, hash, signature, version) and marks it to be installed at the next
 * restart. SUCCESS, VERIFY. */
cy_rslt_t cy_ota_storage_verify(cy_ota_context_ptr ota_ptr);

/* Confirms the running image, so that it is not reverted. SUCCESS, GENERAL. */
cy_rslt_t cy_ota_storage_validated(void);

/* ---- Bluetooth --------------------------------------------------------------------------------
 */

#ifdef COMPONENT_OTA_BLUETOOTH
/*
 * The application decodes the command byte of a write to the control point, and calls. All of it
 * happens within the call, on the thread of the Bluetooth stack; answers go to the peer by
 * wiced_bt_gatt_server_send_notification and ..._indication, a BAD for every failure. The callback
 * of the parameters is called as with the other transports. BADARG for a missing agent or request,
 * UNSUPPORTED for an agent that does not begin with Bluetooth.
 */

/* PREPARE: forgets what was under way. bt_config_descriptor: GATT_CLIENT_CONFIG_*, how to answer.
 * SUCCESS, BLE_GATT. State: AGENT_WAITING. */
cy_rslt_t cy_ota_ble_download_prepare(cy_ota_context_ptr ota_ptr, uint16_t bt_conn_id,
                                      uint16_t bt_config_descriptor);

/* DOWNLOAD: the request has the size. SUCCESS, BLE_GATT. State: START_UPDATE. */
cy_rslt_t cy_ota_ble_download(cy_ota_context_ptr ota_ptr, wiced_bt_gatt_event_data_t *p_req,
                              uint16_t bt_conn_id, uint16_t bt_config_descriptor);

/* Data: the next bytes, up to 512; stored when it returns. SUCCESS, BLE_GATT. State:
 * DATA_DOWNLOAD. */
cy_rslt_t cy_ota_ble_download_write(cy_ota_context_ptr ota_ptr, wiced_bt_gatt_event_data_t *p_req);

/* VERIFY: the request has the CRC-32. Checks the image, marks it, and indicates the outcome.
 * SUCCESS, state OTA_COMPLETE: the application restarts the device when the peer has confirmed;
 * BLE_VERIFY, state AGENT_WAITING. */
cy_rslt_t cy_ota_ble_download_verify(cy_ota_context_ptr ota_ptr, wiced_bt_gatt_event_data_t *p_req,
                                     uint16_t bt_conn_id);

/* ABORT: forgets what was under way, unless it is complete. SUCCESS. State: AGENT_WAITING. */
cy_rslt_t cy_ota_ble_download_abort(cy_ota_context_ptr ota_ptr);

#if defined(CY_OTA_BLE_SECURE_SUPPORT) && CY_OTA_BLE_SECURE_SUPPORT
/* The application's: the P-256 key that pushes are signed with, as the peers' tools write it. */
extern Point ecdsa256_public_key;
#endif
#endif

#ifdef __cplusplus
}
#endif
#endif
