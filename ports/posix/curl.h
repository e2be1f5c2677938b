/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ota_http with libcurl. Nothing waits: libcurl resolves names in a thread of its own, everything
 * else runs in poll. Proxies come from the environment (http_proxy, HTTPS_PROXY, NO_PROXY). The
 * program ignores SIGPIPE.
 */
#ifndef OTA_POSIX_CURL_H
#define OTA_POSIX_CURL_H

#include <poll.h>

#include "ota/http.h"
#include "posix/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ota_posix_http;

/* A client, or NULL without memory. tls NULL: as all NULL. The strings are kept. */
struct ota_posix_http *ota_posix_http_new(const struct ota_posix_tls *tls);

/* Other trust anchors and identity, from the next request on. The strings are kept. */
void ota_posix_http_set_tls(struct ota_posix_http *h, const struct ota_posix_tls *tls);

/* Disconnects and releases. NULL is fine. */
void ota_posix_http_free(struct ota_posix_http *h);

/* The interface for ota_config. Valid as long as h. */
const struct ota_http *ota_posix_http_client(struct ota_posix_http *h);

/* Waits until poll has something to do, one of n more descriptors is ready (at most 4; their
 * revents are set), or ms have passed. */
void ota_posix_http_wait(struct ota_posix_http *h, struct pollfd *more, unsigned n, int ms);

#ifdef __cplusplus
}
#endif
#endif
