/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the serial-flash library that ports/psoc6 uses, declared for tests on a host. */
#ifndef OTA_TEST_PSOC6_CY_SERIAL_FLASH_QSPI_H
#define OTA_TEST_PSOC6_CY_SERIAL_FLASH_QSPI_H

#include "cyhal.h"

size_t cy_serial_flash_qspi_get_size(void);
size_t cy_serial_flash_qspi_get_erase_size(uint32_t addr);
cy_rslt_t cy_serial_flash_qspi_read(uint32_t addr, size_t length, uint8_t *buf);
cy_rslt_t cy_serial_flash_qspi_write(uint32_t addr, size_t length, const uint8_t *buf);
cy_rslt_t cy_serial_flash_qspi_erase(uint32_t addr, size_t length);

#endif
