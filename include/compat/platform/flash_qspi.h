/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: external flash is a device of the board file. */
#ifndef FLASH_QSPI_H
#define FLASH_QSPI_H

#ifdef __cplusplus
extern "C" {
#endif

/* 0. */
int psoc6_qspi_init(void);

#ifdef __cplusplus
}
#endif
#endif
