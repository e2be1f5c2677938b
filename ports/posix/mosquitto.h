/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ota_mqtt with libmosquitto. Name resolution, the TCP connect and the TLS handshake, which that
 * library does waiting, run in a short-lived thread; everything else runs in poll.
 *
 * TLS is 1.2 or later, with the server's certificate and name checked. A connection to the same
 * server as before resumes its TLS session, if the server lets it. A server that does not answer
 * is left after the agent's time limit.
 */
#ifndef OTA_POSIX_MOSQUITTO_H
#define OTA_POSIX_MOSQUITTO_H

#include <poll.h>

#include "ota/mqtt.h"
#include "posix/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ota_posix_mqtt;

/* A client, or NULL without memory. tls NULL: as all NULL. The strings are kept. */
struct ota_posix_mqtt *ota_posix_mqtt_new(const struct ota_posix_tls *tls);

/* Other trust anchors and identity, from the next connect on. The strings are kept. */
void ota_posix_mqtt_set_tls(struct ota_posix_mqtt *m, const struct ota_posix_tls *tls);

/* Disconnects and releases. NULL is fine. */
void ota_posix_mqtt_free(struct ota_posix_mqtt *m);

/* The interface for ota_config. Valid as long as m. */
const struct ota_mqtt *ota_posix_mqtt_client(struct ota_posix_mqtt *m);

/* True if the connection that is open goes on with the TLS session of an earlier one. */
bool ota_posix_mqtt_is_resumed(const struct ota_posix_mqtt *m);

/* What to wait for until poll has something to do: fills *p, fd -1 if there is nothing. */
void ota_posix_mqtt_pollfd(const struct ota_posix_mqtt *m, struct pollfd *p);

#ifdef __cplusplus
}
#endif
#endif
