/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a build selects: which links it holds and how it sizes its buffers. Options remove code or
 * size buffers; they never change a public structure or what the code does. Set them with -D, or
 * put them in a header of your own and name it with -DOTA_CONFIG_FILE='"my_ota_config.h"'.
 */
#ifndef OTA_CONFIG_H
#define OTA_CONFIG_H

#ifdef OTA_CONFIG_FILE
#include OTA_CONFIG_FILE
#endif

/* 1: updates over MQTT. 0 saves the link and its messages. Default 1. */
#ifndef OTA_CONFIG_MQTT
#define OTA_CONFIG_MQTT 1
#endif

/* 1: updates over HTTP and HTTPS. 0 saves the link. Default 1. */
#ifndef OTA_CONFIG_HTTP
#define OTA_CONFIG_HTTP 1
#endif

/* 1: updates in archives (ota_config.archive). 0 refuses them (OTA_EMAGIC) and saves 4.3 KiB.
 * Default 1. */
#ifndef OTA_CONFIG_ARCHIVE
#define OTA_CONFIG_ARCHIVE 1
#endif

/* 1: updates that a peer pushes (ota/gatt.h). 0 saves what the agent does for them; then the
 * functions of ota/gatt.h are not to be called. Default 1. */
#ifndef OTA_CONFIG_BLE
#define OTA_CONFIG_BLE 1
#endif

/* 1: encrypted images (ota_config.decryption). 0 refuses them and saves 0.1 KiB, or 0.6
 * KiB and the cipher where ota_decryption_init is called. Default 1. */
#ifndef OTA_CONFIG_ENCRYPTION
#define OTA_CONFIG_ENCRYPTION 1
#endif

/* 1: the record log (ota_config.journal), and what the agent remembers of an image while it runs:
 * downloads go on after a reset, outcomes are reported, an image that went back again and again is
 * not tried again. 0 refuses a log, forgets and saves 3.9 KiB (2.6 KiB without archives); then
 * ota_last_outcome knows nothing, and a server that goes on offering an image that goes back has it
 * tried again. Default 1. */
#ifndef OTA_CONFIG_JOURNAL
#define OTA_CONFIG_JOURNAL 1
#endif

/* 1: the application is asked before and after every step (ota_config.hook). 0 refuses a hook and
 * saves 0.4 KiB. Default 1. */
#ifndef OTA_CONFIG_HOOK
#define OTA_CONFIG_HOOK 1
#endif

/* 1: jobs may lead to another server than the one that they come from, and name it by a URL. 0
 * refuses those that do (OTA_ETRANSPORT) and saves 0.8 KiB: for builds with MQTT only. Default 1.
 */
#ifndef OTA_CONFIG_REDIRECT
#define OTA_CONFIG_REDIRECT 1
#endif
#if !OTA_CONFIG_REDIRECT && OTA_CONFIG_HTTP
#error "OTA_CONFIG_HTTP needs OTA_CONFIG_REDIRECT: paths of images are parts of URLs"
#endif

/* 1: the whole image may be asked for by one request (ota_mqtt_config.whole_image). 0 refuses
 * that and saves 0.1 KiB. Default 1. */
#ifndef OTA_CONFIG_WHOLE_IMAGE
#define OTA_CONFIG_WHOLE_IMAGE 1
#endif

/* Bytes of a request that the agent sends over MQTT, with its NUL: the texts that tell who the
 * device is, the topic and the file's name, and about 300 more. What does not fit fails with
 * OTA_ENOSPC. At least 384; default 1024. */
#ifndef OTA_CONFIG_MESSAGE_MAX
#define OTA_CONFIG_MESSAGE_MAX 1024
#endif

/* Bytes of the path or name of an image, with its NUL. Default 256. */
#ifndef OTA_CONFIG_PATH_MAX
#define OTA_CONFIG_PATH_MAX 256
#endif
#if OTA_CONFIG_MESSAGE_MAX < 384 || OTA_CONFIG_PATH_MAX < 32
#error "OTA_CONFIG_MESSAGE_MAX is at least 384, OTA_CONFIG_PATH_MAX 32"
#endif

/* 1: sentences for errors and states. 0 saves 2.4 KiB: ota_err_text and ota_state_text say
 * only that there is an error or state, a result gives its reason as a number only. Default 1. */
#ifndef OTA_CONFIG_TEXTS
#define OTA_CONFIG_TEXTS 1
#endif

/* 1: ota_config.log is told what happens. 0: it is not, which saves 1 KiB. Default 1. */
#ifndef OTA_CONFIG_LOG
#define OTA_CONFIG_LOG 1
#endif

#endif
