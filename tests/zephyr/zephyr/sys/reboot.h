/* SPDX-License-Identifier: Apache-2.0 */
/* See kernel.h. */
#ifndef OTA_TEST_ZEPHYR_REBOOT_H
#define OTA_TEST_ZEPHYR_REBOOT_H

#define SYS_REBOOT_COLD 1

void sys_reboot(int type);

#endif
