/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware images in MCUboot's format, and the check that one may be started.
 *
 *     header (header_size bytes) | payload | protected TLVs (optional) | TLVs
 *
 * The header is 32 bytes of fields followed by filler. The hash covers everything up to the end
 * of the protected TLVs; the signature covers the hash. All numbers are little-endian.
 * Format: MCUboot's design document, image format, as of 2.4.0.
 */
#ifndef OTA_IMAGE_H
#define OTA_IMAGE_H

#include "ota/port.h"
#include "ota/version.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_IMAGE_MAGIC 0x96f3b83du /* first field of a header */
#define OTA_IMAGE_HEADER_LEN 32u    /* the fields; header_size in the image is this or more */

/* Header flags. */
#define OTA_IMAGE_F_ENCRYPTED_AES128 0x00000004u     /* payload, with a key of 16 bytes */
#define OTA_IMAGE_F_ENCRYPTED_AES256 0x00000008u     /* payload, with a key of 32 bytes */
#define OTA_IMAGE_F_NON_BOOTABLE 0x00000010u         /* is never started */
#define OTA_IMAGE_F_RAM_LOAD 0x00000020u             /* runs from load_addr */
#define OTA_IMAGE_F_ROM_FIXED 0x00000100u            /* runs from load_addr, in flash */
#define OTA_IMAGE_F_COMPRESSED_LZMA1 0x00000200u     /* not supported here */
#define OTA_IMAGE_F_COMPRESSED_LZMA2 0x00000400u     /* not supported here */
#define OTA_IMAGE_F_COMPRESSED_ARM_THUMB 0x00000800u /* not supported here */

/* A decoded header. */
struct ota_image_header {
    uint32_t load_addr;         /* with F_RAM_LOAD and F_ROM_FIXED; else 0 */
    uint16_t header_size;       /* bytes, 32 or more */
    uint16_t protected_size;    /* bytes of the protected TLV area with its info; 0: none */
    uint32_t payload_size;      /* bytes */
    uint32_t flags;             /* OTA_IMAGE_F_* */
    struct ota_version version; /* of the image */
};

/* TLV areas begin with one of these (u16) and the area's size in bytes with this info (u16). */
#define OTA_TLV_INFO_MAGIC 0x6907u      /* TLVs */
#define OTA_TLV_PROT_INFO_MAGIC 0x6908u /* protected TLVs */
#define OTA_TLV_INFO_LEN 4u             /* bytes of magic and size */

/* Types of TLVs; the values are MCUboot's. */
enum ota_tlv_type {
    OTA_TLV_KEYHASH = 0x01,           /* SHA-256 of the public key */
    OTA_TLV_PUBKEY = 0x02,            /* the public key itself */
    OTA_TLV_SHA256 = 0x10,            /* of header, payload and protected TLVs */
    OTA_TLV_RSA2048_PSS = 0x20,       /* signature */
    OTA_TLV_ECDSA_SIG = 0x22,         /* signature, DER */
    OTA_TLV_RSA3072_PSS = 0x23,       /* signature */
    OTA_TLV_ED25519 = 0x24,           /* signature */
    OTA_TLV_SIG_PURE = 0x25,          /* the signature is over the image, not its hash */
    OTA_TLV_ENC_RSA2048 = 0x30,       /* image key, RSA-OAEP */
    OTA_TLV_ENC_KW = 0x31,            /* image key, AES key wrap */
    OTA_TLV_ENC_EC256 = 0x32,         /* image key, ECIES with P-256 */
    OTA_TLV_ENC_X25519 = 0x33,        /* image key, ECIES with X25519 */
    OTA_TLV_ENC_X25519_SHA512 = 0x34, /* the same with SHA-512 */
    OTA_TLV_DEPENDENCY = 0x40,        /* version that another image must have */
    OTA_TLV_SEC_CNT = 0x50,           /* security counter, 4 bytes */
    OTA_TLV_BOOT_RECORD = 0x60,       /* measured boot */
    /* Vendor range of libota, protected: text of the board that the image is made for. */
    OTA_TLV_BOARD = 0x00b0,
};

/*
 * Where an image is read from: a flash area, a file, memory. read fills buf with len bytes at off
 * and returns 0 or a negative ota_err; a range beyond size is never asked for.
 */
struct ota_source {
    int (*read)(void *ctx, uint32_t off, void *buf, size_t len); /* see above */
    void *ctx;                                                   /* goes to read */
    uint32_t size;  /* bytes that can be read; for a slot its size */
    uint8_t erased; /* what an erased byte reads as: 0xff or 0x00 */
    bool is_plain;  /* the payload of an encrypted image is read in the clear */
};

/* Makes a source that reads a flash area, whose pointer it keeps. An encrypted image is taken to be
 * stored so. */
void ota_source_from_area(struct ota_source *src, const struct ota_area *area);
/* The same for len bytes of memory; what is erased there is 0xff. */
void ota_source_from_memory(struct ota_source *src, const void *data, uint32_t len);

/* Layout of an image, checked: no field leads outside of the source, no sum wraps. */
struct ota_image {
    struct ota_image_header header; /* decoded */
    uint32_t hashed_size;           /* bytes covered by the hash: header, payload, protected TLVs */
    uint32_t tlv_off;               /* of the info of the first TLV area */
    uint32_t tlv_end;             /* first byte behind the last TLV area: the image's total size */
    uint8_t hash[OTA_SHA256_LEN]; /* filled by ota_image_check_step once it is verified */
};

/*
 * Decodes the 32 header bytes; *out is filled whatever is returned. 0; OTA_ENOIMAGE if the magic
 * field is erased (all 0x00 or all 0xff); OTA_ENOTBOOT if the flag says so (looked at before the
 * magic, as MCUboot does); OTA_EMAGIC; OTA_ESIZE if header_size is below 32 or header and payload
 * overflow 32 bits.
 */
int ota_image_header_decode(const uint8_t raw[OTA_IMAGE_HEADER_LEN], struct ota_image_header *out);

/* Writes the 32 header bytes; the reserved ones are zero. Major and minor must be below 256. */
void ota_image_header_encode(const struct ota_image_header *h, uint8_t raw[OTA_IMAGE_HEADER_LEN]);

/*
 * Reads header and TLV infos from a source and checks that they are consistent and lie inside of
 * the source; header and payload must end before the source does. Errors as above (OTA_ENOIMAGE
 * only for the source's own erased value), OTA_ESIZE also if the source is too small, OTA_ETLV for
 * a wrong TLV area, or what the source returned. out->header is filled from 32 bytes on.
 */
int ota_image_parse(const struct ota_source *src, struct ota_image *out);

/* One TLV entry. */
struct ota_tlv {
    uint16_t type;     /* enum ota_tlv_type, or another */
    uint16_t len;      /* bytes of the value */
    uint32_t off;      /* of the value, from the start of the image */
    bool is_protected; /* the hash covers it */
};

/* Walks the entries of an image: protected ones first, in stored order. */
struct ota_tlv_iter {
    const struct ota_source *src;  /* not copied */
    const struct ota_image *image; /* not copied */
    uint32_t next;                 /* offset of the next entry */
};

/* Begins a walk. src and image, as ota_image_parse has filled it, must stay during it. */
void ota_tlv_begin(struct ota_tlv_iter *it, const struct ota_source *src,
                   const struct ota_image *image);

/*
 * 1 and *out for the next entry, 0 at the end, OTA_ETLV if an entry crosses its area's end, or
 * what the source returned. MCUboot lets entries run over the end and goes by the bytes behind it;
 * here the verdict on an image depends on nothing but the image.
 */
int ota_tlv_next(struct ota_tlv_iter *it, struct ota_tlv *out);

/* What an image needs of another one: the value of OTA_TLV_DEPENDENCY. */
struct ota_dependency {
    uint8_t image;            /* number of the other one */
    struct ota_version least; /* that it must have, or a newer one */
};

/* Bytes of it in an image: number, three of filler, version. */
#define OTA_DEPENDENCY_LEN 12u

/* Decodes the value. Any bytes are a dependency; which images there are is for the caller to know.
 */
void ota_dependency_decode(const uint8_t raw[OTA_DEPENDENCY_LEN], struct ota_dependency *out);

/*
 * Walks on to the next dependency, of which only those that the hash covers count. 1 and *out, 0 at
 * the end, OTA_ETLV for one of another length, or the errors of ota_tlv_next.
 */
int ota_dependency_next(struct ota_tlv_iter *it, struct ota_dependency *out);

/*
 * Finds the first entry of a type (only_protected: in the area that the hash covers) and reads its
 * value, at most cap bytes. Its length; OTA_ETLV if there is none or the area is malformed, which
 * cannot be after a check; OTA_ENOSPC if it is longer than cap; or what the source returned.
 */
int ota_tlv_find(const struct ota_source *src, const struct ota_image *image, uint16_t type,
                 bool only_protected, void *buf, size_t cap);

/*
 * Encrypted images: the payload is encrypted with a key of the image's own, which a TLV carries
 * encrypted for the device. Header and TLVs are plain; hash and signature cover the plain payload.
 *
 * A source that reads another one and decrypts the payload of an encrypted image on the way.
 */
struct ota_decrypted {
    struct ota_source plain;         /* read this one */
    const struct ota_source *stored; /* reads the image as it is stored */
    const struct ota_cipher *cipher; /* opens its key */
    uint32_t begin;                  /* of the payload in the image */
    uint32_t end;                    /* of the payload */
    struct ota_image_key key;        /* a secret: ota_image_key_wipe when done */
};

/* Longest value of a TLV that carries a key, which open keeps on the stack. */
#define OTA_ENC_TLV_MAX 256u

/*
 * Parses the stored image and opens its key. An image that is not encrypted is read as it is.
 * Keeps both pointers; d may not be copied. 0; the errors of ota_image_parse; OTA_ETLV if no TLV
 * carries a key or its value is too long; OTA_ENOTSUP if the image claims both key lengths; or
 * what unwrap of the cipher gives.
 */
int ota_decrypted_open(struct ota_decrypted *d, const struct ota_source *stored,
                       const struct ota_cipher *cipher);

/* Finds and opens the key of an encrypted image, as above. */
int ota_image_key_open(const struct ota_source *stored, const struct ota_image *image,
                       const struct ota_cipher *cipher, struct ota_image_key *key);

/* True if the header's flags say that the payload is encrypted. */
bool ota_image_is_encrypted(const struct ota_image_header *h);

/* Overwrites a key so that no compiler leaves it out. */
void ota_image_key_wipe(struct ota_image_key *key);

/* A public key that images may be signed with. */
struct ota_key {
    enum ota_sig_type type; /* what it verifies */
    const uint8_t *der;     /* as ota_crypto_ops.verify takes it; not copied */
    size_t der_len;         /* bytes */
};

/* Whom to trust. One signature type is checked; the others in an image are ignored. */
struct ota_trust {
    const struct ota_crypto *crypto; /* hash and signature check */
    const struct ota_key *keys;      /* all of type sig_type */
    size_t n_keys;                   /* 1 or more, unless only hashes are checked */
    enum ota_sig_type sig_type;      /* OTA_SIG_NONE: hash only. For tests and old devices. */
};

/*
 * Check of an image, in steps so that a device can feed its watchdog and serve its network in
 * between. Init, then step until it returns something else than 1.
 */
struct ota_image_check {
    const struct ota_source *src;  /* not copied */
    const struct ota_trust *trust; /* not copied */
    struct ota_image image;        /* layout; hash once it is verified */
    uint32_t off;                  /* bytes hashed so far */
};

/* Longest signature (RSA-3072), which step keeps on the stack. */
#define OTA_SIG_LEN_MAX 384u

/*
 * Parses the image and begins. 0, the errors of ota_image_parse, or OTA_ENOTSUP for a compressed
 * image, and an encrypted one whose source is not plain. src and trust must stay.
 */
int ota_image_check_init(struct ota_image_check *c, const struct ota_source *src,
                         const struct ota_trust *trust);

/*
 * Hashes up to cap bytes (one or more, through buf), or at the end checks hash and signature: the
 * step that takes longest, with one signature check at most however many an image carries.
 *
 * 1: call again. 0: the image may be started; c->image tells what it is. Negative: it may not:
 * OTA_EHASH (also if there is none), OTA_ENOSIG, OTA_ESIG, OTA_ETLV (also for a key hash, hash or
 * signature of wrong length), OTA_EKEY, OTA_ENOTSUP or OTA_ECRYPTO from the trust's cryptography,
 * or what the source returned. A finished check may not be stepped again.
 *
 * The TLVs are walked in stored order as MCUboot does: each hash must match; a key hash selects
 * one of the trust's keys or none; a signature of the trust's type counts only if it follows the
 * hash of a known key; of several the last one decides.
 */
int ota_image_check_step(struct ota_image_check *c, void *buf, size_t cap);

/* The whole check in one call, for callers that can wait. *out is the image if 0 is returned. */
int ota_image_check(const struct ota_source *src, const struct ota_trust *trust, void *buf,
                    size_t cap, struct ota_image *out);

#ifdef __cplusplus
}
#endif
#endif
