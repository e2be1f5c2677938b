/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts in the histories of a device. */
#ifndef OTA_TEST_POWERCUT_POWERCUT_H
#define OTA_TEST_POWERCUT_POWERCUT_H

#include "powercut/device.h"

struct totals {
    unsigned long cuts;       /* first ones */
    unsigned long pairs;      /* second ones, during the recovery */
    unsigned long recoveries; /* boots that had to come back with a whole image */
    unsigned long states;     /* different contents of flash that a cut left */
    unsigned long failures;
};

/*
 * Cuts the power at every operation of every history that the geometry's mode has, in every way,
 * and in the recovery again at each stride-th operation. Says what it finds on standard output, at
 * most a few lines, and goes on, or ends with the first failure.
 */
void cut_geometry(const struct geometry *g, uint32_t stride, bool ends_at_first,
                  struct totals *totals);

#endif
