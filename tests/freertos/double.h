/* SPDX-License-Identifier: Apache-2.0 */
/* What tests see of the double of the kernel. */
#ifndef OTA_TEST_FREERTOS_DOUBLE_H
#define OTA_TEST_FREERTOS_DOUBLE_H

/* Runs a function as an interrupt would: calls of the kernel other than ...FromISR end the test. */
void double_interrupt(void (*handler)(void *arg), void *arg);

/* Kernel objects that are created and not deleted. */
int double_live(void);

/* The timer task's queue is full: xTimerStart without waiting fails. */
void double_block_timers(int is_blocked);

/* The clock starts anew at this tick. */
void double_set_ticks(unsigned ticks);

#endif
