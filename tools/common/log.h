/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines for people on stderr: one per event, written with one system call. With verbose output
 * each line begins with the local time. A line that the reader of stderr leaves no room for is
 * dropped: nothing here waits.
 */
#ifndef TOOL_LOG_H
#define TOOL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sets the program's name, which errors begin with, and whether tool_debug writes. */
void tool_log_setup(const char *program, bool verbose);

/* An event. */
void tool_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A detail that only verbose output shows. */
void tool_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A failure: the line begins with the program's name. */
void tool_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Text from outside, made safe to print: control characters and bytes above 0x7e become '?', and
 * what does not fit is cut. Returns buf, always terminated; text may be NULL.
 */
const char *tool_printable(char *buf, size_t cap, const char *text);

/*
 * Budget for lines that a stranger can cause at will: 50 at once, then 10 a second. take returns
 * true if the line may be written; *skipped then tells how many were not since the last one.
 */
struct tool_log_budget {
    uint64_t since_ms;
    unsigned left;
    unsigned long skipped;
    bool started;
};

bool tool_log_budget_take(struct tool_log_budget *b, uint64_t now_ms, unsigned long *skipped);

#endif
