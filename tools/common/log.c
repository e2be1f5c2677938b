/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BUDGET_BURST 50u
#define BUDGET_PER_S 10u

static const char *name = "ota";
static bool is_verbose;

void tool_log_setup(const char *program, bool verbose)
{
    name = program;
    is_verbose = verbose;
}

static size_t put_time(char *buf, size_t cap)
{
    struct timespec t;
    struct tm tm;
    size_t len;
    int n;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    if (localtime_r(&t.tv_sec, &tm) == NULL) {
        return 0;
    }
    len = strftime(buf, cap, "%Y-%m-%dT%H:%M:%S", &tm);
    n = snprintf(buf + len, cap - len, ".%03ld ", t.tv_nsec / 1000000);
    return n < 0 ? len : len + (size_t)n;
}

/*
 * A reader that stopped reading must not stop the program: the line is dropped when the pipe is
 * full. A pipe with any room takes a line of this length at once. Nothing is left to tell about a
 * broken stderr.
 */
static void write_line(const char *line, size_t len)
{
    struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (poll(&p, 1, 0) == 1 && write(STDERR_FILENO, line, len) < 0) {
        return;
    }
}

/* A line longer than the buffer is cut; it still ends with a newline. */
static void put_line(const char *prefix, const char *fmt, va_list ap)
{
    char line[1024];
    size_t len = is_verbose ? put_time(line, 64) : 0;
    size_t cap = sizeof line - 1;
    int n;

    if (prefix != NULL) {
        n = snprintf(line + len, cap - len, "%s: ", prefix);
        len += n < 0 ? 0 : (size_t)n;
    }
    n = vsnprintf(line + len, cap - len, fmt, ap);
    if (n > 0) {
        len += (size_t)n < cap - len ? (size_t)n : cap - len - 1;
    }
    line[len++] = '\n';
    write_line(line, len);
}

void tool_log(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    put_line(NULL, fmt, ap);
    va_end(ap);
}

void tool_debug(const char *fmt, ...)
{
    va_list ap;

    if (!is_verbose) {
        return;
    }
    va_start(ap, fmt);
    put_line(NULL, fmt, ap);
    va_end(ap);
}

void tool_error(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    put_line(name, fmt, ap);
    va_end(ap);
}

const char *tool_printable(char *buf, size_t cap, const char *text)
{
    size_t i;

    for (i = 0; text != NULL && text[i] != '\0' && i < cap - 1; i++) {
        buf[i] = (char)(text[i] >= 0x20 && text[i] <= 0x7e ? text[i] : '?');
    }
    buf[i] = '\0';
    return buf;
}

bool tool_log_budget_take(struct tool_log_budget *b, uint64_t now_ms, unsigned long *skipped)
{
    uint64_t earned;

    if (!b->started) {
        b->started = true;
        b->left = BUDGET_BURST;
        b->since_ms = now_ms;
    }
    earned = (now_ms - b->since_ms) * BUDGET_PER_S / 1000u;
    if (earned > 0) {
        b->left = earned > BUDGET_BURST - b->left ? BUDGET_BURST : b->left + (unsigned)earned;
        b->since_ms = now_ms;
    }
    if (b->left == 0) {
        b->skipped++;
        return false;
    }
    b->left--;
    *skipped = b->skipped;
    b->skipped = 0;
    return true;
}
