/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of ota-imgtool sign. */
#ifndef OTA_IMGTOOL_SIGN_H
#define OTA_IMGTOOL_SIGN_H

#include "ota-imgtool/build.h"

#define VALUES_MAX 65536u

struct sign_options {
    struct recipe recipe;
    const char *key;
    const char *in;
    const char *out;
    const char *board;
    const char *fixed_sig;        /* file with a signature made elsewhere */
    const char *fixed_sig_pubkey; /* ... with the private half of this key */
    const char *sig_out;          /* file for the signature */
    const char *encrypt_to;
    uint32_t header_size;
    uint32_t hex_addr;
    bool has_version;
    bool has_slot_size;
    bool has_hex_addr;
    bool is_test;
    bool is_counter_auto;
    size_t values_len;
    uint8_t values[VALUES_MAX]; /* of the custom TLVs */
};

/* An exit code after a message (or the help text), or negative to go on. */
int sign_parse(int argc, char **argv, struct sign_options *o);

#endif
