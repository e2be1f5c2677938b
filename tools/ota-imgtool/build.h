/* SPDX-License-Identifier: Apache-2.0 */
/* Building an image around a payload, as MCUboot's signing tool does. */
#ifndef OTA_IMGTOOL_BUILD_H
#define OTA_IMGTOOL_BUILD_H

#include "common/cipher_openssl.h"
#include "ota-imgtool/imgtool.h"

#define DEPENDENCIES_MAX 16u
#define CUSTOM_TLVS_MAX 32u
#define CUSTOM_TLV_MIN 0x00a0u /* types */
#define CUSTOM_TLV_MAX 0xfffeu

struct dependency {
    uint8_t image;
    struct ota_version version;
};

struct custom_tlv {
    uint16_t type;
    const uint8_t *data;
    uint16_t len;
};

/* What is built: an image, or what a signature is made over, for others to sign. */
enum vector { VECTOR_NONE, VECTOR_DIGEST, VECTOR_PAYLOAD };

/* What the image shall be. */
struct recipe {
    struct ota_image_header header; /* payload_size, protected_size and flags are filled in */
    uint32_t slot_size;
    uint32_t max_sectors;
    uint8_t align;     /* write size of the flash */
    uint8_t max_align; /* of the bootloader: 8, 16 or 32 */
    uint8_t erased;
    bool pad_header;
    bool pad;     /* fill up to the slot's size and mark for installation */
    bool confirm; /* ... permanently */
    bool overwrite_only;
    bool pad_sig;
    bool is_big_endian;
    bool full_key; /* whole public key instead of its hash */
    bool has_counter;
    bool has_load_addr;
    bool is_rom_fixed;
    bool is_not_bootable;
    uint32_t counter;
    const char *boot_record; /* software type, or NULL */
    struct dependency dependencies[DEPENDENCIES_MAX];
    size_t n_dependencies;
    struct custom_tlv custom[CUSTOM_TLVS_MAX];
    size_t n_custom;
    enum vector vector;
    const struct ota_tool_key *key; /* NULL: hash only. Private unless fixed_sig is set */
    const uint8_t *fixed_sig;       /* made elsewhere with key; NULL: sign with key */
    size_t fixed_sig_len;
    const struct ota_tool_key *encrypt_to; /* NULL: not encrypted */
    uint8_t encrypt_key_len;               /* 16 or 32 */
    bool is_clear;                         /* encrypted only when it leaves the primary slot */
    bool saves_enc_tlv;                    /* the trailer keeps TLVs instead of keys */
};

/* A built image in memory that the caller frees. */
struct built {
    uint8_t *data;
    size_t len; /* without padding and trailer */
    uint8_t digest[OTA_SHA256_LEN];
    uint8_t sig[OTA_SIG_LEN_MAX];
    size_t sig_len; /* 0: not signed */
};

/* Builds and signs. For VECTOR_PAYLOAD data is what the hash covers, for VECTOR_DIGEST it is the
 * hash; nothing is encrypted then. 0, or IMGTOOL_FAILED with a message. */
int build_image(const struct recipe *r, const struct imgtool_file *in, struct built *out);

/* Bytes at the end of a slot that belong to the trailer, with its swap status. */
uint32_t build_trailer_size(const struct recipe *r);

/* Writes the last slot bytes' fields: magic, and image_ok if confirmed. end: behind the slot. */
void build_trailer(const struct recipe *r, uint8_t *end);

/* Distance of image_ok from the slot's end. */
uint32_t build_image_ok_back(const struct recipe *r);

#endif
