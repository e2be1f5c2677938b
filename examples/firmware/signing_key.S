/* SPDX-License-Identifier: Apache-2.0 */
/* struct ota_key signing_key = {OTA_SIG_ECDSA_P256, the file named by SIGNING_KEY, its length}. */
    .syntax unified
    .section .rodata.signing_key, "a"
    .balign 4
    .global signing_key
    .type signing_key, %object
signing_key:
    .word 0x22
    .word der
    .word der_end - der
    .size signing_key, . - signing_key
der:
    .incbin SIGNING_KEY
der_end:
    .balign 4
