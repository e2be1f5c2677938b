/* SPDX-License-Identifier: Apache-2.0 */
/* URLs, Content-Range fields and, with both of them inside, addresses in job documents. */
#include <stdlib.h>
#include <string.h>

#include "codec/url.h"
#include "ota/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_true)
{
    if (!is_true) {
        abort();
    }
}

static void read_url(const char *text, size_t len)
{
    struct ota_url url;

    if (ota_url_parse(text, len, &url) != 0) {
        return;
    }
    check(url.host_len > 0 && url.host >= text && url.host_len <= (size_t)(text + len - url.host));
    check(url.path >= url.host + url.host_len && url.path_len <= (size_t)(text + len - url.path));
    check(url.path_len == 0 || url.path[0] == '/' || url.path[0] == '?');
    check(memchr(url.host, '@', url.host_len) == NULL);
}

static void read_range(const char *text)
{
    struct ota_content_range r;

    if (ota_content_range_parse(text, &r) == 0) {
        check(r.first <= r.last && (r.total == 0 || r.last < r.total));
    }
}

/* What a job leads to: a path that ends no request line early, in its room. */
static void read_job(const char *text, size_t len)
{
    static const struct ota_endpoint from = {
        .transport = OTA_TRANSPORT_HTTPS, .tls = true, .port = 443, .host = "home.example"};
    char room[64];
    struct ota_job job = {.file = room, .file_cap = sizeof room};

    if (ota_job_parse(text, len, &from, &job) != 0) {
        return;
    }
    check(memchr(room, '\0', sizeof room) != NULL);
    check(memchr(job.data.host, '\0', sizeof job.data.host) != NULL && job.data.port != 0);
    if (job.data.transport != OTA_TRANSPORT_MQTT) {
        check(room[0] == '/');
        for (const char *c = room; *c != '\0'; c++) {
            check(*c > ' ' && *c <= '~');
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL) {
        return 0;
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    read_url((const char *)data, size);
    read_range(text);
    read_job((const char *)data, size);
    free(text);
    return 0;
}
