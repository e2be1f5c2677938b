/* SPDX-License-Identifier: Apache-2.0 */
#include "posix/system.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "ota/err.h"

static uint64_t now_ms(void *ctx)
{
    struct timespec t;

    (void)ctx;
    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    /* Up to 256 bytes come whole. */
    return len <= 256 && getrandom(buf, len, 0) == (ssize_t)len ? 0 : OTA_EENTROPY;
}

static void reset(void *ctx)
{
    const struct ota_posix_system *s = ctx;

    s->reset(s->reset_arg);
}

static void wait_ms(void *ctx, uint32_t ms)
{
    const struct ota_posix_system *s = ctx;
    struct pollfd p[3] = {{.fd = s->wake_fd, .events = POLLIN}};
    unsigned n_fds = 1;
    int limit = (int)(ms < 60000 ? ms : 60000);
    uint64_t n;

    if (s->mqtt != NULL) {
        ota_posix_mqtt_pollfd(s->mqtt, &p[n_fds]);
        n_fds += p[n_fds].fd >= 0;
    }
    if (s->other_fd != NULL && *s->other_fd >= 0) {
        p[n_fds].fd = *s->other_fd;
        p[n_fds++].events = POLLIN;
    }
    if (s->http != NULL) {
        ota_posix_http_wait(s->http, p, n_fds, limit);
    } else {
        (void)poll(p, n_fds, limit); /* a short wait is a correct one */
    }
    if ((p[0].revents & POLLIN) != 0) {
        (void)!read(s->wake_fd, &n, sizeof n);
    }
}

static void wake(void *ctx)
{
    const struct ota_posix_system *s = ctx;
    const uint64_t one = 1;

    (void)!write(s->wake_fd, &one, sizeof one); /* fails only if it is set already */
}

int ota_posix_system_open(struct ota_posix_system *s, struct ota_system *out)
{
    static const struct ota_system_ops ops = {
        .now_ms = now_ms,
        .random = random_bytes,
        .reset = reset,
        .wait = wait_ms,
        .wake = wake,
    };

    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->wake_fd < 0) {
        return OTA_ENOSPC;
    }
    out->ops = &ops;
    out->ctx = s;
    return 0;
}

void ota_posix_system_close(struct ota_posix_system *s)
{
    (void)close(s->wake_fd);
    s->wake_fd = -1;
}
