/* SPDX-License-Identifier: Apache-2.0 */
/* The application of a board as a process: started from flash, watched, ended. */
#ifndef OTA_TOOLS_OTA_BOARD_APPLICATION_H
#define OTA_TOOLS_OTA_BOARD_APPLICATION_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ota/port.h"
#include "sim/device.h"

/* Why an application no longer runs. */
enum application_end {
    APPLICATION_OFF,   /* it ended with 0, or the power was switched off by a signal */
    APPLICATION_RESET, /* asked for, watchdog, crash */
    APPLICATION_CUT,   /* the power went */
    APPLICATION_FAILED /* it could not be started at all; a message was printed */
};

struct application {
    struct ota_sim_shared *shared;
    int shared_fd;
    int signal_fd;        /* SIGCHLD, SIGTERM, SIGINT, SIGHUP; blocked in this process */
    uint32_t watchdog_ms; /* 0: none */
    uint64_t cut_ms;      /* moment at which the power goes, or UINT64_MAX */
    bool is_off;          /* the power was switched off */
    char **argv;          /* NULL-terminated; argv[0] is the name of the process */
    char why[128];        /* how it ended, for the console */
};

/* Copies len bytes of a device into an executable file in memory. Its descriptor, or a negative
 * ota_err: OTA_EFORMAT if they are no executable of this machine. */
int application_load(const struct ota_flash *flash, uint32_t off, uint32_t len);

/* Starts the executable and waits for its end. Closes exec_fd. */
enum application_end application_run(struct application *a, int exec_fd);

/* True if the power was switched off (a signal arrived that ends the run). */
bool application_power_is_off(struct application *a);

#endif
