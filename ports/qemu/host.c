/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Semihosting: what a real board has parts for and this machine has not, a random number generator
 * and a real-time clock, comes from the machine that runs the emulator. Arm: "Semihosting for
 * AArch32 and AArch64".
 */
#include <string.h>

#include "internal.h"

#define SYS_OPEN 0x01u
#define SYS_CLOSE 0x02u
#define SYS_READ 0x06u
#define SYS_TIME 0x11u
#define OPEN_BINARY_READ 1u

static uint32_t call(uint32_t operation, const void *block)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = block;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

int board_host_read(const char *path, void *buf, size_t len)
{
    uint32_t open_block[3] = {(uint32_t)(uintptr_t)path, OPEN_BINARY_READ, (uint32_t)strlen(path)};
    uint32_t file = call(SYS_OPEN, open_block);
    uint32_t read_block[3] = {file, (uint32_t)(uintptr_t)buf, (uint32_t)len};
    uint32_t left;

    if (file == UINT32_MAX) {
        return -1;
    }
    left = call(SYS_READ, read_block);
    (void)call(SYS_CLOSE, &file);
    return left > len ? -1 : (int)(len - left);
}

uint32_t board_host_time(void)
{
    return call(SYS_TIME, NULL);
}
