/* SPDX-License-Identifier: Apache-2.0 */
#include "application.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ota/err.h"
#include "ota_board.h"

#define PIECE 65536u
#define EXIT_NOT_STARTED 127

/* ---- From flash into a file that can be executed -------------------------------------------- */

static int write_all(int fd, const uint8_t *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return OTA_ENOSPC;
        }
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

int application_load(const struct ota_flash *flash, uint32_t off, uint32_t len)
{
    static const uint8_t elf[] = {0x7f, 'E', 'L', 'F'};
    static uint8_t piece[PIECE];
    int fd = memfd_create("application", MFD_CLOEXEC);
    bool is_first = true;
    int rc = fd < 0 ? OTA_ENOSPC : 0;

    while (rc == 0 && (len > 0 || is_first)) {
        uint32_t n = len < PIECE ? len : PIECE;

        rc = flash->ops->read(flash, off, piece, n);
        if (rc == 0 && is_first && (n < sizeof elf || memcmp(piece, elf, sizeof elf) != 0)) {
            rc = OTA_EFORMAT;
        }
        if (rc == 0) {
            rc = write_all(fd, piece, n);
        }
        is_first = false;
        off += n;
        len -= n;
    }
    if (rc != 0 && fd >= 0) {
        (void)close(fd);
    }
    return rc == 0 ? fd : rc;
}

/* ---- The process ---------------------------------------------------------------------------- */

/* In the child, between fork and exec. The board's end is the application's end, whatever way it
 * comes; a terminal's Ctrl-C is for the board, which then switches the power off. */
static void become_application(const struct application *a, int exec_fd, pid_t parent)
{
    int null_fd = open("/dev/null", O_RDONLY);
    sigset_t none;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(EXIT_NOT_STARTED);
    }
    (void)setpgid(0, 0);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    /* One serial port: what goes to standard error is seen on the same console. */
    if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(STDOUT_FILENO, STDERR_FILENO) < 0 ||
        fcntl(a->shared_fd, F_SETFD, 0) < 0) {
        _exit(EXIT_NOT_STARTED);
    }
    (void)fexecve(exec_fd, a->argv, environ);
    _exit(EXIT_NOT_STARTED);
}

static pid_t start(const struct application *a, int exec_fd)
{
    pid_t parent = getpid();
    pid_t pid;

    (void)fflush(stdout);
    pid = fork();
    if (pid == 0) {
        become_application(a, exec_fd, parent);
    }
    (void)close(exec_fd);
    return pid;
}

/* ---- Waiting -------------------------------------------------------------------------------- */

static void drain_signals(struct application *a)
{
    struct signalfd_siginfo info;

    while (read(a->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGCHLD) {
            a->is_off = true;
        }
    }
}

bool application_power_is_off(struct application *a)
{
    drain_signals(a);
    return a->is_off;
}

/* Milliseconds until something has to be looked at, at most one hour. */
static int time_left(uint64_t now, uint64_t deadline)
{
    uint64_t left = deadline > now ? deadline - now : 0;

    return left < 3600000 ? (int)left : 3600000;
}

static enum application_end classify(struct application *a, int status, uint64_t cuts)
{
    if (a->shared->cuts != cuts) {
        return APPLICATION_CUT;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        (void)snprintf(a->why, sizeof a->why, "application ended");
        return APPLICATION_OFF;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == OTA_SIM_EXIT_RESET) {
        (void)snprintf(a->why, sizeof a->why, "asked for by the application");
    } else if (WIFEXITED(status)) {
        (void)snprintf(a->why, sizeof a->why, "application failed with exit code %d",
                       WEXITSTATUS(status));
    } else {
        (void)snprintf(a->why, sizeof a->why, "application crashed: %s",
                       strsignal(WTERMSIG(status)));
    }
    return APPLICATION_RESET;
}

/* Ends the process and takes its status off the system. */
static void end_process(pid_t pid)
{
    (void)kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

static uint64_t watchdog_deadline(const struct application *a)
{
    uint64_t kick_ms = __atomic_load_n(&a->shared->kick_ms, __ATOMIC_RELAXED);

    return a->watchdog_ms == 0 ? UINT64_MAX : kick_ms + a->watchdog_ms;
}

/* Waits until the process ends or has to be ended. */
static enum application_end watch(struct application *a, pid_t pid)
{
    struct pollfd p = {.fd = a->signal_fd, .events = POLLIN};
    uint64_t cuts = a->shared->cuts;

    for (;;) {
        uint64_t now = ota_sim_now_ms();
        uint64_t deadline = watchdog_deadline(a);
        int status;

        if (application_power_is_off(a)) {
            end_process(pid);
            (void)snprintf(a->why, sizeof a->why, "switched off");
            return APPLICATION_OFF;
        }
        if (waitpid(pid, &status, WNOHANG) == pid) {
            return classify(a, status, cuts);
        }
        if (now >= a->cut_ms) {
            end_process(pid);
            return APPLICATION_CUT;
        }
        if (now >= deadline) {
            end_process(pid);
            (void)snprintf(a->why, sizeof a->why, "watchdog was not kicked for %u ms",
                           (unsigned)a->watchdog_ms);
            return a->shared->cuts != cuts ? APPLICATION_CUT : APPLICATION_RESET;
        }
        (void)poll(&p, 1, time_left(now, deadline < a->cut_ms ? deadline : a->cut_ms));
    }
}

enum application_end application_run(struct application *a, int exec_fd)
{
    pid_t pid;

    a->why[0] = '\0';
    __atomic_store_n(&a->shared->kick_ms, ota_sim_now_ms(), __ATOMIC_RELAXED);
    pid = start(a, exec_fd);
    if (pid < 0) {
        (void)complain("cannot start the application: %s", strerror(errno));
        return APPLICATION_FAILED;
    }
    return watch(a, pid);
}
