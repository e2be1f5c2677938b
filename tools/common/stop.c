/* SPDX-License-Identifier: Apache-2.0 */
#include "common/stop.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t stopping;
static sigset_t during_wait;

static void note_stop(int sig)
{
    (void)sig;
    stopping = 1;
}

int tool_stop_setup(void)
{
    struct sigaction act = {.sa_handler = note_stop};
    sigset_t blocked;

    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGTERM);
    (void)sigaddset(&blocked, SIGINT);
    if (sigprocmask(SIG_BLOCK, &blocked, &during_wait) != 0) {
        return -1;
    }
    (void)sigdelset(&during_wait, SIGTERM);
    (void)sigdelset(&during_wait, SIGINT);
    if (sigaction(SIGTERM, &act, NULL) != 0 || sigaction(SIGINT, &act, NULL) != 0) {
        return -1;
    }
    act.sa_handler = SIG_IGN;
    return sigaction(SIGPIPE, &act, NULL);
}

bool tool_stopping(void)
{
    return stopping != 0;
}

void tool_wait(struct pollfd *fds, unsigned n, int timeout_ms)
{
    struct timespec t = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    unsigned i;

    if (ppoll(fds, n, timeout_ms < 0 ? NULL : &t, &during_wait) >= 0) {
        return;
    }
    for (i = 0; i < n; i++) {
        fds[i].revents = 0;
    }
}
