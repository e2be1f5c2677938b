/* SPDX-License-Identifier: Apache-2.0 */
/* What lwIP wants to know of compiler and system. */
#ifndef QEMU_LWIP_ARCH_CC_H
#define QEMU_LWIP_ARCH_CC_H

#include <stdint.h>

void board_assert_failed(const char *what) __attribute__((noreturn));
uint32_t board_random_word(void);

#define LWIP_RAND() board_random_word()
#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x) board_assert_failed(x)

#endif
