/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command line of the harnesses that live whole updates: options, and a process for each device, so
 * that all processors work.
 */
#ifndef OTA_TEST_POWERCUT_COMMAND_H
#define OTA_TEST_POWERCUT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command {
    const char *usage;
    const char *heads[3]; /* of the table's first column, and of those for cuts and for data */
    size_t n;             /* devices */
    const char *(*mode_of)(size_t i);
    /* Cuts a device and prints its line. True if nothing was found. */
    bool (*cut)(size_t i);
    uint32_t *stride; /* out, with its default: of second cuts */
    bool *ends_at_first;
};

/* What the program ends with: 0, 1 if something was found, 2 for a wrong command line. */
int command_run(const struct command *c, int argc, char **argv);

#endif
