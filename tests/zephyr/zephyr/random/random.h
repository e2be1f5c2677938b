/* SPDX-License-Identifier: Apache-2.0 */
/* See kernel.h. */
#ifndef OTA_TEST_ZEPHYR_RANDOM_H
#define OTA_TEST_ZEPHYR_RANDOM_H

#include <stddef.h>

int sys_csrand_get(void *dst, size_t len);

#endif
