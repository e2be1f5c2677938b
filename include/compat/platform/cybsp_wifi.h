/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: the host's network is there already. */
#ifndef CYBSP_WIFI_H
#define CYBSP_WIFI_H

#include "cybsp.h"

#endif
