/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader checks signatures and makes none: it needs no randomness, and offers none. */
#include <psa/crypto.h>

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *output, size_t size, size_t *length)
{
    (void)context;
    (void)output;
    (void)size;
    *length = 0;
    return PSA_ERROR_INSUFFICIENT_ENTROPY;
}
