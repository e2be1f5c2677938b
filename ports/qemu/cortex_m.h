/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of the Cortex-M4 and of the mps2-an386, as far as they are used. */
#ifndef QEMU_CORTEX_M_H
#define QEMU_CORTEX_M_H

#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* ARMv7-M Architecture Reference Manual, B3. */
#define SYST_CSR REG(0xe000e010u)
#define SYST_RVR REG(0xe000e014u)
#define SYST_CVR REG(0xe000e018u)
#define NVIC_ISER REG(0xe000e100u)
#define NVIC_ICER REG(0xe000e180u)
#define SCB_VTOR REG(0xe000ed08u)
#define SCB_AIRCR REG(0xe000ed0cu)
#define SCB_CFSR REG(0xe000ed28u)
#define MPU_CTRL REG(0xe000ed94u)
#define MPU_RNR REG(0xe000ed98u)
#define MPU_RBAR REG(0xe000ed9cu)
#define MPU_RASR REG(0xe000eda0u)

/* Cortex-M System Design Kit: UART and watchdog; the FPGA's counter. */
#define UART_DATA REG(0x40004000u)
#define UART_STATE REG(0x40004004u)
#define UART_CTRL REG(0x40004008u)
#define UART_BAUDDIV REG(0x40004010u)
#define WDOG_LOAD REG(0x40008000u)
#define WDOG_CTRL REG(0x40008008u)
#define WDOG_INTCLR REG(0x4000800cu)
#define WDOG_LOCK REG(0x40008c00u)
#define FPGA_COUNTER REG(0x40028018u)

#define CLOCK_HZ 25000000u

#define IRQ_ETHERNET 13u

static inline void data_barrier(void)
{
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

#endif
