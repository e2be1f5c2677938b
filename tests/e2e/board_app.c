/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application for tests of ota-board. Each argument is VERSION=ACTION[,ACTION...]: the actions
 * of that major version, done in order. It ends with 0 after the last one.
 *
 *     confirm     confirms the running image, and the second one if there is one
 *     reset       asks for a reset
 *     crash       dies of a signal
 *     exit:N      ends with N
 *     hang        does nothing any more, and does not kick the watchdog
 *     kick:N      kicks the watchdog for N ms
 *     erase:N     erases the first unit of the journal N times
 *     first:X     does X if the journal is erased, and marks it
 *     spawn       prints its process number before it goes on
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "flash/area.h"
#include "ota/err.h"
#include "sim/device.h"

static void sleep_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    (void)nanosleep(&t, NULL);
}

static int failed(const char *what, int rc)
{
    (void)printf("app: %s: %s\n", what, ota_err_text(rc));
    return 3;
}

static void kick_for(struct ota_sim_device *d, long ms)
{
    uint64_t end = ota_sim_now_ms() + (uint64_t)ms;

    while (ota_sim_now_ms() < end) {
        ota_sim_watchdog_kick(d);
        sleep_ms(5);
    }
}

static int erase_journal(const struct ota_sim_device *d, long n)
{
    struct ota_flash_unit unit;
    int rc = ota_area_unit(&d->journal, 0, &unit);

    for (long i = 0; rc == 0 && i < n; i++) {
        rc = ota_area_erase(&d->journal, 0, unit.size);
    }
    return rc == 0 ? 0 : failed("erase", rc);
}

/* 1 the first time on this flash, 0 later. */
static int is_first(const struct ota_sim_device *d)
{
    uint8_t row[512] = {1};
    uint32_t len = d->journal.flash->write_size;
    int rc = ota_area_is_erased(&d->journal, 0, len);

    return rc == 1 && ota_area_write(&d->journal, 0, row, len) == 0;
}

static int act(struct ota_sim_device *d, const char *action)
{
    const char *colon = strchr(action, ':');
    long n = colon == NULL ? 0 : strtol(colon + 1, NULL, 10);
    int rc = 0;

    (void)printf("app: %s\n", action);
    if (strcmp(action, "confirm") == 0) {
        rc = ota_slot_confirm(&d->primary);
        if (rc == 0 && ota_board_has_second(d->board)) {
            rc = ota_slot_confirm(&d->primary2);
        }
        return rc == 0 ? 0 : failed("confirm", rc);
    }
    if (strcmp(action, "reset") == 0) {
        d->system.ops->reset(d->system.ctx);
    } else if (strcmp(action, "crash") == 0) {
        (void)raise(SIGSEGV);
    } else if (strncmp(action, "exit:", 5) == 0) {
        exit((int)n);
    } else if (strcmp(action, "hang") == 0) {
        for (;;) {
            (void)pause();
        }
    } else if (strncmp(action, "kick:", 5) == 0) {
        kick_for(d, n);
    } else if (strncmp(action, "erase:", 6) == 0) {
        return erase_journal(d, n);
    } else if (strcmp(action, "spawn") == 0) {
        (void)printf("app: process %ld\n", (long)getpid());
    } else if (strncmp(action, "first:", 6) == 0) {
        return is_first(d) ? act(d, action + 6) : 0;
    } else {
        return failed(action, OTA_EARG);
    }
    return 0;
}

/* Does the actions of a list that is separated by commas, which it cuts up. */
static int act_all(struct ota_sim_device *d, char *list)
{
    int rc = 0;

    while (rc == 0 && list != NULL) {
        char *comma = strchr(list, ',');

        if (comma != NULL) {
            *comma = '\0';
        }
        rc = act(d, list);
        list = comma == NULL ? NULL : comma + 1;
    }
    return rc;
}

int main(int argc, char **argv)
{
    static struct ota_sim_device device;
    struct ota_version version;
    char err[512];
    int rc = ota_sim_device_open(&device, NULL, NULL, err, sizeof err);

    if (rc != 0) {
        (void)printf("app: %s\n", err);
        return 3;
    }
    rc = ota_sim_device_version(&device, &version);
    if (rc != 0) {
        return failed("version", rc);
    }
    (void)printf("app: version %u.%u.%u on %s\n", version.major, version.minor, version.revision,
                 device.board->board);
    for (int i = 1; rc == 0 && i < argc; i++) {
        char *list = NULL;

        if (strtoul(argv[i], &list, 10) == version.major && *list == '=') {
            rc = act_all(&device, list + 1);
        }
    }
    ota_sim_device_close(&device);
    return rc;
}
