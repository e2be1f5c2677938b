/* SPDX-License-Identifier: Apache-2.0 */
/* Console, time, watchdog, reset, randomness, settings. */
#include "board.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cortex_m.h"
#include "internal.h"
#include "ota/err.h"

#define UART_ENABLE_TX 1u
#define UART_TX_FULL 1u
#define WDOG_KEY 0x1acce551u
#define WDOG_INTERRUPT_AND_RESET 3u
#define RESET_REQUEST 0x05fa0004u
#define SYSTICK_ON 7u /* counts the core clock and interrupts */
#define TICK_HZ 100u

/* "REAS": what the last boot left is its reason to reset. Memory is random at power-on. */
#define REASON_MAGIC 0x52454153u

struct note {
    uint32_t magic;
    uint32_t reason;
};

__attribute__((section(".noinit"))) static struct note note;

/* ---- Start and end --------------------------------------------------------------------------- */

void board_console_init(void)
{
    UART_BAUDDIV = 16; /* the fastest; nothing times it here */
    UART_CTRL = UART_ENABLE_TX;
}

void board_init(void)
{
    board_flash_init();
    SYST_RVR = CLOCK_HZ / TICK_HZ - 1u;
    SYST_CVR = 0;
    SYST_CSR = SYSTICK_ON;
}

enum board_start board_start_reason(void)
{
    return note.magic == REASON_MAGIC ? (enum board_start)note.reason : BOARD_START_POWER;
}

void board_reset_because(enum board_start reason)
{
    note.magic = REASON_MAGIC;
    note.reason = reason;
    data_barrier();
    SCB_AIRCR = RESET_REQUEST;
    for (;;) {
    }
}

void board_reset(void)
{
    board_reset_because(BOARD_START_RESET);
}

void board_start_image(uint32_t entry_off)
{
    const uint32_t *vectors = (const uint32_t *)(uintptr_t)(BOARD_FLASH_BASE + entry_off);

    SYST_CSR = 0;
    SCB_VTOR = (uint32_t)(uintptr_t)vectors;
    data_barrier();
    __asm__ volatile("msr msp, %0\n\tbx %1" : : "r"(vectors[0]), "r"(vectors[1]) : "memory");
    __builtin_unreachable();
}

/* There is no heap. newlib's formatted output asks for one in cases that are not used here. */
void *_sbrk(ptrdiff_t increment);
void *_sbrk(ptrdiff_t increment)
{
    (void)increment;
    return (void *)-1;
}

/* ---- Console and settings -------------------------------------------------------------------- */

static void put(char c)
{
    while ((UART_STATE & UART_TX_FULL) != 0) {
    }
    UART_DATA = (uint8_t)c;
}

void board_log(const char *format, ...)
{
    char line[160];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args); /* a long line is cut */
    va_end(args);
    for (const char *c = line; *c != '\0'; c++) {
        put(*c);
    }
    put('\n');
}

const char *board_setting(const char *name)
{
    const char *p = (const char *)(uintptr_t)(BOARD_FLASH_BASE + BOARD_SETTINGS_OFF);
    const char *end = p + BOARD_SETTINGS_SIZE;
    size_t len = strlen(name);

    while (p < end && *p != '\xff') {
        const char *stop = memchr(p, '\0', (size_t)(end - p));

        if (stop == NULL) {
            return NULL;
        }
        if ((size_t)(stop - p) > len && memcmp(p, name, len) == 0 && p[len] == '=') {
            return p + len + 1;
        }
        p = stop + 1;
    }
    return NULL;
}

/* ---- Time ------------------------------------------------------------------------------------ */

uint64_t board_now_us(void)
{
    static uint32_t last;
    static uint64_t ticks;
    uint32_t now = FPGA_COUNTER;

    ticks += now - last;
    last = now;
    return ticks / (CLOCK_HZ / 1000000u);
}

uint64_t board_now_ms(void)
{
    return board_now_us() / 1000u;
}

void board_watchdog_start(uint32_t ms)
{
    WDOG_LOCK = WDOG_KEY;
    WDOG_LOAD = CLOCK_HZ / 1000u * ms;
    WDOG_CTRL = WDOG_INTERRUPT_AND_RESET;
}

void board_watchdog_feed(void)
{
    WDOG_INTCLR = 1;
}

/* ---- The agent's services -------------------------------------------------------------------- */

int board_random(void *buf, size_t len)
{
    return board_host_read("/dev/urandom", buf, len) == (int)len ? 0 : OTA_EENTROPY;
}

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return board_now_ms();
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    return board_random(buf, len);
}

static void reset(void *ctx)
{
    (void)ctx;
    board_reset();
}

static const struct ota_system_ops system_ops = {
    .now_ms = now_ms,
    .random = random_bytes,
    .reset = reset,
};

const struct ota_system board_system = {.ops = &system_ops};
