/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/url.h"

#include <string.h>

#include "base/text.h"
#include "ota/err.h"

/* ---- URL ------------------------------------------------------------------------------------- */

static bool is_clean(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\') {
            return false;
        }
    }
    return true;
}

/* Reads "SCHEME://" if there is one; the text behind it. NULL: a scheme that is not known. */
static const char *read_scheme(const char *text, const char *end, struct ota_url *out)
{
    static const struct {
        const char *name;
        enum ota_transport transport;
        bool tls;
    } known[] = {
        {"http", OTA_TRANSPORT_HTTP, false},
        {"https", OTA_TRANSPORT_HTTPS, true},
        {"mqtt", OTA_TRANSPORT_MQTT, false},
        {"mqtts", OTA_TRANSPORT_MQTT, true},
    };
    const char *colon = ota_text_find(text, end, ':');

    if (colon == NULL || end - colon < 3 || colon[1] != '/' || colon[2] != '/') {
        return text;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (ota_text_is_word(known[i].name, text, (size_t)(colon - text))) {
            out->transport = known[i].transport;
            out->tls = known[i].tls;
            return colon + 3;
        }
    }
    return NULL;
}

static int read_port(const char *at, const char *end, struct ota_url *out)
{
    uint32_t port = 0;

    if (at == end) {
        return 0;
    }
    at++;
    if (at[-1] != ':' || ota_text_u32(&at, end, UINT16_MAX, &port) != 0 || at != end || port == 0) {
        return OTA_EFORMAT;
    }
    out->port = (uint16_t)port;
    return 0;
}

/* "HOST[:PORT]" */
static int read_authority(const char *at, const char *end, struct ota_url *out)
{
    const char *host_end = end;
    const char *colon = ota_text_find(at, end, ':');
    int rc;

    if (ota_text_find(at, end, '@') != NULL) {
        return OTA_EFORMAT; /* credentials do not belong into a document that others read */
    }
    if (at != end && *at == '[') {
        const char *bracket = ota_text_find(at, end, ']');

        if (bracket == NULL) {
            return OTA_EFORMAT;
        }
        out->host = at + 1;
        out->host_len = (size_t)(bracket - out->host);
        rc = read_port(bracket + 1, end, out);
    } else {
        if (colon != NULL && ota_text_find(colon + 1, end, ':') == NULL) {
            host_end = colon;
        }
        out->host = at;
        out->host_len = (size_t)(host_end - at);
        rc = read_port(host_end, end, out);
    }
    if (rc != 0 || out->host_len == 0 ||
        ota_text_find(out->host, out->host + out->host_len, '[') != NULL ||
        ota_text_find(out->host, out->host + out->host_len, ']') != NULL) {
        return OTA_EFORMAT;
    }
    return 0;
}

static const char *path_of(const char *at, const char *end)
{
    for (; at != end; at++) {
        if (*at == '/' || *at == '?' || *at == '#') {
            break;
        }
    }
    return at;
}

int ota_url_parse(const char *text, size_t len, struct ota_url *out)
{
    const char *end = text + len;
    const char *fragment = ota_text_find(text, end, '#');
    const char *authority;

    memset(out, 0, sizeof *out);
    if (!is_clean(text, len)) {
        return OTA_EFORMAT;
    }
    if (fragment != NULL) {
        end = fragment;
    }
    authority = read_scheme(text, end, out);
    if (authority == NULL) {
        return OTA_EFORMAT;
    }
    out->path = path_of(authority, end);
    out->path_len = (size_t)(end - out->path);
    return read_authority(authority, out->path, out);
}

/* ---- Content-Range --------------------------------------------------------------------------- */

int ota_content_range_parse(const char *text, struct ota_content_range *out)
{
    static const char unit[] = "bytes ";
    const size_t unit_len = sizeof unit - 1;
    size_t len = strlen(text);
    const char *at = text + unit_len;
    const char *end = text + len;
    int rc;

    memset(out, 0, sizeof *out);
    if (len < unit_len || !ota_text_is_word(unit, text, unit_len)) {
        return OTA_EFORMAT;
    }
    rc = ota_text_u32(&at, end, UINT32_MAX - 1, &out->first);
    if (rc == 0 && (at == end || *at++ != '-')) {
        rc = OTA_EFORMAT;
    }
    if (rc == 0) {
        rc = ota_text_u32(&at, end, UINT32_MAX - 1, &out->last);
    }
    if (rc == 0 && (at == end || *at++ != '/')) {
        rc = OTA_EFORMAT;
    }
    if (rc != 0 || out->last < out->first) {
        return rc != 0 ? rc : OTA_EFORMAT;
    }
    if (end - at == 1 && *at == '*') {
        return 0;
    }
    rc = ota_text_u32(&at, end, UINT32_MAX - 1, &out->total);
    if (rc == 0 && (at != end || out->last >= out->total)) {
        rc = OTA_EFORMAT;
    }
    return rc;
}
