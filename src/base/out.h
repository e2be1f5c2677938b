/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded text writer. Errors are sticky: write all parts, then look at ota_out_end once.
 */
#ifndef OTA_BASE_OUT_H
#define OTA_BASE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ota_out {
    char *buf;
    size_t cap; /* with room for the NUL */
    size_t len;
    bool full; /* something did not fit */
};

void ota_out_init(struct ota_out *o, char *buf, size_t cap);
void ota_out_char(struct ota_out *o, char c);
void ota_out_bytes(struct ota_out *o, const char *text, size_t len);
void ota_out_text(struct ota_out *o, const char *text);
void ota_out_u32(struct ota_out *o, uint32_t v);

/* Text as the inside of a JSON string: quote, backslash and control characters escaped. */
void ota_out_json(struct ota_out *o, const char *text);

/* Terminates with NUL. Length without it, or OTA_ENOSPC (the buffer then holds ""). */
int ota_out_end(struct ota_out *o);

#endif
