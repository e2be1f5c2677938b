/* SPDX-License-Identifier: Apache-2.0 */
/* Of lwIP, what the clients of ports/lwip call themselves. */
#ifndef OTA_TEST_LWIP_SYS_H
#define OTA_TEST_LWIP_SYS_H

#include <stdint.h>

uint32_t sys_now(void);

#endif
