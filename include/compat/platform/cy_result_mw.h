/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-in for the platform's header: module numbers of middleware. */
#ifndef CY_RESULT_MW_H
#define CY_RESULT_MW_H

#include "cy_result.h"

#define CY_RSLT_MODULE_OTA_UPDATE_BASE (CY_RSLT_MODULE_MIDDLEWARE_BASE + 13u)

#endif
