/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mbedTLS, its random numbers, and its time. Its memory comes from lwIP's heap: TLS and packets
 * share what there is.
 */
#include <stdlib.h>
#include <time.h>

#include <mbedtls/entropy.h>
#include <mbedtls/entropy_poll.h>
#include <mbedtls/platform_util.h>

#include "internal.h"
#include "lwip/mem.h"

void *calloc(size_t n, size_t size)
{
    return size > 0 && n > MEM_SIZE / size ? NULL : mem_calloc((mem_size_t)n, (mem_size_t)size);
}

void free(void *memory)
{
    if (memory != NULL) {
        mem_free(memory);
    }
}

int mbedtls_hardware_poll(void *data, unsigned char *output, size_t len, size_t *used)
{
    (void)data;
    *used = 0;
    if (board_random(output, len) != 0) {
        return MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
    }
    *used = len;
    return 0;
}

time_t board_time(time_t *out)
{
    time_t now = (time_t)board_host_time();

    if (out != NULL) {
        *out = now;
    }
    return now;
}

/* newlib's gmtime, which mbedTLS would use, allocates. */
struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *now, struct tm *out)
{
    return gmtime_r(now, out);
}
