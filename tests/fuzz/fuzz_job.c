/* SPDX-License-Identifier: Apache-2.0 */
/* Job documents: whatever is accepted obeys the limits that the agent relies on. */
#include <stdlib.h>
#include <string.h>

#include "ota/err.h"
#include "ota/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct ota_endpoint from = {
        .transport = OTA_TRANSPORT_MQTT, .port = 1883, .host = "broker"};
    char file[64]; /* less than some documents want */
    struct ota_job job = {.file = file, .file_cap = sizeof file};
    int rc = ota_job_parse((const char *)data, len, &from, &job);

    expect(rc == 0 || rc == OTA_EJOB || rc == OTA_ENOUPDATE || rc == OTA_ELIMIT);
    if (rc == 0) {
        expect(memchr(job.board, '\0', sizeof job.board) != NULL);
        expect(memchr(file, '\0', sizeof file) != NULL);
        expect(memchr(job.data.host, '\0', sizeof job.data.host) != NULL);
        expect(job.data.host[0] != '\0' && job.data.port != 0 && job.run >= 1);
        expect(job.data.transport >= OTA_TRANSPORT_MQTT &&
               job.data.transport <= OTA_TRANSPORT_HTTPS);
    }
    return 0;
}
