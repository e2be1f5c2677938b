/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: external flash is a device of the board file. */
#ifndef CY_SMIF_PSOC6_H
#define CY_SMIF_PSOC6_H

#include "flash_qspi.h"

#endif
