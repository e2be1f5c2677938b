/* SPDX-License-Identifier: Apache-2.0 */
/* From reset to main, and what happens when the program does what it must not. */
#include <string.h>

#include "board.h"
#include "cortex_m.h"
#include "internal.h"

#define STACK_PAINT 0xa5a5a5a5u

/* From the linker script. */
extern uint32_t board_data_begin[], board_data_end[], board_data_load[];
extern uint32_t board_bss_begin[], board_bss_end[];
extern uint32_t board_stack_limit[], board_stack_top[];

int main(void);

/* Volatile, lest the loop becomes a call that uses the stack it paints. */
static void paint_stack(void)
{
    volatile uint32_t *stack;

    __asm__ volatile("mov %0, sp" : "=r"(stack));
    for (volatile uint32_t *p = board_stack_limit; p < stack; p++) {
        *p = STACK_PAINT;
    }
}

uint32_t board_stack_used(void)
{
    const uint32_t *p = board_stack_limit;

    while ((uintptr_t)p < (uintptr_t)board_stack_top && *p == STACK_PAINT) {
        p++;
    }
    return (uint32_t)((uintptr_t)board_stack_top - (uintptr_t)p);
}

void reset_handler(void)
{
    board_console_init();
    memcpy(board_data_begin, board_data_load,
           (uintptr_t)board_data_end - (uintptr_t)board_data_begin);
    memset(board_bss_begin, 0, (uintptr_t)board_bss_end - (uintptr_t)board_bss_begin);
    paint_stack();
    (void)main();
    board_reset_because(BOARD_START_FAULT);
}

/* Any fault, and exceptions that nobody asked for. */
static void fault_handler(void)
{
    uint32_t vector;

    __asm__ volatile("mrs %0, ipsr" : "=r"(vector));
    board_log("fault: exception %u, status %08x", (unsigned)vector, (unsigned)SCB_CFSR);
    board_reset_because(BOARD_START_FAULT);
}

/* The watchdog's first alarm; should the processor not come here, the second one resets it. */
static void watchdog_handler(void)
{
    board_log("watchdog: nobody feeds it, resetting");
    board_reset_because(BOARD_START_WATCHDOG);
}

/* Only there to end a sleep. */
static void tick_handler(void)
{
}

/* Only there to end a sleep: packets are fetched in the main loop, which switches it on again. */
static void ethernet_handler(void)
{
    NVIC_ICER = 1u << IRQ_ETHERNET;
}

#define EXCEPTIONS 16u

typedef void (*handler)(void);

struct vectors {
    uint32_t *stack;
    handler exceptions[EXCEPTIONS - 1];
    handler interrupts[IRQ_ETHERNET + 1u]; /* the others are never switched on */
};

__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    .stack = board_stack_top,
    .exceptions = {reset_handler, watchdog_handler, fault_handler, fault_handler, fault_handler,
                   fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
                   fault_handler, fault_handler, fault_handler, fault_handler, tick_handler},
    .interrupts = {[IRQ_ETHERNET] = ethernet_handler},
};
