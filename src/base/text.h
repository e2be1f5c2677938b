/* SPDX-License-Identifier: Apache-2.0 */
/* Texts without an end of their own: comparing them, and reading numbers from them. */
#ifndef OTA_BASE_TEXT_H
#define OTA_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if the len bytes at p are this text. */
bool ota_text_is(const char *text, const char *p, size_t len);

/* The same of a text that ends with NUL. */
bool ota_text_same(const char *a, const char *b);

/* The first again without regard to ASCII case. */
bool ota_text_is_word(const char *word, const char *p, size_t len);

/* The digit of a number below 36: 0 to 9, a to z. */
char ota_text_digit(unsigned value);

/* The first c at p, or NULL. */
const char *ota_text_find(const char *p, const char *end, char c);

/* Reads decimal digits at *at, which moves behind them. 0; OTA_EFORMAT without any; OTA_ELIMIT
 * above max. *out and *at are then as before. */
int ota_text_u32(const char **at, const char *end, uint32_t max, uint32_t *out);

#endif
