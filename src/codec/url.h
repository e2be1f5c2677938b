/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an image lies, as job documents name it (RFC 3986, the part of it that is needed).
 */
#ifndef OTA_CODEC_URL_H
#define OTA_CODEC_URL_H

#include <stddef.h>
#include <stdint.h>

#include "ota/job.h"

/* Parts of a text; they point into it and have no NUL. */
struct ota_url {
    enum ota_transport transport; /* of the scheme; OTA_TRANSPORT_NONE: it has none */
    bool tls;                     /* https and mqtts */
    uint16_t port;                /* 0: not given */
    const char *host;             /* IPv6 without brackets */
    size_t host_len;
    const char *path; /* from the first slash or question mark on; without fragment */
    size_t path_len;
};

/*
 * Takes apart "[SCHEME://]HOST[:PORT][/PATH]". SCHEME is http, https, mqtt or mqtts in any case;
 * HOST a name, an IPv4 address, an IPv6 address in brackets or, with nothing behind it, without.
 * 0; OTA_EFORMAT for other schemes, user names, ports outside of 1 to 65535, an empty host, and
 * any byte that is no printable ASCII character or is a space, quote or backslash.
 */
int ota_url_parse(const char *text, size_t len, struct ota_url *out);

/* Takes apart "bytes FIRST-LAST/TOTAL", with "*" for what is not known (RFC 9110, 14.4). */
struct ota_content_range {
    uint32_t first;
    uint32_t last;
    uint32_t total; /* 0: not known */
};

/* 0; OTA_EFORMAT if it is none, says nothing of first and last, or contradicts itself; OTA_ELIMIT
 * for numbers of more than 32 bits. */
int ota_content_range_parse(const char *text, struct ota_content_range *out);

#endif
