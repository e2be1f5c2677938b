/* SPDX-License-Identifier: Apache-2.0 */
/* The public key that images must be signed with, compiled in by signing_key.S. */
#ifndef FIRMWARE_SIGNING_KEY_H
#define FIRMWARE_SIGNING_KEY_H

#include "ota/image.h"

extern const struct ota_key signing_key;

#endif
