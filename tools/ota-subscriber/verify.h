/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a complete download is the right image. */
#ifndef SUBSCRIBER_VERIFY_H
#define SUBSCRIBER_VERIFY_H

#include "ota-subscriber/flow.h"

#include <stddef.h>

/* 0; -1 with the reason in why. Notes for people go to the log. */
int verify_download(const struct flow *f, char *why, size_t cap);

#endif
