/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the kernel's header, which applications include besides. */
#ifndef PORTMACRO_H
#define PORTMACRO_H

#include "FreeRTOS.h"

#endif
