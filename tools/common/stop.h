/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for sockets with a clean end: SIGTERM and SIGINT are delivered during the wait only, so
 * that none is lost between looking at the flag and waiting.
 */
#ifndef TOOL_STOP_H
#define TOOL_STOP_H

#include <poll.h>
#include <stdbool.h>

/* Begins to catch the signals; SIGPIPE is ignored. 0 or -1 with errno. */
int tool_stop_setup(void);

/* True once a signal asked for the end. */
bool tool_stopping(void);

/* poll() that a signal ends early; revents are then all 0. timeout_ms < 0 waits without limit. */
void tool_wait(struct pollfd *fds, unsigned n, int timeout_ms);

#endif
